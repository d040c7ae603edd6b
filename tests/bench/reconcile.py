"""`reconcile` of a whole Big Bang on real Flux controllers, against what its migration guide has people do."""

import shlex
import sys

from tests.bench.measure import Command, in_turns
from tests.bench.programs import PLUGIN
from tests.bench.table import Comparison
from tests.e2e.bigbang import install_umbrella, release_names, wait_ready
from tests.e2e.bigbang_objects import NAMESPACE
from tests.tools.fixtures import FLUX_PARTS
from tests.tools.rig import Rig

_FILLERS = 37
"""With the umbrella, the operator and its istio they are 40 releases."""
_INSTALL_SECONDS = 300.0


def measure_reconcile(runs: int) -> list[Comparison]:
    """Install the umbrella, wait until all is Ready, then measure in turns."""
    with Rig(parts=FLUX_PARTS) as rig:
        print("  installing the umbrella ...", file=sys.stderr, flush=True)
        install_umbrella(rig, fillers=_FILLERS)
        wait_ready(rig, _INSTALL_SECONDS)
        names = sorted(release_names(rig))
        commands = [_ours(rig), _ours(rig, "--concurrency=1"), _loop(rig, names)]
        ours, alone, loop = in_turns(commands, runs, warm_up=0)  # the loop alone takes a minute
    what = f"reconcile of {len(names)} releases"
    return [
        Comparison(f"{what} / the guide's loop", ours, loop, goal=0.2),
        Comparison(f"{what} / our own one after the other", ours, alone),
    ]


def _ours(rig: Rig, *flags: str) -> Command:
    return Command((PLUGIN, "reconcile", f"--namespace={NAMESPACE}", "--with-source", *flags), rig.env)


def _loop(rig: Rig, names: list[str]) -> Command:
    """One `flux reconcile` after the other, each of which waits for its release."""
    flux = f'flux reconcile helmrelease "$name" --namespace={NAMESPACE} --with-source'
    return Command(("sh", "-ec", f"for name in {shlex.join(names)}; do {flux}; done"), rig.env)
