"""What a reading lacks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read, and why; whatever depends on it is unknown, not fine."""

    kind: str
    reason: str
    missing: bool = False
    """The cluster does not know the kind: then it is known that there is none of it."""
