"""What could not be judged at all. Readings hold it, and need none of the audit's rules for that. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unusable:
    """What could not be judged at all: an object whose fields are of the wrong type, or a file."""

    object: str
    """As findings call it: `VirtualService shop/web`, `apps/web.yaml`."""
    reason: str
    path: str = ""
    """The field, where it is one."""
    file: bool = False
    place: str = ""
    """Where it stands: `apps/web.yaml:12`."""
    remedy: str = ""
    """What to do about it, where that is not what it is for most."""
