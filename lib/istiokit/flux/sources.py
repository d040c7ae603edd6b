"""What a HelmRelease takes its chart from, as `flux reconcile helmrelease --with-source` sees it. Pure."""

from collections.abc import Mapping

from istiokit.cluster.kinds import BUCKET, GIT_REPOSITORY, HELM_CHART, HELM_REPOSITORY, OCI_REPOSITORY
from istiokit.cluster.types import Kind, Ref
from istiokit.flux.git import reference_target
from istiokit.flux.model import HelmRelease, Reconciled
from istiokit.flux.repositories import Bucket, GitRepository, HelmChart, HelmRepository, OCIRepository

SOURCE_KINDS: dict[str, tuple[Kind, type[Reconciled]]] = {
    kind.name: (kind, as_)
    for kind, as_ in (
        (HELM_CHART, HelmChart),
        (HELM_REPOSITORY, HelmRepository),
        (GIT_REPOSITORY, GitRepository),
        (OCI_REPOSITORY, OCIRepository),
        (BUCKET, Bucket),
    )
}
"""The kinds of sources that can be asked to reconcile, and what they are decoded into."""


def source_chain(release: HelmRelease, charts: Mapping[Ref, HelmChart]) -> tuple[Ref, ...]:
    """The sources to reconcile before the release, in this order: the repository, then the HelmChart.

    `charts` holds those HelmCharts that a spec.chartRef names; of a spec.chart, the release says itself
    where its chart comes from, and helm-controller names the HelmChart `<namespace>-<name>` beside the
    repository. A kind that we do not know (ExternalArtifact) cannot be asked: it is left out.
    """
    namespace = release.metadata.namespace
    if release.spec.chart_ref is not None:
        ref = reference_target(release.spec.chart_ref, namespace)
        chart = charts.get(ref)
        repository = chart.spec.source_ref if chart else None
        chain = [reference_target(repository, ref.namespace)] if repository else []
        chain.append(ref)
    elif release.spec.chart is not None and release.spec.chart.spec.source_ref is not None:
        repository_ref = reference_target(release.spec.chart.spec.source_ref, namespace)
        name = f"{namespace}-{release.metadata.name}"
        chain = [repository_ref, Ref(HELM_CHART.name, name, repository_ref.namespace)]
    else:
        chain = []
    return tuple(ref for ref in chain if ref.kind in SOURCE_KINDS)


def referenced_chart(release: HelmRelease) -> Ref | None:
    """The HelmChart that spec.chartRef names, if it names one."""
    chart_ref = release.spec.chart_ref
    if chart_ref is None or chart_ref.kind != HELM_CHART.name:
        return None
    return reference_target(chart_ref, release.metadata.namespace)


def can_be_asked(source: Reconciled | None) -> bool:
    """Whether a request to reconcile will ever be answered.

    Not if the source is not there (helm-controller makes HelmCharts later), is suspended, or is a
    HelmRepository of type oci, which no controller reconciles.
    """
    if source is None or source.spec.suspend:
        return False
    return not (isinstance(source, HelmRepository) and source.spec.type == "oci")
