"""Manifests of krew and Flux: what is rendered, and every gap that is refused."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from istiokit import __version__
from krew.manifests import manifest
from krew.platforms import SUPPORTED, Platform, ReleaseError
from krew.release import Release, parse_checksums
from krew.render import TEMPLATES, main
from tests.krew_release import BASE_URL, HOMEPAGE, NAMES, checksum, checksums_txt

ROOT = Path(__file__).parents[2]
KREW = ("istio-migrate", "policyreport-vs", "recycle-injected", "vs-gateways")
LINUX, WINDOWS = Platform("linux", "amd64"), Platform("windows", "amd64")
RELEASE = Release(__version__, BASE_URL, HOMEPAGE, parse_checksums(checksums_txt()))
TEMPLATE = """\
version: ${version}
homepage: ${homepage}
platforms:
- {os: ${os}, arch: ${arch}, url: ${url}, sha256: ${sha256}}
"""


class Renderer:
    """Runs the command on files in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.checksums = folder / "checksums.txt"
        self.output = folder / "out"
        self.checksums.write_text(checksums_txt())

    def run(self, *flags: str, base_url: str = BASE_URL, homepage: str = HOMEPAGE) -> int:
        words = [f"--checksums={self.checksums}", f"--output={self.output}"]
        return main([*words, f"--base-url={base_url}", f"--homepage={homepage}", *flags])

    def manifest(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.output / name).read_text())
        return found


@pytest.fixture
def renderer(tmp_path: Path) -> Renderer:
    return Renderer(tmp_path)


def test_each_platform_has_its_archive_its_checksum_and_its_executable(renderer: Renderer) -> None:
    assert renderer.run() == 0
    for name in KREW:
        plugin = renderer.manifest(f"plugins/{name}.yaml")
        assert plugin["metadata"] == {"name": name}
        assert plugin["spec"]["version"] == f"v{__version__}"
        assert plugin["spec"]["homepage"] == HOMEPAGE
        executable = f"kubectl-{name.replace('-', '_')}"
        assert plugin["spec"]["platforms"] == [
            {
                "selector": {"matchLabels": {"os": platform.os, "arch": platform.arch}},
                "uri": f"{BASE_URL}/{platform.archive(__version__)}",
                "sha256": checksum(platform.archive(__version__)),
                "files": [{"from": "istio-migrate/*", "to": "."}],
                "bin": executable + (".exe" if platform == WINDOWS else ""),
            }
            for platform in SUPPORTED
        ]


def test_flux_gets_the_archives_with_one_executable(renderer: Renderer) -> None:
    assert renderer.run() == 0
    plugin = renderer.manifest("flux/istio-migrate.yaml")
    assert (plugin["name"], plugin["bin"]) == ("istio-migrate", "flux-istio-migrate")
    (version,) = plugin["versions"]
    assert version["version"] == __version__
    assert version["platforms"] == [
        {
            "os": platform.os,
            "arch": platform.arch,
            "url": f"{BASE_URL}/{platform.flux_archive(__version__)}",
            "checksum": f"sha256:{checksum(platform.flux_archive(__version__))}",
        }
        for platform in SUPPORTED
    ]


def test_a_manifest_for_each_plugin_and_nothing_else(
    renderer: Renderer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert renderer.run() == 0
    written = sorted(path for path in renderer.output.rglob("*") if path.is_file())
    assert sorted(capsys.readouterr().out.split()) == [str(path) for path in written]
    relative = [path.relative_to(renderer.output).as_posix() for path in written]
    assert relative == ["flux/istio-migrate.yaml", *(f"plugins/{name}.yaml" for name in KREW)]
    assert {f"kubectl_{name.replace('-', '_')}" for name in KREW} == {
        path.name for path in (ROOT / "plugins").iterdir() if path.is_dir()
    }


@pytest.mark.parametrize("name", KREW)
def test_descriptions_fit_where_krew_shows_them(name: str) -> None:
    spec = yaml.safe_load((TEMPLATES / f"{name}.yaml").read_text())["spec"]
    assert len(spec["shortDescription"]) <= 50
    assert all(len(line) <= 80 for line in spec["description"].splitlines())


def test_one_platform_on_request_and_it_is_said(
    renderer: Renderer, capsys: pytest.CaptureFixture[str]
) -> None:
    renderer.checksums.write_text(checksums_txt(LINUX.archive(__version__), LINUX.flux_archive(__version__)))
    assert renderer.run("--only=linux/amd64") == 0
    assert capsys.readouterr().err == "not for publication: only linux/amd64 was rendered\n"
    (platform,) = renderer.manifest("plugins/vs-gateways.yaml")["spec"]["platforms"]
    assert platform["selector"]["matchLabels"] == {"os": "linux", "arch": "amd64"}


@pytest.mark.parametrize("name", NAMES)
def test_no_platform_is_left_out_in_silence(
    name: str, renderer: Renderer, capsys: pytest.CaptureFixture[str]
) -> None:
    renderer.checksums.write_text(checksums_txt(*(other for other in NAMES if other != name)))
    error = refused(renderer, capsys)
    assert f"there is no checksum of {name}; " in error


SUM = checksum("a")
BAD_CHECKSUMS = {
    "no line of sha256sum": ("what is this\n", ":", "line 1 is not of the form 'CHECKSUM  FILE'"),
    "an empty line": (f"{SUM}  a\n\n", ":", "line 2 is not of the form"),
    "upper case": (f"{SUM.upper()}  a\n", ":", "the checksum of a is not 64 lower-case hexadecimal digits"),
    "too short": (f"{SUM[1:]}  a\n", ":", "the checksum of a is not 64 lower-case hexadecimal digits"),
    "not hexadecimal": (f"{SUM[1:]}g  a\n", ":", "the checksum of a is not 64"),
    "a name twice": (f"{SUM}  a\n{SUM}  a\n", ":", "line 2: a is there a second time"),
    "another version": (
        checksums_txt(LINUX.archive("9.9.9")),
        "",
        f"istio-migrate_v9.9.9_linux_amd64.tar.gz is of version 9.9.9, and lib/istiokit/__init__.py says {__version__}",
    ),
    "a version without v": (
        checksums_txt("istio-migrate_9.9.9_linux_amd64.tar.gz"),
        "",
        "is of version 9.9.9",
    ),
    "a platform that nobody knows": (
        checksums_txt(Platform("plan9", "amd64").archive(__version__)),
        "",
        "_plan9_amd64.tar.gz is of no platform of krew/platforms.py: darwin/amd64, ",
    ),
    "one archive under two names": (
        f"{SUM}  {NAMES[0]}\n{SUM}  {NAMES[2]}\n",
        "",
        f"{NAMES[2]} and {NAMES[0]} are one and the same file",
    ),
    "nothing": ("", "", f"there is no checksum of {NAMES[1]}"),
}


@pytest.mark.parametrize("text, where, reason", BAD_CHECKSUMS.values(), ids=BAD_CHECKSUMS)
def test_bad_checksums_are_refused(
    text: str, where: str, reason: str, renderer: Renderer, capsys: pytest.CaptureFixture[str]
) -> None:
    renderer.checksums.write_text(text)
    error = refused(renderer, capsys)
    assert reason in error
    assert (f"{renderer.checksums}{where}" in error) == bool(where)


def test_other_files_of_a_release_do_not_matter(renderer: Renderer) -> None:
    others = ("istio_migrate-0.1.0-py3-none-any.whl", "istio_migrate-9.9.9.tar.gz", "sbom.cdx.json")
    renderer.checksums.write_text(checksums_txt(*NAMES, *others).replace("  ", " *"))
    assert renderer.run() == 0


BAD_URLS = (
    "http://git.example.com/a",
    "file:///a",
    "git.example.com/a",
    "https://",
    "https://git.example.com/a/",
    "https://git.example.com/$TAG",
    "https://git.example.com/a b",
    "https://git.example.com/a?token=hush-hush",
    "https://robot:hush-hush@git.example.com/a",
    "https://git.example.com/a\nspec: {}",
    "",
)


@pytest.mark.parametrize("url", BAD_URLS)
@pytest.mark.parametrize("flag", ["base_url", "homepage"])
def test_only_plain_https_is_published(
    flag: str, url: str, renderer: Renderer, capsys: pytest.CaptureFixture[str]
) -> None:
    error = refused(renderer, capsys, **{flag: url})
    assert f"--{flag.replace('_', '-')} is not a plain https:// URL" in error
    assert "hush-hush" not in error


@pytest.mark.parametrize("version", ["1.2", "v1.2.3", "1.2.3.4", "01.2.3", "1.2.3rc1", "1.2.3.dev0", ""])
def test_only_plain_versions_are_published(version: str) -> None:
    with pytest.raises(ReleaseError, match=r"is not X\.Y\.Z"):
        replace(RELEASE, version=version).check()


BAD_TEMPLATES = {
    "unknown": (
        TEMPLATE + "  bin: ${binary}\n",
        "${binary} is unknown here; known are version, homepage, os,",
    ),
    "unknown above": (
        "sha: ${sha256}\n" + TEMPLATE,
        "${sha256} is unknown here; known are version, homepage",
    ),
    "of another kind": (TEMPLATE + "  bin: {{ .Bin }}\n", "a placeholder is left: bin: {{ .Bin }}"),
    "escaped": (TEMPLATE + "  bin: $${os}\n", "a placeholder is left: bin: ${os}"),
    "broken": (TEMPLATE + "  bin: ${os\n", "there is a $ that begins no placeholder"),
    "no checksum": (TEMPLATE.replace(", sha256: ${sha256}", ""), "${sha256} is used nowhere"),
    "no version": (TEMPLATE.replace("${version}", "0.1.0"), "${version} is used nowhere"),
    "no platforms": ("version: ${version}\n", "there is no line 'platforms:'"),
}


@pytest.mark.parametrize("template, reason", BAD_TEMPLATES.values(), ids=BAD_TEMPLATES)
def test_a_template_with_a_gap_is_refused(template: str, reason: str) -> None:
    assert manifest(RELEASE, TEMPLATE, flux=False)
    with pytest.raises(ReleaseError) as refusal:
        manifest(RELEASE, template, flux=False)
    assert reason in str(refusal.value)


def test_files_that_differ_are_not_overwritten_and_then_none_is_written(
    renderer: Renderer, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = renderer.output / "plugins" / "vs-gateways.yaml"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine\n")
    error = message(renderer.run(), capsys)
    assert f"{theirs} is there with another content; remove it, or name an empty folder" in error
    assert [path for path in renderer.output.rglob("*") if path.is_file()] == [theirs]
    assert theirs.read_text() == "mine\n"


@pytest.mark.parametrize("name", ["plugins", "flux"])
def test_where_a_folder_must_be_and_a_file_is_nothing_is_written(
    name: str, renderer: Renderer, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = renderer.output / name
    theirs.parent.mkdir()
    theirs.write_text("mine\n")
    assert f"{theirs} is no folder; remove it, or name another one" in message(renderer.run(), capsys)
    assert list(renderer.output.rglob("*")) == [theirs]


def test_a_second_run_changes_nothing(renderer: Renderer) -> None:
    assert renderer.run() == 0
    first = {path: path.read_bytes() for path in renderer.output.rglob("*.yaml")}
    assert renderer.run() == 0
    assert {path: path.read_bytes() for path in renderer.output.rglob("*.yaml")} == first


def test_a_file_that_cannot_be_read_or_written_is_one_line(
    renderer: Renderer, capsys: pytest.CaptureFixture[str]
) -> None:
    renderer.checksums.write_bytes(b"\xff\xfe")
    assert "checksums.txt is no text in UTF-8; `make checksums` writes it anew" in refused(renderer, capsys)
    renderer.checksums.unlink()
    missing = "checksums.txt cannot be read: No such file or directory; `make checksums` writes it"
    assert missing in refused(renderer, capsys)
    renderer.checksums.write_text(checksums_txt())
    renderer.output.write_text("a file")
    assert f"{renderer.output} is no folder; remove it, or name another one" in message(
        renderer.run(), capsys
    )


@pytest.mark.parametrize(
    "words, reason",
    [
        ((), "error: the following arguments are required: --checksums, --base-url, --homepage, --output "),
        (("--only=linux/386",), "error: argument --only: invalid choice: 'linux/386' (choose from "),
    ],
)
def test_wrong_usage_is_one_line(words: tuple[str, ...], reason: str) -> None:
    command = [sys.executable, "-m", "krew.render", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(reason)
    assert done.stderr.count("\n") == 1


def refused(renderer: Renderer, capsys: pytest.CaptureFixture[str], **urls: str) -> str:
    """What is said about a release with a gap, of which nothing is written."""
    error = message(renderer.run(**urls), capsys)
    assert not renderer.output.exists()
    return error


def message(code: int, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of an error."""
    captured = capsys.readouterr()
    assert (code, captured.out) == (1, "")
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    return captured.err
