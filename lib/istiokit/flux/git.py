"""Which repository and folder people have to edit to change what Flux applies. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from istiokit.cluster.types import Ref
from istiokit.cluster.urls import masked
from istiokit.flux.model import Kustomization, Reconciled, SourceReference
from istiokit.flux.repositories import Bucket, Repository, Revision


@dataclass(frozen=True, slots=True)
class GitPlace:
    """The place of a Kustomization's manifests; also for those that do not come from Git."""

    source: Ref
    """The GitRepository, OCIRepository or Bucket."""
    url: str
    revision: str
    """In words: `branch main`, `tag v1.2.3`; empty for a Bucket."""
    path: str
    """Relative to the root of the repository, without a leading `./`; `.` is the root."""

    def __str__(self) -> str:
        at = f" ({self.revision})" if self.revision else ""
        return f"{masked(self.url)}{at}, folder {self.path}"


def reference_target(reference: SourceReference, namespace: str | None) -> Ref:
    """The address that a source reference means in an object of this namespace."""
    return Ref(reference.kind, reference.name, reference.namespace or namespace)


def git_source(kustomization: Kustomization, sources: Mapping[Ref, Reconciled]) -> GitPlace | None:
    """Where the Kustomization's manifests are; None if its source is not among those given."""
    reference = kustomization.spec.source_ref
    if reference is None:
        return None
    ref = reference_target(reference, kustomization.metadata.namespace)
    source = sources.get(ref)
    path = kustomization.spec.path.removeprefix("./").strip("/") or "."
    if isinstance(source, Repository):
        return GitPlace(ref, source.spec.url, revision(ref.kind, source.spec.ref), path)
    if isinstance(source, Bucket):
        return GitPlace(ref, f"{source.spec.endpoint}/{source.spec.bucket_name}", "", path)
    return None


def revision(kind: str, ref: Revision | None) -> str:
    """What source-controller checks out, in words: the most exact one given; without any, its defaults."""
    if ref is not None:
        for name in ("digest", "commit", "name", "semver", "tag", "branch"):
            value: str = getattr(ref, name)
            if value:
                return f"{name} {value}"
    return "branch master" if kind == "GitRepository" else "tag latest"
