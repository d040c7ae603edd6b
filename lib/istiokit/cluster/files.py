"""A folder of manifests as a cluster: the `Cluster` protocol on files. The only module that writes files."""

import contextlib
import copy
import os
import stat
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from istiokit.cluster.decode import TableRow
from istiokit.cluster.files_read import STDIN, files_under, read_text
from istiokit.cluster.files_text import NoObject, Stored, edited, objects_in
from istiokit.cluster.manifests import is_of, kind_of, ref_of
from istiokit.cluster.patch import merged, operated
from istiokit.cluster.select import matches
from istiokit.cluster.types import EVERYWHERE, Event, EventType, Kind, Ref, Where, unchanged
from istiokit.errors import Conflict, KindNotServed, OperationFailed, UsageError

T = TypeVar("T")


class FilesCluster:
    """Objects of manifests. A change is a splice in the file; the rest of it stays byte for byte."""

    def __init__(
        self,
        paths: Iterable[str],
        *,
        recursive: bool = False,
        stdin: str = "",
        namespace: str | None = None,
        lenient: bool = False,
    ) -> None:
        """Read files and folders (`-R` for folders in folders), `-` for the text in `stdin`.

        `namespace` is for objects that need one and name none. Raises UsageError for a path that cannot be
        read, and, unless `lenient`, for text that is neither YAML nor JSON and an object that is there twice:
        those are then among `skipped`, and what comes first counts.
        """
        self.name = ", ".join(paths := list(paths))
        self.skipped: list[NoObject] = []
        """Documents that are no Kubernetes objects, or of no use."""
        self._namespace, self._lenient, self._lock = namespace, lenient, threading.RLock()
        self._texts: dict[str, str] = {STDIN: stdin} if STDIN in paths else {}
        self._objects: dict[tuple[str, Ref], Stored] = {}
        for source in files_under(paths, recursive):
            self._open(source)

    @property
    def namespace(self) -> str | None:
        """None: all that the files hold."""
        return None

    def text(self, source: str = STDIN) -> str:
        """The text of a file, or of stdin, with every change so far."""
        return self._texts[source]

    def origin(self, ref: Ref) -> str:
        """Where the object stands: `values.yaml:12`; empty where there is no such object."""
        stored = self._find(ref)
        return stored.place if stored else ""

    def server_version(self) -> str | None:
        """None: there is no server."""
        return None

    def served(self, kind: Kind) -> bool:
        """Whether there is an object of this kind."""
        return any(is_of(stored.manifest, kind) for stored in self._objects.values())

    def expect(
        self, kind: Kind, as_: type[T], where: Where = EVERYWHERE, keep: Callable[[T], T] = unchanged
    ) -> None:
        """Nothing: the files have been read."""

    def list(
        self, kind: Kind, as_: type[T], where: Where = EVERYWHERE, keep: Callable[[T], T] = unchanged
    ) -> Sequence[T]:
        """All objects of the kind, in the order of the files."""
        if not self.served(kind):
            raise KindNotServed(kind.name, f"there is none in {self.name}")
        found = [stored for stored in self._objects.values() if is_of(stored.manifest, kind)]
        return [keep(_decoded(stored, as_)) for stored in found if matches(stored.manifest, where)]

    def expect_table(self, kind: Kind, where: Where = EVERYWHERE) -> None:
        """Nothing: only a server renders a Table."""

    def table(self, kind: Kind, where: Where = EVERYWHERE) -> tuple[Sequence[str], Sequence[TableRow]]:
        """Refused: only a server renders a Table."""
        raise UsageError("files have no server that renders a table of them", "leave --fast out")

    def get(self, ref: Ref, as_: type[T]) -> T | None:
        """The object, or None."""
        stored = self._find(ref)
        return _decoded(stored, as_) if stored else None

    def watch(
        self, kind: Kind, as_: type[T], where: Where = EVERYWHERE, *, seconds: float
    ) -> Iterator[Event[T]]:
        """What is there; files do not change by themselves, so it ends at once."""
        return iter([Event(EventType.ADDED, item) for item in self.list(kind, as_, where)])

    def create(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Refused: which file a new object belongs in is for people to say."""
        raise OperationFailed(f"{ref_of(manifest)} is not in {self.name}", "add its manifest")

    def replace(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Make the object read like this."""
        return self._change(ref_of(manifest), lambda old: manifest, dry_run=dry_run)

    def merge_patch(self, ref: Ref, patch: Mapping[str, Any], *, dry_run: bool = False) -> None:
        """Set the values of the patch where they stand in the file."""
        self._change(ref, lambda old: merged(old, patch), dry_run=dry_run)

    def json_patch(self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, dry_run: bool = False) -> None:
        """Set what the operations come to; raises Conflict where a `test` fails."""
        self._change(ref, lambda old: operated(old, operations), dry_run=dry_run)

    def delete(self, ref: Ref, *, uid: str = "") -> None:
        """Refused, unless it is not there anyway."""
        if stored := self._find(ref):
            raise OperationFailed(f"{stored.place}: {ref} is to go", "delete its manifest")

    def allowed(self, verb: str, kind: Kind, namespace: str | None = None, *, subresource: str = "") -> bool:
        """Files allow everything; the file system has its say when it is written."""
        return True

    def _find(self, ref: Ref) -> Stored | None:
        return self._objects.get((kind_of(ref).group, ref))

    def _open(self, source: str) -> None:
        """Read one file for the first time; what is of no use is raised, or (lenient) remembered."""
        try:
            if source != STDIN:
                self._texts[source] = read_text(source)
            self._read(source)
        except UsageError as error:
            if not self._lenient or not (source == STDIN or Path(source).exists()):
                raise
            template = "{{" in self._texts.get(source, "")
            reason = "a template, and not YAML before it is rendered" if template else error.what
            self.skipped.append(NoObject(source, reason, broken=True))

    def _read(self, source: str) -> None:
        """(Re)read the objects of one file from its text."""
        self._objects = {key: one for key, one in self._objects.items() if one.source != source}
        for found in objects_in(self._texts[source], source, self._namespace):
            if isinstance(found, NoObject):
                self.skipped.append(found)
                continue
            key = (str(found.manifest["apiVersion"]).rpartition("/")[0], found.ref)
            if other := self._objects.get(key):
                twice = f"{found.ref} is there twice, first in {other.place}"
                if not self._lenient:
                    raise UsageError(f"{found.place}: {twice}", "keep one")
                self.skipped.append(NoObject(found.place, twice, broken=True))
                continue
            self._objects[key] = found

    def _change(self, ref: Ref, change: Any, *, dry_run: bool) -> dict[str, Any]:
        with self._lock:
            stored = self._find(ref)
            if stored is None:
                raise OperationFailed(f"{ref} is not in {self.name}")
            text = edited(self._texts[stored.source], stored, change(copy.deepcopy(stored.manifest)))
            if not dry_run and text != self._texts[stored.source]:
                self._write(stored.source, text)
            return copy.deepcopy(self._objects[kind_of(ref).group, ref].manifest)

    def _write(self, source: str, text: str) -> None:
        if source != STDIN:
            replace_file(Path(source), self._texts[source].encode(), text.encode())
        self._texts[source] = text
        self.skipped = [one for one in self.skipped if not one.place.startswith(f"{source}:")]
        self._read(source)


def replace_file(path: Path, old: bytes, new: bytes) -> None:
    """Write the file whole or not at all; raises Conflict if it no longer holds `old`."""
    try:
        if path.read_bytes() != old:
            raise Conflict(f"{path} was changed since it was read", "run the command again")
    except OSError as error:
        raise OperationFailed(f"{path}: {error.strerror}") from error
    write_atomic(path, new)


def write_atomic(path: Path, data: bytes) -> None:
    """Write a new file or replace one, keeping its mode and owner; symbolic links are followed."""
    target = path.resolve()
    try:
        before = target.stat() if target.exists() else None
        if before and not os.access(target, os.W_OK):
            raise OperationFailed(f"{path} is read-only", "nothing was written")
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            try:
                file.write(data)
                file.flush()
                _like(Path(file.name), before)
                os.fsync(file.fileno())
                Path(file.name).replace(target)
            except BaseException:
                Path(file.name).unlink()
                raise
        _sync_folder(target.parent)
    except OSError as error:
        raise OperationFailed(f"{path}: {error.strerror}", "nothing was written") from error


def _like(path: Path, before: os.stat_result | None) -> None:
    """The mode and owner of the file that is replaced; a new file is for everybody to read, as by umask."""
    if before is None:
        umask = os.umask(0)
        os.umask(umask)
        path.chmod(0o666 & ~umask)
        return
    with contextlib.suppress(PermissionError):  # only root may give files away
        os.chown(path, before.st_uid, before.st_gid)
    path.chmod(stat.S_IMODE(before.st_mode))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _decoded(stored: Stored, as_: type[T]) -> T:
    try:
        return msgspec.convert(copy.deepcopy(stored.manifest), type=as_)
    except msgspec.ValidationError as error:
        raise UsageError(f"{stored.place}: {stored.ref}: {error}", "correct the manifest") from error
