"""The kinds of Istio, without an Istio that would act on them."""

from __future__ import annotations

from typing import ClassVar

from tests.tools.parts.base import Part
from tests.tools.parts.controlplane import MANIFESTS


class IstioCrds(Part):
    """The CRDs of Istio's own release, and the retired operator's IstioOperator."""

    tools: ClassVar[tuple[str, ...]] = ("istio-crds",)

    def start(self) -> None:
        """Registers the kinds and waits until they are served."""
        istio = self.rig.tool_dir("istio-crds") / "crds"
        self.rig.apply_crds(istio, MANIFESTS / "istiooperator-crd.yaml")
