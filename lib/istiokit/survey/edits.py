"""Where people make the edit that a VirtualService needs; only for output that shows it, as it takes more reading."""

from collections.abc import Sequence

from istiokit.cluster import kinds
from istiokit.cluster.types import Cluster
from istiokit.cluster.unread import Unread
from istiokit.istio.model import VirtualService
from istiokit.kyverno.grants import Grant
from istiokit.ownership.find import Finder
from istiokit.ownership.model import Origin, Owner, OwnerKind, Owners
from istiokit.ownership.places import edit_place, origin
from istiokit.ownership.spots import Wanted
from istiokit.survey.origins import with_sources

_KIND = kinds.VIRTUAL_SERVICE.name


def edit_places(
    cluster: Cluster, owners: Owners, items: Sequence[VirtualService], grants: Sequence[Grant]
) -> tuple[dict[int, str], tuple[Unread, ...]]:
    """The places by the identity of the object, each with the preposition, and what may not be read.

    The Gateways of the grants are looked for in the owners' values.
    """
    if not items:
        return {}, ()
    names = frozenset(name for grant in grants for name in (grant.gateway, *grant.holders))
    known, unread = with_sources(cluster, owners, ((_KIND, item) for item in items), values=True)
    finder = Finder(known)
    found = {}
    for item in items:
        owner = finder.of(item.metadata, _KIND)
        wanted = Wanted(names, item.metadata.namespace or "default")
        found[id(item)] = _place(owner, origin(owner, known, wanted))
    return found, unread


def _place(owner: Owner, known: Origin | None) -> str:
    match owner.kind:
        case OwnerKind.NONE:
            return "in the manifest that somebody applies, or in the object itself (kubectl vs-gateways add)"
        case OwnerKind.KUBECTL_APPLY:
            return "in the manifest that is applied with kubectl"
    return edit_place(owner, known)
