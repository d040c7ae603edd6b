"""A shell asks, and is answered within a second, whatever the cluster does."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from istiokit.ui.commands import App
from istiokit.ui.completable import Completer
from istiokit.ui.completion import protocol, sources
from istiokit.ui.completion.look import Look
from istiokit.ui.completion.protocol import Answer, is_misread
from istiokit.ui.completion.words import asked
from istiokit.ui.connection import Connection

if TYPE_CHECKING:  # imported by those that ask it
    from istiokit.cluster.types import Cluster

NOTHING = protocol.lines(Answer())
"""What is answered where nothing can be said."""


def answer(
    app: App,
    argv: Sequence[str],
    connector: Callable[[Connection], "Cluster"],
    seconds: float,
) -> str:
    """The text for `__complete WORDS...`, which is all of `argv`; the cluster is given so many seconds.

    `__completeNoDesc` asks for words alone, `__completeWhole` says that no part of a word is taken for a flag.
    """
    request, *words = argv
    if words and request != "__completeWhole" and is_misread(words[-1]):
        return NOTHING
    look = Look(asked(app, words), connector)
    for known in look.asked.candidates:
        (look.begin if known.word.endswith("=") else look.offer)(known.word, known.help)
    _look_up(look, seconds)
    found = Answer(tuple(look.found), look.directive)
    return protocol.lines(found, descriptions=request != "__completeNoDesc")


def _look_up(look: Look, seconds: float) -> None:
    """Ask the sources one after the other; those that a cluster answers in a thread that is not waited for."""
    slow = [one for one in look.asked.completers if sources.needs_cluster(one)]
    if slow:
        thread = threading.Thread(target=partial(_fill, slow, look), daemon=True)
        thread.start()
        thread.join(seconds)
    _fill([one for one in look.asked.completers if one not in slow], look)


def _fill(completers: Sequence[Completer], look: Look) -> None:
    for completer in completers:
        # A defect, too: nobody wants to read a traceback in the middle of what they type.
        with contextlib.suppress(Exception):
            sources.fill(completer, look)
