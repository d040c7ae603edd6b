"""A release has all of its files, and no others."""

import hashlib
import json
from pathlib import Path

import pytest

from istiokit import __version__
from krew.checksums import read_checksums, write_checksums
from krew.files import attached, check, expected, main, table
from krew.platforms import SUPPORTED, Platform, ReleaseError
from krew.provenance import main as state
from krew.provenance import statement
from tests.krew_release import fill

ONE = (Platform("linux", "amd64"),)


def test_release_is_two_archives_and_a_bill_for_each_platform_and_two_files_for_python() -> None:
    names = expected("1.2.3", SUPPORTED)
    assert len(names) == len(set(names)) == 3 * len(SUPPORTED) + 2
    assert expected("1.2.3", ONE) == [
        "flux-istio-migrate_v1.2.3_linux_amd64.tar.gz",
        "istio-migrate_v1.2.3_linux_amd64.cdx.json",
        "istio-migrate_v1.2.3_linux_amd64.tar.gz",
        "istio_migrate-1.2.3-py3-none-any.whl",
        "istio_migrate-1.2.3.tar.gz",
    ]


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    for number, name in enumerate(expected("1.2.3", ONE)):
        (tmp_path / name).write_bytes(b"x" * number * 1000)
    (tmp_path / "istio-migrate").mkdir()
    write_checksums(tmp_path)
    return tmp_path


def test_table_has_size_and_checksum_of_each_file(dist: Path) -> None:
    lines = table([dist / name for name in (*expected("1.2.3", ONE), "checksums.txt")]).splitlines()
    assert lines[1].split() == [
        "1,000",
        hashlib.sha256(b"x" * 1000).hexdigest(),
        "istio-migrate_v1.2.3_linux_amd64.cdx.json",
    ]
    assert lines[-1].endswith("  checksums.txt")


def test_complete_release_passes(dist: Path) -> None:
    check(read_checksums(dist / "checksums.txt"), "1.2.3", ONE)


@pytest.mark.parametrize("name", expected("1.2.3", ONE))
def test_missing_file_is_refused(name: str, dist: Path) -> None:
    (dist / name).unlink()
    write_checksums(dist)
    with pytest.raises(ReleaseError, match=f"{name} is not in checksums.txt"):
        check(read_checksums(dist / "checksums.txt"), "1.2.3", ONE)


def test_file_of_another_version_is_refused(dist: Path) -> None:
    (dist / "istio_migrate-1.2.2.tar.gz").write_bytes(b"old")
    write_checksums(dist)
    with pytest.raises(
        ReleaseError, match=r"istio_migrate-1\.2\.2\.tar\.gz .* is no file of a release of 1\.2\.3"
    ):
        check(read_checksums(dist / "checksums.txt"), "1.2.3", ONE)


@pytest.mark.parametrize("flags", [(), ("--names",)])
@pytest.mark.parametrize(
    ("content", "told"), [(b"other", "is not the file whose checksum"), (None, "is not there")]
)
def test_file_that_is_not_what_its_checksum_says_is_refused(
    flags: tuple[str, ...],
    content: bytes | None,
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(tmp_path)
    assert main([str(tmp_path), *flags]) == 0
    archive = tmp_path / Platform("linux", "amd64").archive(__version__)
    archive.unlink()
    if content:
        archive.write_bytes(content)
    capsys.readouterr()
    assert main([str(tmp_path), *flags]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"error: {archive} {told}")
    assert (captured.out, captured.err.count("\n")) == ("", 1)


def test_manifests_are_attached_under_names_that_do_not_clash(dist: Path) -> None:
    with pytest.raises(ReleaseError, match="make manifests"):
        attached(dist, read_checksums(dist / "checksums.txt"))
    for name in ("krew-istio-migrate.yaml", "plugins/istio-migrate.yaml", "flux/istio-migrate.yaml"):
        (dist / "manifests" / name).parent.mkdir(parents=True, exist_ok=True)
        (dist / "manifests" / name).touch()
    paths = attached(dist, read_checksums(dist / "checksums.txt"))
    assert all(path.is_file() for path in paths)
    assert [path.name for path in paths[-3:]] == [
        "checksums.txt",
        "krew-istio-migrate.yaml",
        "istio-migrate.yaml",
    ]
    assert len({path.name for path in paths}) == len(paths)


def test_without_checksums_the_command_that_writes_them_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"checksums\.txt cannot be read: .*; `make checksums` writes it"):
        read_checksums(tmp_path / "checksums.txt")


def test_provenance_names_every_file_and_what_they_were_made_of() -> None:
    made = statement(
        {"b": "2" * 64, "a": "1" * 64}, "c" * 40, "d" * 64, "https://git.example.com/x", "linux/amd64"
    )
    assert made["subject"] == [
        {"name": "a", "digest": {"sha256": "1" * 64}},
        {"name": "b", "digest": {"sha256": "2" * 64}},
    ]
    assert made["predicateType"] == "https://slsa.dev/provenance/v1"
    built_of = made["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert [it["digest"] for it in built_of] == [{"gitCommit": "c" * 40}, {"sha256": "d" * 64}]
    assert "unsigned" in made["predicate"]["runDetails"]["builder"]["id"]


def test_provenance_covers_all_that_is_attached_to_the_page(tmp_path: Path) -> None:
    fill(tmp_path)
    assert state([str(tmp_path), "--homepage", "https://git.example.com/x"]) == 0
    (written,) = (tmp_path / "provenance").iterdir()
    subjects = {it["name"] for it in json.loads(written.read_text())["subject"]}
    others = {"checksums.txt", "krew-istio-migrate.yaml", "istio-migrate.yaml"}
    assert subjects == {*expected(__version__, SUPPORTED), *others}
