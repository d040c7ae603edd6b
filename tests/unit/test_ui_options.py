from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.errors import UsageError
from istiokit.ui import connection, options
from istiokit.ui.connection import Connection
from istiokit.ui.duration import parse_duration, parse_request_timeout, show_duration
from istiokit.ui.parser import Parser
from tests.unit import sample_command


def read(*argv: str) -> Any:
    parser = Parser("sample")
    sample_command.configure(parser)
    options.add_verbosity(parser)
    return parser.read(["deed", *argv])


@pytest.mark.parametrize(
    ("argv", "value"),
    [
        ([], "none"),
        (["--dry-run"], "client"),
        (["--dry-run", "name"], "client"),
        (["--dry-run=server"], "server"),
        (["--dry-run=none"], "none"),
    ],
)
def test_dry_run_alone_is_client(argv: list[str], value: str) -> None:
    assert read(*argv).dry_run == value


@pytest.mark.parametrize(
    ("argv", "value"),
    [
        (["-A"], True),
        (["-A=true"], True),
        (["--all-namespaces=false"], False),
        (["--all-namespaces=true"], True),
    ],
)
def test_switches_take_true_and_false(argv: list[str], value: bool) -> None:
    assert read(*argv).all_namespaces is value


def test_what_follows_two_dashes_is_not_touched() -> None:
    assert read("--", "--dry-run").names == ["--dry-run"]
    assert read("a", "--", "-y", "--", "-A=true").names == ["a", "-y", "--", "-A=true"]
    namespace = read("-n", "shop", "--", "-y")
    assert (namespace.names, namespace.yes, namespace.namespace) == (["-y"], False, "shop")


def test_repeatable_flags_take_one_value_each() -> None:
    got = read("-f", "a", "-f=b", "--filename=c", "--allow", "IM001", "--allow=IM002", "name")
    assert (got.filenames, got.allow, got.names) == (["a", "b", "c"], ["IM001", "IM002"], ["name"])


def test_connection_flags_become_a_value() -> None:
    argv = ["--kubeconfig=k", "--context=c", "--cluster=l", "--user=u", "--as=me", "--as-group=g"]
    got = read(*argv, "--as-group=h", "--request-timeout=1m", "-n", "ns")
    assert connection.connection(got) == Connection("k", "c", "l", "u", "me", ("g", "h"), 60.0, "ns")
    assert connection.connection(read()) == connection.NO_FLAGS


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["-o", "xml"], "argument -o/--output: invalid choice: 'xml'"),
        (["--dry-run=yes"], "argument --dry-run: invalid choice: 'yes'"),
        (["--timeout", "10"], "argument --timeout: '10' is not a duration such as 90s, 10m or 1h30m"),
        (["--request-timeout", "soon"], "argument --request-timeout: 'soon' is not a duration"),
        (["--concurrency", "0"], "argument --concurrency: '0' is not a whole number from 1 on"),
        (["-v", "much"], "argument -v/--v: 'much' is not a level from 0 to 9"),
        (["-v", "10"], "argument -v/--v: '10' is not a level from 0 to 9"),
    ],
)
def test_wrong_values_say_what_would_be_right(argv: list[str], message: str) -> None:
    with pytest.raises(UsageError) as failure:
        read(*argv)
    assert failure.value.what.startswith(message)
    assert failure.value.hint == "see 'sample --help'"


def test_the_values_that_are_right() -> None:
    got = read("-o", "dot", "--timeout=1h30m", "--concurrency=8", "-v", "9", "--request-timeout=5", "-y")
    assert (got.output, got.timeout, got.concurrency, got.verbosity) == ("dot", 5400.0, 8, 9)
    assert (got.request_timeout, got.yes) == (5.0, True)
    assert (read().timeout, read().concurrency, read().output) == (600.0, 4, "table")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("90s", 90),
        ("1.5h", 5400),
        ("1h30m", 5400),
        (".5s", 0.5),
        ("300ms", 0.3),
        ("2m", 120),
    ],
)
def test_go_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "s", "-1s", "1 s", "1d", "1s2", "1h-3m", "+1s", "१s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


def test_a_request_timeout_may_be_bare_seconds() -> None:
    assert (parse_request_timeout("5"), parse_request_timeout("5m")) == (5.0, 300.0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0s"), (0.9, "0s"), (59.9, "59s"), (60, "1m0s"), (3599, "59m59s"), (7265, "2h1m")],
)
def test_elapsed_time_is_short(seconds: float, text: str) -> None:
    assert show_duration(seconds) == text


@given(st.integers(min_value=0, max_value=3599))
def test_what_is_shown_can_be_read_again(seconds: int) -> None:
    assert parse_duration(show_duration(seconds)) == seconds
