"""What the owner of an object makes of a change: refused with the edit to make elsewhere, or done with a note. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from istiokit.cluster.decode import Metadata
from istiokit.cluster.types import Ref
from istiokit.istio.rebinding import ListChange, field
from istiokit.ownership.model import Owner, OwnerKind, Owners, Reverts
from istiokit.ownership.places import edit_place, origin, relief
from istiokit.ownership.spots import Wanted
from istiokit.ownership.verdict import judged

UNSURE = "VSG053"
"""Nobody can tell whether the owner would put the change back."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one object, before it is a plan."""

    ref: Ref
    metadata: Metadata
    pointers: tuple[str, ...]
    """The fields, as JSON pointers."""
    words: str
    """What they have to be: `spec.gateways: [a, b]`."""
    gateways: frozenset[str] = frozenset()
    """The Gateways that the owner's values may name in the place to edit."""


@dataclass(frozen=True, slots=True)
class Held:
    """The owner's verdict on a change."""

    owner: Owner
    place: str
    """Where the edit belongs, with the preposition."""
    remedy: str
    """What to do instead, as a sentence without the full stop."""
    refused: bool
    """Whether the change is not made."""

    @property
    def reason(self) -> str:
        """Why the change is not made, and what to do instead."""
        return f"{self.owner.why}. {self.remedy}"


def held(change: Change, owners: Owners, allowed: Sequence[str] = ()) -> Held:
    """Ask the owner. One that nobody can ask is a refusal, unless `allowed` has VSG053."""
    found = judged(change.metadata, change.ref.kind, change.pointers, owners)
    known = origin(found, owners, Wanted(change.gateways, change.metadata.namespace or "default"))
    place = edit_place(found, known)
    may = found.reverts is Reverts.NO or (found.reverts is Reverts.UNKNOWN and UNSURE in allowed)
    return Held(found, place, _remedy(change, found, place), not may)


def _remedy(change: Change, found: Owner, place: str) -> str:
    fields = dict.fromkeys("/".join(pointer.split("/")[:3]) for pointer in change.pointers)
    or_else = relief(found, " and ".join(fields))
    unsure = f"; to change it here all the same: --allow {UNSURE}" if found.reverts is Reverts.UNKNOWN else ""
    return f"Change it {place}{or_else}: {change.words}{unsure}"


def notes(done: Sequence[Held]) -> tuple[str, ...]:
    """What takes the changes back later, a line for each owner: a release, a sync, somebody who resumes it."""
    numbers: dict[tuple[str, str], int] = {}
    for one in done:
        if one.owner.kind is not OwnerKind.NONE:
            place = "" if one.owner.kind is OwnerKind.KUBECTL_APPLY else f"; change it as well {one.place}"
            numbers[one.owner.why, place] = numbers.get((one.owner.why, place), 0) + 1
    return tuple(
        f"{number} of them: {why}{place}" if number > 1 else f"{why}{place}"
        for (why, place), number in numbers.items()
    )


def edit_in_words(changes: Sequence[ListChange]) -> str:
    """What the lists have to be: `spec.gateways: [a, b]`."""
    return "; ".join(
        f"{field(one.pointer)}: [{', '.join(one.after)}]"
        if one.after is not None
        else f"no {field(one.pointer)}"
        for one in changes
    )
