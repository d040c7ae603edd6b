{{- define "service" }}
{{- $service := .values.service }}
{{- if ne $service.type "None" }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  namespace: istio-gateway
  annotations: {{- merge (deepCopy $service.annotations) .values.annotations | toYaml | nindent 4 }}
spec:
  type: {{ $service.type }}
  {{- range $key := list "loadBalancerIP" "loadBalancerSourceRanges" "externalTrafficPolicy" "externalIPs" "ipFamilyPolicy" "ipFamilies" }}
  {{- with get $service $key }}
  {{ $key }}: {{ toJson . }}
  {{- end }}
  {{- end }}
  {{- if and (eq $service.type "LoadBalancer") (hasKey $service "allocateLoadBalancerNodePorts") }}
  allocateLoadBalancerNodePorts: {{ $service.allocateLoadBalancerNodePorts }}
  {{- end }}
  selector: {{- include "selecting" . | nindent 4 }}
  {{- /* A gateway between networks has ports of its own, whatever the values say. */}}
  {{- if .values.networkGateway }}
  ports:
    - {name: status-port, port: 15021, targetPort: 15021}
    - {name: tls, port: 15443, targetPort: 15443}
    - {name: tls-istiod, port: 15012, targetPort: 15012}
    - {name: tls-webhook, port: 15017, targetPort: 15017}
  {{- else }}
  ports: {{- toYaml $service.ports | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
