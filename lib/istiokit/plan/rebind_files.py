"""The plan that changes the gateways of VirtualServices in manifest files. Pure: texts in, plan out."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from istiokit.cluster.kinds import GATEWAY, VIRTUAL_SERVICE
from istiokit.cluster.manifests import is_of, ref_of
from istiokit.cluster.patch import pointer
from istiokit.cluster.select import matches
from istiokit.cluster.types import Where
from istiokit.cluster.yamllists import ListEdit, ListPath, WantedList, documents_of, edit_lists
from istiokit.cluster.yamltext import Document
from istiokit.errors import NotDone, UsageError
from istiokit.findings import Finding
from istiokit.istio.model import Gateway, VirtualService, full_name
from istiokit.istio.rebinding import ListChange, Untouched, applied, rebind
from istiokit.plan.actions.manifests import EditManifests
from istiokit.plan.model import Group, Plan, Skip
from istiokit.plan.rebind import MIGRATION, RebindPlan, Rebound, Wanted, missing_gateways
from istiokit.plan.splicediff import spliced_diff

_GROUP = "networking.istio.io"
_TEMPLATE = "{{"
STDIN = "-"
_SECRET = re.compile(r"""["']?kind["']?[ \t]*:[ \t]*["']?Secret\b""")
"""No lines around a change are shown of a text that holds one."""


@dataclass(frozen=True, slots=True)
class Found:
    """A VirtualService in a file."""

    item: VirtualService
    manifest: Mapping[str, Any]
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
        if _GROUP not in text:
            continue
        if _TEMPLATE in text:
            skipped.append(Skip(name, "a template: change it, or the values behind it, by hand"))
            templates += 1
            continue
        try:
            documents = documents_of(text, name)
        except UsageError as error:
            skipped.append(Skip(name, error.what))
            continue
        objects = [one for document in documents for one in _objects(document)]
        found[name] = tuple(_virtual_services(name, objects, where, skipped))
        gateways += _gateways(objects)
    return Manifests(found, tuple(gateways), tuple(skipped), len(skipped) - templates)


def named_only(manifests: Manifests, names: Sequence[str]) -> Manifests:
    """Just the VirtualServices of these names (`name` or `namespace/name`); raises NotDone for those not there."""
    found = {
        place: tuple(one for one in items if not _names(one).isdisjoint(names))
        for place, items in manifests.found.items()
    }
    there = {name for items in found.values() for one in items for name in _names(one)}
    if missing := [name for name in names if name not in there]:
        raise NotDone(f"no VirtualService {', '.join(missing)} in these files", "check the spelling")
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


def _names(found: Found) -> set[str]:
    return {full_name(found.item), found.item.metadata.name}


@dataclass(frozen=True, slots=True)
class _Object:
    manifest: dict[str, Any]
    line: int
    document: int
    path: ListPath


def _objects(document: Document) -> Iterator[_Object]:
    value, line = document.values, document.tree.root.line if document.tree.root else 1
    if not isinstance(value, dict):
        return
    items = value.get("items")
    if str(value.get("kind", "")).endswith("List") and isinstance(items, list):
        node = document.find(("items",))
        lines = [item.line for item in getattr(node, "items", ())]
        for at, item in enumerate(items):
            if isinstance(item, dict):
                yield _Object(item, lines[at], document.index, ("items", at))
    else:
        yield _Object(value, line, document.index, ())


def _virtual_services(
    name: str, objects: Sequence[_Object], where: Where, skipped: list[Skip]
) -> Iterator[Found]:
    for one in objects:
        if not is_of(one.manifest, VIRTUAL_SERVICE):
            continue
        place = f"{name}:{one.line}"
        try:
            item = msgspec.convert(one.manifest, VirtualService)
        except msgspec.ValidationError as error:
            skipped.append(Skip(f"{ref_of(one.manifest)} in {place}", f"it cannot be read: {error}"))
            continue
        here = where.namespace if item.metadata.namespace else None
        if matches(one.manifest, Where(here, where.labels, where.fields)):
            yield Found(item, one.manifest, place, one.document, one.path)


def _gateways(objects: Sequence[_Object]) -> Iterator[Gateway]:
    """Those that can be read: they are only evidence for the mapping."""
    for one in objects:
        if is_of(one.manifest, GATEWAY):
            try:
                yield msgspec.convert(one.manifest, Gateway)
            except msgspec.ValidationError:
                continue


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
        tally.leave(one.found, str(error))
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
        objects=tuple(str(ref_of(one.found.manifest)) for one in chosen for _ in one.changes),
        shown=spliced_diff(text, [one.splice for one in edits], label, 0 if _SECRET.search(text) else 3),
    )


def _edits(text: str, name: str, chosen: Sequence[_Chosen]) -> tuple[ListEdit, ...]:
    return edit_lists(text, name, [one for each in chosen for one in each.lists()])[1]


def _steps(change: ListChange) -> ListPath:
    return tuple(int(step) if step.isdecimal() else step for step in pointer(change.pointer))
