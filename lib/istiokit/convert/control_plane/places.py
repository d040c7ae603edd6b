"""Where the new packages keep what the old ones had. Source: chart/values.yaml of Big Bang 2.51.0 to 3.0.0."""

from istiokit.convert.model import Path

OLD_VALUES: Path = ("istio", "values")
ISTIOD: Path = ("istiod", "values")
UPSTREAM: Path = (*ISTIOD, "upstream")
"""The values of Istio's own chart istiod (manifests/charts/istio-control/istio-discovery)."""
MESH: Path = (*UPSTREAM, "meshConfig")
PROXY: Path = (*MESH, "defaultConfig")
GLOBAL: Path = (*UPSTREAM, "global")
BASE: Path = ("istioCRDs", "values", "upstream")
"""The values of Istio's own chart base."""
EACH_GATEWAY: Path = ("istioGateway", "values", "gateways", "<name>")
"""Stands for the values of every gateway: there is no place for all of them."""
