"""`recycle-injected restart` of 500 Deployments, against the guide's loop, `kubectl rollout restart` and the ideal.

The rivals take one after the other, so a tenth of the namespaces tells how long they take for all of them. At last the
command is killed (-9) ten times, each time at a random moment. BENCH_WORKLOADS=40 in the environment makes it small.
"""

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.audited import Audit
from tests.bench.fleet import NEW, OLD, READY_SECONDS, REPLICAS, Fleet, not_once, wanted
from tests.bench.killing import killed
from tests.bench.loops import delete_loop, rollout_loop
from tests.bench.measure import BenchError, Command, Sample, Series, once
from tests.bench.programs import PYTHON
from tests.bench.table import Bound, Comparison, Figure, Told
from tests.tools.rig import Rig

PROGRAM = str(Path(PYTHON).with_name("kubectl-recycle_injected"))
_COUNT = 500
_CONCURRENCY = 20
_KILLS = 10
_LEASE_SECONDS = 15
"""How long the driver after a killed one waits at most."""


@dataclass(frozen=True, slots=True)
class Run:
    """A command that was run once."""

    sample: Sample
    requests: float
    """To the API server, for each workload, watches not counted."""

    def scaled(self, factor: float) -> Series:
        """As if it were FACTOR times as much to do."""
        return Series((Sample(self.sample.seconds * factor, self.sample.mebibytes),))


@dataclass(frozen=True, slots=True)
class Field:
    """Where all commands run."""

    fleet: Fleet
    audit: Audit
    env: dict[str, str]

    @property
    def ours(self) -> Command:
        """The restart of all that is stale."""
        return Command((PROGRAM, "-A", "--yes", f"--concurrency={_CONCURRENCY}"), self.env)

    @property
    def ideal(self) -> float:
        """The seconds that it takes where nothing takes time but the pods: by surge they come one after the other."""
        return self.fleet.count / _CONCURRENCY * REPLICAS * READY_SECONDS

    def run(self, what: str, command: Command, workloads: int) -> Run:
        """Run it; WORKLOADS is how many it restarts."""
        _say(what)
        self.audit.requests()
        sample = once(command)
        return Run(sample, self.audit.requests() / workloads)


def measure_recycle(runs: int) -> list[Told]:
    """Each of them once, whatever RUNS says: they take minutes."""
    del runs
    with tempfile.TemporaryDirectory() as folder:
        audit = Audit(Path(folder))
        with Rig(parts=("injector",), apiserver_flags=audit.flags) as rig:
            fleet = Fleet(rig, int(os.environ.get("BENCH_WORKLOADS", _COUNT)))
            _say(f"making {fleet.count} Deployments with sidecars")
            fleet.make()
            field = Field(fleet, audit, audit.env(rig))
            return [*_restarted(field), *_killed(field)]


def _restarted(field: Field) -> list[Told]:
    """Ours with all of them, then the rivals with their part."""
    fleet = field.fleet
    _expect(fleet, {OLD: fleet.count})
    before = fleet.restarts()
    fleet.relabel(NEW)
    ours = field.run("ours", field.ours, fleet.count)
    wrong = not_once(before, fleet.restarts())
    _expect(fleet, {NEW: fleet.count})
    fleet.relabel(OLD, part="rivals")
    deleting = field.run("the guide's loop", delete_loop(field.env), fleet.rivals)
    _expect(fleet, {NEW: fleet.count - fleet.rivals, OLD: fleet.rivals})
    fleet.relabel(NEW, part="rivals")
    rolling = field.run("kubectl rollout restart", rollout_loop(field.env), fleet.rivals)
    _expect(fleet, {NEW: fleet.count})
    return _rows(field, ours, deleting, rolling, wrong)


def _rows(field: Field, ours: Run, deleting: Run, rolling: Run, wrong: int) -> list[Told]:
    count, rivals = field.fleet.count, field.fleet.rivals
    factor, what = count / rivals, f"restart of {count} Deployments, {_CONCURRENCY} at a time"
    seen = f" (seen with {rivals}, times {factor:g})"
    deleted, rolled = deleting.scaled(factor), rolling.scaled(factor)
    return [
        Bound(f"{what} / the ideal", ours.scaled(1), field.ideal, goal=1.25),
        Comparison(f"{what} / the guide's loop{seen}", ours.scaled(1), deleted, goal=1 / 8),
        Comparison(f"{what} / kubectl rollout restart{seen}", ours.scaled(1), rolled, goal=1 / 3),
        Figure("requests for each of them, and of the guide's loop", ours.requests, 4, deleting.requests),
        Figure("Deployments that were not restarted exactly once", wrong, 0),
    ]


def _killed(field: Field) -> list[Told]:
    """Back to the old revision, by a command that is killed again and again."""
    fleet, before = field.fleet, field.fleet.restarts()
    fleet.relabel(OLD)
    _say("ours, killed at random moments")
    times = killed(field.ours, _KILLS, longest=_LEASE_SECONDS + field.ideal / _KILLS)
    _expect(fleet, {OLD: fleet.count})
    wrong = not_once(before, fleet.restarts())
    return [Figure(f"Deployments not restarted exactly once, killed {times} times", wrong, 0)]


def _expect(fleet: Fleet, counts: Mapping[str, int]) -> None:
    """Raise where the Deployments have other sidecars than these, by revision."""
    expected = sum((wanted(count, revision) for revision, count in counts.items()), Counter())
    if (found := fleet.versions()) != expected:
        raise BenchError(f"the sidecars should be {dict(expected)}, and are {dict(found)}")


def _say(what: str) -> None:
    print(f"  {what} ...", file=sys.stderr, flush=True)
