{{- /* The values of the package: its own, over them what the umbrella makes, over these istio.values. */ -}}
{{- define "package" -}}
{{- $own := .Files.Get "files/package.yaml" | fromYaml -}}
{{- $made := dict "domain" (.Values.hostname | default .Values.domain) -}}
{{- $_ := set $made "ingressGateways" (include "made.workloads" . | fromYaml) -}}
{{- $_ := set $made "gateways" (include "made.gateways" . | fromYaml) -}}
{{- $both := include "laid" (dict "base" $own "over" $made) | fromYaml -}}
{{- include "laid" (dict "base" $both "over" .Values.istio.values) -}}
{{- end -}}

{{- /* Once there is a workload of the user's, the package's own is off. */ -}}
{{- define "made.workloads" -}}
{{- $made := dict -}}
{{- if .Values.istio.ingressGateways -}}
  {{- $_ := set $made "istio-ingressgateway" (dict "enabled" false) -}}
{{- end -}}
{{- range $name, $one := .Values.istio.ingressGateways -}}
  {{- if ne $one.enabled false -}}
    {{- $service := dict "type" $one.type -}}
    {{- with $one.nodePortBase -}}
      {{- $_ := set $service "ports" (include "made.ports" . | fromYamlArray) -}}
    {{- end -}}
    {{- $result := merge (dict "k8s" $one.kubernetesResourceSpec) (dict "k8s" $one.k8s) (dict "k8s" (dict "service" $service)) -}}
    {{- with $one.extraLabels -}}
      {{- $_ := set $result "extraLabels" . -}}
    {{- end -}}
    {{- $_ := set $made $name $result -}}
  {{- end -}}
{{- end -}}
{{- toYaml $made -}}
{{- end -}}

{{- /* Four node ports, one after the other. */ -}}
{{- define "made.ports" -}}
- {name: status-port, port: 15021, nodePort: {{ add . 0 }}}
- {name: http2, port: 80, targetPort: 8080, nodePort: {{ add . 1 }}}
- {name: https, port: 443, targetPort: 8443, nodePort: {{ add . 2 }}}
- {name: tls, port: 15443, nodePort: {{ add . 3 }}}
{{- end -}}

{{- /* Once there is a Gateway of the user's, that of the package is gone. */ -}}
{{- define "made.gateways" -}}
{{- $made := dict -}}
{{- if .Values.istio.gateways -}}
  {{- $_ := set $made "main" nil -}}
{{- end -}}
{{- range $name, $one := .Values.istio.gateways -}}
  {{- if ne $one.enabled false -}}
    {{- $redirect := dict "enabled" (dig "autoHttpRedirect" "enabled" true $one) -}}
    {{- $servers := include "made.servers" (dict "root" $ "name" $name "gateway" $one) | fromYamlArray -}}
    {{- $result := dict "selector" (dict "app" $one.ingressGateway) "autoHttpRedirect" $redirect "servers" $servers -}}
    {{- $_ := set $made $name $result -}}
  {{- end -}}
{{- end -}}
{{- toYaml $made -}}
{{- end -}}

{{- define "made.servers" -}}
{{- $made := list -}}
{{- $hosts := tpl (.gateway.hosts | default list | toYaml) .root | fromYamlArray -}}
{{- $https := dict "name" "https" "number" 8443 "protocol" "HTTPS" -}}
{{- if .gateway.servers -}}
  {{- range $index, $one := .gateway.servers -}}
    {{- $server := dict "hosts" (tpl ($one.hosts | default list | toYaml) $.root | fromYamlArray) -}}
    {{- $_ := set $server "port" (tpl ($one.port | default $https | toYaml) $.root | fromYaml) -}}
    {{- /* Without a port, and without tls where it is HTTPS, this fails, and so does the umbrella. */ -}}
    {{- if has $one.port.protocol (list "HTTPS" "TLS") -}}
      {{- $secret := printf "%d-%s-cert" $index $.name -}}
      {{- if ne (dig "tls" "mode" "SIMPLE" $one) "PASSTHROUGH" -}}
        {{- $secret = $one.tls.credentialName | default $secret -}}
      {{- end -}}
      {{- $_ := set $server "tls" (include "made.tls" (dict "server" $one "gateway" $.gateway "secret" $secret) | fromYaml) -}}
    {{- else if and (eq $one.port.protocol "HTTP") (hasKey ($one.tls | default dict) "httpsRedirect") -}}
      {{- $_ := set $server "tls" (dict "httpsRedirect" ($one.tls.httpsRedirect | default false)) -}}
    {{- end -}}
    {{- $made = append $made $server -}}
  {{- end -}}
{{- else if .gateway.ports -}}
  {{- fail (printf "istio.gateways.%s.ports: the umbrella looks for a protocol of the list, and fails" .name) -}}
{{- else -}}
  {{- $secret := dig "tls" "credentialName" "" .gateway | default (printf "%s-cert" .name) -}}
  {{- $tls := include "made.tls" (dict "server" .gateway "gateway" .gateway "secret" $secret) | fromYaml -}}
  {{- $made = list (dict "hosts" $hosts "port" $https "tls" $tls) -}}
{{- end -}}
{{- toYaml $made -}}
{{- end -}}

{{- /* The version is always that of the Gateway, never that of one server. */ -}}
{{- define "made.tls" -}}
{{- $mode := dig "tls" "mode" "SIMPLE" .server -}}
mode: {{ $mode }}
{{- if has $mode (list "SIMPLE" "MUTUAL" "OPTIONAL_MUTUAL") }}
credentialName: {{ .secret }}
{{- end }}
{{- with dig "tls" "minProtocolVersion" "" .gateway }}
minProtocolVersion: {{ . }}
{{- end }}
{{- end -}}
