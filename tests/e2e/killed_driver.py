"""The command, killed at an exact place: `python -m tests.e2e.killed_driver N step1 --yes` (or any other words).

It is the installed command in all but this: at the N-th thing that the engine tells its observer (counted from
0), which may lie between a call to the API server and its journal entry, the process kills itself with SIGKILL.
And its Lease lasts for 2 seconds, so that the next driver need not wait 15 for a dead one.
"""

from __future__ import annotations

import functools
import itertools
import os
import signal
import sys
from typing import Any
from unittest import mock

from istiokit.plan.engine import Progress
from istiokit.plan.lease import ClusterLease
from kubectl_istio_migrate import driving
from kubectl_istio_migrate.main import main

_SECONDS = 2.0


def kill_at(number: int) -> None:
    """Has this process end at the event NUMBER of the engine."""
    tell, count = driving.tell, itertools.count()

    def observe(event: Progress, *words: Any, **named: Any) -> None:
        if next(count) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        tell(event, *words, **named)

    driving.tell = observe
    mock.patch.object(driving, "ClusterLease", functools.partial(ClusterLease, duration=_SECONDS)).start()


if __name__ == "__main__":
    kill_at(int(sys.argv[1]))
    sys.argv = ["kubectl-istio_migrate", *sys.argv[2:]]
    sys.exit(main())
