"""Builds the tools of `recipes` into the user's cache folder, each once per content.

`python -m tests.tools.build [NAME...]` builds the named tools (default: all of them). It exits with 0
when all are there, with 1 and one reason on stderr when one cannot be built, and with 2 for a wrong name.
Any number of builders may run at once: the second one waits for the first and takes its result.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.tools.golang import BuildError, Go, find_go
from tests.tools.recipes import KUBEBUILDER_TOOLS, RECIPES, DataFiles, Recipe, Source

_STAMP = "built.json"


def cache_dir() -> Path:
    """Where everything that outlives a test run is kept."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "istio-migrate-tools"


def tool_dir(name: str) -> Path:
    """The folder with the tool NAME and its data files; builds it first if need be.

    Raises BuildError if it cannot be built.
    """
    return _ensure(RECIPES[name])[0]


def tool(name: str) -> Path:
    """The program NAME: from KUBEBUILDER_ASSETS if that is set and NAME belongs there, else built."""
    if not from_assets(name):
        return tool_dir(name) / name
    program = Path(os.environ["KUBEBUILDER_ASSETS"]).absolute() / name
    if not os.access(program, os.X_OK):
        raise BuildError(f"KUBEBUILDER_ASSETS is set, but {program} is not a program")
    return program


def from_assets(name: str) -> bool:
    """Whether the folder KUBEBUILDER_ASSETS is in use, and holds the tool NAME by convention."""
    return bool(os.environ.get("KUBEBUILDER_ASSETS")) and name in KUBEBUILDER_TOOLS


def content_hash(recipe: Recipe, go: Go) -> str:
    """Names the result of building RECIPE with GO; the same for the same content, on any machine."""
    everything = f"{recipe.inputs_hash()} {go.version} {go.platform}"
    return hashlib.sha256(everything.encode()).hexdigest()[:16]


def main(names: Iterable[str]) -> int:
    """Builds NAMES (if empty, all that KUBEBUILDER_ASSETS does not replace); returns the exit code."""
    wanted = list(names) or [name for name in RECIPES if not from_assets(name)]
    unknown = [name for name in wanted if name not in RECIPES]
    if unknown:
        say(f"unknown tool {', '.join(unknown)}; known are {', '.join(RECIPES)}")
        return 2
    try:
        for recipe in (RECIPES[name] for name in wanted):
            if not _ensure(recipe)[1]:
                say(f"cached {recipe.name} {recipe.version}")
    except BuildError as error:
        say(f"error: {error}")
        return 1
    return 0


def _ensure(recipe: Recipe) -> tuple[Path, bool]:
    """The folder of RECIPE, and whether it had to be built now."""
    try:
        go = find_go()
    except BuildError:
        built = _built_earlier(recipe)
        if built is None:
            raise
        return built, False
    target = cache_dir() / f"{recipe.name}-{content_hash(recipe, go)}"
    with locked(recipe.name):
        if (target / _STAMP).is_file():
            return target, False
        _build(recipe, go, target)
        return target, True


def _built_earlier(recipe: Recipe) -> Path | None:
    """The newest cached build of RECIPE by any Go: a machine without Go can still use its cache."""
    stamps = sorted(cache_dir().glob(f"{recipe.name}-*/{_STAMP}"), key=lambda path: path.stat().st_mtime)
    for stamp in reversed(stamps):
        if json.loads(stamp.read_text()).get("inputs") == recipe.inputs_hash():
            return stamp.parent
    return None


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One builder per tool, over all processes of the user."""
    folder = cache_dir() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for {name}, which another process is building")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(recipe: Recipe, go: Go, target: Path) -> None:
    started = time.monotonic()
    say(f"building {recipe.name} {recipe.version} with {go.version}")
    prefix = f".{recipe.name}@"
    for leftover in cache_dir().glob(f"{prefix}*"):
        shutil.rmtree(leftover, ignore_errors=True)  # of a builder that was killed: we hold the lock now
    # In the cache folder itself: the last step is a rename, which must stay on one file system.
    with tempfile.TemporaryDirectory(prefix=prefix, dir=cache_dir()) as work:
        result = Path(work) / "result"
        result.mkdir()
        source = _source_folder(recipe, go, Path(work))
        _compile(recipe, go, source, result)
        for data in recipe.data:
            _keep(data, recipe, go, source, result)
        (result / _STAMP).write_text(json.dumps(_stamp(recipe, go)))
        shutil.rmtree(target, ignore_errors=True)  # what an earlier version of this code may have left
        result.rename(target)
    say(f"built {recipe.name} {recipe.version} in {time.monotonic() - started:.0f} s")


def _stamp(recipe: Recipe, go: Go) -> dict[str, str]:
    return {"name": recipe.name, "version": recipe.version, "go": go.version, "inputs": recipe.inputs_hash()}


def _source_folder(recipe: Recipe, go: Go, work: Path) -> Path:
    """The folder to build in: the committed module folder itself, or a copy of the tool's own module."""
    if recipe.source is None:
        return recipe.module_dir
    folder = work / "source"
    _copy_tree(_module_cache_folder(recipe.source, go, work), folder)
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(recipe.module_dir / name, folder / name)
    for name, text in recipe.placeholders:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _module_cache_folder(source: Source, go: Go, work: Path) -> Path:
    wanted = f"{source.module}@{source.version}"
    answer = _download(wanted, go, work)
    if answer["Sum"] != source.checksum:
        raise BuildError(f"{wanted} has checksum {answer['Sum']}, but {source.checksum} was expected")
    return Path(answer["Dir"])


def _download(module: str, go: Go, folder: Path) -> dict[str, str]:
    """Brings MODULE into the module cache; without "@version", the version that FOLDER's go.mod selects."""
    answer: dict[str, str] = json.loads(_run_go(go, ["mod", "download", "-json", module], folder))
    return answer


def _compile(recipe: Recipe, go: Go, source: Path, result: Path) -> None:
    if recipe.package is None:
        return
    flags = ["-mod=readonly", "-buildvcs=false", "-trimpath", f"-ldflags=-s -w {recipe.ldflags}".rstrip()]
    _run_go(go, ["build", *flags, "-o", str(result / recipe.name), recipe.package], source)


def _keep(data: DataFiles, recipe: Recipe, go: Go, source: Path, result: Path) -> None:
    is_main = recipe.source is not None and recipe.source.module == data.module
    origin = (source if is_main else Path(_download(data.module, go, source)["Dir"])) / data.path
    target = result / data.target
    target.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_file():
        shutil.copyfile(origin, target)
    else:
        _copy_tree(origin, target)


def _copy_tree(origin: Path, target: Path) -> None:
    """Copies without the mode bits of the module cache, where everything is read-only."""
    shutil.copytree(origin, target, copy_function=shutil.copyfile)
    for path in (target, *target.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)


def _run_go(go: Go, arguments: list[str], folder: Path) -> str:
    done = subprocess.run(
        [str(go.program), *arguments], cwd=folder, env=go.env(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        reason = "\n".join((done.stderr or done.stdout).strip().splitlines()[-15:])
        raise BuildError(f"go {' '.join(arguments)} failed in {folder}:\n{reason}")
    return done.stdout


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
