"""Runs installed executables for what they say, not only for their exit codes; on any system, without a cluster.

    python -m krew.smoke [PLACE...]

A place is an executable, a folder of them, or an archive; by default the archives of this machine in dist/. What they
say is compared: an executable that was frozen without its program says nothing, and exits with 0.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from istiokit import __version__
from krew.archive import FOLDER
from krew.command import command
from krew.platforms import this_platform

_EXAMPLE = Path(__file__).parent.parent / "examples" / "bigbang" / "values.yaml"
_SERVICE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec: {hosts: [web.example.com], gateways: [istio-system/public], http: [{route: [{destination: {host: web}}]}]}
"""
_NOBODY = """\
apiVersion: v1
kind: Config
current-context: nobody
contexts: [{name: nobody, context: {cluster: nobody, user: nobody}}]
clusters: [{name: nobody, cluster: {server: "https://127.0.0.1:9"}}]
users: [{name: nobody, user: {token: none}}]
"""
"""Port 9 is for discarding: nothing listens there."""
_PAIRS = ("--map", "istio-system/public=istio-gateway/public-ingressgateway")


@dataclass(frozen=True)
class Trial:
    """A command that works without a cluster, and what is to be found in what it says."""

    words: tuple[str, ...]
    says: str
    code: int = 0
    stdin: str = ""


TRIALS: Mapping[str, tuple[Trial, ...]] = {
    "istio-migrate": (
        Trial(("status", "-f", str(_EXAMPLE)), "istioOperator.enabled   on"),
        Trial(("step1", "-f", str(_EXAMPLE), "--dry-run"), "+ "),
        Trial(("status", "--kubeconfig", "{nobody}"), "127.0.0.1:9", 3),
    ),
    "vs-gateways": (
        Trial(("list", "-f", "-", *_PAIRS), "istio-system/public", stdin=_SERVICE),
        Trial(("list", "--kubeconfig", "{nobody}"), "127.0.0.1:9", 3),
    ),
    "recycle-injected": (Trial(("list", "--kubeconfig", "{nobody}"), "127.0.0.1:9", 3),),
    "policyreport-vs": (
        Trial(("list", "-f", "-", *_PAIRS), "web", stdin=_SERVICE),
        Trial(("list", "--kubeconfig", "{nobody}"), "127.0.0.1:9", 3),
    ),
}
"""By plugin. The address that nobody answers at makes each of them load what it reads clusters with."""
_EVERY = (Trial(("--version",), __version__), Trial(("--help",), "usage:"))


def plugin_of(program: Path) -> str | None:
    """The plugin that PROGRAM is, by its file name: vs-gateways of kubectl-vs_gateways.exe; None if it is none."""
    host, _, name = program.name.removesuffix(".exe").partition("-")
    name = name.replace("_", "-")
    return name if host in ("kubectl", "flux") and name in TRIALS else None


def programs(place: Path) -> list[Path]:
    """The executables of the suite at PLACE, or in it, sorted by name."""
    found = sorted(place.iterdir()) if place.is_dir() else [place]
    return [path for path in found if path.is_file() and plugin_of(path)]


def failures(program: Path) -> Iterator[str]:
    """What PROGRAM did not do as it should, a line for each; none if all is well."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        kubeconfig = Path(folder, "kubeconfig")
        kubeconfig.write_text(_NOBODY, encoding="utf-8")
        for trial in (*_EVERY, *TRIALS[plugin_of(program) or ""]):
            words = [word.replace("{nobody}", str(kubeconfig)) for word in trial.words]
            if problem := _problem(program, words, trial):
                yield f"{program.name} {' '.join(trial.words)}: {problem}"


def _problem(program: Path, words: Sequence[str], trial: Trial) -> str | None:
    clean = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    try:
        done = subprocess.run(
            [program, *words],
            input=trial.stdin,
            capture_output=True,
            encoding="utf-8",
            env=clean,
            timeout=120,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = done.stdout + done.stderr
    if done.returncode != trial.code:
        return f"exit code {done.returncode} instead of {trial.code}, with {said[-300:]!r}"
    return None if trial.says in said else f"said {said[-300:]!r}, and not {trial.says!r}"


def unpacked(place: Path, folder: Path) -> Path:
    """What to try of PLACE: the folder below FOLDER that an archive is unpacked to, or PLACE itself."""
    if not place.name.endswith((".tar.gz", ".zip")):
        return place
    target = folder / place.name
    shutil.unpack_archive(place, target, filter=None if place.suffix == ".zip" else "data")
    inside = target / FOLDER
    return inside if inside.is_dir() else target


@command
def main(words: Sequence[str]) -> int:
    """Tries what is at the places WORDS; returns 0, or 1 with a line on stderr for each failure."""
    here = this_platform()
    places = words or [f"dist/{name}" for name in (here.archive(__version__), here.flux_archive(__version__))]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            found = [program for place in places for program in programs(unpacked(Path(place), Path(folder)))]
        except OSError as error:  # shutil.ReadError, of what is no archive, is one too
            what = f"{error.filename} is not there" if error.filename else error
            print(f"error: {what}; `make archive` makes what is tried", file=sys.stderr)
            return 1
        problems = [problem for program in found for problem in failures(program)]
    if not found:
        problems = [f"no executable of the suite in {', '.join(places)}"]
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if found:
        print(f"{len(found)} executables tried: {', '.join(program.name for program in found)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
