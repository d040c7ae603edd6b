"""Who owns one VirtualService, in sentences. Everything returns strings."""

from istiokit.istio.bindings import references
from istiokit.istio.model import VirtualService
from istiokit.ownership.model import NO_OWNERS, OwnerKind, Owners, Reverts
from istiokit.ownership.places import edit_place, origin
from istiokit.ownership.spots import Wanted
from istiokit.ownership.verdict import judged
from istiokit.ui.printable import printable

_VERDICTS = {
    Reverts.YES: "a change in the cluster is put back",
    Reverts.NO: "a change in the cluster is not put back at once",
    Reverts.UNKNOWN: "whether a change in the cluster is put back is not known",
}
_GATEWAYS = ("/spec/gateways",)


def owned(item: VirtualService, owners: Owners | None) -> str:
    """A paragraph: the owner, what becomes of a change of spec.gateways, and where to change it.

    None for files: they do not tell what the owner does in a cluster.
    """
    found = judged(item.metadata, "VirtualService", _GATEWAYS, owners or NO_OWNERS)
    if found.kind is OwnerKind.NONE:
        lines = [f"Owner: nobody ({found.why})"]
    elif owners is None:
        lines = [f"Owner: {found.title}"]
    else:
        wanted = Wanted(references(item), item.metadata.namespace or "default")
        place = edit_place(found, origin(found, owners, wanted))
        lines = [
            f"Owner: {found.title}",
            f"  {_VERDICTS[found.reverts]}: {found.why}",
            f"  change it {place}",
        ]
    return "".join(f"{printable(line)}\n" for line in ("", *lines))
