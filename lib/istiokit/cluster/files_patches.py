"""Which of the files are kustomize patches: the kustomizations beside them say so."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from istiokit.cluster.files_read import STDIN, decoded, read_bytes, real
from istiokit.cluster.kustomize import KUSTOMIZATIONS, Patch, components_of, gateways_in, patches_of
from istiokit.cluster.yamlload import Unsound
from istiokit.cluster.yamlread import Read, read


class Patches:
    """The patches that kustomizations name: files among those that are read, and texts within a kustomization.

    Looked at are the kustomizations in the folders of the files and in those above these: one that lies elsewhere names
    patches, too, but nobody could find it.
    """

    def __init__(self, sources: Sequence[str]) -> None:
        """`sources` are the files that are read."""
        self._folders: dict[Path, str] = {}
        self.inline: list[Patch] = []
        """Those within a kustomization that is read itself."""
        own = {real(source) for source in sources if source != STDIN}
        found = [(path, value) for path in _kustomizations(sources) for value in _values(path)]
        users = {
            real(path.parent / folder): str(path.parent)
            for path, value in found
            for folder in components_of(value)
        }
        for path, value in found:
            folder = users.get(real(path.parent), str(path.parent))
            files, texts = patches_of(value)
            self._folders |= {real(path.parent / file): folder for file in files}
            if real(path) in own:
                self.inline += (patch for text in texts for patch in _inline(text, str(path), folder))

    def folder_of(self, source: str) -> str | None:
        """The folder of the kustomization for which the file is a patch; None where it is none."""
        return self._folders.get(real(source)) if self._folders and source != STDIN else None


def patch_of(value: Any, place: str, folder: str) -> Patch:
    """A document of a patch, by what it says."""
    metadata = value.get("metadata") if isinstance(value, dict) else None
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    return Patch(place, folder, gateways_in(value), str(namespace or ""))


def _kustomizations(sources: Iterable[str]) -> Iterator[Path]:
    folders: dict[Path, None] = {}
    for source in sources:
        if source != STDIN:
            folders |= dict.fromkeys((Path(source).parent, Path(source).parent / ".."))
    found: dict[Path, Path] = {}
    for path in (folder / name for folder in folders for name in KUSTOMIZATIONS):
        if os.path.isfile(path):  # noqa: PTH113 - that of pathlib raises where a folder may not be entered
            found.setdefault(real(path), path)
    yield from found.values()


def _values(path: Path) -> Iterator[Any]:
    """What is in a kustomization; nothing where it cannot be read, which is told where it is read for itself."""
    try:
        text = decoded(read_bytes(str(path)), str(path))
    except Unsound:
        return
    yield from (one.value for one in read(text, str(path)) if isinstance(one, Read))


def _inline(text: str, place: str, folder: str) -> Iterator[Patch]:
    return (patch_of(one.value, place, folder) for one in read(text, place) if isinstance(one, Read))
