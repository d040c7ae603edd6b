"""Facts of Istio as pure code: bindings, hosts, sidecars, control planes, versions, leftovers."""
