import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from istiokit import __version__
from istiokit.cluster.types import Cluster
from istiokit.errors import OperationFailed
from istiokit.ui.app import Terminal, run_app
from istiokit.ui.commands import App, Command, prog_name
from istiokit.ui.connection import Connection
from tests.fakes import FakeCluster
from tests.run import Result, Stream, run

SAMPLE = App(
    name="kubectl-sample",
    description="A sample.",
    commands=(
        Command("deed", "Do a deed", "tests.unit.sample_command"),
        Command("absent", "Never imported", "tests.unit.no_such_module"),
    ),
    examples=(("Greet", "deed greet"),),
    overview="tests.unit.sample_overview",
    offline=("Greet a file", "deed greet -f values.yaml"),
    default="deed",
)
WHOLE = replace(SAMPLE, commands=SAMPLE.commands[:1])
"""Only what can be imported."""


def sample(*argv: str, stdin: str | None = None, tty: bool = False) -> Result:
    return run(*argv, app=SAMPLE, stdin=stdin, tty=tty)


def test_help_lists_the_commands_and_imports_none_of_them() -> None:
    result = sample("--help")
    assert (result.code, result.err) == (0, "")
    assert "  deed        Do a deed\n  absent      Never imported\n" in result.out
    assert "examples:\n  # Greet\n  kubectl sample deed greet\n" in result.out
    assert "usage: kubectl sample COMMAND" in result.out
    assert sample("help").out == sample("-h").out == result.out


def test_help_of_a_command_shows_flags_examples_and_exit_codes() -> None:
    result = sample("deed", "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("usage: kubectl sample deed [deed] [names...] [flags]\n")
    assert "  # Ask before greeting\n  kubectl sample deed ask --timeout 10s\n" in result.out
    assert "\nexit codes: 0 all well; 1 findings, or not done; 2 wrong usage; 3 failed;" in result.out
    assert "Use 'kubectl sample options' for the flags of every command.\n" in result.out
    assert "--kubeconfig" not in result.out
    assert sample("help", "deed").out == result.out


def test_options_lists_the_flags_of_every_command_and_all_exit_codes() -> None:
    result = sample("options")
    assert (result.code, result.err) == (0, "")
    for flag in ("-h, --help", "--kubeconfig", "--context", "--as-group", "--request-timeout", "-v, --v"):
        assert f"  {flag} " in result.out
    assert "  130  interrupted (SIGINT)\n" in result.out


def test_version() -> None:
    assert sample("--version") == Result(0, f"kubectl-sample {__version__}\n", "")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["ded"], "unknown command 'ded'; did you mean 'kubectl sample deed'?"),
        (["qqq"], "unknown command 'qqq'; see 'kubectl sample --help'"),
        (["help", "ded"], "unknown command 'ded'; did you mean 'kubectl sample deed'?"),
        (["deed", "-o"], "argument -o/--output: expected one argument; see 'kubectl sample deed --help'"),
        (["deed", "greet", "--what"], "unrecognized arguments: --what; see 'kubectl sample deed --help'"),
        (["deed", "greet", "--time", "1s"], "unrecognized arguments: --time"),
        (["deed", "greet", "-A", "-f", "x"], "-A and -f exclude each other"),
        (["--what", "deed", "greet"], "unrecognized arguments: --what"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_2(argv: list[str], message: str) -> None:
    result = run(*argv, app=WHOLE)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {message}")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("deed", "code", "err"),
    [
        ("find", 1, ""),
        ("greet", 3, "error: this test has no cluster\n"),
        ("disk", 3, "error: values.yaml: No space left on device\n"),
        ("pipe", 3, ""),
        ("interrupt", 130, "interrupted\n"),
        ("interrupt-at-work", 130, "interrupted; run it again\n"),
    ],
)
def test_what_happens_decides_the_exit_code(deed: str, code: int, err: str) -> None:
    assert sample("deed", deed) == Result(code, "", err)


def test_a_defect_is_one_line_that_asks_for_a_report() -> None:
    result = sample("deed", "defect")
    assert result.code == 3
    assert (
        result.err
        == "error: internal error: ValueError: two lines; run it again with -v 9 and report what it prints\n"
    )


@pytest.mark.parametrize("flags", [["-v", "9"], ["-v9"], ["-v=9"], ["--v=9"], ["--v", "9"]])
def test_a_traceback_is_for_v_9(flags: list[str]) -> None:
    assert "Traceback" in sample("deed", "defect", *flags).err
    assert "Traceback" in sample(*flags, "deed", "defect").err


def test_connection_flags_may_stand_before_the_command() -> None:
    flags = ["--context", "prod", "--as-group=admins", "-n", "shop"]
    before, after = sample(*flags, "deed", "options"), sample("deed", "options", *flags)
    assert before == after
    assert "context='prod'" in before.out


def test_without_arguments_a_cluster_is_looked_at() -> None:
    assert run(app=SAMPLE, cluster=FakeCluster()) == Result(0, "this is fake, 30.0 s\n", "")
    flags = ("--context", "my prod", "--request-timeout=2m", "-n", "shop")
    expected = "this is fake --context 'my prod', 120.0 s\n"
    assert run(*flags, app=SAMPLE, cluster=FakeCluster()) == Result(0, expected, "")


def test_the_look_for_a_cluster_is_a_short_one() -> None:
    asked: list[Connection] = []

    def connector(connection: Connection) -> Cluster:
        asked.append(connection)
        raise OperationFailed("nobody there")

    out = Stream()
    terminal = Terminal(out, Stream(), Stream(), {}, connector)
    assert run_app(SAMPLE, [], terminal) == run_app(SAMPLE, ["--request-timeout", "1s"], terminal) == 3
    assert [one.request_timeout for one in asked] == [5.0, 1.0]


def test_without_arguments_and_cluster_it_says_why_and_what_else_there_is() -> None:
    result = sample()
    assert result.code == 3
    assert result.err == "error: no cluster answers: this test has no cluster\n"
    assert result.out == (
        "without   kubectl sample deed greet -f values.yaml  # greet a file\n"
        "with      kubectl sample --context NAME  # or --kubeconfig FILE; kubectl config get-contexts lists the names\n"
        "help      kubectl sample --help\n"
    )


def test_a_plugin_without_an_overview_shows_its_help() -> None:
    assert run(app=replace(SAMPLE, overview="")) == sample("--help")


NAMING = replace(WHOLE, names=True)
"""Words that are no command go to the default one."""


def test_a_namespace_alone_is_for_the_default_command() -> None:
    assert run("-n", "shop", app=NAMING, cluster=FakeCluster()).out == "hello from fake\n"
    assert run("--context=x", app=NAMING, cluster=FakeCluster()).out.startswith("this is fake")


def test_a_word_that_the_default_command_refuses_may_be_meant_as_a_command() -> None:
    refused = run("-A", "find-me", "-f", "x", app=NAMING)
    assert refused.err == "error: -A and -f exclude each other\n"
    refused = run("ded", "-A", "-f", "x", app=NAMING)
    assert refused.err == "error: -A and -f exclude each other; did you mean 'kubectl sample deed'?\n"


def test_a_flag_before_a_forgotten_command() -> None:
    refused = run("-f", "values.yaml", app=WHOLE)
    expected = "unknown command 'values.yaml'; did you mean 'kubectl sample deed -f values.yaml'?"
    assert refused == Result(2, "", f"error: {expected}\n")
    refused = run("--dry-run", "ded", app=WHOLE)
    assert refused.err == "error: unknown command 'ded'; did you mean 'kubectl sample deed'?\n"
    assert run("--what", "x", app=WHOLE).err == "error: unknown command 'x'; see 'kubectl sample --help'\n"


@pytest.mark.parametrize(
    ("typed", "code", "err"),
    [
        ("y\n", 0, "Do it? [y/N] "),
        ("YES\n", 0, "Do it? [y/N] "),
        ("\n", 1, "Do it? [y/N] error: nothing was done\n"),
        ("yep\n", 1, "Do it? [y/N] error: nothing was done\n"),
        ("", 1, "Do it? [y/N] \nerror: nothing was done\n"),
    ],
)
def test_only_a_yes_is_a_yes(typed: str, code: int, err: str) -> None:
    assert sample("deed", "ask", stdin=typed, tty=True) == Result(code, "", err)


def test_yes_answers_in_advance_and_nobody_to_ask_is_a_usage_error() -> None:
    assert sample("deed", "ask", "--yes") == Result(0, "", "")
    result = sample("deed", "ask")
    assert result.code == 2
    assert "no terminal to ask on; add --yes" in result.err


@pytest.mark.parametrize(
    ("program", "typed"),
    [
        ("/usr/bin/kubectl-istio_migrate", "kubectl istio-migrate"),
        ("kubectl-istio-migrate", "kubectl istio-migrate"),
        ("kubectl-istio_migrate.exe", "kubectl istio-migrate"),
        ("/home/me/.fluxcd/plugins/flux-istio-migrate", "flux istio-migrate"),
        ("/src/kubectl_istio_migrate/__main__.py", "kubectl istio-migrate"),
        ("-c", "kubectl istio-migrate"),
    ],
)
def test_the_program_is_called_as_the_user_typed_it(program: str, typed: str) -> None:
    assert prog_name(program, "kubectl-istio-migrate") == typed


PROCESS = """
import sys, time
from istiokit.ui import app
from istiokit.ui.commands import App, Command
sys.modules["deed"] = sys.modules[__name__]
def configure(parser): pass
def parse(namespace): pass
def run(options, context):
    {body}
    return 0
sys.argv = ["kubectl-sample", "deed"]
sys.exit(app.main(App("kubectl-sample", "", (Command("deed", "", "deed"),))))
"""


def start(body: str, stdout: int = subprocess.PIPE, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS.format(body=body)],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_lets_the_command_clean_up(number: signal.Signals, code: int, tmp_path: Path) -> None:
    witness = tmp_path / "cleaned"
    body = f"""
    # In steps: a signal that comes between two instructions does not wake a sleep that begins after it.
    try:
        print("ready", flush=True); [time.sleep(0.05) for _ in range(1200)]
    finally:
        open({str(witness)!r}, "w").close()"""
    with start(body) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(timeout=20) == code
    assert witness.exists()


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_is_no_traceback(unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with start("context.write('data')", stdout=writing, PYTHONUNBUFFERED=unbuffered) as process:
        os.close(writing)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (3, "")


def test_stdin_and_stdout_keep_line_endings() -> None:
    command = [sys.executable, "-c", PROCESS.format(body="context.write(context.stdin.read())")]
    done = subprocess.run(command, input=b"a\r\nb\n", capture_output=True, check=True)
    assert done.stdout == b"a\r\nb\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16"])
def test_streams_are_utf8_whatever_the_locale_says(encoding: str) -> None:
    body = "context.write(context.stdin.read()); context.say('\u2192')"
    done = subprocess.run(
        [sys.executable, "-c", PROCESS.format(body=body)],
        input="grün → rot\n".encode(),
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=True,
    )
    assert (done.stdout, done.stderr) == ("grün → rot\n".encode(), "→\n".encode())


def test_what_is_no_text_is_shown_all_the_same() -> None:
    with start("context.write('\\ud800 ' + chr(0xdcff))", PYTHONIOENCODING="utf-8") as process:
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "\\ud800 \\udcff", "")


def test_the_module_is_the_executable() -> None:
    command = [sys.executable, "-m", "kubectl_istio_migrate", "--version"]
    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout == (
        f"kubectl-istio-migrate {__version__}\n"
    )


def test_a_kubeconfig_that_is_not_there_is_a_usage_error() -> None:
    result = run("deed", "--kubeconfig", "no/such/file", app=SAMPLE, live=True)
    assert (result.code, result.out) == (2, "")
    assert "no/such/file" in result.err
