{{- /* Labels of every object that the umbrella renders. */ -}}
{{- define "umbrella.labels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.Version }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: bigbang
{{- end -}}

{{- /*
A child HelmRelease and its values Secret.
Arguments: root, name, package (the package's values), target (namespace), defaults and overlays (maps);
optional: releaseName, secret (the part of the Secret's name, by default the name), after (names of HelmReleases).
*/ -}}
{{- define "umbrella.package" -}}
{{- $secret := printf "%s-%s-values" .root.Release.Name (.secret | default .name) -}}
{{- if ne .package.sourceType "helmRepo" -}}
{{- fail (printf "%s: this stand-in has charts from Helm repositories only, set sourceType: helmRepo" .name) -}}
{{- end -}}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ $secret }}
  namespace: {{ .root.Release.Namespace }}
type: generic
stringData:
  common: ""
  defaults: {{ toYaml .defaults | quote }}
  overlays: {{ toYaml .overlays | quote }}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "umbrella.labels" .root | nindent 4 }}
  annotations:
    checksum/bigbang-values: {{ list .defaults .overlays | toYaml | sha256sum }}
spec:
  {{- with .releaseName }}
  releaseName: {{ . }}
  {{- end }}
  targetNamespace: {{ .target }}
  chart:
    spec:
      chart: {{ .package.helmRepo.chartName }}
      version: {{ .package.helmRepo.tag }}
      sourceRef:
        kind: HelmRepository
        name: {{ .package.helmRepo.repoName }}
        namespace: {{ .root.Release.Namespace }}
      interval: 5m
  {{- mergeOverwrite (deepCopy .root.Values.flux) (deepCopy .package.flux) | toYaml | nindent 2 }}
  valuesFrom:
    {{- range $key := list "common" "defaults" "overlays" }}
    - kind: Secret
      name: {{ $secret }}
      valuesKey: {{ $key }}
    {{- end }}
  {{- with .after }}
  dependsOn:
    {{- range . }}
    - name: {{ . }}
      namespace: {{ $.root.Release.Namespace }}
    {{- end }}
  {{- end }}
{{ end -}}

{{- /* A namespace. Arguments: root, name, labels (a map). */ -}}
{{- define "umbrella.namespace" -}}
---
apiVersion: v1
kind: Namespace
metadata:
  name: {{ .name }}
  labels:
    {{- include "umbrella.labels" .root | nindent 4 }}
    {{- with .labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{ end -}}

{{- /* A TLS Secret. Arguments: root, name, namespace, tls (key, cert and maybe ca). */ -}}
{{- define "umbrella.certificate" -}}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "umbrella.labels" .root | nindent 4 }}
type: kubernetes.io/tls
data:
  tls.crt: {{ .tls.cert | b64enc }}
  tls.key: {{ .tls.key | b64enc }}
  {{- with .tls.ca }}
  ca.crt: {{ . | b64enc }}
  {{- end }}
{{ end -}}

{{- /* The HelmRelease of the new control plane, if it is on: istio-core until 2.50, istiod from 2.51 on. */ -}}
{{- define "umbrella.controlPlane" -}}
{{- if (.Values.istioCore).enabled -}}istio-core
{{- else if (.Values.istiod).enabled -}}istiod
{{- end -}}
{{- end -}}

{{- /* True if the new gateways are rendered: they need the new control plane. */ -}}
{{- define "umbrella.gatewaysOn" -}}
{{- if and .Values.istioGateway.enabled (include "umbrella.controlPlane" .) -}}true{{- end -}}
{{- end -}}

{{- /* What a new gateway has if the values do not say otherwise. Arguments: root, tls (of its https server). */ -}}
{{- define "umbrella.gatewayDefaults" -}}
gateway:
  servers:
    - hosts: ["*.{{ .root.Values.domain }}"]
      port: {name: http, number: 8080, protocol: HTTP}
      tls: {httpsRedirect: true}
    - hosts: ["*.{{ .root.Values.domain }}"]
      port: {name: https, number: 8443, protocol: HTTPS}
      tls:
        {{- toYaml .tls | nindent 8 }}
upstream:
  labels:
    istio: ingressgateway
{{- end -}}

{{- /*
The new gateways as YAML: {name: {service, defaults, overlays}}.
public and passthrough are there by default; an empty map takes one away.
*/ -}}
{{- define "umbrella.gateways" -}}
{{- $public := dict "mode" "SIMPLE" "credentialName" "public-cert" -}}
{{- $passthrough := dict "mode" "PASSTHROUGH" -}}
{{- $defaults := dict
  "public" (include "umbrella.gatewayDefaults" (dict "root" . "tls" $public) | fromYaml)
  "passthrough" (include "umbrella.gatewayDefaults" (dict "root" . "tls" $passthrough) | fromYaml) -}}
{{- $overlays := .Values.istioGateway.values.gateways | default dict -}}
{{- $found := dict -}}
{{- range $name := concat (keys $defaults) (keys $overlays) | uniq -}}
  {{- $overlay := get $overlays $name -}}
  {{- if or $overlay (not (hasKey $overlays $name)) -}}
    {{- $default := get $defaults $name | default dict -}}
    {{- $merged := mergeOverwrite (deepCopy $default) (deepCopy ($overlay | default dict)) -}}
    {{- $type := dig "upstream" "labels" "istio" (dig "labels" "istio" "" $merged) $merged -}}
    {{- if not (has $type (list "ingressgateway" "egressgateway")) -}}
      {{- fail (printf "gateway %s: upstream.labels.istio is %q, not ingressgateway or egressgateway" $name $type) -}}
    {{- end -}}
    {{- $_ := set $found $name (dict
      "service" (printf "%s-%s" $name $type) "defaults" $default "overlays" ($overlay | default dict)) -}}
  {{- end -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}

{{- /* namespace/name of the Gateway that packages bind to: the old one until the new gateways are on. */ -}}
{{- define "umbrella.publicGateway" -}}
{{- if .Values.istioGateway.enabled -}}istio-gateway/public-ingressgateway
{{- else -}}istio-system/public
{{- end -}}
{{- end -}}
