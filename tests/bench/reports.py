"""`policyreport-vs -A` with 10,000 reports, and with 3,000 releases of Helm, against `curl` of all that it asks for.

What it asks for the API server writes down, in a run that is not timed. The guide's own command puts the YAML of all
reports through yq: that tells what the last requests had, and nothing of the sources. It reads a fifth of the bytes:
what the API server takes for all of them is a third of its time.
"""

import json
import shlex
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import helmcrowd, reportcrowd
from tests.bench.audited import Audit, Request
from tests.bench.curls import curl
from tests.bench.measure import BenchError, Command, Series, in_turns
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
    reportcrowd.fill(rig)
    asked = _asked(rig, audit, {"depends-on-policy": reportcrowd.DEPENDS, "unknown": 0})
    ours, single, many, nothing = _in_turns(rig, asked, runs)
    again, guide = in_turns([_ours(rig, "-A"), _guide(rig)], 1, warm_up=0)
    what = f"policyreport-vs -A of {reportcrowd.COUNT:,} reports"
    return [
        Comparison(f"{what} / curl of the same, one after the other", ours, single, 1.3, startup=nothing),
        Comparison(f"{what} / curl of the same, 8 at a time", ours, many, startup=nothing),
        Comparison(f"{what} / kubectl get policyreport -A -o yaml | yq", again, guide, 0.5, 0.1),
        Peak(what, ours, 150),
    ]


def _of_helm(rig: Rig, audit: Audit, runs: int) -> list[Told]:
    helmcrowd.fill(rig)
    asked = _asked(rig, audit, {"depends-on-policy": helmcrowd.DEPENDS, "unknown": 0})
    read = [one.path for one in asked if (one.verb, one.resource) == ("get", "secrets")]
    newest = [path for path in read if path.endswith(f".v{helmcrowd.REVISIONS}")]
    ours, single, many, nothing = _in_turns(rig, asked, runs)
    what = f"policyreport-vs -A of {helmcrowd.RELEASES:,} Helm releases"
    return [
        Comparison(f"{what} / curl of the same, one after the other", ours, single, startup=nothing),
        Comparison(f"{what} / curl of the same, 8 at a time", ours, many, startup=nothing),
        Figure(
            f"Secrets that were read, of {helmcrowd.RELEASES * helmcrowd.REVISIONS:,}",
            len(read),
            helmcrowd.RELEASES,
        ),
        Figure("those of them that are superseded", len(read) - len(newest), 0),
        Peak(what, ours, 200),
    ]


def _in_turns(rig: Rig, asked: Sequence[Request], runs: int) -> list[Series]:
    """Ours, curl one after the other, curl at once, and ours where there is nothing to do."""
    good = [one for one in asked if one.status == 200]
    metadata = [one.path for one in good if one.verb == "list" and one.resource in _METADATA]
    paths = [one.path for one in good if one.path not in metadata]
    rivals = [curl(rig, "single", paths, metadata), curl(rig, "many", paths, metadata, at_once=True)]
    return in_turns([_ours(rig, "-A"), *rivals, _ours(rig, "--namespace=default")], runs)


def _asked(rig: Rig, audit: Audit, verdicts: dict[str, int]) -> list[Request]:
    """The requests of one run; raises where it does not judge as it has to."""
    env = audit.env(rig)
    found = json.loads(rig.run(_PROGRAM, "-A", "-o", "json", env=env).stdout)["summary"]["verdicts"]
    if any(found[name] != number for name, number in verdicts.items()):
        raise BenchError(f"the verdicts should be {verdicts}, and are {found}")
    audit.requests()
    rig.run(_PROGRAM, "-A", env=env)
    return audit.answered()


def _ours(rig: Rig, *flags: str) -> Command:
    return Command((_PROGRAM, *flags), rig.env)


def _guide(rig: Rig) -> Command:
    words = shlex.join([str(build.tool("yq")), _QUESTION])
    return Command(("sh", "-c", f"kubectl get policyreport -A -o yaml | {words}"), rig.env)
