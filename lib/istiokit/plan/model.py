"""A plan is data: what to change, why, how to undo it, how to know that it is done.

An action is a frozen msgspec Struct, so that a journal on another machine can be read back and undone.
To add one: a module in plan/actions/ and its class in the union of plan/actions/__init__.py.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

import msgspec

from istiokit.cluster.mirror import Mirrors
from istiokit.cluster.types import Cluster
from istiokit.findings import Finding
from istiokit.flux.progress import SILENT, Observer


class State(StrEnum):
    """How an action stands to the world as it is now."""

    TODO = "todo"
    DONE = "done"
    CHANGED = "changed"
    """Neither as the plan found it nor as the plan would leave it: somebody else was here."""


@dataclass(frozen=True, slots=True)
class World:
    """What actions may touch while they run."""

    cluster: Cluster
    say: Callable[[str], None]
    """Takes one line of progress for the people who watch (stderr)."""
    timeout: float = 600.0
    """Seconds that one action may wait for others (controllers, load balancers)."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when the run is interrupted: an action that waits looks at it (`world.stop.wait(seconds)`)."""
    observer: Observer = SILENT
    """Sees the HelmReleases while an action waits for them."""
    tell: Callable[["Action", str], None] = lambda action, standing: None
    """Takes how an action that is under way stands, in a few words, whenever that has changed."""
    mirrors: Mirrors | None = None
    """What actions that wait for many objects at once wait by."""


class Action(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """One step of a plan. `why` is the reason that the plan shows.

    An action written by a newer version, with fields that this one does not know, must not be mistaken for
    one of ours: unknown fields make it an `UnknownAction` when a journal is read.
    """

    why: str
    irreversible: ClassVar[bool] = False
    """True for what cannot be undone (a restart); the plan marks it and rollback skips it with a word."""
    passive: ClassVar[bool] = False
    """True for what only asks and waits: there is nothing to undo, and rollback does not speak of it."""

    vital: ClassVar[bool] = False
    """True for what all that comes later relies on: if it fails the run ends there, whatever its pace allows."""

    def identity(self) -> "Action":
        """What makes it the same action when the plan is made anew: all but the reason given.

        Evidence of how things were before is no part of it: on a resume that of the first plan has to last.
        """
        return msgspec.structs.replace(self, why="")

    def target(self) -> str:
        """What is touched, as kubectl would spell it."""
        raise NotImplementedError

    def change(self) -> str:
        """The change in a few words, for the table: `istio.enabled: true -> false`."""
        raise NotImplementedError

    def diff(self) -> str:
        """A unified diff where there is one; empty otherwise. Never shows a Secret's other contents."""
        return ""

    def state(self, world: World) -> State:
        """Look first: an action that is already so is a success."""
        raise NotImplementedError

    def do(self, world: World, *, dry_run: bool = False) -> None:
        """Make the change; with `dry_run` let the server judge it without storing (dryRun=All).

        An action that only waits has nothing to send and returns at once in a dry run.
        """
        raise NotImplementedError

    def lane(self) -> str:
        """Actions of one lane share a limit of their own (`Pace.per_lane`): a namespace; mostly there is none."""
        return ""

    def carry_out(self, world: World) -> State:
        """Look, do it where it is to do, and return how it was found.

        An action whose own writing tells whether the world is as it was can save the look.
        """
        found = self.state(world)
        if found is State.TODO:
            self.do(world)
        return found

    def undo(self, world: World) -> None:
        """Restore what was before; raises Conflict where somebody else has changed it since.

        A world that is already as before is a success: a rollback may be killed and run again.
        """
        raise NotImplementedError


class Skip(msgspec.Struct, frozen=True):
    """What a plan leaves alone, and why: shown on stderr and in -o json."""

    object: str
    reason: str


class Group(msgspec.Struct, frozen=True):
    """Actions that may run at the same time, at most `concurrency`; groups run one after the other."""

    actions: tuple[Action, ...]
    concurrency: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What a command is about to do."""

    migration: str
    """Which migration this belongs to (`bigbang`): one Lease and one history for each."""
    name: str
    """The step: `step1`, `step2`."""
    groups: tuple[Group, ...]
    skipped: tuple[Skip, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    """What the user must know before saying yes, a sentence each."""

    def actions(self) -> tuple[Action, ...]:
        """All actions of all groups, in their order."""
        return tuple(action for group in self.groups for action in group.actions)
