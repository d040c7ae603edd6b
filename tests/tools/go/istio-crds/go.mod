module tools/istio-crds

go 1.26.0

require istio.io/api v1.31.1
