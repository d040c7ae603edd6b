"""Puts the executable in place that kubectl asks for completions: `kubectl_complete-istio_migrate`.

kubectl looks for it on PATH (kubectl's pkg/cmd/plugin/plugin_completion.go); krew links the plugin alone.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from istiokit.cluster.files_program import remove_program, write_program
from istiokit.errors import NotDone, UsageError
from istiokit.ui.completion.scripts import HOST, programs

_MARK = "completion install"
"""What tells that a file is ours: its first lines name the command that wrote it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the executable goes, and what it runs."""

    path: Path
    program: str
    """The plugin's executable, as kubectl looks for it."""
    prog: str
    """The plugin as it is typed."""

    def text(self) -> str:
        """The executable: a shell script, on Windows a batch file."""
        said = f"Written by `{self.prog} {_MARK}`, for kubectl to complete `{self.prog}`."
        if self.path.suffix == ".cmd":
            return f"@echo off\r\nrem {said}\r\n{self.program} __complete %*\r\n"
        return f'#!/bin/sh\n# {said}\nexec {self.program} __complete "$@"\n'


def place_of(prog: str, folder: str, env: Mapping[str, str], *, windows: bool = os.name == "nt") -> Place:
    """Where the executable of this plugin belongs: into `folder`, else beside the plugin.

    Raises UsageError where kubectl would not find it, or has no need of it.
    """
    folders = _folders(env)
    home = _home(_program(prog), folders, windows=windows)
    if home is None:
        raise UsageError(
            f"{_program(prog)} is not on PATH, so that kubectl does not find the plugin",
            "put its folder on PATH first",
        )
    if not folder:
        return _place(prog, home, windows=windows)
    chosen = _chosen(folder)
    if not any(Path(one).exists() and chosen.samefile(one) for one in folders):
        raise UsageError(f"{folder} is not on PATH, where kubectl looks", "name a folder on PATH with --dir")
    return _place(prog, chosen, windows=windows)


def place_left(prog: str, folder: str, env: Mapping[str, str], *, windows: bool = os.name == "nt") -> Place:
    """Where the executable may have been left: in `folder`, else beside the plugin, or where PATH still has it.

    Raises UsageError where there is no such folder, or kubectl has no need of the executable.
    """
    if folder:
        return _place(prog, _chosen(folder), windows=windows)
    folders = _folders(env)
    home = _home(_program(prog), folders, windows=windows)
    places = [_place(prog, Path(one), windows=windows) for one in ([home] if home else folders)]
    left = next((place for place in places if home or os.path.lexists(place.path)), None)
    if left is None:
        raise UsageError(
            f"neither {_program(prog)} nor its completer is on PATH", "name its folder with --dir"
        )
    return left


def _place(prog: str, folder: Path, *, windows: bool) -> Place:
    name = _program(prog).replace(f"{HOST}-", f"{HOST}_complete-", 1)
    return Place(folder.absolute() / f"{name}{'.cmd' if windows else ''}", _program(prog), prog)


def _program(prog: str) -> str:
    """The plugin's executable, as kubectl calls it."""
    if not prog.startswith(f"{HOST} "):
        host = prog.partition(" ")[0]
        raise UsageError(
            f"{host} asks the plugin itself: there is nothing to install", f"see {prog} completion --help"
        )
    return programs(prog)[0]


def _folders(env: Mapping[str, str]) -> list[str]:
    """Those of PATH; an empty one is the current folder."""
    path = env.get("PATH", "")
    return [part or os.curdir for part in path.split(os.pathsep)] if path else []


def _chosen(folder: str) -> Path:
    chosen = Path(folder).expanduser()
    if not chosen.is_dir():
        raise UsageError(f"{folder} is no folder", "make it first, or name another with --dir")
    return chosen


def _home(program: str, folders: Sequence[str], *, windows: bool) -> Path | None:
    """The first folder that has the program."""
    names = [program, *(f"{program}{suffix}" for suffix in (".exe", ".cmd", ".bat") if windows)]
    found = (Path(folder) for folder in folders if any(_runs(Path(folder) / name) for name in names))
    return next(found, None)


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def install(place: Place) -> Iterator[str]:
    """Write it, and tell what else it takes. Raises NotDone where something else has its name."""
    there = place.path.is_file()
    _refuse_strange(place)
    changed = write_program(place.path, place.text())
    done = "written" if changed and not there else "renewed" if changed else "there already"
    yield f"{place.path}: {done}; kubectl now completes `{place.prog}`"
    yield f"if TAB does nothing, turn kubectl's own completion on: {_kubectls_own(place)}"


def uninstall(place: Place) -> Iterator[str]:
    """Remove it. Raises NotDone where something else has its name."""
    _refuse_strange(place)
    removed = remove_program(place.path)
    yield f"{place.path}: {'removed' if removed else 'not there, so there is nothing to remove'}"


def _refuse_strange(place: Place) -> None:
    """Raise NotDone for a file that this command did not write: a package may have brought it."""
    if os.path.lexists(place.path) and not _is_ours(place):
        raise NotDone(
            f"{place.path} is there, and was not written by this command: it is left as it is",
            "a package brings a completer of its own; if this is something else, remove it first",
        )


def _is_ours(place: Place) -> bool:
    if place.path.is_symlink() or not place.path.is_file():
        return False
    head = place.path.read_bytes()[:300].decode(errors="replace")
    return f"`{place.prog} {_MARK}`" in head


def _kubectls_own(place: Place) -> str:
    if place.path.suffix == ".cmd":
        return "kubectl completion powershell | Out-String | Invoke-Expression"
    return "source <(kubectl completion bash), or zsh; in fish: kubectl completion fish | source"
