"""Telling a final failure from one that a controller repeats only until it has looked again. Pure."""

from dataclasses import dataclass

from istiokit.flux.readiness import Readiness, State

_ANEW = ("NewGeneration", "ReconcileRequested")
"""The controller is asked to look anew: what it said before is worth nothing."""


@dataclass(slots=True)
class Doubt:
    """The benefit of the doubt for one release: a final failure counts once it has stood for `grace` seconds.

    Attempts in between do not clear it, as a controller that tries again fails again with the same message.
    """

    grace: float
    _message: str = ""
    _since: float = 0.0

    def final(self, judged: Readiness, now: float) -> bool:
        """Take the newest judgement; whether the failure is to be believed."""
        if judged.state is State.READY or judged.reason in _ANEW:
            self._message = ""
        if not judged.terminal:
            return False
        if judged.message != self._message:
            self._message, self._since = judged.message, now
        return now - self._since >= self.grace
