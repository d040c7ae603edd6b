{{- /* What the operator writes on all that it makes. Argument: dict of root and component. */ -}}
{{- define "istio.operatorLabels" -}}
install.operator.istio.io/owning-resource: istiocontrolplane
install.operator.istio.io/owning-resource-namespace: {{ .root.Release.Namespace }}
istio.io/rev: default
operator.istio.io/component: {{ .component }}
operator.istio.io/managed: Reconcile
operator.istio.io/version: {{ .root.Chart.AppVersion }}
{{- end -}}
