"""`make release-dry-run` on a clean commit, with the real archives: what would be published is there and is right."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from istiokit import __version__
from krew.files import expected
from krew.glibc import needs
from krew.platforms import this_platform
from tests.e2e.frozen import archives

ROOT = Path(__file__).parents[2]
HERE = this_platform()
NAMES = expected(__version__, [HERE])


def git(folder: Path, *words: str) -> None:
    people = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    subprocess.run(["git", "-C", folder, *people, *words], check=True, capture_output=True)


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--no-print-directory", *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources as a commit of their own, with what was built of them already: freezing takes minutes."""
    folder = tmp_path_factory.mktemp("clone") / "istio-migrate"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    (folder / ".git/info/exclude").write_text(".venv\nbuild\n")  # links, which .gitignore does not mean
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "as it is")
    shutil.copytree(archives(), folder / "dist", copy_function=shutil.copy2)
    for name in (".venv", "build"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture(scope="module")
def dry_run(clone: Path) -> str:
    """What the dry run printed on stdout."""
    done = make(clone, "release-dry-run")
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def bill(clone: Path, dry_run: str) -> dict[str, Any]:
    """The CycloneDX list of the archive."""
    name = next(name for name in NAMES if name.endswith(".cdx.json"))
    parsed: dict[str, Any] = json.loads((clone / "dist" / name).read_text())
    return parsed


def test_table_tells_the_truth_of_every_file(clone: Path, dry_run: str) -> None:
    found = re.findall(r"^ *([\d,]+)  ([0-9a-f]{64})  (\S+)$", dry_run, re.M)
    manifests = [*(clone / "dist/manifests").glob("*.yaml"), *(clone / "dist/manifests/flux").glob("*.yaml")]
    files = [*(clone / "dist" / name for name in [*NAMES, "checksums.txt"]), *manifests]
    assert len(manifests) == 5
    assert {name: (size, checksum) for size, checksum, name in found} == {
        path.name: (f"{path.stat().st_size:,}", digest(path)) for path in files
    }


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_sha256sum_agrees(clone: Path, dry_run: str) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "checksums.txt"],
        cwd=clone / "dist",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def released(dist: Path) -> list[Path]:
    """What is attached to the page of a release, from the dry run's folder."""
    named = ("checksums.txt", *NAMES, "manifests/flux/istio-migrate.yaml")
    return [*(dist / name for name in named), *(dist / "manifests").glob("krew-*.yaml")]


def test_provenance_is_unsigned_and_names_the_commit(clone: Path, dry_run: str) -> None:
    (statement,) = (clone / "dist/provenance").iterdir()
    assert ".unsigned." in statement.name
    said = json.loads(statement.read_text())
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert said["predicate"]["buildDefinition"]["externalParameters"]["source"]["digest"]["gitCommit"] == head
    assert {it["name"]: it["digest"]["sha256"] for it in said["subject"]} == {
        path.name: digest(path) for path in released(clone / "dist")
    }


def test_manifests_have_the_checksums_of_the_archives(clone: Path, dry_run: str) -> None:
    packed = digest(clone / "dist" / HERE.archive(__version__))
    manifests = [
        yaml.safe_load(path.read_text()) for path in sorted((clone / "dist/manifests").glob("krew-*.yaml"))
    ]
    assert len(manifests) == 4
    assert {it["spec"]["platforms"][0]["sha256"] for it in manifests} == {packed}


def test_bill_accounts_for_every_file_of_the_archive(clone: Path, bill: dict[str, Any]) -> None:
    with tarfile.open(clone / "dist" / HERE.archive(__version__)) as packed:
        files = [entry.name.removeprefix("istio-migrate/") for entry in packed]
    places = {
        it["location"] for component in bill["components"] for it in component["evidence"]["occurrences"]
    }
    ours = re.compile(r"(_internal/)?(istiokit|kubectl_\w+)/|[\w.-]+$|share/|man/")
    alone = [file for file in files if not (covered(file, places) or ours.match(file))]
    assert alone == []
    assert [
        place for place in places if not any(file == place or file.startswith(f"{place}/") for file in files)
    ] == []


def covered(file: str, places: set[str]) -> bool:
    return file in places or "/".join(file.split("/")[:2]) in places


def test_bill_has_python_and_the_libraries_with_their_versions(clone: Path, bill: dict[str, Any]) -> None:
    components = {it["name"]: it for it in bill["components"]}
    assert components["cpython"]["version"] == platform.python_version()
    assert {"PyYAML", "cryptography", "kubernetes", "msgspec", "urllib3", "pyinstaller"} <= set(components)
    libraries = [
        it.name
        for it in (clone / "dist/istio-migrate/_internal").iterdir()
        if re.match(r"lib(?!python).*\.so", it.name)
    ]
    assert any(name.startswith("libssl") for name in libraries)
    assert [name for name in libraries if not components[name].get("version")] == []
    assert not {"pytest", "mypy", "twine", "cyclonedx-bom", "hypothesis"} & set(components)
    assert bill["metadata"]["component"]["version"] == __version__


def test_bill_is_the_same_bytes_again(clone: Path, bill: dict[str, Any]) -> None:
    (path,) = (clone / "dist").glob("*.cdx.json")
    before = path.read_bytes()
    assert make(clone, "sbom").returncode == 0
    assert path.read_bytes() == before
    assert not re.search(rb"serialNumber|urn:uuid", before)


def test_executables_need_no_newer_glibc_than_this_machine_has(clone: Path) -> None:
    """That the promised one suffices is judged where the release is built: `make glibc` there has no --here."""
    found = needs([clone / "dist/istio-migrate", clone / "dist/flux-istio-migrate"])
    assert len(found) > 20
    strict, lenient = make(clone, "glibc"), make(clone, "glibc", "HERE=--here")
    assert lenient.returncode == 0, lenient.stderr
    assert (strict.returncode == 0) is (found[0].version <= (2, 28))
    said = re.findall(r"GLIBC_(\d+)\.(\d+)", objdump(clone / "dist/istio-migrate"))
    assert found[0].version == max((int(major), int(minor)) for major, minor in said)


def objdump(folder: Path) -> str:
    """The version references of all ELF files in FOLDER, by the binutils."""
    files = [
        path for path in sorted(folder.rglob("*")) if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"
    ]
    return subprocess.run(
        ["objdump", "--private-headers", *files], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("README.md", "# Other\n"), "error: README.md differs from the commit"),
        (("new.txt", "new\n"), "error: new.txt differs from the commit"),
    ],
)
def test_dirty_tree_is_refused_in_one_line(
    change: tuple[str, str], told: str, clone: Path, dry_run: str
) -> None:
    path = clone / change[0]
    before = path.read_text() if path.exists() else None
    path.write_text(change[1])
    done = make(clone, "release-dry-run")
    path.unlink() if before is None else path.write_text(before)
    assert done.returncode != 0
    # make adds that its own step failed.
    assert [line for line in done.stderr.splitlines() if not line.startswith("make")] == [
        f"{told}, and a release is made of commits: commit or stash it"
    ]


def test_tag_of_a_version_without_a_section_is_refused(clone: Path, dry_run: str) -> None:
    done = make(clone, "release-ready", "TAG=v9.9.9")
    assert done.returncode != 0
    assert f"error: the tag is v9.9.9, and lib/istiokit/__init__.py says {__version__}" in done.stderr


def test_tag_is_never_run(clone: Path, dry_run: str) -> None:
    env = {**os.environ, "TAG": f"v$(touch {clone}/shell)$(shell touch {clone}/make)"}
    done = subprocess.run(
        ["make", "release-ready"], cwd=clone, env=env, capture_output=True, text=True, check=False
    )
    assert "the tag is v$(touch" in done.stderr
    assert not (clone / "shell").exists()
    assert not (clone / "make").exists()
