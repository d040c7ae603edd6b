"""A run as text and back: JSON Lines, so that a person can read it with any tool and a store can cut it up.

The first line is the run itself, then one line for each action, then one for each entry (docs/journal.md).
"""

import functools
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from istiokit.errors import OperationFailed
from istiokit.plan.journal import Entry, Run
from istiokit.plan.model import Action, Group, State, World

FORMAT = 1
"""Raised when an older version could no longer read what we write."""
_DAMAGED = "was it edited by hand? Put it right, or move it away: what it did can then only be undone by hand"


class UnknownAction(Action, frozen=True, kw_only=True):
    """An action that another version of the suite has written: it can be shown, not done or undone."""

    data: dict[str, Any]
    """As it stands in the journal; it is written back unchanged."""

    @property
    def name(self) -> str:
        """The name that its own version knows it by."""
        return str(self.data.get("type", "?"))

    def target(self) -> str:
        return "?"

    def change(self) -> str:
        return f"{self.name}: not known to this version"

    def state(self, world: World) -> State:
        raise self._refusal()

    def do(self, world: World, *, dry_run: bool = False) -> None:
        raise self._refusal()

    def undo(self, world: World) -> None:
        raise self._refusal()

    def _refusal(self) -> OperationFailed:
        return OperationFailed(
            f"this version does not know the action {self.name}", "use the version that began the run"
        )


class _RunLine(msgspec.Struct, tag_field="line", tag="run"):
    format: int
    run: msgspec.Raw


class _ActionLine(msgspec.Struct, tag_field="line", tag="action"):
    group: int
    concurrency: int
    action: msgspec.Raw


class _EntryLine(msgspec.Struct, tag_field="line", tag="entry"):
    entry: Entry


class Codec:
    """Reads and writes runs whose actions are of the given types."""

    def __init__(self, types: Sequence[type[Action]]) -> None:
        """`types` are the actions that can be done and undone; all others become `UnknownAction`."""
        union: Any = functools.reduce(operator.or_, types)
        self._actions = msgspec.json.Decoder(union)
        self._lines = msgspec.json.Decoder(_RunLine | _ActionLine | _EntryLine)

    def encode(self, run: Run) -> str:
        """The whole run but its revision."""
        return msgspec.json.Encoder().encode_lines(_lines(run)).decode()

    def decode(self, text: str, place: str = "the journal") -> Run:
        """The run; raises OperationFailed, naming `place`, where the text is no journal that this version can read."""
        try:
            lines = self._lines.decode_lines(text)
            return self._run(lines, place)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise OperationFailed(f"{place} cannot be read: {error}", _DAMAGED) from None

    def _run(self, lines: list[_RunLine | _ActionLine | _EntryLine], place: str) -> Run:
        head = lines[0] if lines else None
        if not isinstance(head, _RunLine):
            raise OperationFailed(f"{place} cannot be read: its first line is not a run", _DAMAGED)
        if head.format > FORMAT:
            raise OperationFailed(f"{place} was written by a newer version", "use that version, or upgrade")
        groups: dict[int, Group] = {}
        for line in lines:
            if isinstance(line, _ActionLine):
                before = groups.get(line.group, Group(()))
                groups[line.group] = Group((*before.actions, self.action(line.action)), line.concurrency)
        entries = tuple(line.entry for line in lines if isinstance(line, _EntryLine))
        run = msgspec.json.decode(head.run, type=Run)
        return msgspec.structs.replace(run, groups=tuple(groups.values()), entries=entries)

    def action(self, data: bytes | msgspec.Raw) -> Action:
        """One action from its JSON."""
        try:
            action: Action = self._actions.decode(data)
        except msgspec.ValidationError:
            fields = msgspec.json.decode(data, type=dict[str, Any])
            return UnknownAction(why=str(fields.get("why", "")), data=fields)
        return action


def encode_action(action: Action) -> bytes:
    """One action as JSON, its type under `type`."""
    return msgspec.json.encode(action.data if isinstance(action, UnknownAction) else action)


def _lines(run: Run) -> Iterable[msgspec.Struct]:
    bare = msgspec.structs.replace(run, groups=(), entries=(), revision="")
    yield _RunLine(FORMAT, msgspec.Raw(msgspec.json.encode(bare)))
    for number, group in enumerate(run.groups):
        for action in group.actions:
            yield _ActionLine(number, group.concurrency, msgspec.Raw(encode_action(action)))
    for entry in run.entries:
        yield _EntryLine(entry)
