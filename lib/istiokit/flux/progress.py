"""What people see while releases are awaited, and what is left to say in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from istiokit.cluster.types import Ref
from istiokit.flux.readiness import State


@dataclass(frozen=True, slots=True)
class Progress:
    """One row of the live table: a release that is being waited for, or is done with."""

    ref: Ref
    state: State
    reason: str
    message: str
    seconds: float
    """Since its work began; it stands still once the release is done with."""

    @property
    def name(self) -> str:
        """The release's name alone."""
        return self.ref.name


class Observer(Protocol):
    """Sees every release whenever something changed, and at least about once a second."""

    def update(self, rows: Sequence[Progress]) -> None:
        """Take the rows of now, sorted by release; those of before are outdated."""


class Silent:
    """An observer for whom nobody is watching."""

    def update(self, rows: Sequence[Progress]) -> None:
        """Show nothing."""


SILENT = Silent()


class Result(StrEnum):
    """How it ended for one release."""

    READY = "ready"
    GONE = "gone"
    """It was to go, and is gone."""
    FAILED = "failed"
    TIMEOUT = "timeout"
    SKIPPED = "skipped"
    """Left alone, for the reason given."""
    STOPPED = "stopped"
    """Not Ready yet when the wait was given up because another release had failed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended for one release."""

    ref: Ref
    result: Result
    reason: str
    message: str
    seconds: float
    remedy: str = ""
    """What to do about it, one sentence; empty where nothing is to be done."""

    @property
    def name(self) -> str:
        """The release's name alone."""
        return self.ref.name
