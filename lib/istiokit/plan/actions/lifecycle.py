"""Objects that a plan makes or takes away, with the way back. Never Secrets: actions are shown and stored."""

import time
from typing import Any

from istiokit.cluster.manifests import ref_of
from istiokit.cluster.types import Ref
from istiokit.errors import Conflict, OperationFailed
from istiokit.plan import difference
from istiokit.plan.model import Action, State, World
from istiokit.plan.optimistic import ChangedByOthers

CREATED_BY = "istio-migrate.dev/created-by"
"""Annotation of an object that a plan has made: only such an object is deleted when the plan is undone."""
_MARK = "istio-migrate"
_SERVER_SET = (
    "creationTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
_PERIOD = 0.5


class _WholeObject(Action, frozen=True, kw_only=True):
    """An action on the object that its manifest describes."""

    manifest: dict[str, Any]

    def __post_init__(self) -> None:
        refuse_secret(self.manifest)

    @property
    def ref(self) -> Ref:
        """The object's address."""
        return ref_of(self.manifest)

    def target(self) -> str:
        return str(self.ref)


class CreateObject(_WholeObject, frozen=True, kw_only=True):
    """Make an object that is not there; undoing deletes it if it is still as we made it."""

    def change(self) -> str:
        return "create"

    def diff(self) -> str:
        return difference.unified("", difference.pretty(self.manifest), str(self.ref))

    def state(self, world: World) -> State:
        live = world.cluster.get(self.ref, dict[str, Any])
        if live is None:
            return State.TODO
        return State.DONE if contains(live, self._marked()) else State.CHANGED

    def do(self, world: World, *, dry_run: bool = False) -> None:
        try:
            world.cluster.create(self._marked(), dry_run=dry_run)
        except Conflict:
            if self.state(world) is not State.DONE:
                raise ChangedByOthers(self.ref, "it should not be there") from None

    def undo(self, world: World) -> None:
        live = world.cluster.get(self.ref, dict[str, Any])
        if live is None:
            return
        if not contains(live, self._marked()):
            raise ChangedByOthers(self.ref, "it should be as this run has made it")
        remove(world, self.ref, live)

    def _marked(self) -> dict[str, Any]:
        metadata = self.manifest.get("metadata") or {}
        annotations = {**(metadata.get("annotations") or {}), CREATED_BY: _MARK}
        return {**self.manifest, "metadata": {**metadata, "annotations": annotations}}


class DeleteObject(_WholeObject, frozen=True, kw_only=True):
    """Delete an object; undoing makes it again from its manifest. Build it with `delete_object`.

    The manifest is without status and without what the server sets.
    """

    def change(self) -> str:
        return "delete"

    def diff(self) -> str:
        return difference.unified(difference.pretty(self.manifest), "", str(self.ref))

    def state(self, world: World) -> State:
        live = world.cluster.get(self.ref, dict[str, Any])
        if live is None:
            return State.DONE
        return State.TODO if self._is_ours(live) else State.CHANGED

    def do(self, world: World, *, dry_run: bool = False) -> None:
        live = world.cluster.get(self.ref, dict[str, Any])
        if live is None or dry_run:
            return
        if not self._is_ours(live):
            raise ChangedByOthers(self.ref, "it should be as the plan has read it")
        remove(world, self.ref, live)

    def undo(self, world: World) -> None:
        live = world.cluster.get(self.ref, dict[str, Any])
        if live is not None and _leaving(live):
            remove(world, self.ref, live)
            live = None
        if live is None:
            world.cluster.create(self.manifest)
        elif stripped(live) != self.manifest:
            raise ChangedByOthers(self.ref, "it should not be there, or be as it was before")

    def _is_ours(self, live: dict[str, Any]) -> bool:
        """Whether it is as the plan has read it, or on its way out and losing its finalizers."""
        return _leaving(live) or stripped(live) == self.manifest


def delete_object(manifest: dict[str, Any], *, why: str) -> DeleteObject:
    """The action that deletes the object as it was read."""
    return DeleteObject(why=why, manifest=stripped(manifest))


def stripped(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest without status and without the metadata that the server sets."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in _SERVER_SET}
    return {**{key: value for key, value in manifest.items() if key != "status"}, "metadata": metadata}


def contains(live: Any, wanted: Any) -> bool:
    """Whether all that is wanted is so; fields that the server has added do not count."""
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(
            key in live and contains(live[key], wanted[key]) for key in wanted
        )
    if isinstance(wanted, list):
        return (
            isinstance(live, list)
            and len(live) == len(wanted)
            and all(contains(*pair) for pair in zip(live, wanted, strict=True))
        )
    return type(live) is type(wanted) and bool(live == wanted)


def remove(world: World, ref: Ref, live: dict[str, Any]) -> None:
    """Delete this very object and wait until it is gone: a finalizer may hold it."""
    uid = str(live["metadata"].get("uid", ""))
    world.cluster.delete(ref, uid=uid)
    until = time.monotonic() + world.timeout
    while (rest := world.cluster.get(ref, dict[str, Any])) and rest["metadata"].get("uid", "") == uid:
        holders = ", ".join(rest["metadata"].get("finalizers") or ()) or "nothing that it names"
        if time.monotonic() > until or world.stop.wait(_PERIOD):
            raise OperationFailed(
                f"{ref} is not gone yet: held by {holders}", "see what handles its finalizers"
            )


def _leaving(live: dict[str, Any]) -> bool:
    """Whether it is being deleted, and only finalizers hold it."""
    return "deletionTimestamp" in live["metadata"]


def refuse_secret(manifest: dict[str, Any]) -> None:
    """Raise ValueError for a Secret."""
    if manifest.get("kind") == "Secret":
        raise ValueError("a Secret's contents must not go into a plan")
