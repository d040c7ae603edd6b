"""Flux objects, as far as the suite reads them: every served version of an API decodes into the same value.

Fields follow helm-controller's, kustomize-controller's and source-controller's API types. What only newer
versions have (history, lastHandledResetAt) keeps its default where an older version is served.
"""

from typing import Any

from istiokit.cluster.decode import Condition, Object, Part

REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"
RESET_AT = "reconcile.fluxcd.io/resetAt"
FORCE_AT = "reconcile.fluxcd.io/forceAt"


class ReconciledSpec(Part, frozen=True, kw_only=True):
    """What every spec has that a Flux controller reconciles."""

    suspend: bool = False
    interval: str = ""


class ReconciledStatus(Part, frozen=True, kw_only=True):
    """What every status has that a Flux controller writes."""

    conditions: tuple[Condition, ...] = ()
    observed_generation: int = 0
    last_handled_reconcile_at: str = ""


class Reconciled(Object, frozen=True, kw_only=True):
    """Any object that a Flux controller reconciles."""

    spec: ReconciledSpec = ReconciledSpec()
    status: ReconciledStatus = ReconciledStatus()

    def condition(self, type_: str) -> Condition | None:
        """The condition of this type, or None."""
        return next((condition for condition in self.status.conditions if condition.type == type_), None)

    @property
    def requested_at(self) -> str:
        """The token of the newest request to reconcile; empty if nobody ever asked."""
        return self.metadata.annotations.get(REQUESTED_AT, "")


class SourceReference(Part, frozen=True, kw_only=True):
    """A reference to a Flux object; no namespace means the namespace of the object that refers."""

    kind: str
    name: str
    namespace: str | None = None


class ChartSpec(Part, frozen=True, kw_only=True):
    """Which chart of which source."""

    chart: str = ""
    version: str = "*"
    source_ref: SourceReference | None = None


class ChartTemplate(Part, frozen=True, kw_only=True):
    """spec.chart of a HelmRelease: helm-controller makes a HelmChart object from it."""

    spec: ChartSpec = ChartSpec()


class Dependency(Part, frozen=True, kw_only=True):
    """An entry of spec.dependsOn."""

    name: str
    namespace: str | None = None


class ValuesReference(Part, frozen=True, kw_only=True):
    """An entry of spec.valuesFrom; flux/values.py knows the rules."""

    kind: str
    name: str
    values_key: str = ""
    target_path: str = ""
    optional: bool = False


class IgnoreTarget(Part, frozen=True, kw_only=True):
    """Which objects an ignore rule is about; kind, namespace and name are regular expressions, as in kustomize."""

    group: str = ""
    version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    label_selector: str = ""
    annotation_selector: str = ""


class IgnoreRule(Part, frozen=True, kw_only=True):
    """JSON pointers that drift detection leaves alone (on the objects that a target selects)."""

    paths: tuple[str, ...] = ()
    target: IgnoreTarget | None = None


class DriftDetection(Part, frozen=True, kw_only=True):
    """Whether helm-controller looks for changes by others, and puts them back (mode `enabled`)."""

    mode: str = "disabled"
    ignore: tuple[IgnoreRule, ...] = ()


class InlinePatch(Part, frozen=True, kw_only=True):
    """A patch in a HelmRelease's post-renderer, or in a Kustomization itself."""

    patch: str = ""


class KustomizeRenderer(Part, frozen=True, kw_only=True):
    """What kustomize does to the rendered chart."""

    patches: tuple[InlinePatch, ...] = ()


class PostRenderer(Part, frozen=True, kw_only=True):
    """An entry of spec.postRenderers."""

    kustomize: KustomizeRenderer | None = None


class HelmReleaseSpec(ReconciledSpec, frozen=True, kw_only=True):
    """spec of a HelmRelease: it has either `chart` or `chart_ref`."""

    chart: ChartTemplate | None = None
    chart_ref: SourceReference | None = None
    depends_on: tuple[Dependency, ...] = ()
    values_from: tuple[ValuesReference, ...] = ()
    values: dict[str, Any] | None = None
    release_name: str = ""
    target_namespace: str = ""
    drift_detection: DriftDetection | None = None
    post_renderers: tuple[PostRenderer, ...] = ()
    storage_namespace: str = ""


class Snapshot(Part, frozen=True, kw_only=True):
    """One Helm revision that the controller made; `version` is Helm's revision number."""

    chart_name: str = ""
    chart_version: str = ""
    status: str = ""
    version: int = 0


class HelmReleaseStatus(ReconciledStatus, frozen=True, kw_only=True):
    """status of a HelmRelease; `history` is newest first and empty before API version v2beta2."""

    last_handled_reset_at: str = ""
    last_handled_force_at: str = ""
    history: tuple[Snapshot, ...] = ()
    failures: int = 0
    upgrade_failures: int = 0
    last_attempted_revision: str = ""
    last_applied_revision: str = ""


class HelmRelease(Reconciled, frozen=True, kw_only=True):
    """A Helm release that Flux installs and upgrades."""

    spec: HelmReleaseSpec = HelmReleaseSpec()
    status: HelmReleaseStatus = HelmReleaseStatus()

    @property
    def helm_name(self) -> str:
        """The name of the release for Helm: spec.releaseName, else `<target namespace>-<name>`.

        Source: GetReleaseName in api/v2/helmrelease_types.go of helm-controller.
        """
        place = f"{self.spec.target_namespace}-" if self.spec.target_namespace else ""
        return self.spec.release_name or f"{place}{self.metadata.name}"


class PostBuild(Part, frozen=True, kw_only=True):
    """What stands for `${NAME}` in the manifests."""

    substitute: dict[str, str] = {}


class KustomizationSpec(ReconciledSpec, frozen=True, kw_only=True):
    """spec of a Kustomization."""

    path: str = ""
    source_ref: SourceReference | None = None
    target_namespace: str = ""
    prune: bool = False
    depends_on: tuple[Dependency, ...] = ()
    patches: tuple[InlinePatch, ...] = ()
    post_build: PostBuild | None = None


class KustomizationStatus(ReconciledStatus, frozen=True, kw_only=True):
    """status of a Kustomization."""

    last_applied_revision: str = ""


class Kustomization(Reconciled, frozen=True, kw_only=True):
    """A folder of manifests that Flux applies."""

    spec: KustomizationSpec = KustomizationSpec()
    status: KustomizationStatus = KustomizationStatus()
