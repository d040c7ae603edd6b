"""Changes of lists in manifests that lie in a file, byte for byte reversible."""

from pathlib import Path

from istiokit.cluster.files_write import replace_file
from istiokit.cluster.listedits import listed, words_in
from istiokit.cluster.manifests import ref_of
from istiokit.cluster.yamllists import ListEdit
from istiokit.errors import Conflict, OperationFailed, UsageError
from istiokit.plan.model import Action, State, World
from istiokit.plan.optimistic import ChangedByOthers, retried

_SHOWN = 3
"""So many objects are named in one line."""


class EditManifests(Action, frozen=True, kw_only=True):
    """Give lists in the manifests of one file other words, all of them or none, and touch no other byte."""

    file: str
    """An absolute path."""
    edits: tuple[ListEdit, ...]
    objects: tuple[str, ...]
    """Which object each of the edits is in, as `VirtualService namespace/name`."""
    shown: str
    """The unified diff, made when the plan was."""

    def target(self) -> str:
        return self.file

    def change(self) -> str:
        names = list(dict.fromkeys(self.objects))
        more = len(names) - _SHOWN
        return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")

    def diff(self) -> str:
        return self.shown

    def state(self, world: World) -> State:
        text = _read(self.file)
        if self._all_read(text, after=True):
            return State.DONE
        return State.TODO if self.redone(text) is not None else State.CHANGED

    def do(self, world: World, *, dry_run: bool = False) -> None:
        def attempt() -> None:
            text = _read(self.file)
            if self._all_read(text, after=True):
                return
            new = self.redone(text)
            if new is None:
                raise ChangedByOthers(self.file, "the lists should be as the plan found them")
            if not dry_run:
                replace_file(Path(self.file), text.encode(), new.encode())

        retried(attempt)

    def undo(self, world: World) -> None:
        def attempt() -> None:
            text = _read(self.file)
            if self._all_read(text, after=False):
                return
            if not self._all_read(text, after=True):
                raise self._changed()
            try:
                old = listed(text).undo(self.file, self.edits)
            except (Conflict, UsageError):
                raise self._changed() from None
            replace_file(Path(self.file), text.encode(), old.encode())

        retried(attempt)

    def _changed(self) -> ChangedByOthers:
        return ChangedByOthers(self.file, "the lists should be as they were left, or as before")

    def _all_read(self, text: str, *, after: bool) -> bool:
        """Whether every list reads as after (or as before) the edit, in the object that it was in."""
        found = listed(text)
        for one, name in zip(self.edits, self.objects, strict=True):
            manifest = found.object(one.wanted.document, one.wanted.path)
            if not isinstance(manifest, dict) or str(ref_of(manifest)) != name:
                return False
            if words_in(manifest, one.wanted.path) != (one.wanted.words if after else one.before):
                return False
        return True

    def redone(self, text: str) -> str | None:
        """The text with the very edits of the plan made; None where they do not fit any more."""
        try:
            if not self._all_read(text, after=False):
                return None
            new, again = listed(text).edit(self.file, [one.wanted for one in self.edits])
        except UsageError:
            return None
        same = [(one.splice.old, one.splice.new) for one in again]
        return new if same == [(one.splice.old, one.splice.new) for one in self.edits] else None


def _read(file: str) -> str:
    try:
        return Path(file).read_bytes().decode()
    except OSError as error:
        raise OperationFailed(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OperationFailed(f"{file} is not text", "a manifest is YAML or JSON in UTF-8") from None
