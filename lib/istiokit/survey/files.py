"""Reads values files, and manifests beside them, into `Facts`: the survey of what `-f` names."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

import msgspec

from istiokit.bigbang.documents import NoValuesError, classify
from istiokit.bigbang.embedded import Address
from istiokit.bigbang.facts import Facts, MeshFacts
from istiokit.bigbang.layers import Layer
from istiokit.cluster.files import FilesCluster
from istiokit.cluster.files_read import STDIN, files_under, read_stdin, read_text, utf8
from istiokit.cluster.files_text import Stored, objects_in
from istiokit.cluster.kinds import KINDS
from istiokit.cluster.unread import Unread
from istiokit.cluster.yamlread import holds_list
from istiokit.errors import UsageError
from istiokit.survey.mesh import MeshReading
from istiokit.survey.reading import Reading


@dataclass(slots=True)
class _Found:
    """What the files hold."""

    layers: list[Layer] = field(default_factory=list)
    without: dict[str, NoValuesError] = field(default_factory=dict)
    """Files without values, and why each is one."""


def layers_of_files(filenames: Sequence[str], texts: Mapping[str, str]) -> tuple[Layer, ...]:
    """The layers of values in these texts (of `read_texts`), in the order of the command line.

    The `address` of each is an `Address` with an absolute path, or `-`. Raises UsageError, with file and line, for
    what is not YAML, for a file without values that was named itself, and for folders without any values.
    """
    found = _classified(texts)
    for path, reason in found.without.items():
        if path in filenames or not found.layers:
            raise reason
    return tuple(found.layers)


def facts_of_files(filenames: Sequence[str], *, recursive: bool, stdin: TextIO) -> Facts:
    """What the files tell: the layers of values, and the mesh if there are manifests of it.

    Raises UsageError for what cannot be read and like `layers_of_files`, except that manifests need no values.
    """
    texts = read_texts(filenames, recursive, stdin)
    found = _classified(texts)
    objects = [path for path in texts if _holds_objects(path, texts[path])]
    ignored = {path: reason for path, reason in found.without.items() if path not in objects}
    for path, reason in ignored.items():
        if path in filenames or not (found.layers or objects):
            raise reason
    mesh, unread = _mesh(objects, texts.get(STDIN, ""), found.without)
    skipped = (Unread(path, reason.what.removeprefix(f"{path}: ")) for path, reason in ignored.items())
    return Facts(
        where=", ".join(filenames), layers=tuple(found.layers), mesh=mesh, unread=(*unread, *skipped)
    )


def read_texts(filenames: Sequence[str], recursive: bool, stdin: TextIO) -> dict[str, str]:
    """The text of every file by its path, `-` for stdin; raises UsageError where one cannot be read."""
    paths = list(files_under(filenames, recursive))
    return {path: utf8(read_stdin(stdin), "-") if path == STDIN else read_text(path) for path in paths}


def generated_text(path: str) -> str:
    """The text of a file that a kustomization names; raises UsageError that says so where it is missing."""
    try:
        return read_text(path)
    except UsageError as error:
        raise UsageError(error.what, "a kustomization names it: check its generators") from error


def file_address(layer: Layer) -> Address:
    """Where the layer stands in its file."""
    assert isinstance(layer.address, Address), "layers of files come with their address"
    return layer.address


def distinct(layers: Iterable[Layer]) -> list[Layer]:
    """The layers without those that come again later: a file may be named, and be behind a generator as well."""
    kept: dict[object, Layer] = {}
    for layer in layers:
        address = file_address(layer)
        path = address.path if address.path == STDIN else str(Path(address.path).resolve())
        key = (path, address.document, address.keys)
        kept.pop(key, None)
        kept[key] = layer
    return list(kept.values())


def _classified(texts: Mapping[str, str]) -> _Found:
    found = _Found()
    for path, text in texts.items():
        try:
            if _is_list(text):
                raise NoValuesError(
                    f"{path}: a list of objects, without Big Bang values", "name the values file"
                )
            found.layers += classify(path, text, generated_text)
        except NoValuesError as reason:
            found.without[path] = reason
    found.layers = [_writable(layer) for layer in distinct(found.layers)]
    return found


def _writable(layer: Layer) -> Layer:
    """The layer with its absolute path; blocked where its file cannot be written: then no other is, either."""
    address = file_address(layer)
    if address.path == STDIN:
        return layer
    path = Path(address.path).absolute()  # not resolved: a symbolic link stays one
    layer = replace(layer, address=replace(address, path=str(path)))
    if layer.blocked or (path.is_file() and os.access(path, os.W_OK)):
        return layer
    return replace(
        layer, blocked="it is read-only" if path.is_file() else "it is no file that can be written"
    )


def _is_list(text: str) -> bool:
    """Whether this is what `kubectl get -o json` or `-o yaml` prints: it can be huge, and holds objects, not values."""
    if not text.startswith("{"):
        return holds_list(text)
    try:
        return msgspec.json.decode(text, type=_Kind).kind.endswith("List")
    except msgspec.MsgspecError:
        return False


class _Kind(msgspec.Struct):
    kind: str = ""


def _holds_objects(path: str, text: str) -> bool:
    return _is_list(text) or any(isinstance(one, Stored) for one in objects_in(text.encode(), path))


def _mesh(
    objects: Sequence[str], stdin: str, manifests: Mapping[str, object]
) -> tuple[MeshFacts, tuple[Unread, ...]]:
    """The mesh in the manifests; where all of them just hold values there is nothing to say about one."""
    if not any(path in manifests for path in objects):
        return MeshFacts(), ()
    with Reading(FilesCluster(objects, stdin=stdin, kinds=KINDS.values())) as reading:
        mesh = MeshReading(reading).result()
        return mesh, tuple(Unread(item.kind, "there is none in the files") for item in reading.unread)
