"""`__complete`: what a user waits for after TAB, against what kubectl needs for the like among its own commands."""

from collections.abc import Sequence
from pathlib import Path

from tests.bench import crowd
from tests.bench.measure import Command, in_turns
from tests.bench.programs import PLUGIN
from tests.bench.table import Comparison
from tests.tools.rig import Rig

_VS_GATEWAYS = str(Path(PLUGIN).with_name("kubectl-vs_gateways"))


def measure_completion(runs: int) -> list[Comparison]:
    """A command, a namespace, and names among 10,000 VirtualServices."""
    with Rig(parts=("istio_crds",)) as rig:
        crowd.fill(rig)
        return [
            _compared(rig, runs, (PLUGIN, "st"), ("get", "po")),
            _compared(rig, runs, (PLUGIN, "status", "-n", ""), ("get", "pods", "-n", "")),
            _compared(
                rig,
                runs,
                (_VS_GATEWAYS, "list", "-n", "team-7", ""),
                ("get", "virtualservices", "-n", "team-7", ""),
            ),
        ]


def _compared(rig: Rig, runs: int, ours: tuple[str, ...], theirs: tuple[str, ...]) -> Comparison:
    program, *words = ours
    commands = [
        Command((program, "__complete", *words), rig.env),
        Command(("kubectl", "__complete", *theirs), rig.env),
    ]
    plugin, kubectl = in_turns(commands, runs)

    name = f"{Path(program).name.replace('kubectl-', '').replace('_', '-')} __complete {_typed(words)}"
    return Comparison(f"{name} / kubectl __complete {_typed(theirs)}", plugin, kubectl)


def _typed(words: Sequence[str]) -> str:
    return " ".join(word or '""' for word in words)
