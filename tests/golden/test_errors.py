"""Bad input, as a table: one line that says what, where and what to do; the exit code; nothing on stdout."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import FakeCluster
from tests.run import Result, run

SEE = "see 'kubectl istio-migrate {} --help'"

USAGE = {
    "bogus": "unknown command 'bogus'; see 'kubectl istio-migrate --help'",
    "statu": "unknown command 'statu'; did you mean 'kubectl istio-migrate status'?",
    "help bogus": "unknown command 'bogus'; see 'kubectl istio-migrate --help'",
    "status --bogus": f"unrecognized arguments: --bogus; {SEE.format('status')}",
    "status extra": f"unrecognized arguments: extra; {SEE.format('status')}",
    "status -o": f"argument -o/--output: expected one argument; {SEE.format('status')}",
    "--kubeconfig": "argument --kubeconfig: expected one argument; see 'kubectl istio-migrate --help'",
    "check --no-headers=maybe": (
        f"argument --no-headers: 'maybe' is neither true nor false; {SEE.format('check')}"
    ),
    "wait --timeout 5x": (
        f"argument --timeout: '5x' is not a duration such as 90s, 10m or 1h30m; {SEE.format('wait')}"
    ),
    "wait --timeout=-5m": (
        f"argument --timeout: '-5m' is not a duration such as 90s, 10m or 1h30m; {SEE.format('wait')}"
    ),
    "reconcile --concurrency 0": (
        f"argument --concurrency: '0' is not a whole number from 1 on; {SEE.format('reconcile')}"
    ),
    "-v 12 status": f"argument -v/--v: '12' is not a level from 0 to 9; {SEE.format('status')}",
    "check --step 1 --target 3.0": (
        f"argument --target: not allowed with argument --step; {SEE.format('check')}"
    ),
    "check --explain IM999": "no check has the code IM999; they go from IM001 to IM028",
    "check --allow XX -f values.yaml": "no check has the code XX; they go from IM001 to IM028",
    "step1 --allow XX -f values.yaml": "no check has the code XX; they go from IM001 to IM028",
    "check -f values.yaml -n bigbang": (
        "-n names a namespace of a cluster, and -f reads files; leave one of them out"
    ),
    "step1 -f= --yes": (
        "argument -f/--filename: an empty name; is a variable unset? Name a file, or . for this folder; "
        + SEE.format("step1")
    ),
    "rollback -f= --yes": (
        "argument -f/--filename: an empty name; is a variable unset? Name a file, or . for this folder; "
        + SEE.format("rollback")
    ),
    "journal show": "unknown words: show; write `journal` or `journal show ID`",
    "journal list me": "unknown words: list me; write `journal` or `journal show ID`",
    "step1 -f values.yaml --git-dir .": (
        "-f and --git-dir exclude each other; name the files of the clone with -f"
    ),
    "step1 -f values.yaml --dry-run=server": (
        "--dry-run=server needs a server, and -f has none; use --dry-run=client"
    ),
    "step1 -f values.yaml --bigbang-version abc": (
        '"abc" is not a Big Bang version; write it like 2.54.0; known are 2.49 to 2.54, and 3.0 or later'
    ),
    "journal -f -": "-f -: what came by stdin has no journal; name a file or folder",
    "rollback -f values.yaml --to step1": "no finished run named step1 is in the journal; choose of: start",
}
"""Arguments, and what is said about them."""

CHOICES = {
    "status -o xml": "argument -o/--output: invalid choice: xml (choose from table, wide, json, yaml, name)",
    "check --step 3": "argument --step: invalid choice: 3 (choose from 1, 2)",
    "check --target 4.0": "argument --target: invalid choice: 4.0 (choose from 2.54, 3.0)",
    "rollback --to step3": "argument --to: invalid choice: step3 (choose from start, step1, step2)",
    "step1 --dry-run=maybe": ("argument --dry-run: invalid choice: maybe (choose from none, client, server)"),
    "rollback --dry-run=server": "argument --dry-run: invalid choice: server (choose from none, client)",
}
"""Versions of Python quote the choices differently."""

FILES = {
    "absent.yaml": (None, "absent.yaml: No such file or directory; check -f"),
    "binary.yaml": (
        b"\x00\xff\xfe\x01",
        "binary.yaml:1: this is not text (UTF-8); check -f, or save it as UTF-8",
    ),
    "tabs.yaml": (b"istio:\n\tenabled: true\n", "tabs.yaml:2:1: a tab cannot indent YAML; use spaces"),
    "twice.yaml": (
        b"istio:\n  enabled: true\nistio:\n  enabled: false\n",
        'twice.yaml:3:1: the key "istio" is given twice (first in line 1); one of the two is ignored by Helm: '
        "delete it",
    ),
    "word.yaml": (
        b"just a word\n",
        "word.yaml:1: Helm values are a mapping, and this is not one; name another file",
    ),
    "folder": (None, "folder: there is no manifest in this folder; -R looks deeper"),
}
"""A file, its bytes, and what is said about it."""

KUBECONFIG = {
    "current-context": "here",
    "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
    "users": [{"name": "me", "user": {"token": "x"}}],
}
CONNECTION = {
    "--kubeconfig absent status": (2, "absent: there is no such kubeconfig; check --kubeconfig"),
    "--kubeconfig values.yaml status": (
        2,
        "there is no kubeconfig with a cluster in it; give --kubeconfig, or set KUBECONFIG",
    ),
    "--kubeconfig config --context there status": (
        2,
        "the kubeconfig has no context there; kubectl config get-contexts lists them; choose one with --context",
    ),
    "--kubeconfig config --cluster there status": (
        2,
        "the kubeconfig has no cluster there; kubectl config get-clusters lists them",
    ),
    "--kubeconfig config --user you status": (
        2,
        "the kubeconfig has no user you; kubectl config get-users lists them",
    ),
}
LIVE = ("status", "check", "step1", "step2", "reconcile", "wait", "journal", "rollback")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with good values and a kubeconfig whose server does not run."""
    monkeypatch.chdir(tmp_path)
    Path("values.yaml").write_text("istio:\n  enabled: true\n")
    Path("folder").mkdir()
    return tmp_path


@pytest.fixture
def port(folder: Path) -> Iterator[int]:
    """A port of this machine that nobody listens on; `config` names it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        number = int(held.getsockname()[1])
        server = {"name": "here", "cluster": {"server": f"https://127.0.0.1:{number}"}}
        (folder / "config").write_text(json.dumps({**KUBECONFIG, "clusters": [server]}))
        yield number


def said(result: Result, code: int) -> str:
    """What the one line of the error says; there is no other."""
    lines = result.err.splitlines()
    assert (result.code, result.out, len(lines)) == (code, "", 1)
    assert lines[0].startswith("error: ")
    return lines[0].removeprefix("error: ")


@pytest.mark.parametrize("words", USAGE)
def test_arguments_that_cannot_be_used(words: str) -> None:
    assert said(run(*words.split()), 2) == USAGE[words]


@pytest.mark.parametrize("words", CHOICES)
def test_a_choice_that_there_is_not(words: str) -> None:
    command = words.split()[0]
    line = said(run(*words.split()), 2)
    assert line.replace("'", "") == f"{CHOICES[words]}; {SEE.format(command)}".replace("'", "")


@pytest.mark.parametrize("command", ["status", "check", "step1", "step2"])
@pytest.mark.parametrize("name", FILES)
def test_files_that_cannot_be_used(name: str, command: str) -> None:
    content, line = FILES[name]
    if content is not None:
        Path(name).write_bytes(content)
    assert said(run(command, "-f", name), 2) == line


@pytest.mark.parametrize("command", ["journal", "rollback"])
def test_a_journal_beside_a_file_that_there_is_not(command: str) -> None:
    assert said(run(command, "-f", "absent.yaml"), 2) == "absent.yaml: No such file or directory; check -f"
    assert not Path(".istio-migrate").exists()


@pytest.mark.parametrize("words", CONNECTION)
def test_a_kubeconfig_that_cannot_be_used(port: int, words: str) -> None:
    code, line = CONNECTION[words]
    assert said(run(*words.split(), live=True), code) == line


@pytest.mark.parametrize("command", LIVE)
def test_a_server_that_is_not_there(port: int, command: str) -> None:
    assert said(run(command, "--kubeconfig", "config", live=True), 3) == (
        f"cannot reach the API server https://127.0.0.1:{port}: connection refused; "
        "check that it runs and that the kubeconfig is the right one"
    )


@pytest.mark.parametrize("command", ["reconcile", "wait"])
def test_a_namespace_without_releases_is_no_success(command: str) -> None:
    result = run(command, "-n", "bigbagn", cluster=FakeCluster())
    assert said(result, 1) == "there is no HelmRelease in namespace bigbagn; name theirs with -n"


def test_a_release_that_there_is_not() -> None:
    release = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": "istiod", "namespace": "bigbang"},
    }
    assert said(run("reconcile", "istoid", cluster=FakeCluster([release])), 2) == (
        "no HelmRelease istoid in namespace bigbang; see `kubectl -n bigbang get helmreleases`"
    )


def test_a_cluster_without_flux() -> None:
    for command in ("reconcile", "wait"):
        line = said(run(command, cluster=FakeCluster(absent={"HelmRelease"})), 3)
        assert line.startswith("the cluster does not serve HelmRelease")


@pytest.mark.parametrize("step", ["step1", "step2"])
def test_a_cluster_without_big_bang(step: str) -> None:
    assert said(run(step, cluster=FakeCluster()), 1) == (
        "no HelmRelease and no Helm release of Big Bang was found; "
        "name its namespace with -n, or look at another cluster with --context"
    )


def test_nobody_to_ask() -> None:
    result = run("step1", "-f", "values.yaml")
    assert result.code == 2
    assert result.err.splitlines()[-1] == (
        "error: step1: write these switches to values.yaml? There is no terminal to ask on; "
        "add --yes to go on without asking"
    )
    assert Path("values.yaml").read_text() == "istio:\n  enabled: true\n"
    assert not Path(".istio-migrate").exists()


def test_a_no_changes_nothing() -> None:
    result = run("step1", "-f", "values.yaml", tty=True, stdin="n\n")
    assert result.code == 1
    assert result.err.endswith("error: answered no; nothing was written\n")
    assert Path("values.yaml").read_text() == "istio:\n  enabled: true\n"
