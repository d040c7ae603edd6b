import re

import pytest

from istiokit.cluster.types import Cluster
from istiokit.errors import OperationFailed
from istiokit.ui.connection import Connection
from istiokit.ui.context import Context
from istiokit.ui.progress import LiveProgress, PlainProgress, Row
from tests.fakes import FakeCluster
from tests.run import Stream

WAITING = Row("bigbang/istiod", "Progressing", "Running 'install' action", elapsed=3)
READY = Row("bigbang/istiod", "Ready", elapsed=65, good=True)
FAILED = Row("bigbang/public", "Failed", "no [chart] name found", elapsed=5, good=False)


def context(err: Stream, **env: str) -> Context:
    return Context("kubectl sample", Stream(), err, Stream(), env)


def test_a_pipe_gets_one_line_per_event() -> None:
    err = Stream()
    with context(err).progress() as progress:
        progress.update([WAITING])
        progress.update([WAITING, FAILED])
        progress.say("between")
        progress.update([READY, FAILED])
    assert isinstance(progress, PlainProgress)
    assert err.getvalue() == (
        "bigbang/istiod: Progressing: Running 'install' action (3s)\n"
        "bigbang/public: Failed: no [chart] name found (5s)\n"
        "between\n"
        "bigbang/istiod: Ready (1m5s)\n"
    )


def test_a_terminal_gets_a_table_and_keeps_its_last_state() -> None:
    err = Stream(tty=True)
    with context(err, TERM="xterm").progress() as progress:
        progress.update([WAITING, FAILED])
        progress.say("a [line] above")
        progress.update([READY, FAILED])
    assert isinstance(progress, LiveProgress)
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", err.getvalue()).rsplit("NAME", 1)[1]
    assert "Ready" in last
    assert "no [chart] name found" in last
    assert "a [line] above" in err.getvalue()


def test_an_interruption_gives_the_cursor_back() -> None:
    err = Stream(tty=True)
    with pytest.raises(KeyboardInterrupt), context(err, TERM="xterm").progress() as progress:
        progress.update([WAITING])
        raise KeyboardInterrupt
    assert err.getvalue().rstrip("\n").endswith("\x1b[?25h")


@pytest.mark.parametrize(
    ("env", "colours"), [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)]
)
def test_no_color_means_no_colour(env: dict[str, str], colours: bool) -> None:
    err = Stream(tty=True)
    with context(err, TERM="xterm", **env).progress() as progress:
        progress.update([READY])
    assert ("\x1b[32m" in err.getvalue()) is colours


def test_a_dumb_terminal_gets_lines() -> None:
    given = context(Stream(tty=True), TERM="dumb")
    assert isinstance(given.progress(), PlainProgress)
    assert not given.colour(given.err)


def test_the_cluster_is_connected_once_and_late() -> None:
    asked: list[Connection] = []

    def connector(connection: Connection) -> Cluster:
        asked.append(connection)
        return FakeCluster()

    flags = Connection(context="prod")
    given = Context("sample", Stream(), Stream(), Stream(), connection=flags, connector=connector)
    assert asked == []
    assert given.cluster is given.cluster
    assert asked == [flags]


def test_a_cluster_that_fails_is_asked_again() -> None:
    def connector(connection: Connection) -> Cluster:
        raise OperationFailed("down")

    given = Context("sample", Stream(), Stream(), Stream(), connector=connector)
    for _ in range(2):
        with pytest.raises(OperationFailed):
            _ = given.cluster
