{{- define "workload" }}
---
apiVersion: apps/v1
kind: {{ .values.kind | default "Deployment" }}
metadata:
  name: {{ .name }}
  namespace: istio-gateway
spec:
  {{- if not .values.autoscaling.enabled }}
  {{- with .values.replicaCount }}
  replicas: {{ . }}
  {{- end }}
  {{- end }}
  selector:
    matchLabels: {{- include "selecting" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "selecting" . | nindent 8 }}
        sidecar.istio.io/inject: "true"
        app.kubernetes.io/name: {{ .name }}
        app.kubernetes.io/instance: {{ .name }}
        {{- with omit .values.labels "app" "istio" }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      containers:
        - name: istio-proxy
          image: auto
          resources: {{- toYaml .values.resources | nindent 12 }}
{{- end }}

{{- define "autoscaler" }}
{{- if and .values.autoscaling.enabled (eq .values.kind "Deployment") }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .name }}
  namespace: istio-gateway
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ .name }}}
  minReplicas: {{ .values.autoscaling.minReplicas }}
  maxReplicas: {{ .values.autoscaling.maxReplicas }}
{{- end }}
{{- end }}
