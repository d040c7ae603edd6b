"""The archives as files: what is in them, how large they are, and that everybody gets the same."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from istiokit import __version__
from krew.platforms import this_platform
from tests.e2e.frozen import ROOT, archives

MEGABYTE = 1_000_000
LEFT_OUT = {"pytest", "hypothesis", "mypy", "pygments", "markdown_it", "setuptools", "aiohttp", "tkinter"}
"""What is needed to make and to test the suite, and what only parts of packages need that it never calls."""


@pytest.fixture(scope="module")
def entries() -> dict[str, tarfile.TarInfo]:
    with tarfile.open(archives() / this_platform().archive(__version__)) as archive:
        return {entry.name: entry for entry in archive.getmembers()}


def test_it_is_what_krew_can_unpack(entries: dict[str, tarfile.TarInfo]) -> None:
    """Files below one folder, of nobody, in one order: krew's extractor refuses links."""
    assert all(entry.isfile() for entry in entries.values())
    assert list(entries) == sorted(entries)
    assert {name.split("/")[0] for name in entries} == {"istio-migrate"}
    assert {(entry.uid, entry.gid, entry.uname) for entry in entries.values()} == {(0, 0, "root")}


def test_it_brings_what_it_needs_and_no_more(entries: dict[str, tarfile.TarInfo]) -> None:
    inside = {name.split("/")[2].removesuffix(".pyc") for name in entries if name.count("/") > 1}
    assert {"istiokit", "kubernetes", "cryptography", "rich", "msgspec", "yaml", "certifi"} <= inside
    assert inside & LEFT_OUT == set()
    assert not [name for name in entries if name.endswith((".py", ".mo", ".map"))]


def test_it_names_the_licence_of_every_package_in_it(entries: dict[str, tarfile.TarInfo]) -> None:
    with tarfile.open(archives() / this_platform().archive(__version__)) as archive:
        told = archive.extractfile("istio-migrate/THIRD-PARTY-LICENSES")
        assert told is not None
        text = told.read().decode()
    for package in ("Python", "kubernetes", "cryptography", "rich", "msgspec", "PyYAML", "pydantic_core"):
        assert f"\n{package} " in text
    assert "\nistio-migrate " not in text
    assert "istio-migrate/LICENSE" in entries


def test_it_brings_the_man_pages(entries: dict[str, tarfile.TarInfo]) -> None:
    pages = {name.rpartition("/")[2] for name in entries if name.startswith("istio-migrate/man/man1/")}
    programs = {name.split("/")[1] for name in entries if name.startswith("istio-migrate/kubectl-")}
    assert {f"{program}.1" for program in programs} | {"kubectl-istio_migrate-step1.1"} <= pages


def test_it_is_small(entries: dict[str, tarfile.TarInfo]) -> None:
    """Krew keeps a copy for each plugin, and people carry it to sites without a network."""
    packed = (archives() / this_platform().archive(__version__)).stat().st_size
    assert packed <= 35 * MEGABYTE
    assert sum(entry.size for entry in entries.values()) <= 90 * MEGABYTE


def test_the_archive_for_flux_has_one_program_and_the_licences() -> None:
    with tarfile.open(archives() / this_platform().flux_archive(__version__)) as archive:
        modes = {entry.name: entry.mode for entry in archive.getmembers()}
    assert modes == {"flux-istio-migrate": 0o755, "LICENSE": 0o644, "THIRD-PARTY-LICENSES": 0o644}


def test_two_builds_are_the_same_bytes(tmp_path: Path) -> None:
    """In another folder, from environments of its own: what the checksums say anybody can find out."""
    dist = archives()
    date = subprocess.check_output(["git", "log", "-1", "--format=%ct"], cwd=ROOT, text=True).strip()
    ignored = shutil.ignore_patterns(".git", ".venv", "build", "dist", "__pycache__", ".demo", ".*_cache")
    copied = tmp_path / "elsewhere"
    shutil.copytree(ROOT, copied, ignore=ignored)
    command = ["make", "archive", f"BUILD_DATE={date}"]
    done = subprocess.run(command, cwd=copied, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (copied / "dist" / "checksums.txt").read_text() == (dist / "checksums.txt").read_text()
