"""Completion, as a shell asks for it: which word is asked for, and the lines of the answer."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.ui.commands import App, command_parser, commands_of
from istiokit.ui.completable import completion_of
from istiokit.ui.completion.protocol import Answer, Candidate, Directive, lines
from tests.docs import APPS
from tests.run import run

MIGRATE, VS_GATEWAYS, RECYCLE, POLICYREPORT = APPS
CANDIDATE = re.compile(r"[^\t]+(\t[^\t]+)?")


def complete(*words: str, app: App = MIGRATE) -> tuple[list[str], Directive]:
    """The candidates without what they mean, and the directive."""
    result = run("__complete", *words, app=app)
    assert (result.code, result.err) == (0, "")
    *found, last = result.out.splitlines()
    return [line.partition("\t")[0] for line in found], Directive(int(last.removeprefix(":")))


def words(*typed: str, app: App = MIGRATE) -> list[str]:
    return complete(*typed, app=app)[0]


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_the_first_word_is_a_command(app: App) -> None:
    commands = [command.name for command in commands_of(app)]
    kinds = ["deploy/", "sts/", "ds/"] if app is RECYCLE else []  # operands of its default command
    assert words("", app=app) == [*commands, *kinds]
    assert words(app=app) == [*commands, *kinds]
    assert words("help", "", app=app) == commands
    assert "completion" in commands


def test_a_command_is_completed_from_its_beginning() -> None:
    assert complete("st") == (["status", "step1", "step2"], Directive.NO_FILES)
    assert complete("--context", "a", "st")[0] == ["status", "step1", "step2"]
    assert complete("-n", "a", "help", "car")[0] == ["carry-core"]
    assert complete("help", "status", "")[0] == []


def test_what_follows_an_unknown_command_is_nothing() -> None:
    assert complete("stepp", "") == ([], Directive.NO_FILES)
    assert complete("stepp", "--") == ([], Directive.NO_FILES)


def test_descriptions_come_behind_a_tab_unless_they_are_unwanted() -> None:
    described = run("__complete", "journ").out
    assert described == "journal\tList what was done, when and by whom\n:4\n"
    assert run("__completeNoDesc", "journ").out == "journal\n:4\n"


def test_flags_are_offered_in_both_spellings() -> None:
    found = words("status", "-")
    assert {"-n", "--namespace", "-o", "--output", "-h", "--help"} <= set(found)
    assert "--version" not in found
    assert words("status", "--out") == ["--output"]


def test_flags_in_front_of_the_command() -> None:
    found = words("-")
    assert {"--context", "-n", "--version", "--help"} <= set(found)
    assert "--output" not in found
    assert "--map" in words("-", app=VS_GATEWAYS), "a default command has its flags there"


def test_no_flag_is_offered_twice_unless_it_gathers_values() -> None:
    assert "--namespace" not in words("status", "-n", "a", "--")
    assert "-n" not in words("status", "--namespace=a", "-")
    assert "-A" not in words("list", "-A", "-", app=RECYCLE)
    assert "-A" not in words("list", "-Aojson", "-", app=RECYCLE)
    assert "--as-group" in words("status", "--as-group", "a", "--")
    assert "--filename" in words("status", "-fvalues.yaml", "--")


def test_a_flag_that_excludes_another_takes_its_place() -> None:
    found = words("convert", "--verify", "--")
    assert not {"--in-place", "--output-file", "--verify"} & set(found)


@pytest.mark.parametrize(
    "typed", [("-o", ""), ("--output", ""), ("--output=",), ("-o=",), ("-v", "2", "--output", "")]
)
def test_the_choices_of_a_flag(typed: tuple[str, ...]) -> None:
    assert complete("status", *typed) == (["table", "wide", "json", "yaml", "name"], Directive.NO_FILES)


def test_the_value_behind_an_equals_sign_comes_without_the_flag() -> None:
    assert words("status", "--output=w") == ["wide"]
    assert words("list", "--output=j", app=RECYCLE) == ["json"]


def test_the_value_glued_to_a_flag_comes_with_it() -> None:
    assert words("status", "-oj") == ["-ojson"]
    assert words("status", "-o") == ["-otable", "-owide", "-ojson", "-oyaml", "-oname"]
    assert words("list", "-Aow", app=RECYCLE) == ["-Aowide"]
    assert words("status", "-n") == ["-n"], "a space is next"


def test_dry_run_takes_its_value_behind_an_equals_sign_only() -> None:
    assert words("step1", "--dry-run=") == ["none", "client", "server"]
    assert words("policy", "--dry-run", "app") == ["apply"]


def test_operands() -> None:
    assert words("policy", "") == ["plan", "apply", "touch", "narrow", "remove", "rollback"]
    assert words("policy", "-y", "pl") == ["plan"]
    assert words("policy", "plan", "") == []
    assert words("policy", "--", "pl") == ["plan"]
    assert words("policy", "--", "--") == [], "no flags behind --"
    assert words("journal", "") == ["show"]
    assert words("completion", "z") == ["zsh"]


def test_a_lone_dash_is_an_operand_and_the_value_of_a_flag() -> None:
    assert words("policy", "-f", "-", "") == []
    assert words("status", "-f", "-", "--outp") == ["--output"]


@pytest.mark.parametrize("flag", ["-h", "--help", "--version"])
def test_after_the_help_there_is_nothing(flag: str) -> None:
    assert complete("step1", flag, "--") == ([], Directive.NO_FILES)


def test_but_not_after_a_value_that_reads_like_it() -> None:
    assert "--yes" in words("step1", "--allow", "-h", "--")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (("status", "-f", ""), (["yaml", "yml", "json"], Directive.EXTENSIONS)),
        (("status", "--filename=x"), (["yaml", "yml", "json"], Directive.EXTENSIONS)),
        (("status", "--kubeconfig", ""), ([], Directive.DEFAULT)),
        (("step1", "--git-dir", ""), ([], Directive.FOLDERS)),
        (("status", "-fvalues"), ([], Directive.NO_FILES)),
        (("--kubeconfig", ""), ([], Directive.DEFAULT)),
    ],
)
def test_files_are_left_to_the_shell(typed: tuple[str, ...], expected: tuple[list[str], Directive]) -> None:
    assert complete(*typed) == expected


def test_a_file_or_a_word() -> None:
    files = (["yaml", "yml", "json"], Directive.EXTENSIONS)
    assert complete("list", "--gateways", "", app=VS_GATEWAYS) == files
    assert complete("list", "--gateways", "clu", app=VS_GATEWAYS) == (["cluster"], Directive.NO_FILES)
    assert complete("list", "--gateways", "gateways/", app=VS_GATEWAYS) == files


def test_words_that_are_typed_on_have_no_space_behind_them() -> None:
    wave = ("restart", "--wave-by")
    assert complete(*wave, "l", app=RECYCLE) == (["label="], Directive.NO_FILES | Directive.NO_SPACE)
    assert complete(*wave, "n", app=RECYCLE) == (["namespace"], Directive.NO_FILES)


@pytest.mark.parametrize(
    ("app", "typed", "code"),
    [
        (MIGRATE, ("check", "--explain"), "IM008"),
        (MIGRATE, ("step1", "--allow"), "IM001"),
        (MIGRATE, ("policy", "remove", "--allow"), "PR001"),
        (MIGRATE, ("policy", "apply", "--allow"), "VSG053"),
        (VS_GATEWAYS, ("--explain",), "VSG050"),
        (VS_GATEWAYS, ("swap", "--allow"), "VSG051"),
        (RECYCLE, ("--allow",), "RI001"),
        (POLICYREPORT, ("safe-to-remove", "--explain"), "PR002"),
    ],
)
def test_codes_of_findings(app: App, typed: tuple[str, ...], code: str) -> None:
    assert code in words(*typed, "", app=app)
    assert words(*typed, code, app=app) == [code]


def test_every_code_that_is_offered_has_a_page() -> None:
    offered = {
        code
        for app, typed in (
            (MIGRATE, ("check", "--explain")),
            (MIGRATE, ("policy", "--allow")),
            (VS_GATEWAYS, ("--explain",)),
            (RECYCLE, ("--allow",)),
        )
        for code in words(*typed, "", app=app)
    }
    pages = {page.stem for page in (Path(__file__).parents[2] / "docs" / "checks").glob("*[0-9].md")}
    assert offered <= pages


KNOWN_WITHOUT = {
    *("--as", "--as-group", "--bigbang-version", "--request-timeout", "--timeout", "--v", "--concurrency"),
    *("--selector", "--field-selector", "--proxy-version", "--order", "--pause-between", "--per-namespace"),
    *("--max-failures", "--label"),
}
"""Flags whose values nobody can know: times, numbers, versions, labels."""


def test_every_flag_with_a_value_says_what_completes_it() -> None:
    silent = {
        action.option_strings[-1]
        for app in APPS
        for command in commands_of(app)
        for action in command_parser(command, app.name).actions()
        if action.option_strings and action.nargs != 0 and not (action.choices or completion_of(action).first)
    }
    assert silent == KNOWN_WITHOUT


def test_every_operand_says_what_completes_it() -> None:
    silent = [
        (command.name, action.dest)
        for app in APPS
        for command in commands_of(app)
        for action in command_parser(command, app.name).actions()
        if not (action.option_strings or action.choices or completion_of(action).first)
    ]
    assert silent == []


def test_entries_of_the_kubeconfig(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        "contexts: [{name: blue, context: {cluster: c, user: u}}, {name: green, context: {cluster: c}}]\n"
        "clusters: [{name: c, cluster: {server: 'http://x'}}]\nusers: [{name: u, user: {}}]\n"
    )
    here = ("--kubeconfig", str(config))
    assert words(*here, "--context", "") == ["blue", "green"]
    assert words("status", *here, "--context=g") == ["green"]
    assert words("status", *here, "--cluster", "") == ["c"]
    assert words("status", "--kubeconfig=" + str(config), "--user", "") == ["u"]
    config.write_text("contexts: [")
    assert words(*here, "--context", "") == [], "a broken file is told by the command, not while one types"


FRAGMENTS = st.sampled_from(
    [
        *(
            "-",
            "--",
            "",
            "=",
            "-o",
            "-n",
            "-A",
            "-f",
            "--map",
            "--map=a=",
            "--dry-run",
            "--",
            "vs/",
            "a/b",
            "-Ao",
        ),
        *(
            "--kubeconfig=/none",
            "--context",
            "list",
            "restart",
            "why",
            "journal",
            "show",
            "policy",
            "help",
            ":4",
        ),
        *("\n", "\t", "a b", "_activeHelp_ x", "\u202e", "\ud800"),
    ]
)
TYPED = st.lists(st.one_of(FRAGMENTS, st.text(max_size=8)), max_size=7)


@given(st.sampled_from(APPS), TYPED)
def test_any_words_are_answered_in_the_protocol(app: App, typed: list[str]) -> None:
    result = run("__complete", *typed, app=app)
    assert (result.code, result.err) == (0, "")
    *found, last = result.out.removesuffix("\n").split("\n")
    assert re.fullmatch(r":[0-9]+", last)
    assert all(CANDIDATE.fullmatch(line) and not line.startswith(":") for line in found)
    told = [line.partition("\t")[0] for line in found]
    assert len(told) == len(set(told))


@given(st.sampled_from(APPS), TYPED.filter(len))
def test_every_candidate_begins_as_the_word_does(app: App, typed: list[str]) -> None:
    *found, last = run("__completeNoDesc", *typed, app=app).out.splitlines()
    if int(last[1:]) & Directive.EXTENSIONS:
        return
    word = typed[-1]
    beginnings = {word, word.partition("=")[2]} if word.startswith("-") else {word}
    assert all(any(one.startswith(beginning) for beginning in beginnings) for one in found)


@given(st.text(), st.text(), st.integers(0, 31))
def test_a_candidate_is_one_line(word: str, text: str, directive: int) -> None:
    told = lines(Answer((Candidate(word, text),), Directive(directive)))
    *found, last = told.split("\n")[:-1]
    assert last == f":{directive}"
    assert len(found) <= 1
    assert all(CANDIDATE.fullmatch(line) and line == line.strip() for line in found)
    if re.fullmatch(r"[a-z/=.-]+", word):
        assert found[0].partition("\t")[0] == word


def test_the_scripts_name_what_they_complete() -> None:
    expected: Mapping[str, str] = {
        "bash": "complete -F __kubectl_vs_gateways kubectl-vs_gateways kubectl-vs-gateways",
        "zsh": "#compdef kubectl-vs_gateways kubectl-vs-gateways",
        "fish": "for program in kubectl-vs_gateways kubectl-vs-gateways",
        "powershell": "-CommandName 'kubectl-vs_gateways', 'kubectl-vs-gateways'",
    }
    for shell, line in expected.items():
        result = run("completion", shell, app=VS_GATEWAYS)
        assert (result.code, result.err) == (0, "")
        assert line in result.out
        assert not re.search("@[A-Z]+@", result.out), "a gap was left"
