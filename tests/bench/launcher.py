"""Runs the command of its arguments with stdout thrown away; prints seconds, peak KiB and the exit code.

A script of its own because Linux counts what a process was before its exec into its peak memory: measured from
here the floor is a bare interpreter, not the whole benchmark.
"""

import os
import sys
import time


def main() -> None:
    """Run, wait, report."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    started = time.perf_counter()
    child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - started
    print(seconds, usage.ru_maxrss, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
