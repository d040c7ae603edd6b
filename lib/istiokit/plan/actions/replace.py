"""An object that is written anew as a whole, with the way back. Never Secrets: actions are shown and stored."""

from typing import Any

import msgspec

from istiokit.cluster.manifests import ref_of
from istiokit.cluster.types import Ref
from istiokit.plan import difference
from istiokit.plan.actions.lifecycle import contains, refuse_secret, stripped
from istiokit.plan.model import Action, State, World
from istiokit.plan.optimistic import ChangedByOthers, existing, retried


class ReplaceObject(Action, frozen=True, kw_only=True):
    """Write an object anew; undoing writes what was there before. Build it with `replace_object`.

    Both manifests are without status and without what the server sets. It is done where the object has all that is
    wanted: servers and webhooks add fields of their own to what they store.
    """

    before: dict[str, Any]
    manifest: dict[str, Any]

    def __post_init__(self) -> None:
        refuse_secret(self.manifest)

    @property
    def ref(self) -> Ref:
        """The object's address."""
        return ref_of(self.manifest)

    def identity(self) -> Action:
        """How it was before is evidence: of a plan that is made anew the older one counts."""
        return msgspec.structs.replace(self, why="", before={})

    def target(self) -> str:
        return str(self.ref)

    def change(self) -> str:
        return "replace"

    def diff(self) -> str:
        """What becomes of the fields that we write; those that a server has added to what was there are left out."""
        before = difference.pretty(written(self.before, self.manifest))
        return difference.unified(before, difference.pretty(self.manifest), str(self.ref))

    def state(self, world: World) -> State:
        live = world.cluster.get(self.ref, dict[str, Any])
        return State.CHANGED if live is None else self._state(live)

    def do(self, world: World, *, dry_run: bool = False) -> None:
        self._write(world, State.TODO, self.manifest, dry_run=dry_run)

    def undo(self, world: World) -> None:
        self._write(world, State.DONE, self.before, dry_run=False)

    def _write(self, world: World, due: State, manifest: dict[str, Any], *, dry_run: bool) -> None:
        """Write the manifest if the object is in the state that it is due in, reading again after a conflict."""

        def attempt() -> None:
            live = existing(world.cluster, self.ref)
            found = self._state(live)
            if found is State.CHANGED:
                raise ChangedByOthers(self.ref, "it should be as this run has read it or written it")
            if found is due:
                version = live["metadata"].get("resourceVersion")
                metadata = {**manifest["metadata"], **({"resourceVersion": version} if version else {})}
                world.cluster.replace({**manifest, "metadata": metadata}, dry_run=dry_run)

        retried(attempt)

    def _state(self, live: dict[str, Any]) -> State:
        now = stripped(live)
        if now == self.before:
            return State.TODO
        return State.DONE if contains(now, self.manifest) else State.CHANGED


def replace_object(live: dict[str, Any], wanted: dict[str, Any], *, why: str) -> ReplaceObject:
    """The action that writes what is wanted over the object as it was read.

    Labels and annotations that others have put there stay, as do finalizers and owners.
    """
    before = stripped(live)
    metadata = {**before["metadata"]}
    for key, value in wanted["metadata"].items():
        metadata[key] = {**metadata.get(key, {}), **value} if isinstance(value, dict) else value
    return ReplaceObject(why=why, before=before, manifest={**wanted, "metadata": metadata})


def written(live: Any, wanted: Any) -> Any:
    """What is there, without the fields of maps that are not wanted and that only the server has added."""
    if isinstance(live, dict) and isinstance(wanted, dict):
        return {key: written(value, wanted[key]) for key, value in live.items() if key in wanted}
    if isinstance(live, list) and isinstance(wanted, list) and len(live) == len(wanted):
        return [written(*pair) for pair in zip(live, wanted, strict=True)]
    return live
