"""Finds, in a clone of the repository that Flux reads, the files behind the values of a cluster.

Only reads: nothing is ever committed, pushed or fetched.
"""

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from istiokit.bigbang.documents import VALUES_KEY, NoValuesError, classify, generated
from istiokit.bigbang.facts import Source
from istiokit.bigbang.layers import Layer
from istiokit.cluster.files_read import files_under, read_text
from istiokit.cluster.kustomize import KUSTOMIZATIONS
from istiokit.cluster.urls import masked
from istiokit.cluster.yamltext import Document, parse, parse_all
from istiokit.cluster.yamlvalues import read_at
from istiokit.errors import OperationFailed, UsageError
from istiokit.flux.git import GitPlace
from istiokit.survey.files import file_address, generated_text

_HASH = "[bcdfghkmt2456789]{10}"
"""The alphabet of the suffix that kustomize adds to a generated name (kustomize api/hasher)."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A layer in a file of the clone, and the object that Flux makes of it."""

    kind: str
    name: str
    layer: Layer

    def makes(self, source: Source) -> bool:
        """Whether this object is that source, by its name; a generated one has a suffix."""
        suffixed = f"{re.escape(self.name)}(-{_HASH})?"
        return self.kind == source.ref.kind and re.fullmatch(suffixed, source.ref.name) is not None


def clone_layers(git_dir: str, layers: Sequence[Layer], *, say: Callable[[str], None]) -> tuple[Layer, ...]:
    """The layers of a cluster, with files of the clone in place of those that must not be edited in the cluster.

    A layer whose file is not found stays as it is, and `say` is told; so it is when the clone looks like that of
    another repository or branch. Raises UsageError where `git_dir` is no clone or holds a file that is not YAML,
    OperationFailed where git is missing.
    """
    root = _root(git_dir)
    read: dict[str, list[_Candidate]] = {}
    found: list[Layer] = []
    for layer in layers:
        source = layer.address
        if not isinstance(source, Source) or source.place is None or not layer.blocked:
            found.append(layer)
            continue
        folder = source.place.path
        if folder not in read:
            _doubt(root, source.place, say)
            read[folder] = list(_Clone(root).candidates(root / folder))
        files = _files_of(layer, source, read[folder])
        if not files:
            say(f"{git_dir}: no file in folder {folder} makes {layer.origin}: look for it in {source.place}")
        found += files or [layer]
    _tell_uncommitted(root, found, say)
    return tuple(found)


def _files_of(layer: Layer, source: Source, candidates: Sequence[_Candidate]) -> list[Layer]:
    """What makes the layer: a HelmRelease and its patches, or the one file of a ConfigMap or Secret.

    Of several files for one name it is that with the text of the cluster, else the last: an overlay replaces the
    values of its base. A kustomization may also change names; then the text alone tells. Candidates are what
    makes the usual key of values: the file of another key cannot be told.
    """
    if layer.target_path or source.key not in ("", VALUES_KEY):
        return []
    named = [one for one in candidates if one.makes(source)]
    if layer.inline:
        return [one.layer for one in named]
    renamed = [one for one in candidates if one.kind == source.ref.kind and one.layer.text == layer.text]
    same = [one for one in named if one.layer.text == layer.text]
    return [_known(one.layer, layer) for one in (same or named or renamed)[-1:]]


def _known(file: Layer, layer: Layer) -> Layer:
    """The layer in the file; of an encrypted one the cluster knows the values, and it is not edited."""
    if not file.encrypted:
        return file
    return replace(file, values=layer.values, text=None, opaque=False)


class _Clone:
    """Follows the kustomizations of a clone as kustomize does, as far as files in the clone go."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: set[Path] = set()

    def candidates(self, folder: Path) -> Iterator[_Candidate]:
        """The layers in the folder, bases first. Without a kustomization it is all manifests, as for Flux."""
        folder = folder.resolve()
        if folder in self._seen or not folder.is_dir() or not folder.is_relative_to(self._root):
            return
        self._seen.add(folder)
        path = next((folder / name for name in KUSTOMIZATIONS if (folder / name).is_file()), None)
        if path is None:
            yield from _manifests(files_under([str(folder)], True))
            return
        document = parse(read_text(str(path)), str(path))
        for entry in _local(document, "bases", "resources", "components"):
            if (folder / entry).is_file():
                yield from _manifests([str(folder / entry)])
            else:
                yield from self.candidates(folder / entry)
        for made in generated(document):
            file = str(folder / made.file)
            for layer in classify(file, generated_text(file), generated_text):
                yield _Candidate(made.kind, made.name, replace(layer, secret=made.kind == "Secret"))
        patches = [folder / entry for entry in _local(document, "patches", "patchesStrategicMerge")]
        yield from _manifests(str(patch) for patch in patches if patch.is_file())


def _local(document: Document, *fields: str) -> Iterator[str]:
    """The entries of these lists that may be paths: strings of one line, or the `path` of a patch."""
    for field in fields:
        entries: Any = read_at(document.values, (field,))[1]
        for entry in entries if isinstance(entries, list) else ():
            path = entry.get("path") if isinstance(entry, dict) else entry
            if isinstance(path, str) and "\n" not in path and "://" not in path:
                yield path


def _manifests(paths: Iterable[str]) -> Iterator[_Candidate]:
    for path in paths:
        text = read_text(path)
        try:
            layers = classify(path, text, generated_text)
        except NoValuesError:
            continue
        documents = parse_all(text, path)
        for layer in layers:
            values = documents[file_address(layer).document].values if documents else None
            kind, name = read_at(values, ("kind",))[1], read_at(values, ("metadata", "name"))[1]
            yield _Candidate(str(kind), str(name), layer)


def _root(git_dir: str) -> Path:
    """The top folder of the clone."""
    if not Path(git_dir).is_dir():
        raise UsageError(f"{git_dir}: there is no such folder", "check --git-dir")
    top = _git(Path(git_dir), "rev-parse", "--show-toplevel").strip()
    if not top:
        raise UsageError(f"{git_dir}: this is no clone of a Git repository", "check --git-dir")
    return Path(top).resolve()


def _doubt(root: Path, place: GitPlace, say: Callable[[str], None]) -> None:
    """Warn where the clone seems to be another one, or has another branch checked out."""
    remotes = {_repository(line.split()[1]) for line in _git(root, "remote", "-v").splitlines()}
    if remotes and _repository(place.url) not in remotes:
        say(f"warning: no remote of {root} is {masked(place.url)}: is this the right clone?")
    branch = _git(root, "branch", "--show-current").strip()
    if place.revision.startswith("branch ") and place.revision != f"branch {branch}":
        say(
            f"warning: {root} is on {f'branch {branch}' if branch else 'no branch'}, Flux reads {place.revision}"
        )


def _repository(url: str) -> str:
    """`team/repo` of any of the ways to write it: https, ssh, git@host:team/repo.git."""
    parts = re.split(r"[/:]", url.removesuffix("/").removesuffix(".git"))
    return "/".join(parts[-2:]).lower()


def _tell_uncommitted(root: Path, layers: Iterable[Layer], say: Callable[[str], None]) -> None:
    paths = [file_address(layer).path for layer in layers if not isinstance(layer.address, Source)]
    for path in dict.fromkeys(paths):
        if _git(root, "status", "--porcelain", "--", path).strip():
            say(f"{path} has changes that are not committed yet")


def _git(folder: Path, *words: str) -> str:
    """What git prints; nothing where it fails."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise OperationFailed(
            "git is not installed here", "edit the file that Flux reads by hand, without --git-dir"
        ) from error
    return done.stdout if done.returncode == 0 else ""
