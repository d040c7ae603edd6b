"""Finds the Big Bang release of a cluster, and what Flux installs for it."""

import re
from collections.abc import Iterable

from istiokit.bigbang.facts import Umbrella
from istiokit.cluster import kinds
from istiokit.cluster.decode import Object
from istiokit.cluster.types import Ref, Where
from istiokit.errors import UsageError
from istiokit.flux.git import reference_target
from istiokit.flux.model import HelmRelease, Reconciled
from istiokit.flux.repositories import GitRepository
from istiokit.flux.sources import SOURCE_KINDS
from istiokit.survey.reading import Reading

NAME = "bigbang"
"""The chart's name, and the name that Big Bang's own base gives its HelmRelease and namespace."""
ZARF_NAMESPACE = "zarf"
_HELM_SECRET = re.compile(r"sh\.helm\.release\.v1\.(?P<release>.+)\.v(?P<revision>\d+)")
_VERSION = re.compile(r"\d+\.\d+\.\d+[0-9A-Za-z.-]*")
_ZARF_PACKAGE = re.compile(r"zarf-package-(?P<name>.*(big-?bang|smoothglue|structsure).*)")


def find_release(reading: Reading, namespace: str | None) -> HelmRelease | None:
    """The umbrella's HelmRelease: `bigbang/bigbang`, else the only one of that name or chart.

    Raises UsageError where several could be meant and `namespace` does not decide.
    """
    usual = Ref(kinds.HELM_RELEASE.name, NAME, namespace or NAME)
    found = reading.get(kinds.HELM_RELEASE, usual, HelmRelease).result()
    if found is not None:
        return found
    everywhere = reading.list(kinds.HELM_RELEASE, HelmRelease, Where(namespace)).result()
    candidates = [release for release in everywhere if _is_umbrella(release)]
    if len(candidates) > 1:
        names = ", ".join(f"{item.metadata.namespace}/{item.metadata.name}" for item in candidates)
        raise UsageError(f"several HelmReleases could be the umbrella: {names}", "name its namespace with -n")
    return candidates[0] if candidates else None


def of_release(release: HelmRelease, sources: Iterable[Reconciled]) -> Umbrella:
    """The umbrella that Flux installs; its version is what was installed last, else what its Git tag says."""
    ref = Ref(kinds.HELM_RELEASE.name, release.metadata.name, release.metadata.namespace)
    return Umbrella(ref, _version(release, sources), release)


def find_helm_secret(reading: Reading, namespace: str | None) -> Ref | None:
    """The Secret of the newest Helm release called bigbang, installed with the helm command.

    Only names are read here. Helm's secrets driver labels them `owner=helm` and `name=<release>`.
    """
    where = Where(namespace, labels=f"owner=helm,name={NAME}")
    secrets = reading.list(kinds.SECRET, Object, where).result()
    numbered = [(_revision(secret.metadata.name), secret) for secret in secrets]
    newest = max(numbered, key=lambda pair: pair[0], default=None)
    if newest is None or newest[0] < 1:
        return None
    return Ref(kinds.SECRET.name, newest[1].metadata.name, newest[1].metadata.namespace)


def find_zarf_packages(reading: Reading) -> tuple[str, ...]:
    """Deployed Zarf packages that bring Big Bang, by the names of the Secrets of Zarf's state."""
    secrets = reading.list(kinds.SECRET, Object, Where(ZARF_NAMESPACE, labels="package-deploy-info")).result()
    matches = (_ZARF_PACKAGE.fullmatch(secret.metadata.name) for secret in secrets)
    return tuple(sorted(match["name"] for match in matches if match))


def read_sources(reading: Reading, namespace: str) -> dict[Ref, Reconciled]:
    """The repositories and charts in the umbrella's namespace, where Big Bang keeps them."""
    lists = {kind: reading.list(kind, as_, Where(namespace)) for kind, as_ in SOURCE_KINDS.values()}
    return {
        Ref(kind.name, item.metadata.name, item.metadata.namespace): item
        for kind, future in lists.items()
        for item in future.result()
    }


def _is_umbrella(release: HelmRelease) -> bool:
    charts = {snapshot.chart_name for snapshot in release.status.history}
    return release.metadata.name == NAME or NAME in charts


def _version(release: HelmRelease, sources: Iterable[Reconciled]) -> str:
    deployed = [entry.chart_version for entry in release.status.history if entry.status == "deployed"]
    applied = [*deployed, release.status.last_applied_revision, release.status.last_attempted_revision]
    texts = [*applied, _tag(release, sources)]
    found = (_VERSION.search(text) for text in texts)
    return next((match[0] for match in found if match), "")


def _tag(release: HelmRelease, sources: Iterable[Reconciled]) -> str:
    """The Git tag of the chart's repository: a fresh HelmRelease has no history yet."""
    chart = release.spec.chart.spec.source_ref if release.spec.chart else None
    if chart is None:
        return ""
    ref = reference_target(chart, release.metadata.namespace)
    for source in sources:
        same = (source.metadata.name, source.metadata.namespace) == (ref.name, ref.namespace)
        if same and isinstance(source, GitRepository) and source.spec.ref is not None:
            return source.spec.ref.tag
    return ""


def _revision(name: str) -> int:
    match = _HELM_SECRET.fullmatch(name)
    return int(match["revision"]) if match else 0
