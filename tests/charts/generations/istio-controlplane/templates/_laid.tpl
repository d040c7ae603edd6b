{{- /* The mapping `over` laid over the mapping `base` the way Helm lays values: a null takes the key away. */ -}}
{{- define "laid" -}}
{{- $result := deepCopy .base -}}
{{- range $key, $value := .over -}}
  {{- $below := get $result $key -}}
  {{- if kindIs "invalid" $value -}}
    {{- $_ := unset $result $key -}}
  {{- else if and (kindIs "map" $value) (kindIs "map" $below) -}}
    {{- $_ := set $result $key (include "laid" (dict "base" $below "over" $value) | fromYaml) -}}
  {{- else -}}
    {{- $_ := set $result $key $value -}}
  {{- end -}}
{{- end -}}
{{- toYaml $result -}}
{{- end -}}
