"""What every part of a rig has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from tests.tools.rig import Rig


class Part:
    """Something that a rig can have. Making one does nothing; `start` returns when it works."""

    needs: ClassVar[tuple[str, ...]] = ()
    """The parts that are started before this one."""

    tools: ClassVar[tuple[str, ...]] = ()
    """The recipes whose programs `start` uses."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig

    def start(self) -> None:
        """Brings the part up; raises RigError if it does not work in time."""
        raise NotImplementedError
