"""`policyreport-vs -A` with 10,000 reports, and with 3,000 releases of Helm, against `curl` of all that it asks for.

What it asks for the API server writes down, in a run that is not timed. The guide's own command puts the YAML of all
reports through yq: that tells what the last requests had, and nothing of the sources. `--fast` reads and tells that;
a verdict takes five times the bytes, and curl of them a third of the guide's time.
"""

import json
import shlex
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import helmcrowd, reportcrowd
from tests.bench.audited import Audit, Request
from tests.bench.curls import curl
from tests.bench.measure import BenchError, Command, in_turns
from tests.bench.programs import PYTHON
from tests.bench.table import Comparison, Figure, Peak, Told
from tests.tools import build
from tests.tools.rig import Rig

_PROGRAM = str(Path(PYTHON).with_name("kubectl-policyreport_vs"))
_QUESTION = (
    '.items[] | select(.scope.kind == "VirtualService") | select(.results[].result != "skip")'
    ' | {"name": .scope.name, "results": [.results[] | pick(["rule", "result"])]}'
)
_METADATA = ("secrets",)
"""Of lists of these it reads the metadata alone."""


def measure_reports(runs: int) -> list[Told]:
    """One rig after the other."""
    return [*_rig(_of_reports, runs), *_rig(_of_helm, runs)]


def _rig(measure: Callable[[Rig, Audit, int], list[Told]], runs: int) -> list[Told]:
    with tempfile.TemporaryDirectory() as folder:
        audit = Audit(Path(folder))
        with Rig(parts=("istio_crds",), apiserver_flags=audit.flags) as rig:
            return measure(rig, audit, runs)


def _of_reports(rig: Rig, audit: Audit, runs: int) -> list[Told]:
    """With the objects, for a verdict; and `--fast`, which reads what the guide's command reads."""
    reportcrowd.fill(rig)
    env = audit.env(rig)
    whole = _asked(rig, audit, env, {"depends-on-policy": reportcrowd.DEPENDS, "unknown": 0})
    said = {"depends-on-policy": reportcrowd.DEPENDS, "unknown": reportcrowd.COUNT - reportcrowd.DEPENDS}
    fast = _asked(rig, audit, env, said, "--fast")
    again, alone, guide = in_turns([_ours(rig, "-A"), _ours(rig, "-A", "--fast"), _guide(rig)], 1)
    what = f"policyreport-vs -A of {reportcrowd.COUNT:,} reports"
    return [
        *_against_curl(rig, whole, runs, what, peak=150, goal=1.3),
        *_against_curl(rig, fast, runs, f"{what} --fast", peak=150, goal=1.3, flags=("--fast",)),
        Comparison(f"{what} --fast / kubectl get policyreport -A -o yaml | yq", alone, guide, 0.05, 0.1),
        Comparison(f"{what} / kubectl get policyreport -A -o yaml | yq", again, guide),
    ]


def _of_helm(rig: Rig, audit: Audit, runs: int) -> list[Told]:
    helmcrowd.fill(rig)
    asked = _asked(rig, audit, audit.env(rig), {"depends-on-policy": helmcrowd.DEPENDS, "unknown": 0})
    read = [one.path for one in asked if (one.verb, one.resource) == ("get", "secrets")]
    newest = [path for path in read if path.endswith(f".v{helmcrowd.REVISIONS}")]
    what = f"policyreport-vs -A of {helmcrowd.RELEASES:,} Helm releases"
    return [
        *_against_curl(rig, asked, runs, what, peak=200),
        Figure(
            f"Secrets that were read, of {helmcrowd.RELEASES * helmcrowd.REVISIONS:,}",
            len(read),
            helmcrowd.RELEASES,
        ),
        Figure("those of them that are superseded", len(read) - len(newest), 0),
    ]


def _against_curl(
    rig: Rig,
    asked: Sequence[Request],
    runs: int,
    what: str,
    *,
    peak: int,
    goal: float | None = None,
    flags: Sequence[str] = (),
) -> list[Told]:
    """Ours, curl one after the other, curl at once, and ours where there is nothing to do, in turns."""
    good = [one for one in asked if one.status == 200]
    metadata = [one.path for one in good if one.verb == "list" and one.resource in _METADATA]
    paths = [one.path for one in good if one.path not in metadata]
    rivals = [curl(rig, "single", paths, metadata), curl(rig, "many", paths, metadata, at_once=True)]
    mine = [_ours(rig, place, *flags) for place in ("-A", "--namespace=default")]
    ours, single, many, nothing = in_turns([mine[0], *rivals, mine[1]], runs)
    return [
        Comparison(f"{what} / curl of the same, one after the other", ours, single, goal, startup=nothing),
        Comparison(f"{what} / curl of the same, 8 at a time", ours, many, startup=nothing),
        Peak(what, ours, peak),
    ]


def _asked(
    rig: Rig, audit: Audit, env: dict[str, str], verdicts: dict[str, int], *flags: str
) -> list[Request]:
    """The requests of one run; raises where it does not judge as it has to."""
    document = json.loads(rig.run(_PROGRAM, "-A", *flags, "-o", "json", env=env).stdout)
    found = document["summary"]["verdicts"]
    if any(found[name] != number for name, number in verdicts.items()):
        raise BenchError(f"the verdicts should be {verdicts}, and are {found}")
    audit.requests()
    rig.run(_PROGRAM, "-A", *flags, env=env)
    return audit.answered()


def _ours(rig: Rig, *flags: str) -> Command:
    return Command((_PROGRAM, *flags), rig.env)


def _guide(rig: Rig) -> Command:
    words = shlex.join([str(build.tool("yq")), _QUESTION])
    return Command(("sh", "-c", f"kubectl get policyreport -A -o yaml | {words}"), rig.env)
