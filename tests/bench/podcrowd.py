"""A cluster with many pods: real ones with sidecars of two revisions, and thousands that are like them in etcd."""

import sys

from tests.bench.etcd import store
from tests.bench.fleet import TAGS
from tests.bench.stencil import Object, Stencil, make, namespace
from tests.tools.rig import Rig

PODS = 20_000
"""With those that the rig has anyway: as many as a reading takes in one page."""
AS_JSON = ("--storage-media-type=application/json",)
"""As the API server has to store pods, so that others can be written beside them."""

_REPLICAS, _NAMESPACES = 4, 200
"""Pods of one Deployment; namespaces, each with as many Deployments as the others."""
_MEDDLERS = ("kube-controller-manager", "kube-scheduler", "kwok")
"""They would clear away pods whose ReplicaSet is not there."""


def fill(rig: Rig) -> int:
    """Make all pods, half of the Deployments of each namespace stale; returns how many pods are."""
    print(f"  making {PODS:,} pods ...", file=sys.stderr, flush=True)
    for revision, tag in TAGS.items():
        rig.injector.install(revision, tag=tag)
    rig.apply([namespace(_name(number), list(TAGS)[number % 2]) for number in range(_NAMESPACES)])
    stencils = [make(rig, revision) for revision in TAGS]
    count = PODS - len(rig.get("pods", "--all-namespaces")["items"])
    _leave_alone(rig)
    for mine, stencil in enumerate(stencils):
        numbers = (number for number in range(count) if _own(number) == mine)
        store(rig, "pods", stencil.place, (_copy(stencil, number) for number in numbers))
    return sum(_own(number) != _home(number) % 2 for number in range(count))


def _leave_alone(rig: Rig) -> None:
    """Nobody has to do with the pods from here on but the API server."""
    for server in _MEDDLERS:
        rig.servers.stop(server)
    for revision in TAGS:
        rig.injector.stop(revision)


def _copy(stencil: Stencil, number: int) -> Object:
    return stencil.copy(_name(_home(number)), number // _REPLICAS, number % _REPLICAS)


def _name(home: int) -> str:
    return f"team-{home}"


def _home(number: int) -> int:
    """The number of its namespace."""
    return number // _REPLICAS % _NAMESPACES


def _own(number: int) -> int:
    """The number of its revision."""
    return number // _REPLICAS // _NAMESPACES % 2
