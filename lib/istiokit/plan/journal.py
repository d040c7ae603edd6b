"""What the journal remembers of one run: who, when, the whole plan, and what became of each action.

A `Run` is a value; a `JournalStore` keeps it where a second machine can read it. docs/journal.md has the
stored form.
"""

import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

import msgspec

import istiokit
from istiokit.findings import Finding
from istiokit.plan.model import Action, Group, Plan, Skip


class RunState(StrEnum):
    """How far a run has come. RUNNING in a journal that nobody drives is a run that was killed."""

    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"
    ROLLING_BACK = "rolling-back"
    ROLLED_BACK = "rolled-back"
    ABANDONED = "abandoned"
    """Neither finished nor undone, and people have said that it stays as it is."""


class EntryState(StrEnum):
    """What became of one action."""

    STARTED = "started"
    """Written ahead: it may or may not have been done."""
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Not done by this run (already so, or replaced on a resume): there is nothing to undo."""
    UNDOING = "undoing"
    """Written ahead of its undoing."""
    UNDONE = "undone"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of history about the action with this index; the last one of an index counts."""

    index: int
    state: EntryState
    when: str
    """UTC, `2026-11-21T09:45:12.000000Z`."""
    message: str = ""


class Sitting(msgspec.Struct, frozen=True, kw_only=True):
    """One time that somebody drove the run: its beginning, a resume or a rollback."""

    what: str
    who: str
    when: str
    command: tuple[str, ...]
    version: str


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One carrying out of a plan, with all that is needed to resume or undo it elsewhere."""

    id: str
    migration: str
    name: str
    who: str
    """user@host, as the command tells it."""
    started: str
    command: tuple[str, ...]
    version: str
    """The version of the suite that began it."""
    state: RunState
    allowed: tuple[str, ...] = ()
    """Finding codes that `--allow` let pass."""
    later: tuple[Sitting, ...] = ()
    """Resumes and rollbacks."""
    skipped: tuple[Skip, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    entries: tuple[Entry, ...] = ()
    """Oldest first."""
    revision: str = ""
    """The store's own mark of what was read, so that an update of something older is refused; not stored."""

    def actions(self) -> tuple[Action, ...]:
        """All actions of all groups; an entry's index counts in here."""
        return tuple(action for group in self.groups for action in group.actions)

    def numbered(self) -> Iterator[tuple[Group, list[tuple[int, Action]]]]:
        """Each group with its actions and their indexes."""
        index = 0
        for group in self.groups:
            yield group, list(enumerate(group.actions, index))
            index += len(group.actions)

    def latest(self) -> dict[int, Entry]:
        """The entry that counts for each index; an action that never started has none."""
        return {entry.index: entry for entry in self.entries}

    def with_entries(self, entries: Sequence[Entry], state: RunState | None = None) -> "Run":
        """The run with these entries added, and in this state if one is given."""
        return msgspec.structs.replace(
            self, entries=(*self.entries, *entries), state=state if state is not None else self.state
        )


class JournalStore(Protocol):
    """Where runs are kept. Every method may raise OperationFailed."""

    @property
    def place(self) -> str:
        """Where that is, in words: `ConfigMaps in namespace bigbang`."""

    def list(self, migration: str) -> Sequence[Run]:
        """All runs of the migration, oldest first."""

    def load(self, run_id: str) -> Run | None:
        """The run, or None if there is none of that id."""

    def create(self, run: Run) -> Run:
        """Store a new run and return it with its revision; raises Conflict where the id exists."""

    def update(self, run: Run) -> Run:
        """Store a run that was read before; raises Conflict unless its revision is the newest."""


def begin(plan: Plan, *, who: str, command: Sequence[str], allowed: Sequence[str]) -> Run:
    """A new run of the plan, in the state RUNNING and with no entry; not yet stored."""
    moment = datetime.now(UTC)
    stamp = moment.strftime("%Y%m%dt%H%M%S")
    return Run(
        id=f"{plan.migration}-{plan.name}-{stamp}-{secrets.token_hex(2)}".lower(),
        migration=plan.migration,
        name=plan.name,
        who=who,
        started=stamped(moment),
        command=tuple(command),
        version=istiokit.__version__,
        state=RunState.RUNNING,
        allowed=tuple(sorted(allowed)),
        skipped=plan.skipped,
        findings=plan.findings,
        notes=plan.notes,
        groups=tuple(group for group in plan.groups if group.actions),
    )


def sitting(what: str, *, who: str, command: Sequence[str]) -> Sitting:
    """A note that somebody drives the run from now on; `what` is `resume` or `rollback`."""
    return Sitting(what=what, who=who, when=now(), command=tuple(command), version=istiokit.__version__)


def entry(index: int, state: EntryState, message: str = "") -> Entry:
    """An entry of this moment."""
    return Entry(index=index, state=state, when=now(), message=message)


def now() -> str:
    """This moment as the journal and a Lease write it."""
    return stamped(datetime.now(UTC))


def stamped(moment: datetime) -> str:
    """A moment in UTC as Kubernetes' MicroTime: always six digits of fraction, so that text sorts as time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def oldest_first(runs: Sequence[Run]) -> Sequence[Run]:
    """In the order in which they began."""
    return sorted(runs, key=lambda run: (run.started, run.id))
