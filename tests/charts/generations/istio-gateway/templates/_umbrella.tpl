{{- /* The gateways that are on, each with the values of its release. */ -}}
{{- define "gateways" -}}
{{- $defaults := tpl (.Files.Get "files/umbrella.yaml") . | fromYaml -}}
{{- $given := .Values.istioGateway.values.gateways | default dict -}}
{{- range $name, $one := $given -}}
  {{- /* In the umbrella it is the template of the Secrets that cannot bear it. */ -}}
  {{- if kindIs "invalid" $one -}}
    {{- fail (printf "gateway %s: null is no mapping; an empty mapping switches a gateway off" $name) -}}
  {{- end -}}
{{- end -}}
{{- $on := dict -}}
{{- range $name, $both := merge (deepCopy $given) $defaults -}}
  {{- $off := and (hasKey $given $name) (not (get $given $name)) -}}
  {{- if and $both (not $off) -}}
    {{- $type := dig "upstream" "labels" "istio" "" $both -}}
    {{- if not (has $type (list "ingressgateway" "egressgateway")) -}}
      {{- fail (printf "gateway %s: upstream.labels.istio is neither ingressgateway nor egressgateway" $name) -}}
    {{- end -}}
    {{- $values := $.Files.Get "files/package.yaml" | fromYaml -}}
    {{- range list (get $defaults $name) (get $given $name) -}}
      {{- $values = include "laid" (dict "base" $values "over" (. | default dict)) | fromYaml -}}
    {{- end -}}
    {{- $_ := set $on (printf "%s-%s" $name $type) $values -}}
  {{- end -}}
{{- end -}}
{{- toYaml $on -}}
{{- end -}}

{{- /* The labels that Deployment and Service agree on. */ -}}
{{- define "selecting" -}}
app: {{ .values.labels.app | default .name }}
istio: {{ .values.labels.istio | default (trimPrefix "istio-" .name) }}
{{- end -}}
