"""Sources of Flux: where source-controller has manifests and charts from.

Fields follow source-controller's API types.
"""

from istiokit.cluster.decode import Part
from istiokit.flux.model import Reconciled, ReconciledSpec, SourceReference


class Revision(Part, frozen=True, kw_only=True):
    """spec.ref of a GitRepository or an OCIRepository: which revision to take."""

    branch: str = ""
    tag: str = ""
    semver: str = ""
    name: str = ""
    commit: str = ""
    digest: str = ""


class RepositorySpec(ReconciledSpec, frozen=True, kw_only=True):
    """spec of a repository; `type` is HelmRepository's (`default` or `oci`)."""

    url: str = ""
    ref: Revision | None = None
    type: str = "default"


class Repository(Reconciled, frozen=True, kw_only=True):
    """What the kinds of repositories have in common."""

    spec: RepositorySpec = RepositorySpec()


class GitRepository(Repository, frozen=True, kw_only=True):
    """A branch, tag or commit of a Git repository."""


class HelmRepository(Repository, frozen=True, kw_only=True):
    """A chart repository; with `type: oci` it is only an address that no controller reconciles."""


class OCIRepository(Repository, frozen=True, kw_only=True):
    """An artifact in a container registry."""


class BucketSpec(ReconciledSpec, frozen=True, kw_only=True):
    """spec of a Bucket."""

    endpoint: str = ""
    bucket_name: str = ""


class Bucket(Reconciled, frozen=True, kw_only=True):
    """A folder in an object store."""

    spec: BucketSpec = BucketSpec()


class HelmChartSpec(ReconciledSpec, frozen=True, kw_only=True):
    """spec of a HelmChart."""

    chart: str = ""
    version: str = "*"
    source_ref: SourceReference | None = None


class HelmChart(Reconciled, frozen=True, kw_only=True):
    """A chart that source-controller fetches from a repository, mostly made for one HelmRelease."""

    spec: HelmChartSpec = HelmChartSpec()
