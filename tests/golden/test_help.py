"""Every help text is one screen: what it does, examples, its flags, exit codes; and nothing of it is said twice."""

import re

import pytest

from istiokit.ui.commands import App, commands_of, help_text, prog_name
from istiokit.ui.every_command import text as flags_of_every_command
from istiokit.ui.parser import EVERY_COMMAND, Parser
from tests.docs import APPS, page_of, parsers
from tests.run import run

LINES, COLUMNS = 45, 100
PARSERS = parsers()


def each(app: App) -> str:
    return app.name


def screen(text: str) -> list[str]:
    lines = text.splitlines()
    assert len(lines) <= LINES
    assert [line for line in lines if len(line) > COLUMNS] == []
    return lines


def own_flags(parser: Parser) -> list[str]:
    groups = [group for group in parser._action_groups if group.title != EVERY_COMMAND]
    return [flag for group in groups for one in group._group_actions for flag in one.option_strings]


@pytest.mark.parametrize("typed", PARSERS)
def test_the_help_of_a_command_is_a_screen(typed: str) -> None:
    lines = screen(PARSERS[typed].format_help())
    assert lines[0].startswith(f"usage: {typed} ")
    begin = lines.index("examples:")
    said = " ".join(lines[2 : begin - 1])
    assert 1 <= len(re.findall(r"[.:](?: |$)", said.replace("`list`", ""))) <= 3, said
    assert begin <= 6
    assert lines[begin + 2].startswith(f"  {typed}")
    closing = next(at for at, line in enumerate(lines) if line.startswith("exit codes: 0 all well; "))
    assert lines[-1] == f"Use '{typed.rpartition(' ')[0]} options' for the flags of every command."
    assert len(lines) - closing <= 3
    assert ";" not in (PARSERS[typed].exit_one or ""), "it stands between the codes"


@pytest.mark.parametrize("typed", PARSERS)
def test_each_flag_of_a_command_has_a_line(typed: str) -> None:
    text = PARSERS[typed].format_help()
    section = text.split("flags:\n")[1].split("\n\n")[0] if "flags:\n" in text else ""
    rows = [line for line in section.splitlines() if line]
    assert all(re.match(r"  [-A-Za-z]\S.* {2}\S", row) for row in rows), "each with its sentence, none in two"
    listed = {
        flag for row in rows for flag in re.findall(r"(?<![\w-])--?[A-Za-z][a-z-]*", row.split("  ")[1])
    }
    assert set(own_flags(PARSERS[typed])) == listed


@pytest.mark.parametrize("typed", PARSERS)
def test_what_options_lists_every_command_takes(typed: str) -> None:
    section = flags_of_every_command().split("flags:\n")[1].split("\n\n")[0]
    shared = {flag for row in section.splitlines() for flag in re.findall(r"--?[a-z][a-z-]*", row[:28])}
    assert "--context" in shared
    assert shared <= {flag for one in PARSERS[typed]._actions for flag in one.option_strings}


@pytest.mark.parametrize("app", APPS, ids=each)
def test_the_help_of_a_plugin_is_a_screen(app: App) -> None:
    prog = prog_name(app.name, app.name)
    lines = screen(help_text(app, prog))
    assert "examples:" in lines[:6]
    assert {line.split()[0] for line in lines if line.startswith("  ")} >= {
        command.name for command in commands_of(app)
    }
    assert any(line.startswith("exit codes: ") for line in lines)
    assert run("options", app=app).out == flags_of_every_command()
    screen(flags_of_every_command())


@pytest.mark.parametrize("app", APPS, ids=each)
def test_the_examples_of_a_plugin_can_be_read(app: App) -> None:
    """Each by the parser of the command that it names, or of the default one."""
    prog = prog_name(app.name, app.name)
    names = [command.name for command in commands_of(app)]
    for words in (words.split() for _, words in (*app.examples, app.offline) if words):
        name, rest = (words[0], words[1:]) if words[0] in names else (app.default, words)
        PARSERS[f"{prog} {name}"].read(rest)


@pytest.mark.parametrize("typed", [typed for typed in PARSERS if PARSERS[typed].examples])
def test_the_examples_of_a_command_can_be_read(typed: str) -> None:
    for _, words in PARSERS[typed].examples:
        if not words.startswith(("|", "&")):
            PARSERS[typed].read(words.split())


def test_what_the_help_has_no_room_for_is_in_the_documents() -> None:
    told = {typed: parser.details for typed, parser in PARSERS.items() if parser.details}
    assert len(told) > 10
    for typed, paragraphs in told.items():
        words = " ".join(page_of(typed).read_text("utf-8").split())
        assert [text for text in paragraphs if " ".join(text.split()) not in words] == []


def test_exit_code_1_is_told_where_it_means_something_of_its_own() -> None:
    safe = PARSERS["kubectl policyreport-vs safe-to-remove"].format_help()
    assert "exit codes: 0 all well; 1 not safe to remove; 2 wrong usage; 3 failed;" in safe
    assert "exit codes: 0 all well; 2 wrong usage;" in PARSERS["kubectl istio-migrate status"].format_help()
