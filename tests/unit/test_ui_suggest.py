"""What was meant by a word or a flag that there is not."""

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.ui import suite
from istiokit.ui.suggest import nearest
from tests.docs import APPS
from tests.run import run

BY_NAME = {app.name: app for app in APPS}


def test_the_suite_is_as_the_plugins_have_it() -> None:
    tables = {app.name: tuple(command.name for command in app.commands) for app in APPS}
    assert tables == suite.COMMANDS


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("istio-migrate stats", "kubectl istio-migrate status"),
        ("istio-migrate STATUS", "kubectl istio-migrate status"),
        ("istio-migrate Swap", "kubectl vs-gateways swap"),
        ("istio-migrate -V", "kubectl istio-migrate --version"),
        ("istio-migrate --vresion", "kubectl istio-migrate --version"),
        ("vs-gateways -V", "kubectl vs-gateways --version"),
        ("vs-gateways --vresion", "kubectl vs-gateways --version"),
        ("istio-migrate carrycore", "kubectl istio-migrate carry-core"),
        ("istio-migrate undo", "kubectl istio-migrate rollback"),
        ("istio-migrate verify", "kubectl istio-migrate check"),
        ("istio-migrate plan", "kubectl istio-migrate step1 --dry-run"),
        ("istio-migrate migrate", "kubectl istio-migrate status"),
        ("istio-migrate version", "kubectl istio-migrate --version"),
        ("istio-migrate swap", "kubectl vs-gateways swap"),
        ("istio-migrate safe-to-remove", "kubectl policyreport-vs safe-to-remove"),
        ("istio-migrate restart", "kubectl recycle-injected restart"),
        ("vs-gateways help sawp", "kubectl vs-gateways swap"),
        ("recycle-injected lst", "kubectl recycle-injected list"),
        ("recycle-injected status", "kubectl istio-migrate status"),
    ],
)
def test_a_command_that_was_meant(typed: str, meant: str) -> None:
    plugin, *words = typed.split()
    done = run(*words, app=BY_NAME[f"kubectl-{plugin}"])
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.endswith(f"; did you mean '{meant}'?\n")


def test_a_command_of_several_plugins() -> None:
    expected = (
        "error: unknown command 'list'; did you mean 'kubectl vs-gateways list' or "
        "'kubectl recycle-injected list' or 'kubectl policyreport-vs list'?\n"
    )
    assert run("list").err == expected


@pytest.mark.parametrize("words", ["step 2", "step --step 2"])
def test_commands_that_only_a_number_tells_apart(words: str) -> None:
    meant = "did you mean 'kubectl istio-migrate step1' or 'kubectl istio-migrate step2'?"
    assert run(*words.split()).err == f"error: unknown command 'step'; {meant}\n"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("vs-gateways swap --all", "--all-namespaces"),
        ("vs-gateways --all", "--all-namespaces"),
        ("vs-gateways swap --al", "--all-namespaces or --allow"),
        ("vs-gateways swap --server x", "--context"),
        ("vs-gateways -a", "-A"),
        ("vs-gateways lst --stat x", "--state"),
        ("istio-migrate step1 --kubec x", "--kubeconfig"),
    ],
)
def test_a_flag_that_is_begun_or_called_otherwise(typed: str, meant: str) -> None:
    plugin, *words = typed.split()
    done = run(*words, app=BY_NAME[f"kubectl-{plugin}"])
    assert done.err.endswith(f"; did you mean {meant}?\n")
    assert (done.code, done.err.count("did you mean")) == (2, 1)


@pytest.mark.parametrize("words", ["xyzzy", "step3", "x"])
def test_nobody_guesses_wildly(words: str) -> None:
    assert run(words).err == f"error: unknown command {words!r}; see 'kubectl istio-migrate --help'\n"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("step1 --dry-rnu", "unrecognized arguments: --dry-rnu; did you mean --dry-run?"),
        ("step1 --dry-rnu=server", "unrecognized arguments: --dry-rnu=server; did you mean --dry-run?"),
        ("wait --contxt x", "unrecognized arguments: --contxt x; did you mean --context?"),
        (
            "status --with-source",
            "unrecognized arguments: --with-source; --with-source is a flag of reconcile; "
            "see 'kubectl istio-migrate status --help'",
        ),
        (
            "wait --git-dri .",
            "unrecognized arguments: --git-dri .; --git-dir is a flag of step1, step2; "
            "see 'kubectl istio-migrate wait --help'",
        ),
        ("step1 --dry-run server", "unrecognized arguments: server; did you mean --dry-run=server?"),
        ("status -q", "unrecognized arguments: -q; see 'kubectl istio-migrate status --help'"),
        ("status --colour", "unrecognized arguments: --colour; see 'kubectl istio-migrate status --help'"),
        ("policy instal", "argument ACTION: invalid choice: instal (choose from plan, apply, touch, narrow, "
                          "remove, rollback); did you mean apply?"),
        ("status -o jsno", "argument -o/--output: invalid choice: jsno (choose from table, wide, json, yaml, "
                           "name); did you mean json?"),
        ("status -o JSON", "argument -o/--output: invalid choice: JSON (choose from table, wide, json, yaml, "
                           "name); did you mean json?"),
    ],
)  # fmt: skip
def test_a_flag_or_a_value_that_was_meant(typed: str, said: str) -> None:
    done = run(*typed.split())
    assert (done.code, done.out, done.err.replace("'", "")) == (2, "", f"error: {said}\n".replace("'", ""))


@given(st.text(max_size=12), st.lists(st.text("abcd-0123", min_size=1, max_size=6), unique=True, max_size=5))
def test_what_is_meant_exists_and_is_alike(word: str, known: list[str]) -> None:
    near = nearest(word, known)
    assert near == "" or near in known
    if near and difflib.SequenceMatcher(None, near, word.lower()).ratio() < 0.6:
        raise AssertionError(f"{word!r} is not like {near!r}")
