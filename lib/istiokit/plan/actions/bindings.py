"""Changes of the gateways of VirtualServices on a cluster."""

from collections.abc import Iterable

from istiokit.cluster.types import Cluster, Ref
from istiokit.errors import Conflict, OperationFailed
from istiokit.istio.model import VirtualService
from istiokit.istio.rebinding import TOP, Entries, ListChange, field, gateway_lists
from istiokit.plan import difference
from istiokit.plan.model import Action, State, World
from istiokit.plan.optimistic import ChangedByOthers

_ATTEMPTS = 5
_MESH_ALONE = "none (mesh)"


class EditBindings(Action, frozen=True, kw_only=True):
    """Change lists of gateways in one VirtualService by one JSON patch.

    The patch tests every list that it changes as it was read: what others do to the rest of the object is no
    conflict, and where nobody was at the lists no second look is needed.
    """

    ref: Ref
    changes: tuple[ListChange, ...]

    def target(self) -> str:
        return str(self.ref)

    def change(self) -> str:
        return ", ".join(_told(one) for one in self.changes)

    def diff(self) -> str:
        before = _text((one.pointer, one.before) for one in self.changes)
        after = _text((one.pointer, one.after) for one in self.changes)
        return difference.unified(before, after, str(self.ref))

    def state(self, world: World) -> State:
        return _state(world.cluster, self.ref, self.changes)

    def do(self, world: World, *, dry_run: bool = False) -> None:
        if _patched(world.cluster, self.ref, self.changes, dry_run=dry_run) is State.CHANGED:
            raise self._changed(self.changes)

    def carry_out(self, world: World) -> State:
        return _patched(world.cluster, self.ref, self.changes)

    def undo(self, world: World) -> None:
        back = tuple(ListChange(one.pointer, one.after, one.before) for one in self.changes)
        try:
            found = _patched(world.cluster, self.ref, back)
        except Conflict:
            raise
        except OperationFailed:
            if world.cluster.get(self.ref, VirtualService) is not None:
                raise
            world.say(f"{self.ref} is gone: there is nothing to restore")
            return
        if found is State.CHANGED:
            raise self._changed(back)

    def _changed(self, changes: tuple[ListChange, ...]) -> ChangedByOthers:
        expected = "; ".join(f"{field(one.pointer)} should be {_words(one.before)}" for one in changes)
        return ChangedByOthers(self.ref, expected)


def _patched(cluster: Cluster, ref: Ref, changes: tuple[ListChange, ...], *, dry_run: bool = False) -> State:
    """Send the patch, and look only where the server refuses it; return how the lists were found.

    Raises Conflict where the object changes under every attempt although the lists stay as they were.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            cluster.json_patch(ref, _operations(changes), dry_run=dry_run)
        except Conflict:
            found = _state(cluster, ref, changes)
            if found is not State.TODO:
                return found
            if attempt == _ATTEMPTS:
                raise
            continue
        break
    return State.TODO


def _operations(changes: tuple[ListChange, ...]) -> list[dict[str, object]]:
    """All tests, then all changes; null stands for a list that is not there."""
    return [*(_test(one) for one in changes), *(_change(one) for one in changes)]


def _test(change: ListChange) -> dict[str, object]:
    return {"op": "test", "path": change.pointer, "value": _plain(change.before)}


def _change(change: ListChange) -> dict[str, object]:
    if change.after is None:
        return {"op": "remove", "path": change.pointer}
    op = "add" if change.before is None else "replace"
    return {"op": op, "path": change.pointer, "value": _plain(change.after)}


def _plain(entries: Entries | None) -> list[str] | None:
    return None if entries is None else list(entries)


def _state(cluster: Cluster, ref: Ref, changes: tuple[ListChange, ...]) -> State:
    item = cluster.get(ref, VirtualService)
    if item is None:
        return State.CHANGED
    now = dict(gateway_lists(item))
    if all(now.get(one.pointer) == one.after for one in changes):
        return State.DONE
    return State.TODO if all(now.get(one.pointer) == one.before for one in changes) else State.CHANGED


def _told(change: ListChange) -> str:
    """`gateways: a -> b`, with the place of a list that is not the top-level one."""
    place = "gateways" if change.pointer == TOP else field(change.pointer).removeprefix("spec.")
    return f"{place}: {_words(change.before)} -> {_words(change.after)}"


def _words(entries: Entries | None) -> str:
    return _MESH_ALONE if entries is None else ",".join(entries) or "[]"


def _text(lists: Iterable[tuple[str, Entries | None]]) -> str:
    """Lists as YAML has them, each under the name of its place."""
    lines: list[str] = []
    for pointer, entries in lists:
        lines += [] if entries is None else [f"{field(pointer)}:", *(f"- {entry}" for entry in entries)]
    return "\n".join(lines)


def edit_bindings(item: VirtualService, changes: tuple[ListChange, ...], *, why: str) -> EditBindings:
    """The action for a VirtualService as it was read."""
    ref = Ref("VirtualService", item.metadata.name, item.metadata.namespace)
    return EditBindings(why=why, ref=ref, changes=changes)
