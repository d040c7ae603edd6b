"""docs/troubleshooting: found by the text that users see, complete, and without dead links."""

import re
from pathlib import Path

import pytest

from istiokit.ui.commands import commands_of
from kubectl_istio_migrate.main import APP

FOLDER = Path(__file__).parents[2] / "docs" / "troubleshooting"
INDEX = FOLDER / "README.md"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path != INDEX)
SECTIONS = ["What you see", "Why it happens", "What to run", "How to know it is mended", "More"]
COMMANDS = {command.name for command in commands_of(APP)}

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def quoted(page: Path) -> list[str]:
    """The lines of the `text` blocks: what the user sees."""
    blocks = re.findall(r"^```text\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_the_promised_texts_have_pages() -> None:
    texts = [line for page in PAGES for line in quoted(page)]
    for promised in (
        "CERTIFICATE_VERIFY_FAILED",
        "upstream connect error or disconnect/reset before headers",
        "no chart name found",
        "additional properties",
        "sidecar-injector",
        "<pending>",
        "404 Not Found",
        "istio-finalizer.install.istio.io",
        "provided port is already allocated",
        "retries exhausted",
        "'istioOperator' not allowed",
    ):
        assert any(promised in text for text in texts), promised


@every_page
def test_each_quoted_text_is_in_the_index_on_a_line_that_links_its_page(page: Path) -> None:
    assert quoted(page)
    lines = INDEX.read_text().splitlines()
    for text in quoted(page):
        assert any(f"`{text}`" in line and f"({page.name})" in line for line in lines), text


@every_page
def test_each_page_has_all_its_sections_and_a_link_outside(page: Path) -> None:
    text = page.read_text()
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    assert "https://" in text.split("## More")[1]


@pytest.mark.parametrize("page", [INDEX, *PAGES], ids=lambda page: page.stem)
def test_links_to_other_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https://)([^)#]+)", page.read_text()):
        assert (FOLDER / target).is_file(), target


def test_the_index_links_nothing_but_pages_and_istios_own_tools() -> None:
    text = INDEX.read_text()
    linked = {target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text)}
    assert linked == {path.name for path in PAGES} | {"../install.md"}
    assert "https://istio.io/latest/docs/ops/diagnostic-tools" in text
    assert "https://github.com/istio/istio/wiki/Troubleshooting-Istio" in text


@pytest.mark.parametrize("page", [INDEX, *PAGES], ids=lambda page: page.stem)
def test_only_commands_that_exist_are_recommended(page: Path) -> None:
    named = re.findall(r"kubectl istio-migrate (\S+?)[`\s]", page.read_text())
    assert named
    assert set(named) <= COMMANDS
