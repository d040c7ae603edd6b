"""What a running command is given: streams, terminal facts, the cluster, a way to ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from istiokit.errors import UsageError
from istiokit.ui.connection import NO_FLAGS, Connection
from istiokit.ui.printable import printable

if TYPE_CHECKING:  # imported when a command needs them: --help needs neither
    from istiokit.cluster.types import Cluster
    from istiokit.ui.progress import Progress


def connect(connection: Connection) -> "Cluster":
    """The live cluster; the client is imported now."""
    from istiokit.cluster.live import connect as connect_live

    return connect_live(connection.connect_options())


@dataclass(frozen=True)
class Context:
    """The world around one run of a command. Data goes to `out`, talk to `err`."""

    prog: str
    """The suite's command as the user typed it, for hints: `kubectl istio-migrate`."""
    out: TextIO
    err: TextIO
    stdin: TextIO
    env: Mapping[str, str] = field(default_factory=dict)
    connection: Connection = NO_FLAGS
    assume_yes: bool = False
    verbosity: int = 0
    connector: Callable[[Connection], "Cluster"] = connect
    """How a connection is made; tests give their own."""

    @cached_property
    def cluster(self) -> "Cluster":
        """The cluster of the connection flags, connected on first use."""
        return self.connector(self.connection)

    def namespace_of(self, namespace: str, *, everywhere: bool, files: bool) -> str | None:
        """The namespace that a name without one means, by -n, -A and -f; None for any. -A overrides -n, as in kubectl.

        Without -n it is that of the kubeconfig's context, and of files any.
        """
        if everywhere:
            return None
        return namespace or (None if files else self.cluster.namespace)

    def write(self, text: str) -> None:
        """Write data to stdout, as it is; at once, so that it keeps its place among what is said."""
        self.out.write(text)
        self.out.flush()

    def say(self, line: str) -> None:
        """Tell people one line on stderr, at once."""
        self.err.write(f"{printable(line)}\n")
        self.err.flush()

    def confirm(self, question: str) -> bool:
        """Ask on stderr; only `y` and `yes` are a yes. Raises UsageError where there is nobody to ask."""
        if self.assume_yes:
            return True
        if not self.stdin.isatty():
            raise UsageError(
                f"{question} There is no terminal to ask on", "add --yes to go on without asking"
            )
        self.err.write(f"{question} [y/N] ")
        self.err.flush()
        answer = ""
        try:
            answer = self.stdin.readline()
        finally:
            if not answer.endswith("\n"):  # Ctrl-C or Ctrl-D: what is told next begins on a line of its own
                self.err.write("\n")
        return answer.strip().lower() in ("y", "yes")

    @property
    def there(self) -> str:
        """This plugin with the flags that lead to the same cluster again, for a command to run next."""
        return self.prog + self.connection.flags()

    def colour(self, stream: TextIO) -> bool:
        """Whether `stream` is a terminal that shows colours and whose user wants them (no-color.org)."""
        return self._capable(stream) and not self.env.get("NO_COLOR")

    def progress(self) -> "Progress":
        """The progress display for stderr: a live table on a terminal, else a line per event."""
        from istiokit.ui.progress import LiveProgress, PlainProgress

        if self._capable(self.err):
            return LiveProgress(self.err, colour=self.colour(self.err))
        return PlainProgress(self.say)

    def _capable(self, stream: TextIO) -> bool:
        return stream.isatty() and self.env.get("TERM") != "dumb"
