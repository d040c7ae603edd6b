"""Manifests as a cluster: the `Cluster` protocol on files, to read. What changes files is an action of a plan."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn, TypeVar

import msgspec

from istiokit.cluster.decode import TableRow
from istiokit.cluster.files_patches import Patches, patch_of
from istiokit.cluster.files_read import STDIN, files_under, read_bytes
from istiokit.cluster.files_text import NoObject, Stored, objects_in
from istiokit.cluster.jsonread import may_be_json
from istiokit.cluster.kustomize import Patch
from istiokit.cluster.manifests import kind_of, ref_of
from istiokit.cluster.types import EVERYWHERE, Event, EventType, Kind, Ref, Where, nothing, unchanged
from istiokit.cluster.yamlload import Unsound
from istiokit.errors import KindNotServed, OperationFailed, UsageError

T = TypeVar("T")

_MUCH = 100_000_000
"""Bytes of YAML that take so long that people should know of the faster way."""


class FilesCluster:
    """Objects of manifests. Files are read one after the other, and only what is asked for stays in memory."""

    def __init__(
        self,
        paths: Iterable[str],
        *,
        recursive: bool = False,
        stdin: str | bytes = "",
        kinds: Collection[Kind] | None = None,
        lenient: bool = False,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Read files and folders (`-R` for folders in folders), `-` for what is in `stdin`.

        Nothing is kept of other kinds than `kinds` (None: all). Raises UsageError for a path that is
        not there and a folder without manifests, and, unless `lenient`, for all that is of no use: what cannot be read,
        is neither YAML nor JSON, or is there twice. That is then among `skipped`, and what comes first counts. `say` is
        told what takes long.
        """
        self.name = ", ".join(paths := list(paths))
        self.skipped: list[NoObject] = []
        """Documents that are no Kubernetes objects, or of no use."""
        self._kinds, self._lenient, self._say = kinds, lenient, say
        self._objects: dict[tuple[str, Ref], Stored] = {}
        self._stdin = stdin if isinstance(stdin, bytes) else stdin.encode()
        sources = list(files_under(paths, recursive, self._lost if lenient else None))
        self._patches = Patches(sources)
        self.patches: list[Patch] = self._patches.inline
        """Parts of objects, which kustomize puts together."""
        for source in sources:
            self._open(source)

    @property
    def namespace(self) -> str | None:
        """None: all that the files hold."""
        return None

    def origin(self, ref: Ref) -> str:
        """Where the object stands: `values.yaml:12`; empty where there is no such object."""
        stored = self._find(ref)
        return stored.place if stored else ""

    def server_version(self) -> str | None:
        """None: there is no server."""
        return None

    def served(self, kind: Kind) -> bool:
        """Whether there is an object of this kind."""
        return any(True for _ in self._of(kind))

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
        return [keep(_decoded(stored, as_)) for stored in self.stored(kind, where)]

    def stored(self, kind: Kind, where: Where = EVERYWHERE) -> Iterator[Stored]:
        """The same undecoded, with their places, for those to whom one that is wrong is a finding."""
        return (stored for stored in self._of(kind) if stored.fits(where))

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
        self,
        kind: Kind,
        as_: type[T],
        where: Where = EVERYWHERE,
        *,
        seconds: float,
        synced: Callable[[], None] = nothing,
    ) -> Iterator[Event[T]]:
        """What is there; files do not change by themselves, so it ends at once."""
        return iter([Event(EventType.ADDED, item) for item in self.list(kind, as_, where)])

    def create(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Refused: which file a new object belongs in is for people to say."""
        raise OperationFailed(f"{ref_of(manifest)} is not in {self.name}", "add its manifest")

    def replace(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Refused, as all that follows."""
        self._refuse(ref_of(manifest))

    def merge_patch(self, ref: Ref, patch: Mapping[str, Any], *, dry_run: bool = False) -> None:
        """Refused."""
        self._refuse(ref)

    def json_patch(self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, dry_run: bool = False) -> None:
        """Refused."""
        self._refuse(ref)

    def delete(self, ref: Ref, *, uid: str = "") -> None:
        """Refused, unless it is not there anyway."""
        if self._find(ref):
            self._refuse(ref)

    def evict(self, ref: Ref, *, uid: str = "", dry_run: bool = False) -> str:
        """Refused: pods in files do not run."""
        self._refuse(ref)

    def allowed(self, verb: str, kind: Kind, namespace: str | None = None, *, subresource: str = "") -> bool:
        """Files allow everything; the file system has its say when it is written."""
        return True

    def _refuse(self, ref: Ref) -> NoReturn:
        place = self.origin(ref) or self.name
        raise OperationFailed(f"{place}: {ref} is in a file", "edit its manifest")

    def _find(self, ref: Ref) -> Stored | None:
        return self._objects.get((kind_of(ref).group, ref))

    def _of(self, kind: Kind) -> Iterator[Stored]:
        found = self._objects.items()
        return (one for (group, ref), one in found if ref.kind == kind.name and group == kind.group)

    def _lost(self, path: str, reason: str, hint: str) -> None:
        self._skip(NoObject(path, reason, broken=True, hint=hint))

    def _open(self, source: str) -> None:
        """Read one file; what is of no use is raised, or (lenient) remembered."""
        try:
            data = self._stdin if source == STDIN else read_bytes(source)
            if len(data) > _MUCH and not may_be_json(data):
                self._say(_hint(source, len(data)))
            self._read(data, source)
        except Unsound as error:
            if not self._lenient:
                raise
            self._lost(error.place, error.reason, error.hint)

    def _read(self, data: bytes, source: str) -> None:
        folder = self._patches.folder_of(source)
        if folder is not None:
            self._read_patch(data, source, folder)
            return
        found: list[Stored] = []
        for one in objects_in(data, source, self._kinds):
            if isinstance(one, NoObject):
                self._skip(replace(one, value=None))
            elif other := self._objects.get((one.group, one.ref)):
                twice = f"{one.ref} is there twice, first in {other.place}"
                self._skip(NoObject(one.place, twice, broken=True, hint="keep one", twice=True))
            else:
                found.append(one)
                self._objects[one.group, one.ref] = one
        for one in _released(found, len(data)):
            self._objects[one.group, one.ref] = one

    def _read_patch(self, data: bytes, source: str, folder: str) -> None:
        for one in objects_in(data, source):
            if isinstance(one, Stored):
                self.patches.append(patch_of(one.decoded(dict[str, Any]), one.place, folder))
            elif one.value is not None:
                self.patches.append(patch_of(one.value, one.place, folder))
            else:
                self._skip(one)

    def _skip(self, one: NoObject) -> None:
        if one.broken and not self._lenient:
            raise UsageError(f"{one.place}: {one.reason}", one.hint)
        self.skipped.append(one)


def _released(found: Sequence[Stored], size: int) -> list[Stored]:
    """Those whose bodies are views into the text of their file, which would stay for the sake of a few: as copies."""
    views = [(one, one.body) for one in found if isinstance(one.body, msgspec.Raw)]
    if 2 * sum(len(memoryview(body)) for _, body in views) > size:
        return []
    return [replace(one, body=body.copy()) for one, body in views]


def _decoded(stored: Stored, as_: type[T]) -> T:
    try:
        return stored.decoded(as_)
    except msgspec.ValidationError as error:
        raise UsageError(f"{stored.place}: {stored.ref}: {error}", "correct the manifest") from error


def _hint(source: str, size: int) -> str:
    return (
        f"{source}: {size // 1_000_000} MB of YAML take a while; as JSON (kubectl get -o json) they are read many "
        "times as fast"
    )
