"""Which files the arguments of -f come to, and what is in them."""

import codecs
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TextIO

from istiokit.cluster.yamlload import Unsound
from istiokit.errors import UsageError

STDIN = "-"
_MANIFESTS = frozenset({".yaml", ".yml", ".json"})
_WIDE = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PART = 1 << 20

Lost = Callable[[str, str, str], None]
"""Told of a path that cannot be looked at, why, and what to do."""


def files_under(paths: Iterable[str], recursive: bool, lost: Lost | None = None) -> Iterator[str]:
    """The files that the paths come to, each once; hidden ones in folders are not manifests.

    Raises UsageError for a path that is not there and for a folder without manifests. What cannot be looked at in a
    folder goes to `lost`, or is raised.
    """
    tell = lost or _refused
    seen = dict.fromkeys(file for path in paths for file in _under(path, recursive, tell))
    yield from (file for file in seen if _has_text_name(file, tell))


def real(path: str | Path) -> Path:
    """The file that a path leads to, by whatever links; a path that leads nowhere (in circles, say) is itself."""
    try:
        return Path(os.path.realpath(path))
    except ValueError:  # a NUL byte
        return Path(path)


def shortest(path: str) -> str:
    """The path as it can be typed here: relative where that is shorter."""
    try:
        return min(path, os.path.relpath(path), key=len)
    except ValueError:  # on another drive of Windows
        return path


def _refused(path: str, reason: str, hint: str) -> None:
    raise UsageError(f"{path}: {reason}", hint)


def _under(path: str, recursive: bool, lost: Lost) -> Iterator[str]:
    folder = Path(path)
    if path == STDIN:
        yield path
        return
    try:
        is_folder = folder.stat() and folder.is_dir()
    except (OSError, ValueError) as error:  # ValueError: a NUL byte
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or error}", "check -f") from error
    if not is_folder:
        yield path
        return
    told: list[str] = []

    def note(inside: str, reason: str, hint: str) -> None:
        told.append(inside)
        (_refused if Path(inside) == folder else lost)(inside, reason, hint)

    found = sorted(Path(place, name) for place, name in _walk(folder, recursive, note))
    shown = [file for file in found if file.suffix in _MANIFESTS and _is_regular(file, note)]
    if not (shown or told):
        hint = "" if recursive else "-R looks deeper"
        raise UsageError(f"{path}: there is no manifest in this folder", hint)
    yield from map(str, shown)


def _walk(folder: Path, recursive: bool, lost: Lost) -> Iterator[tuple[str, str]]:
    """Every file, as folder and name. Links to folders are not followed, as kubectl does not."""

    def failed(error: OSError) -> None:
        lost(str(error.filename), error.strerror or str(error), "check -f")

    for place, folders, names in os.walk(folder, onerror=failed):
        for name in [one for one in folders if one[0] != "." and recursive]:
            link = Path(place, name)
            if link.is_symlink() and not real(link).is_relative_to(real(folder)):
                lost(str(link), "a link to a folder, which is not followed", "name it with -f as well")
        folders[:] = [name for name in folders if recursive and name[0] != "."]
        yield from ((place, name) for name in names if name[0] != ".")


def _has_text_name(file: str, lost: Lost) -> bool:
    """Whether the file can be named in a plan and a journal, which are text."""
    try:
        file.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(file).decode(errors="replace")
        lost(shown, "the name of this file is not text (UTF-8)", "rename it")
        return False
    return True


def _is_regular(file: Path, lost: Lost) -> bool:
    try:
        if file.is_file():
            return True
    except OSError as error:  # a folder that may be listed and not be entered
        lost(str(file), error.strerror or str(error), "check -f")
        return False
    what = "a link that leads nowhere" if file.is_symlink() else "no regular file"
    lost(str(file), what, "take it out, or put a manifest there")
    return False


def read_bytes(path: str) -> bytes:
    """What is in a file; raises Unsound where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Unsound(path, error.strerror or str(error), "check -f") from error


def read_stdin(stream: TextIO) -> bytes:
    """All that comes by stdin; raises UsageError where nothing can (the shell's `<&-`)."""
    buffer = getattr(stream, "buffer", None)
    try:
        data: bytes = buffer.read() if buffer is not None else stream.read().encode()
    except OSError as error:
        raise UsageError(f"-f -: stdin: {error.strerror}", "give it a pipe or a file") from error
    return data


def read_text(path: str) -> str:
    """The text of a file named by the user; raises Unsound where it cannot be read or is no UTF-8."""
    return utf8(read_bytes(path), path)


def utf8(data: bytes, path: str) -> str:
    """The text of bytes in UTF-8, its byte order mark included if it has one; raises Unsound, with the line."""
    wide = wide_encoding(data)
    if wide:
        raise Unsound(path, f"this is {wide}, not UTF-8", "save it as UTF-8")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _no_text(data, error.start, path) from error


def decoded(data: bytes, path: str) -> str:
    """The text, in one of the encodings that YAML has: UTF-8, or UTF-16 and UTF-32 with their byte order mark.

    PowerShell writes UTF-16 when it redirects what kubectl prints. Raises Unsound for what is no text.
    """
    wide = wide_encoding(data)
    if not wide:
        return utf8(data, path)
    try:
        return data.decode(wide)
    except UnicodeDecodeError as error:
        raise Unsound(path, f"this is no text in {wide}", "check -f") from error


def wide_encoding(data: bytes) -> str:
    """`UTF-16` or `UTF-32` by the byte order mark, else empty."""
    return next((name.upper() for mark, name in _WIDE.items() if data.startswith(mark)), "")


def check_utf8(data: bytes, path: str) -> None:
    """Raise Unsound, with the line, unless it is UTF-8; no copy is made of what may be large."""
    if data.isascii():
        return
    decoder, view = codecs.getincrementaldecoder("utf-8")(), memoryview(data)
    for at in range(0, len(data), _PART):
        try:
            decoder.decode(view[at : at + _PART], at + _PART >= len(data))
        except UnicodeDecodeError as error:
            raise _no_text(data, max(at + error.start - 3, 0), path) from error


def _no_text(data: bytes, at: int, path: str) -> Unsound:
    line = data.count(b"\n", 0, at) + 1
    return Unsound(f"{path}:{line}", "this is not text (UTF-8)", "check -f, or save it as UTF-8")
