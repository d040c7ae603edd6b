"""Applications of Argo CD, as far as the suite reads them.

Fields and meanings: pkg/apis/application/v1alpha1/types.go of argoproj/argo-cd. What an Application knows of its last
syncs (status.history, status.operationState) is most of its bytes, and is skipped while decoding.
"""

from typing import Any, ClassVar

import msgspec

from istiokit.cluster.decode import Metadata, Object, Part
from istiokit.cluster.urls import masked

HEAD = "HEAD"
"""What an absent revision means for Git."""


class OwnerReference(Part, frozen=True, kw_only=True):
    """What made an Application: an ApplicationSet."""

    kind: str = ""
    name: str = ""


class ApplicationMetadata(Metadata, frozen=True, kw_only=True):
    """The metadata of an Application, with what made it."""

    owner_references: tuple[OwnerReference, ...] = ()


class HelmParameter(Part, frozen=True, kw_only=True):
    """One `--set name=value`."""

    name: str = ""
    value: str = ""


class HelmSource(Part, frozen=True, kw_only=True):
    """The Helm values of a source. Merged in this order: value_files, values or values_object, parameters."""

    value_files: tuple[str, ...] = ()
    """Relative to the chart, or `$ref/path` in another source."""
    values: str = ""
    """YAML; values_object takes precedence."""
    values_object: dict[str, Any] | None = None
    parameters: tuple[HelmParameter, ...] = ()
    release_name: str = ""


class KustomizePatch(Part, frozen=True, kw_only=True):
    """An inline patch."""

    patch: str = ""


class KustomizeSource(Part, frozen=True, kw_only=True):
    """What the Application adds to a kustomization."""

    patches: tuple[KustomizePatch, ...] = ()


class ApplicationSource(Part, frozen=True, kw_only=True):
    """A repository of Git, or a chart of a Helm repository."""

    repo_url: str = msgspec.field(name="repoURL", default="")
    path: str = ""
    target_revision: str = ""
    """A branch, tag or commit (none means HEAD); of a chart its version."""
    chart: str = ""
    ref: str = ""
    """The name by which value files of other sources mean this one."""
    helm: HelmSource | None = None
    kustomize: KustomizeSource | None = None

    @property
    def words(self) -> str:
        """`https://git.example.com/apps.git, path shop, revision main`, without credentials."""
        url = masked(self.repo_url)
        if self.chart:
            return f"chart {self.chart} {self.target_revision or '*'} of {url}"
        path = f", path {self.path}" if self.path else ""
        return f"{url}{path}, revision {self.target_revision or HEAD}"


class SourceHydrator(Part, frozen=True, kw_only=True):
    """Manifests that are rendered into a branch first: people edit the dry source."""

    dry_source: ApplicationSource = ApplicationSource()


class Automated(Part, frozen=True, kw_only=True):
    """When Argo CD syncs by itself; each of its fields may be absent."""

    self_heal: bool | None = None
    enabled: bool | None = None


class SyncPolicy(Part, frozen=True, kw_only=True):
    """How it syncs."""

    automated: Automated | None = None
    sync_options: tuple[str, ...] = ()
    """`NAME=VALUE` each."""


class IgnoreDifferences(Part, frozen=True, kw_only=True):
    """Fields that the comparison leaves out; argocd/ignoring.py knows the rules."""

    group: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    json_pointers: tuple[str, ...] = msgspec.field(name="jsonPointers", default=())
    jq_path_expressions: tuple[str, ...] = msgspec.field(name="jqPathExpressions", default=())
    managed_fields_managers: tuple[str, ...] = ()


class ApplicationSpec(Part, frozen=True, kw_only=True):
    """What to deploy, and how."""

    source: ApplicationSource | None = None
    sources: tuple[ApplicationSource, ...] = ()
    """Where there are any, `source` does not count."""
    source_hydrator: SourceHydrator | None = None
    sync_policy: SyncPolicy | None = None
    ignore_differences: tuple[IgnoreDifferences, ...] = ()


class ResourceStatus(Part, frozen=True, kw_only=True):
    """One object that the Application manages."""

    group: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""


class ApplicationStatus(Part, frozen=True, kw_only=True):
    """What it manages, as of its last comparison."""

    resources: tuple[ResourceStatus, ...] = ()


class Application(Object, frozen=True, kw_only=True):
    """argoproj.io Application (not the one of app.k8s.io)."""

    SKIP_RECONCILE: ClassVar[str] = "argocd.argoproj.io/skip-reconcile"

    metadata: ApplicationMetadata = ApplicationMetadata()
    spec: ApplicationSpec = ApplicationSpec()
    status: ApplicationStatus = ApplicationStatus()

    @property
    def edited(self) -> tuple[ApplicationSource, ...]:
        """The sources that people edit; as ApplicationSpec.GetSources has them, but the dry one of a hydrator."""
        spec = self.spec
        if spec.source_hydrator is not None:
            return (spec.source_hydrator.dry_source,)
        return spec.sources or ((spec.source,) if spec.source else ())

    @property
    def words(self) -> str:
        """All of them in words."""
        return "; ".join(source.words for source in self.edited)

    @property
    def automated(self) -> Automated | None:
        """How it syncs by itself; None where people sync it (SyncPolicy.IsAutomatedSyncEnabled)."""
        found = self.spec.sync_policy.automated if self.spec.sync_policy else None
        return None if found is None or found.enabled is False else found

    @property
    def heals(self) -> bool:
        """Whether it syncs as soon as the live object differs, although its source is as it was."""
        return self.automated is not None and bool(self.automated.self_heal)

    @property
    def is_skipped(self) -> bool:
        """Whether the controller looks at it at all; the annotation is read as Go reads a boolean."""
        return self.metadata.annotations.get(self.SKIP_RECONCILE, "") in (
            "1",
            "t",
            "T",
            "true",
            "TRUE",
            "True",
        )

    def has_option(self, option: str) -> bool:
        """Whether its syncs have this option, `NAME=VALUE`."""
        return self.spec.sync_policy is not None and option in self.spec.sync_policy.sync_options

    def manages(self, group: str, kind: str, name: str, namespace: str) -> bool:
        """Whether the object was among its own at its last comparison."""
        return any(
            (one.group, one.kind, one.name, one.namespace) == (group, kind, name, namespace)
            for one in self.status.resources
        )
