"""`vs-gateways swap` of all VirtualServices, against a bare loop of the same patches.

Ours reads, plans, checks that every host goes on answering, takes the Lease and writes the journal ahead of it.
"""

import shlex

from tests.bench import crowd
from tests.bench.gateways import PROGRAM
from tests.bench.measure import Command, in_turns, once
from tests.bench.programs import PYTHON
from tests.bench.table import Comparison, Peak
from tests.tools.rig import Rig


def measure_swap(runs: int) -> list[Comparison | Peak]:
    """Ours swaps all of them to the new gateway, the loop swaps them back, and so on."""
    with Rig(parts=("istio_crds",)) as rig:
        crowd.fill(rig)
        crowd.serve_one_version(rig)
        names = rig.dir / "names"
        there = [(crowd.place_of(number), number % 2) for number in range(crowd.VIRTUAL_SERVICES)]
        names.write_text("".join(f"{name}\n" for name, is_new in there if is_new))
        once(_loop(rig))
        names.write_text("".join(f"{name}\n" for name, _ in there))
        ours, loop = in_turns([_swap(rig), _loop(rig)], runs, warm_up=0)
    what = f"vs-gateways swap of {crowd.VIRTUAL_SERVICES:,} / a bare loop of their patches"
    return [Comparison(what, ours, loop, goal=1.25)]


def _swap(rig: Rig) -> Command:
    pair = shlex.quote(f"{crowd.OLD}={crowd.NEW}")
    return Command(("sh", "-c", f"{PROGRAM} swap --all-namespaces --yes --map {pair}"), rig.env)


def _loop(rig: Rig) -> Command:
    """From the new gateway back to the old one."""
    words = [PYTHON, "-m", "tests.bench.patcher", rig.server_url, str(rig.ca_file), rig.admin_token]
    command = shlex.join([*words, crowd.NEW, crowd.OLD])
    return Command(("sh", "-c", f"{command} < {shlex.quote(str(rig.dir / 'names'))}"), rig.env)
