"""Candidates of the form OLD=NEW: Gateways, and revisions of Istio."""

from collections.abc import Iterable

from istiokit.cluster import kinds
from istiokit.cluster.types import EVERYWHERE
from istiokit.ui.completion.look import Look
from istiokit.ui.completion.objects import each


def gateways(look: Look) -> None:
    """The pairs that Gateways speak for; where none of them fits, any two Gateways."""
    from istiokit.istio.mapping import found_mapping
    from istiokit.istio.model import Gateway, full_name

    found = look.cluster.list(kinds.GATEWAY, Gateway)
    names = sorted(map(full_name, found))
    for pair in found_mapping(found).pairs:
        if pair.new in names:
            look.offer(str(pair), pair.why)
    if not look.found:
        _any_two(look, names, names)


def revisions(look: Look) -> None:
    """From what a namespace asks for, or a webhook serves, to what a webhook serves: revisions and their tags."""
    from istiokit.istio.control_plane import TAG
    from istiokit.istio.injection import NAMESPACE_INJECTION, REVISION

    served: set[str] = set()
    asked: set[str] = set()
    each(
        look,
        kinds.MUTATING_WEBHOOK,
        EVERYWHERE,
        lambda item: served.update(
            item.metadata.labels[key] for key in _keys(item.metadata.labels, TAG, REVISION)
        ),
    )
    each(
        look,
        kinds.NAMESPACE,
        EVERYWHERE,
        lambda item: asked.update(item.metadata.labels[key] for key in _keys(item.metadata.labels, REVISION)),
    )
    _any_two(look, sorted(asked | served | {NAMESPACE_INJECTION}), sorted(served))


def _keys(labels: Iterable[str], *wanted: str) -> list[str]:
    return [key for key in wanted if key in labels]


def _any_two(look: Look, olds: Iterable[str], news: Iterable[str]) -> None:
    """First OLD= alone, then with each that could follow."""
    old, sign, _ = look.prefix.partition("=")
    if not sign:
        for name in olds:
            look.begin(f"{name}=")
        return
    for name in news:
        if name != old:
            look.offer(f"{old}={name}")
