"""The frozen executables: how fast they start, what a first request costs, and what weighs what in the archive."""

import os
import tarfile
from collections import Counter
from pathlib import Path

from istiokit import __version__
from krew.platforms import this_platform
from tests.bench.curls import curl
from tests.bench.measure import Command, in_turns
from tests.bench.table import Comparison, Figure, Told
from tests.e2e.frozen import archives
from tests.tools import build
from tests.tools.rig import Rig

_RIVAL = "kubectl version --client"
_MEGABYTE = 1_000_000
_HEAVY = 1.0
"""Megabytes from which on a part of the archive has a line of its own."""


def measure_frozen(runs: int) -> list[Told]:
    """Start-up of both builds, the first command that asks a cluster, and the sizes."""
    dist = archives()
    plugin, flux = (str(dist / name) for name in ("istio-migrate/kubectl-vs_gateways", "flux-istio-migrate"))
    return [*_started(plugin, flux, runs), *_asked(plugin, runs), *_sizes(dist)]


def _started(plugin: str, flux: str, runs: int) -> list[Told]:
    env = dict(os.environ)
    kubectl = Command((str(build.tool("kubectl")), "version", "--client"), env)
    ours = [Command(words, env) for words in ((plugin, "--help"), (plugin, "--version"), (flux, "--version"))]
    help_, version, onefile, rival = in_turns([*ours, kubectl], runs)
    return [
        Comparison(f"frozen --help / {_RIVAL}", help_, rival, goal=2.0),
        Comparison(f"frozen --version / {_RIVAL}", version, rival, goal=2.0),
        Comparison(f"onefile --version / {_RIVAL}", onefile, rival, goal=10.0),
    ]


def _asked(plugin: str, runs: int) -> list[Told]:
    """A list of VirtualServices in a cluster with none: the start, the login, the requests, and nothing to judge."""
    with Rig(parts=("istio_crds",)) as rig:
        path = "/apis/networking.istio.io/v1/namespaces/default/virtualservices"
        commands = [
            Command((plugin, "list", "--fast"), rig.env),
            curl(rig, "frozen", [path]),
            Command((str(build.tool("kubectl")), "version", "--client"), rig.env),
        ]
        ours, bare, rival = in_turns(commands, runs)
    return [
        Comparison(f"frozen vs-gateways list, over its curl / {_RIVAL}", ours, rival, goal=6.0, over=bare)
    ]


def _sizes(dist: Path) -> list[Told]:
    archive = dist / this_platform().archive(__version__)
    weights = _weights(archive)
    heavy = [(name, size) for name, size in weights.most_common() if size >= _HEAVY * _MEGABYTE]
    rest = weights.total() - sum(size for _, size in heavy)
    return [
        Figure("archive, MB packed", archive.stat().st_size / _MEGABYTE, 35),
        Figure("archive, MB unpacked", weights.total() / _MEGABYTE, 90),
        *(Figure(f"- {name}", size / _MEGABYTE) for name, size in [*heavy, ("all else", rest)]),
    ]


def _weights(archive: Path) -> Counter[str]:
    """Bytes of each part: an executable, or what lies under one name of _internal."""
    found: Counter[str] = Counter()
    with tarfile.open(archive) as opened:
        for entry in opened:
            parts = entry.name.split("/")
            found[parts[2] if parts[1] == "_internal" else parts[1]] += entry.size
    return found
