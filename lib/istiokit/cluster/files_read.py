"""Which files the arguments of -f come to, and their text."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from istiokit.errors import UsageError

STDIN = "-"
_MANIFESTS = frozenset({".yaml", ".yml", ".json"})


def files_under(paths: Iterable[str], recursive: bool) -> Iterator[str]:
    """The files that the paths come to, each once; hidden ones in folders are not manifests."""
    seen = dict.fromkeys(file for path in paths for file in _under(path, recursive))
    yield from seen


def _under(path: str, recursive: bool) -> Iterator[str]:
    folder = Path(path)
    if path == STDIN or not folder.is_dir():
        yield path
        return
    inside = folder.rglob("*") if recursive else folder.glob("*")
    found = [file for file in sorted(inside) if file.suffix in _MANIFESTS and file.is_file()]
    shown = [file for file in found if not any(part[0] == "." for part in file.relative_to(folder).parts)]
    if not shown:
        raise UsageError(
            f"{path}: there is no manifest in this folder", "" if recursive else "-R looks deeper"
        )
    yield from map(str, shown)


def read_text(path: str) -> str:
    """The text of a file named by the user; raises UsageError where it cannot be read or is no UTF-8."""
    try:
        return Path(path).read_bytes().decode()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "check -f") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: this is not text (UTF-8)", "check -f") from error
