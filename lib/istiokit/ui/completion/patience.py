"""How long a cluster is given: what is left of the second that somebody waits after TAB."""

import os
import sys
import time

SECONDS = 0.95
"""From the start of the process to the answer; what remains of a second is the shell's."""
_USUAL_START = 0.25
"""What the start is taken to have cost where the system does not tell."""
_LEAST = 0.2
_START_FIELD = 19
"""In /proc/PID/stat, counted behind the name of the program (proc(5): field 22)."""


def left() -> float:
    """The seconds from now to the answer; some are left even where the start has taken all of them."""
    return max(_LEAST, SECONDS - _since_start())


def _since_start() -> float:
    """How long this process has been there."""
    if sys.platform != "linux":
        return _USUAL_START
    try:
        with open("/proc/self/stat") as file:  # noqa: PTH123 - pathlib costs 5 ms each time
            ticks = file.read().rpartition(")")[2].split()[_START_FIELD]
        return time.clock_gettime(time.CLOCK_BOOTTIME) - int(ticks) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return _USUAL_START
