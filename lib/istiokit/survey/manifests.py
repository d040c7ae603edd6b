"""Reads manifests that are to be edited: the texts that hold Istio's routes, and why others are left alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from istiokit.cluster.files_patches import Patches, patch_of
from istiokit.cluster.files_read import STDIN, decoded, files_under, read_bytes, utf8, wide_encoding
from istiokit.cluster.files_text import Stored, objects_in
from istiokit.cluster.kustomize import Patch
from istiokit.cluster.yamlload import Unsound

ROUTES = "networking.istio.io"
"""A text without this word has none of Istio's routes."""


@dataclass(slots=True)
class ManifestTexts:
    """What the files hold."""

    texts: dict[str, str] = field(default_factory=dict)
    """By the name of the file, in the order of the files; only those with the word that Istio's routes have."""
    unread: dict[str, str] = field(default_factory=dict)
    """By path: why nobody can tell whether there is something to edit in it."""
    patches: list[Patch] = field(default_factory=list)
    """Parts of objects, which kustomize puts together."""

    def lose(self, place: str, reason: str, hint: str) -> None:
        """Note what cannot be read."""
        self.unread[place] = f"{reason}; {hint}"


def read_manifest_texts(filenames: Sequence[str], *, recursive: bool, stdin: bytes) -> ManifestTexts:
    """The texts of files and folders, `stdin` for `-`; raises UsageError for a path that is not there."""
    found = ManifestTexts()
    sources = list(files_under(filenames, recursive, found.lose))
    patches = Patches(sources)
    found.patches += patches.inline
    for source in sources:
        folder = patches.folder_of(source)
        try:
            data = stdin if source == STDIN else _editable(source)
            if folder is not None:
                found.patches += _patches(data, source, folder)
            elif ROUTES in (text := _text(data, source)):
                found.texts[source] = text
        except Unsound as error:
            found.lose(error.place, error.reason, error.hint)
    return found


def _editable(source: str) -> bytes:
    if not Path(source).is_file():
        raise Unsound(source, "no regular file", "give it by stdin, as -f -")
    return read_bytes(source)


def _text(data: bytes, source: str) -> str:
    """The text; of what is not to be edited only if there is something to edit in it."""
    if wide_encoding(data) and ROUTES not in decoded(data, source):
        return ""
    text = utf8(data, source)
    if ROUTES not in text and ROUTES in text.replace("\0", ""):  # UTF-16 without its mark
        raise Unsound(source, "a character that YAML does not allow", "save it as UTF-8")
    return text


def _patches(data: bytes, source: str, folder: str) -> list[Patch]:
    return [
        patch_of(one.decoded(dict) if isinstance(one, Stored) else one.value, one.place, folder)
        for one in objects_in(data, source)
    ]
