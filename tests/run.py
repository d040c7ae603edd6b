"""Runs a plugin in this process, as golden tests need it: arguments in; exit code, stdout and stderr out."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

from istiokit.cluster.types import Cluster
from istiokit.errors import OperationFailed
from istiokit.ui.app import Terminal, run_app
from istiokit.ui.commands import App
from istiokit.ui.connection import Connection
from istiokit.ui.context import connect
from kubectl_istio_migrate.main import APP


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Stream(io.StringIO):
    """Text in memory that can say it is a terminal; line endings stay as they are."""

    def __init__(self, text: str = "", *, tty: bool = False) -> None:
        super().__init__(text, newline="")
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


def run(
    *argv: str,
    app: App = APP,
    stdin: str | None = None,
    tty: bool = False,
    env: Mapping[str, str] | None = None,
    cluster: Cluster | None = None,
    live: bool = False,
) -> Result:
    """Run `argv` (without the program) on `cluster`, on the one its own flags name (`live`), or on none.

    With `tty` all three streams are terminals; `stdin` is then what the user types.
    """

    def connector(connection: Connection) -> Cluster:
        if cluster is not None:
            return cluster
        if live:
            return connect(connection)
        raise OperationFailed("this test has no cluster")

    out, err = Stream(tty=tty), Stream(tty=tty)
    terminal = Terminal(out, err, Stream(stdin or "", tty=tty), env or {}, connector)
    code = run_app(app, argv, terminal)
    return Result(code, out.getvalue(), err.getvalue())
