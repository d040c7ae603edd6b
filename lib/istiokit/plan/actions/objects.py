"""Changes to a field of an object of any kind, with the way back.

The contents of Secrets never go into an action, since actions are shown and stored.
"""

from typing import Any

import msgspec

from istiokit.cluster.manifests import ref_of
from istiokit.cluster.patch import pointed, pointer
from istiokit.cluster.types import Cluster, Ref
from istiokit.errors import OperationFailed
from istiokit.plan import difference
from istiokit.plan.model import Action, State, World
from istiokit.plan.optimistic import ChangedByOthers, existing, retried, unchanged_since

ABSENT = msgspec.UNSET
"""The value of a field that is not there."""


class SetField(Action, frozen=True, kw_only=True):
    """Set (or, with `after` ABSENT, remove) one field of an object. Build it with `set_field`."""

    ref: Ref
    path: str
    """JSON pointer (RFC 6901): `/spec/selector/app`. Through a list only to an element that is there."""
    before: Any = ABSENT
    after: Any = ABSENT
    made: int = 0
    """How many maps on the way to the field did not exist before; undoing removes them if they are empty."""

    def __post_init__(self) -> None:
        if self.ref.kind == "Secret" and not self.path.startswith("/metadata/"):
            raise ValueError("a Secret's contents must not go into a plan")

    def target(self) -> str:
        return str(self.ref)

    def change(self) -> str:
        name = ".".join(pointer(self.path))
        return f"{name}: {difference.short(self.before)} -> {difference.short(self.after)}"

    def diff(self) -> str:
        label = f"{self.ref} {self.path}"
        return difference.unified(difference.pretty(self.before), difference.pretty(self.after), label)

    def state(self, world: World) -> State:
        manifest = world.cluster.get(self.ref, dict[str, Any])
        return self._state(manifest) if manifest is not None else State.CHANGED

    def do(self, world: World, *, dry_run: bool = False) -> None:
        self._write(world.cluster, self, dry_run=dry_run)

    def undo(self, world: World) -> None:
        back = msgspec.structs.replace(self, before=self.after, after=self.before)
        self._write(world.cluster, back, dry_run=False)

    def _state(self, manifest: dict[str, Any]) -> State:
        value = value_at(manifest, self.path)
        if _same(value, self.after):
            return State.DONE
        return State.TODO if _same(value, self.before) else State.CHANGED

    def _write(self, cluster: Cluster, step: "SetField", *, dry_run: bool) -> None:
        """Make one step (there or back), reading again after a conflict."""

        def attempt() -> None:
            manifest = existing(cluster, self.ref)
            state = step._state(manifest)
            if state is State.CHANGED:
                wanted = f"{difference.short(step.before)} or {difference.short(step.after)}"
                raise ChangedByOthers(self.ref, f"{'.'.join(pointer(self.path))} should be {wanted}")
            if state is State.TODO:
                operations = [*unchanged_since(manifest), *_operations(manifest, step)]
                cluster.json_patch(self.ref, operations, dry_run=dry_run)

        retried(attempt)


def set_field(manifest: dict[str, Any], path: str, after: Any, *, why: str) -> SetField:
    """The action that sets this field of the object as it was read; `after` may be ABSENT."""
    return SetField(
        why=why,
        ref=ref_of(manifest),
        path=path,
        before=value_at(manifest, path),
        after=after,
        made=len(pointer(path)) - _depth(manifest, path),
    )


def value_at(manifest: Any, path: str) -> Any:
    """The value that the JSON pointer leads to, or ABSENT."""
    for step in pointer(path):
        manifest = _child(manifest, step)
    return manifest


class Annotate(Action, frozen=True, kw_only=True):
    """Set an annotation, or remove it (`after` None)."""

    ref: Ref
    key: str
    before: str | None = None
    after: str | None = None

    def target(self) -> str:
        return str(self.ref)

    def change(self) -> str:
        return self._field().change()

    def diff(self) -> str:
        return self._field().diff()

    def state(self, world: World) -> State:
        return self._field().state(world)

    def do(self, world: World, *, dry_run: bool = False) -> None:
        self._field().do(world, dry_run=dry_run)

    def undo(self, world: World) -> None:
        self._field().undo(world)

    def _field(self) -> SetField:
        return SetField(
            why=self.why,
            ref=self.ref,
            path=pointed("metadata", "annotations", self.key),
            before=ABSENT if self.before is None else self.before,
            after=ABSENT if self.after is None else self.after,
            made=1,
        )


def _same(one: Any, other: Any) -> bool:
    """Whether both are the same JSON: to Python True equals 1, to a server it does not."""
    if one is ABSENT or other is ABSENT:
        return one is other
    return msgspec.json.encode(one, order="sorted") == msgspec.json.encode(other, order="sorted")


def _child(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value.get(step, ABSENT)
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return ABSENT


def _depth(manifest: dict[str, Any], path: str) -> int:
    """How many steps of the path can be written to without making a map first."""
    steps = pointer(path)
    value: Any = manifest
    for at, step in enumerate(steps, 1):
        value = _child(value, step)
        if value is ABSENT:
            return at
    return len(steps)


def _operations(manifest: dict[str, Any], step: SetField) -> list[dict[str, Any]]:
    """The JSON patch of one step, from how the object is now."""
    parts = step.path.split("/")
    if step.after is ABSENT:
        return [{"op": "remove", "path": "/".join(parts[: len(parts) - _emptied(manifest, step)])}]
    if value_at(manifest, step.path) is not ABSENT:
        return [{"op": "replace", "path": step.path, "value": step.after}]
    depth = _depth(manifest, step.path)
    if isinstance(value_at(manifest, "/".join(parts[:depth])), list):
        raise OperationFailed(f"{step.ref} {step.path}: there is no such element in the list")
    value = step.after
    for name in reversed(pointer(step.path)[depth:]):
        value = {name: value}
    return [{"op": "add", "path": "/".join(parts[: depth + 1]), "value": value}]


def _emptied(manifest: dict[str, Any], step: SetField) -> int:
    """How many of the maps that the action has made hold nothing but the field that now goes."""
    parts, count = step.path.split("/"), 0
    while count < step.made:
        parent = value_at(manifest, "/".join(parts[: len(parts) - count - 1]))
        if not isinstance(parent, dict) or len(parent) > 1:
            break
        count += 1
    return count
