"""The part of a folder's journal that is about some of its files.

Several environments may have their values in one folder: what is undone or resumed for one of them must leave the
others alone.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from istiokit.cluster.files_read import real
from istiokit.plan.actions.manifests import EditManifests
from istiokit.plan.actions.text import EditText
from istiokit.plan.journal import JournalStore, Run
from istiokit.plan.model import Action

_GENERATOR = re.compile(rb"^(configMap|secret)Generator:", re.MULTILINE)


class ChosenFiles:
    """A `JournalStore` that lists only the runs that edited the chosen files."""

    def __init__(self, store: JournalStore, paths: Sequence[str]) -> None:
        """`paths` are files and folders; a kustomization with generators stands for its folder, with their files."""
        self._store = store
        self._chosen = [scope for path in paths for scope in _scopes(Path(path))]

    @property
    def place(self) -> str:
        """Where the journal is, in words."""
        return self._store.place

    def list(self, migration: str) -> Sequence[Run]:
        """The runs of the migration that edited one of the files, oldest first."""
        return [run for run in self._store.list(migration) if self._touches(run)]

    def load(self, run_id: str) -> Run | None:
        """The run, or None; whoever knows its id may see it."""
        return self._store.load(run_id)

    def create(self, run: Run) -> Run:
        """Store a new run."""
        return self._store.create(run)

    def update(self, run: Run) -> Run:
        """Store a run that was read before."""
        return self._store.update(run)

    def _touches(self, run: Run) -> bool:
        files = [real(file) for action in run.actions() if (file := _file_of(action))]
        return any(file == scope or scope in file.parents for file in files for scope in self._chosen)


def _file_of(action: Action) -> str:
    """The file that the action edits; empty for an action of another sort."""
    if isinstance(action, EditManifests):
        return action.file
    return action.place.file if isinstance(action, EditText) else ""


def _scopes(path: Path) -> Iterator[Path]:
    """The file or folder itself, and what the symbolic links in a folder lead to: edits follow them."""
    whole = real(path)
    yield whole.parent if whole.is_file() and _GENERATOR.search(whole.read_bytes()) else whole
    if whole.is_dir():
        yield from (real(inside) for inside in whole.rglob("*") if inside.is_symlink())
