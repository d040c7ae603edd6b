"""`--help`: what a user feels at every start, against the client that starts the plugin."""

import os

from tests.bench.measure import Command, in_turns
from tests.bench.programs import PLUGIN
from tests.bench.table import Comparison
from tests.tools import build


def measure_help(runs: int) -> list[Comparison]:
    """Both help texts against `kubectl version --client`."""
    env = dict(os.environ)
    commands = [
        Command((PLUGIN, "--help"), env),
        Command((PLUGIN, "step1", "--help"), env),
        Command((str(build.tool("kubectl")), "version", "--client"), env),
    ]
    plugin, command, kubectl = in_turns(commands, runs)
    rival = "kubectl version --client"
    return [
        Comparison(f"--help / {rival}", plugin, kubectl, goal=2.0),
        Comparison(f"step1 --help / {rival}", command, kubectl, goal=2.0),
    ]
