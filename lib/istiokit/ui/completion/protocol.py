"""How a shell is answered: the protocol of Cobra's `__complete`, as the scripts of kubectl and Flux read it.

A candidate is a line: the word, and after a tab what it means. The last line is a colon and a number that says how
the shell is to go on (https://github.com/spf13/cobra, completions.go). Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag

_ACTIVE_HELP = "_activeHelp_ "
"""What begins so is shown as a hint, and not as a candidate."""


class Directive(IntFlag):
    """How the shell goes on; the numbers are Cobra's."""

    DEFAULT = 0
    """Where there are no candidates: with files."""
    NO_SPACE = 2
    """The word is not at its end: no space after it."""
    NO_FILES = 4
    EXTENSIONS = 8
    """The candidates are file extensions: go on with such files, and folders."""
    FOLDERS = 16


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word that may stand there, and what it means."""

    word: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the shell is told."""

    candidates: tuple[Candidate, ...] = ()
    directive: Directive = Directive.NO_FILES


def lines(answer: Answer, *, descriptions: bool = True) -> str:
    """The answer as the shells read it, each candidate once.

    What cannot be a line of the protocol is left out: a word with control characters, or one that would be read as
    a hint.
    """
    told: dict[str, str] = {}
    for candidate in answer.candidates:
        if candidate.word.isprintable() and candidate.word.strip() and not _is_special(candidate.word):
            told.setdefault(candidate.word, _one_line(candidate.help) if descriptions else "")
    return "".join([*_candidate_lines(told.items()), f":{int(answer.directive)}\n"])


def is_misread(word: str) -> bool:
    """Whether Cobra's scripts for zsh and fish would spoil the word that is completed.

    They take all from the first dash, wherever it is, to the last = for a flag, and put it before each candidate: of
    `istio-system/public=` they would make `-system/public=istio-system/public=...`.
    """
    front, sign, _ = word.rpartition("=")
    return bool(sign) and "-" in front and not (word.startswith("-") and "=" not in front)


def _candidate_lines(told: Iterable[tuple[str, str]]) -> Iterable[str]:
    return (f"{word}\t{text}\n" if text else f"{word}\n" for word, text in told)


def _is_special(word: str) -> bool:
    return word.startswith((_ACTIVE_HELP, ":")) or word != word.strip()


def _one_line(text: str) -> str:
    """The text without its full stop, as descriptions are."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split()).removesuffix(".").rstrip()
