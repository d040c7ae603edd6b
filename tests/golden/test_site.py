"""The site and the man pages as Sphinx builds them: without a warning, complete, and of use without a network."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs import helps, manuals, page_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video)\b[^>]*\bsrc=["'](?:https?:)?//"""
    r"""|<link\b[^>]*\bhref=["'](?:https?:)?//"""
    r"""|url\(["']?(?:https?:)?//|@import""",
    re.IGNORECASE,
)
"""What a browser asks for by itself. Links that people follow are not meant."""

MACROS = {"B", "EE", "EX", "INDENT", "IP", "SH", "SS", "TP", "UNINDENT", "sp"}
"""Those of man and of docutils (INDENT, UNINDENT, which it defines itself)."""


def built(builder: str, target: Path) -> Path:
    """The folder with the output of Sphinx, which must have nothing to complain about: also pages in no toctree."""
    flags = ["--fail-on-warning", "--keep-going", "--quiet", "--doctree-dir", str(target / "doctrees")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *flags, "-b", builder, str(DOCS), str(target / builder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        # Whatever goes out all the same goes nowhere, and fails.
        env={
            **os.environ,
            "http_proxy": "http://127.0.0.1:9",
            "https_proxy": "http://127.0.0.1:9",
            "no_proxy": "",
        },
    )
    assert (done.returncode, done.stderr) == (0, "")
    return target / builder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("html", tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def manual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("man", tmp_path_factory.mktemp("manual"))


def test_every_page_is_there(site: Path) -> None:
    for page in DOCS.rglob("*.md"):
        assert (site / page.relative_to(DOCS)).with_suffix(".html").exists()


def test_every_command_and_every_check_can_be_reached(site: Path) -> None:
    index = (site / "index.html").read_text("utf-8")
    pages = [page_of(typed) for typed in helps()] + list((DOCS / "checks").glob("*[0-9].md"))
    lost = [page for page in pages if f'href="{page.relative_to(DOCS).with_suffix(".html")}"' not in index]
    assert lost == []


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".css", ".svg")]
    assert files
    assert [str(path) for path in files if FETCHED.search(path.read_text("utf-8"))] == []


def test_pictures_are_found(site: Path) -> None:
    for page in site.rglob("*.html"):
        for source in re.findall(r'<img[^>]*\bsrc="([^"]+)"', page.read_text("utf-8")):
            assert (page.parent / source).exists(), f"{page.name}: {source}"


def test_each_plugin_and_command_has_its_man_page(manual: Path) -> None:
    for page in manuals():
        text = (manual / f"{page.name}.1").read_text("utf-8")
        headings = re.findall(r"^\.SH (.*)$", text, re.MULTILINE)
        assert headings[:3] == ["NAME", "SYNOPSIS", "DESCRIPTION"]
        assert headings.count("SYNOPSIS") == 1, "another page is in there too"
        assert f"\n.SH NAME\n{page.name} \\- {page.description}\n" in text


def test_dashes_find_each_man_page_too(manual: Path) -> None:
    for page in manuals():
        dashed = manual / f"{page.name.replace('_', '-')}.1"
        assert dashed.read_text("utf-8") == f".so man1/{page.name}.1\n"
        assert not dashed.is_symlink()


def test_man_pages_are_without_faults(manual: Path) -> None:
    """groff is the judge where there is one; elsewhere every macro has to be one that `man` knows."""
    macros = re.compile(r"^\.([A-Za-z]+)", re.MULTILINE)
    for page in manuals():
        path = manual / f"{page.name}.1"
        body = path.read_text("utf-8").partition("\n.TH ")[2]
        assert set(macros.findall(body)) <= MACROS
        if groff := shutil.which("groff"):
            judge = [groff, "-man", "-Tutf8", "-ww", str(path)]
            done = subprocess.run(judge, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")
