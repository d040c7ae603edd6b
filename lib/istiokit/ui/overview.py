"""What a plugin says without arguments: at most ten lines, what it sees and what to do next. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.ui.commands import App
from istiokit.ui.parser import WIDTH
from istiokit.ui.printable import printable

if TYPE_CHECKING:  # the page of those without a cluster needs none of it
    from istiokit.cluster.unread import Unread

MOST = 10
"""Lines of a page."""
_NEXT = 2
"""So many of them may be next commands."""
_LABEL = 9


@dataclass(frozen=True, slots=True)
class Next:
    """A command to run next, as it is typed, and why; without a command just what there is to say."""

    command: str
    why: str

    def __str__(self) -> str:
        return f"{self.command}  # {self.why}" if self.command and self.why else self.command or self.why


def nothing_left(unread: "Iterable[Unread]", *, empty: bool = False) -> Next:
    """What there is to say where no step is known: what could not be read is no evidence that nothing is left.

    With `empty` there is nothing at all of what the plugin is about.
    """
    if any(not item.missing for item in unread):
        return Next("", "cannot tell, for want of what was not read: ask for the role in docs/rbac/")
    if empty:
        return Next(
            "", "there is nothing of it here: is this the right cluster? --context NAME names another"
        )
    return Next("", "nothing is left to do here")


def page(rows: Sequence[tuple[str, str]], steps: Sequence[Next], more: str) -> str:
    """The page: a label and a fact a line, the commands to run next, and `more`, which are those to read on with.

    The first rows count most: what does not fit is left to the command that `more` names. Facts are cut at the
    width of a help text, commands never.
    """
    shown = [(label, text) for label, text in rows if text][: MOST - _NEXT - 1]
    facts = [_cut(f"{label:{_LABEL}} {printable(' '.join(text.split()))}") for label, text in shown]
    commands = [("next" if at == 0 else "", str(step)) for at, step in enumerate(steps[:_NEXT])]
    lines = [*facts, *(f"{label:{_LABEL}} {text}" for label, text in (*commands, ("more", more)))]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def without_cluster(app: App, prog: str) -> str:
    """What can be done where no cluster answers; the reason is told beside it."""
    what, words = app.offline
    rows = [
        *([("without", f"{prog} {words}  # {what[0].lower()}{what[1:]}")] if words else []),
        (
            "with",
            f"{prog} --context NAME  # or --kubeconfig FILE; kubectl config get-contexts lists the names",
        ),
        ("help", f"{prog} --help"),
    ]
    return "".join(f"{label:{_LABEL}} {text}\n" for label, text in rows)


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."
