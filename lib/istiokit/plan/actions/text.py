"""Edits of YAML text that lies in a file, or in one key of a ConfigMap or a Secret, byte for byte reversible.

An edit of a Secret holds only the switches that change, never the text around them.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from istiokit.bigbang.embedded import Address, Encoding, text_at, with_text
from istiokit.cluster import yamltext
from istiokit.cluster.files_write import replace_file
from istiokit.cluster.patch import pointed
from istiokit.cluster.types import Ref
from istiokit.cluster.yamlvalues import read_at
from istiokit.errors import Conflict, OperationFailed, UsageError
from istiokit.plan import difference
from istiokit.plan.model import Action, State, World
from istiokit.plan.optimistic import ChangedByOthers, existing, retried, unchanged_since

_SWITCH_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "~", "<<"))
"""What the values of switches are written with: these may be shown of a Secret."""


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Where a YAML text lies: a key of a ConfigMap or Secret, a file, or a string in a manifest in a file."""

    ref: Ref | None = None
    key: str = ""
    file: str = ""
    """An absolute path."""
    document: int = 0
    """Which document of the file holds the string, counted from 0."""
    keys: tuple[str, ...] = ()
    """The way to the string; empty where the text is the whole file."""
    encoding: Encoding = Encoding.TEXT
    """How the string is written."""

    def __str__(self) -> str:
        if self.ref:
            return f"{self.ref} key {self.key}"
        return f"{self.file} ({' '.join(self.keys)})" if self.keys else self.file

    @property
    def secret(self) -> bool:
        """Whether the text around an edit must not be shown or stored."""
        return self.ref is not None and self.ref.kind == "Secret"

    def read(self, world: World) -> str:
        """The text as it is now; raises OperationFailed where there is none."""
        if self.ref is None:
            return text_at(_read_file(self.file), self._address)
        return self._text(existing(world.cluster, self.ref))

    def write(self, world: World, old: str, new: str, *, dry_run: bool) -> None:
        """Replace the text; raises Conflict unless it is still `old`."""
        if self.ref is None:
            if not dry_run:
                self._write_file(old, new)
            return
        manifest = existing(world.cluster, self.ref)
        if self._text(manifest) != old:
            raise Conflict(f"{self} was changed meanwhile")
        change = {"op": "replace", "path": pointed("data", self.key), "value": self._encoded(new)}
        world.cluster.json_patch(self.ref, [*unchanged_since(manifest), change], dry_run=dry_run)

    @property
    def _address(self) -> Address:
        return Address(self.file, self.document, self.keys, self.encoding)

    def _write_file(self, old: str, new: str) -> None:
        before = _read_file(self.file)
        if text_at(before, self._address) != old:
            raise Conflict(f"{self} was changed meanwhile")
        replace_file(Path(self.file), before.encode(), with_text(before, self._address, new).encode())

    def _text(self, manifest: dict[str, Any]) -> str:
        data = (manifest.get("data") or {}).get(self.key)
        if data is None:
            raise OperationFailed(f"{self.ref} has no key {self.key}")
        return _decoded(data, self) if self.secret else str(data)

    def _encoded(self, text: str) -> str:
        return base64.b64encode(text.encode()).decode() if self.secret else text


class EditText(Action, frozen=True, kw_only=True):
    """Give some values in a YAML text other values, and touch no other byte."""

    place: TextPlace
    changes: tuple[yamltext.Change, ...]
    """In the order in which they are made; each one counts on those before it."""
    shown: str
    """The unified diff, made when the plan was; of a Secret only the switches in the lines that change."""

    def target(self) -> str:
        return str(self.place)

    def change(self) -> str:
        return ", ".join(f"{'.'.join(one.path)} -> {difference.short(one.value)}" for one in self.changes)

    def diff(self) -> str:
        return self.shown

    def state(self, world: World) -> State:
        text = self.place.read(world)
        if self._is_so(text):
            return State.DONE
        return State.TODO if self._redone(text) is not None else State.CHANGED

    def do(self, world: World, *, dry_run: bool = False) -> None:
        def attempt() -> None:
            text = self.place.read(world)
            if not self._is_so(text):
                new = self._redone(text)
                if new is None:
                    raise ChangedByOthers(self.place, f"the plan was to set {self.change()}")
                self.place.write(world, text, new, dry_run=dry_run)

        retried(attempt)

    def undo(self, world: World) -> None:
        def attempt() -> None:
            text = self.place.read(world)
            if self._redone(text) is not None or self._is_gone(text):
                return
            try:
                old = self._undone(text)
            except (Conflict, UsageError):
                expected = f"it should still have {self.change()}, or nothing of that any more"
                raise ChangedByOthers(self.place, expected) from None
            self.place.write(world, text, old, dry_run=False)

        retried(attempt)

    def _is_so(self, text: str) -> bool:
        """Whether all values are as wanted, whoever has written them and how."""
        try:
            documents = yamltext.parse_all(text, str(self.place))
            return all(documents[one.document].set(one.path, one.value) is None for one in self.changes)
        except (UsageError, IndexError):
            return False

    def _is_gone(self, text: str) -> bool:
        """Whether no value is as wanted: somebody has set all of them back by hand, in whatever style."""
        try:
            values = [one.values for one in yamltext.parse_all(text, str(self.place))]
            return all(read_at(values[one.document], one.path) != (True, one.value) for one in self.changes)
        except (UsageError, IndexError):
            return False

    def _redone(self, text: str) -> str | None:
        """The text with all changes made; None where it is not (any more) the text that can take them."""
        try:
            for one in self.changes:
                text = yamltext.apply(text, (yamltext.redo(text, one, str(self.place)),))
        except (Conflict, UsageError):
            return None
        return text

    def _undone(self, text: str) -> str:
        for one in reversed(self.changes):
            text = yamltext.apply(text, (yamltext.undo(text, one, str(self.place)),))
        return text


def edit_diff(
    before: str,
    after: str,
    label: str,
    changes: Sequence[yamltext.Change],
    *,
    private: bool,
    context: int = 3,
) -> str:
    """The unified diff of an edit; of a private text only the lines that change, and in them only what changes."""
    if not private:
        return difference.unified(before, after, label, context)
    words = {word for one in changes for word in one.path}
    return difference.unified(before, after, label, 0, words | _SWITCH_WORDS)


def _read_file(file: str) -> str:
    try:
        return Path(file).read_bytes().decode()
    except OSError as error:
        raise OperationFailed(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OperationFailed(f"{file} is not text", "a values file is YAML in UTF-8") from None


def _decoded(data: object, place: TextPlace) -> str:
    try:
        return base64.b64decode(str(data), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise OperationFailed(f"{place} is not text", "a values file is YAML in UTF-8") from None
