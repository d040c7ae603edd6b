"""The documents agree with the program: docs/commands/, the commands and flags they name, and their links."""

import re
from pathlib import Path

import pytest

from istiokit.kyverno.removal import RULES
from istiokit.ui.every_command import text as flags_of_every_command
from tests.docs import FOLDER, ROOT, helps, page_of, pages

FOLDERS = ("docs", "examples", "krew")
PAGES = sorted([*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))])
TYPED = re.compile(r"(kubectl (?:istio-migrate|recycle-injected|policyreport-vs))((?: +[^\s`|;&()\"']+)*)")
"""The command with the words behind it, up to what ends it in prose or in a shell."""
FLAG = re.compile(r"^--?[a-z][a-z-]*")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*?) *$", re.MULTILINE)
DEFAULTS = {"kubectl recycle-injected": "restart", "kubectl policyreport-vs": "list"}
"""What a plugin does where flags or objects come first."""
CHECKS = ROOT / "docs" / "checks"
COMMANDS = helps()


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def flags_of(help_text: str) -> set[str]:
    """Every flag that a help text lists."""
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", help_text))


EVERYWHERE = flags_of(flags_of_every_command())
"""Those that no help of a command lists."""


def written(path: Path) -> list[tuple[str, list[str]]]:
    """Each command of these plugins on a page, with the words behind it."""
    found = TYPED.findall(path.read_text("utf-8"))
    return [(program, words.split("#")[0].split()) for program, words in found]


def command_of(program: str, words: list[str]) -> str | None:
    """The command as `COMMANDS` has it; None where no word names one, or one stands for any."""
    named = next((word.rstrip(".,:") for word in words if not word.startswith("-")), None)
    if program in DEFAULTS and words and (words[0][0] in "-[" or "/" in words[0]):
        named = DEFAULTS[program]
    return None if named in (None, "COMMAND", "...") else f"{program} {named}"


def anchors(text: str) -> set[str]:
    """The headings of a page as GitHub makes anchors of them."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(text)}


def test_the_pages_of_commands_are_fresh() -> None:
    written = {path: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    assert written == pages(), "docs/commands/ is stale: run make docs"


def test_every_command_has_its_page() -> None:
    for typed, text in COMMANDS.items():
        page = page_of(typed).read_text("utf-8")
        assert page.startswith(f"# {typed}\n")
        assert flags_of(text) <= flags_of(page), "a flag of the help was lost on the way to its page"


def test_help_fits_a_terminal_of_a_hundred_columns() -> None:
    assert [line for text in COMMANDS.values() for line in text.splitlines() if len(line) > 100] == []


@pytest.mark.parametrize("path", [path for path in PAGES if written(path)], ids=name)
def test_a_page_names_commands_and_flags_that_exist(path: Path) -> None:
    unknown = []
    for program, words in written(path):
        command = command_of(program, words)
        if command is None:
            continue
        text = COMMANDS.get(command)
        flags = {found[0] for found in map(FLAG.match, words) if found}
        if text is None or not flags <= flags_of(text) | EVERYWHERE:
            unknown.append(" ".join(words))
    assert unknown == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_flags_in_prose_exist(path: Path) -> None:
    """A span of code that starts with two dashes speaks of one of our flags."""
    known = {"--version", *EVERYWHERE, *(flag for text in COMMANDS.values() for flag in flags_of(text))}
    spans = re.findall(r"`(--[a-z][a-z-]*)[^`]*`", path.read_text("utf-8"))
    assert set(spans) <= known


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    dead = []
    for link in LINK.findall(path.read_text("utf-8")):
        file, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (path.parent / file).resolve() if file else path
        lost = anchor and target.suffix == ".md" and anchor not in anchors(target.read_text("utf-8"))
        if not target.exists() or lost:
            dead.append(link)
    assert dead == []


def test_each_finding_about_the_removal_has_its_page() -> None:
    index = (CHECKS / "README.md").read_text("utf-8")
    for rule in RULES:
        assert (CHECKS / f"{rule.code}.md").read_text("utf-8").startswith(f"# {rule.code}: {rule.title}\n")
        assert f"| [{rule.code}]({rule.code}.md) | {rule.severity} | {rule.title} |" in index
    assert {path.stem for path in CHECKS.glob("PR00*.md")} == {rule.code for rule in RULES}


def test_the_index_of_checks_has_them_all_as_their_pages_call_them() -> None:
    index = (CHECKS / "README.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| \[([A-Z]+\d{3})\]\(\1\.md\) \| (\w+ \| .*?) \|", index, re.MULTILINE))
    said = {}
    for page in CHECKS.glob("*[0-9].md"):
        title, _, worst = page.read_text("utf-8").removeprefix(f"# {page.stem}: ").partition("\n\n")
        severity = re.match(r"(?:At worst: )?(\w+)", worst)
        assert severity is not None
        said[page.stem] = f"{severity[1].lower()} | {title}"
    assert rows == said
