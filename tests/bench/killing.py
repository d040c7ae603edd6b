"""A command that is killed at random moments, and begun again until it is done."""

import random
import subprocess

from tests.bench.measure import BenchError, Command, once


def killed(command: Command, times: int, longest: float) -> int:
    """Run it so often, each time for LONGEST seconds at most, then to its end; how often it was killed at work."""
    found = sum(_killed(command, random.uniform(0.1, longest)) for _ in range(times))
    once(command)
    return found


def _killed(command: Command, seconds: float) -> bool:
    """Whether it still ran after so many seconds, and so was killed (-9)."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command.argv, env=dict(command.env), stdout=quiet, stderr=quiet)
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    if code != 0:
        raise BenchError(f"{' '.join(command.argv)} exited with {code}")
    return False
