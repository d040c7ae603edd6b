"""The short form of the status: a line for each thing that counts. Pure."""

from collections.abc import Sequence

from istiokit.bigbang.place import Place
from istiokit.bigbang.status import Status
from istiokit.cluster.unread import Unread
from kubectl_istio_migrate.next_steps import stranded

_NAMED = 3
"""So many of a kind are named."""


def rows(status: Status, unread: Sequence[Unread], journal: str) -> list[tuple[str, str]]:
    """Label and text, the most important first; what there is nothing to say about is empty."""
    return [
        ("cluster", _cluster(status)),
        ("mesh", _mesh(status, unread)),
        ("istiod", "; ".join(_planes(status))),
        ("releases", _releases(status)),
        ("open", "; ".join(_open(status))),
        ("not read", _some([item.kind for item in unread if not item.missing])),
        ("journal", journal),
    ]


def _mesh(status: Status, unread: Sequence[Unread]) -> str:
    hidden = {item.kind for item in unread if not item.missing} & {"Deployment", "HelmRelease"}
    if hidden and status.place is Place.NONE:
        return f"unknown: {' and '.join(sorted(hidden))} objects were not read"
    return f"{status.place}: {status.why}"


def _cluster(status: Status) -> str:
    kubernetes = f"Kubernetes {status.kubernetes}" if status.kubernetes else ""
    big_bang = f"Big Bang {status.big_bang}" if status.big_bang else ""
    window = f" ({status.window})" if big_bang and status.window else ""
    return ", ".join(filter(None, (status.where, kubernetes, big_bang + window)))


def _planes(status: Status) -> list[str]:
    return [
        f"{plane.version or 'version unknown'} by {plane.installer}, revision {plane.revision}"
        + ("" if plane.ready else ", NOT READY")
        + (f", {plane.note}" if plane.note else "")
        for plane in status.control_planes
    ]


def _releases(status: Status) -> str:
    if not status.not_ready:
        return f"all {status.releases} Ready" if status.releases else ""
    names = _some([row.name for row in status.not_ready])
    return f"{len(status.not_ready)} of {status.releases} HelmReleases not Ready: {names}"


def _open(status: Status) -> list[str]:
    found = [f"VirtualServices: {number} {binding}" for binding, number in stranded(status).items()]
    if status.old_sidecars:
        found.append(f"old sidecars: {sum(status.old_sidecars.values())} of {status.sidecars} pods")
    if status.leftovers:
        found.append(f"left behind: {_some([item.object for item in status.leftovers])}")
    return found


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join([*names[:_NAMED], *([f"{rest} more"] if rest > 0 else [])])
