"""The plan that changes the gateways of VirtualServices in manifest files. Pure: texts in, plan out."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import msgspec

from istiokit.cluster.files_text import NoObject, Stored, objects_in
from istiokit.cluster.kinds import GATEWAY, VIRTUAL_SERVICE
from istiokit.cluster.listedits import listed
from istiokit.cluster.patch import pointer
from istiokit.cluster.types import Ref, Where
from istiokit.cluster.yamllists import ListEdit, ListPath, WantedList
from istiokit.errors import UsageError
from istiokit.findings import Finding
from istiokit.istio.manifest import read_as, reason_and_path
from istiokit.istio.model import Gateway, VirtualService, full_name
from istiokit.istio.naming import named
from istiokit.istio.rebinding import ListChange, Untouched, applied, rebind
from istiokit.plan.actions.manifests import EditManifests
from istiokit.plan.model import Group, Plan, Skip
from istiokit.plan.rebind import MIGRATION, RebindPlan, Rebound, Wanted, missing_gateways
from istiokit.plan.splicediff import spliced_diff

_TEMPLATE = "{{"
STDIN = "-"
_SECRET = re.compile(r"""["']?kind["']?[ \t]*:[ \t]*["']?Secret\b""")
"""No lines around a change are shown of a text that holds one."""


@dataclass(frozen=True, slots=True)
class Found:
    """A VirtualService in a file."""

    item: VirtualService
    ref: Ref
    place: str
    """`apps/shop.yaml:12`."""
    document: int
    path: ListPath
    """The way to the object in its document: empty, or `("items", 3)` in a List."""


@dataclass(frozen=True, slots=True)
class Manifests:
    """What the texts hold of Istio's routes."""

    found: Mapping[str, tuple[Found, ...]]
    """By file, in the order of the text."""
    gateways: tuple[Gateway, ...]
    skipped: tuple[Skip, ...]
    """Templates, texts that are no YAML, objects that cannot be read."""
    left: int
    """How many of those are defects, so that nobody can tell what is in them."""


def read_manifests(texts: Mapping[str, str], where: Where) -> Manifests:
    """The VirtualServices that `where` selects, and all Gateways. An object without a namespace fits any."""
    found: dict[str, tuple[Found, ...]] = {}
    gateways: list[Gateway] = []
    skipped: list[Skip] = []
    templates = 0
    for name, text in texts.items():
        objects = list(objects_in(text.encode(), name, (VIRTUAL_SERVICE, GATEWAY)))
        if _TEMPLATE in text and any(map(_is_template, objects)):
            skipped.append(Skip(name, "a template: change it, or the values behind it, by hand"))
            templates += 1
            continue
        broken = [one for one in objects if isinstance(one, NoObject) and one.broken]
        skipped += (Skip(one.place, f"{one.reason}; {one.hint}") for one in broken)
        stored = [one for one in objects if isinstance(one, Stored)]
        found[name] = tuple(_virtual_services(stored, where, skipped))
        gateways += _gateways(stored)
    return Manifests(found, tuple(gateways), tuple(skipped), len(skipped) - templates)


def _is_template(one: Stored | NoObject) -> bool:
    """What braces make unreadable, or have in one of Istio's objects; in others (dashboards) they are just text."""
    return one.template if isinstance(one, NoObject) else _TEMPLATE.encode() in bytes(one.body)


def with_unread(manifests: Manifests, unread: Mapping[str, str]) -> Manifests:
    """The same, with what could not be read or is a part of an object only, each by its place with the reason."""
    more = tuple(Skip(place, reason) for place, reason in unread.items())
    return replace(manifests, skipped=(*more, *manifests.skipped), left=manifests.left + len(more))


def named_only(manifests: Manifests, names: Sequence[str]) -> Manifests:
    """Just the VirtualServices of these names (`name` or `namespace/name`); raises NotDone for those not there."""
    everything = [one.item for items in manifests.found.values() for one in items]
    chosen = set(map(id, named(everything, names, None, files=True)))
    found = {
        place: tuple(one for one in items if id(one.item) in chosen)
        for place, items in manifests.found.items()
    }
    return replace(manifests, found=found)


def plan_files(
    texts: Mapping[str, str],
    manifests: Manifests,
    wanted: Wanted,
    known: Collection[str] | None = None,
    path_of: Callable[[str], str] = str,
    judge: Callable[[Sequence[Rebound]], tuple[Finding, ...]] = lambda changes: (),
) -> RebindPlan:
    """The plan that edits the files: one action each, which changes all of its VirtualServices or none.

    `texts` are those that the manifests were read from, by name; `path_of` gives the absolute path of a name. `known`
    are the Gateways that exist: None (nobody can tell from files) lets none count as missing. `judge` says what would
    stop answering.
    """
    tally = _Tally(list(manifests.skipped), manifests.left)
    actions: list[EditManifests] = []
    rebound: list[Rebound] = []
    for name, found in manifests.found.items():
        chosen = _chosen(texts[name], name, found, wanted, tally)
        if chosen:
            actions.append(_action(texts[name], name, path_of(name), chosen, wanted))
            rebound += [Rebound(one.found.item, applied(one.found.item, one.changes)) for one in chosen]
    plan = Plan(
        MIGRATION,
        str(wanted.operation),
        (Group(tuple(actions)),) if actions else (),
        skipped=tuple(tally.skipped),
        findings=(*missing_gateways(rebound, known, wanted), *judge(rebound)),
    )
    return RebindPlan(plan, tally.left)


def _virtual_services(objects: Sequence[Stored], where: Where, skipped: list[Skip]) -> Iterator[Found]:
    for one in objects:
        if one.ref.kind != VIRTUAL_SERVICE.name:
            continue
        try:
            item = read_as(one, VirtualService)
        except msgspec.ValidationError as error:
            reason, wrong = reason_and_path(error)
            skipped.append(Skip(f"{one.ref} in {one.place}", f"it cannot be read: {reason} ({wrong})"))
            continue
        here = where.namespace if one.ref.namespace else None
        if one.fits(Where(here, where.labels, where.fields)):
            path: ListPath = () if one.item is None else ("items", one.item)
            yield Found(item, one.ref, one.place, one.document, path)


def _gateways(objects: Sequence[Stored]) -> Iterator[Gateway]:
    """Those that can be read: they are only evidence for the mapping."""
    for one in objects:
        if one.ref.kind == GATEWAY.name:
            with suppress(msgspec.ValidationError):
                yield read_as(one, Gateway)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What is to change in one object."""

    found: Found
    changes: tuple[ListChange, ...]

    def lists(self) -> list[WantedList]:
        return [
            WantedList((*self.found.path, *_steps(one)), one.after or (), self.found.document)
            for one in self.changes
        ]


@dataclass(slots=True)
class _Tally:
    """What is left alone, and how much of it people have to see to."""

    skipped: list[Skip]
    left: int

    def leave(self, found: Found, reason: str) -> None:
        self.skipped.append(Skip(f"VirtualService {full_name(found.item)} in {found.place}", reason))


def _chosen(text: str, name: str, found: Sequence[Found], wanted: Wanted, tally: _Tally) -> list[_Chosen]:
    """What changes in one file; what cannot be changed there is told with its reason."""
    chosen: list[_Chosen] = []
    for one in found:
        made = rebind(one.item, wanted.mapping, wanted.operation)
        if not isinstance(made, Untouched):
            chosen.append(_Chosen(one, made.changes))
        elif made.concerned or wanted.named:
            tally.leave(one, made.reason)
            tally.left += made.left
    try:
        _edits(text, name, chosen)
    except UsageError:  # only then one by one: each try reads the whole text
        return [one for one in chosen if _is_possible(text, name, one, tally)]
    return chosen


def _is_possible(text: str, name: str, one: _Chosen, tally: _Tally) -> bool:
    try:
        _edits(text, name, [one])
    except UsageError as error:
        tally.leave(one.found, str(error).removeprefix(f"{name}: "))
        tally.left += 1
        return False
    return True


def _action(text: str, name: str, path: str, chosen: Sequence[_Chosen], wanted: Wanted) -> EditManifests:
    edits = _edits(text, name, chosen)
    label = "stdin" if name == STDIN else name.lstrip("/")
    return EditManifests(
        why=f"{wanted.operation} {', '.join(map(str, wanted.mapping.pairs))}",
        file=path,
        edits=edits,
        objects=tuple(str(one.found.ref) for one in chosen for _ in one.changes),
        shown=spliced_diff(text, [one.splice for one in edits], label, 0 if _SECRET.search(text) else 3),
    )


def _edits(text: str, name: str, chosen: Sequence[_Chosen]) -> tuple[ListEdit, ...]:
    return listed(text).edit(name, [one for each in chosen for one in each.lists()])[1]


def _steps(change: ListChange) -> ListPath:
    return tuple(int(step) if step.isdecimal() else step for step in pointer(change.pointer))
