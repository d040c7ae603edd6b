"""Measures commands against each other: in turns, several times, in time and in peak memory."""

import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launcher.py")


class BenchError(Exception):
    """A command that was to be measured did not work."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to run; `env` is its whole environment. All of its output is thrown away."""

    argv: tuple[str, ...]
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds by the clock, and the most memory that it (or one of its children) held, in MiB."""

    seconds: float
    mebibytes: float


@dataclass(frozen=True, slots=True)
class Series:
    """All runs of one command."""

    samples: tuple[Sample, ...]

    @property
    def seconds(self) -> list[float]:
        """The times, shortest first."""
        return sorted(sample.seconds for sample in self.samples)

    @property
    def median(self) -> float:
        """The median time in seconds."""
        return statistics.median(self.seconds)

    @property
    def mebibytes(self) -> float:
        """The median peak of memory."""
        return statistics.median(sample.mebibytes for sample in self.samples)


def once(command: Command) -> Sample:
    """Run the command; raises BenchError with the end of its stderr if it fails.

    The warm-up leaves Python's bytecode behind, as every installation has it. Where the environment forbids that,
    each run would compile some 250 modules anew: half of what a start costs, and nothing of the suite.
    """
    argv = [sys.executable, "-I", "-S", str(_LAUNCHER), *command.argv]
    env = {name: value for name, value in command.env.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    words = done.stdout.split()
    if done.returncode != 0 or words[-1] != "0":
        raise BenchError(f"{' '.join(command.argv)[:200]}: {done.stderr.strip()[-500:]}")
    return Sample(float(words[0]), int(words[1]) / 1024)


def in_turns(commands: Sequence[Command], runs: int, warm_up: int = 1) -> list[Series]:
    """A B C, A B C, ...: what disturbs the machine for a while disturbs all of them.

    The first `warm_up` rounds, which read programs from the disk, do not count.
    """
    rounds = [[once(command) for command in commands] for _ in range(warm_up + runs)]
    return [Series(tuple(samples)) for samples in zip(*rounds[warm_up:], strict=True)]
