"""The kinds of Argo Rollouts and OpenKruise, as CRDs: nobody acts on them."""

from __future__ import annotations

from typing import ClassVar

from tests.tools.parts.base import Part

_KRUISE = ("clonesets", "daemonsets", "statefulsets")


class WorkloadCrds(Part):
    """Rollouts, CloneSets, and OpenKruise's own StatefulSets and DaemonSets can be stored."""

    tools: ClassVar[tuple[str, ...]] = ("argo-rollouts-crds", "kruise-crds")

    def start(self) -> None:
        """Applies the CRDs."""
        argo, kruise = (self.rig.tool_dir(name) / "crds" for name in self.tools)
        self.rig.apply_crds(argo, *(kruise / f"apps.kruise.io_{plural}.yaml" for plural in _KRUISE))
