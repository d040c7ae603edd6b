"""The model of routing on many VirtualServices, against `json.loads` of the same list: what any tool would pay first.

Each measurement is a process of its own that makes the list, decodes it, and times just the one thing, in seconds
of the processor: both only compute, and so others on the machine count for less.
"""

import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec

from istiokit.istio.model import Gateway, VirtualService
from istiokit.istio.routing.facts import RouteFacts, Workload
from istiokit.istio.routing.served import answers
from tests.bench.measure import BenchError, Sample, Series
from tests.bench.table import Comparison

_COUNT, _PAIRS = 10_000, 20
"""VirtualServices; old Gateways, each with a new one beside it."""
_CALLS = 3
_ROUTES = 13
"""Routes of one VirtualService: with them it has 5.9 kB as the server sends it."""
_OLD, _NEW = "istio-system", "istio-gateway"


def measure_routing(runs: int) -> list[Comparison]:
    """The model against json.loads, and against itself with half of the VirtualServices."""
    whole, half, theirs = [], [], []
    for _ in range(runs + 1):
        whole.append(_sample("model", _COUNT))
        half.append(_sample("model", _COUNT // 2))
        theirs.append(_sample("json", _COUNT))
    model, smaller, rival = (Series(tuple(samples[1:])) for samples in (whole, half, theirs))
    what = f"routing of {_COUNT:,} VirtualServices, {2 * _PAIRS} Gateways"
    return [
        Comparison(f"{what} / json.loads of them", model, rival, goal=0.6),
        Comparison(f"{what} / of half as many", model, smaller, goal=2.3),
    ]


def _sample(what: str, count: int) -> Sample:
    argv = [sys.executable, "-m", "tests.bench.routing", what, str(count)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(argv)}: {done.stderr.strip()[-500:]}")
    seconds, kibibytes = done.stdout.split()
    return Sample(float(seconds), int(kibibytes) / 1024)


def main(what: str, count: int) -> None:
    """Time one thing; prints seconds and the peak of memory in KiB."""
    text = b"[" + b",".join(_virtual_service(number) for number in range(count)) + b"]"
    seconds = _json(text) if what == "json" else _model(text)
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _json(text: bytes) -> float:
    gc.disable()  # json.loads at its best: the collector alone would double its time
    return _best(lambda: json.loads(text))


def _model(text: bytes) -> float:
    items = msgspec.json.decode(text, type=tuple[VirtualService, ...])
    facts = RouteFacts("bench", items, tuple(_gateways()), workloads=tuple(_workloads()))
    found = answers(facts)
    assert len(found) == 4 * len(items) and {one.answers for one in found} == {True, False}
    del found
    return _best(lambda: answers(facts))


def _best(call: Callable[[], object]) -> float:
    """The shortest of a few times: what disturbs makes it only longer."""
    times = []
    for _ in range(_CALLS):
        started = time.process_time()
        found = call()
        times.append(time.process_time() - started)
        del found
    return min(times)


def _gateways() -> list[Gateway]:
    """Old and new ones with the same selector: all pairs in the trap of two Gateways on the same pods."""
    return [
        msgspec.convert(
            {
                "metadata": {
                    "name": f"public-{number}",
                    "namespace": place,
                    "creationTimestamp": f"{year}-01-01T00:00:00Z",
                },
                "spec": {
                    "selector": {"app": f"public-{number}"},
                    "servers": [
                        _server(8080, "HTTP", None, number),
                        _server(8443, "HTTPS", {"mode": "SIMPLE", "credentialName": "cert"}, number),
                    ],
                },
            },
            Gateway,
        )
        for place, year in ((_OLD, 2024), (_NEW, 2025))
        for number in range(_PAIRS)
    ]


def _server(port: int, protocol: str, tls: dict[str, str] | None, number: int) -> dict[str, Any]:
    name = f"{protocol.lower()}-{port}"
    return {
        "port": {"number": port, "name": name, "protocol": protocol},
        "hosts": [f"*.part-{number}.example.com"],
        "tls": tls,
    }


def _workloads() -> list[Workload]:
    return [
        Workload(f"{place}/public-{number}", place, {"app": f"public-{number}"})
        for place in (_OLD, _NEW)
        for number in range(_PAIRS)
    ]


def _virtual_service(number: int) -> bytes:
    """A third is bound to the old Gateway, a third to both, a third to the new one."""
    part = number % _PAIRS
    gateways = [f"{_OLD}/public-{part}", f"{_NEW}/public-{part}"][number % 3 // 2 : 1 + (number % 3 + 1) // 2]
    item = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {
            "name": f"app-{number}",
            "namespace": f"team-{number % 50}",
            "uid": f"{number:08}-0000-4000-8000-000000000000",
            "creationTimestamp": f"2025-03-{1 + number % 28:02}T10:00:00Z",
            "labels": {"app": f"app-{number}"},
        },
        "spec": {
            "hosts": [f"app-{number}.part-{part}.example.com"],
            "gateways": gateways,
            "http": [_route(number, version) for version in range(_ROUTES)],
        },
    }
    return json.dumps(item).encode()


def _route(number: int, version: int) -> dict[str, Any]:
    return {
        "name": f"route-api-v{version}",
        "match": [{"uri": {"prefix": f"/api/v{version}"}, "headers": {"x-tenant": {"exact": "blue"}}}],
        "rewrite": {"uri": "/"},
        "timeout": "30s",
        "retries": {"attempts": 3, "perTryTimeout": "5s", "retryOn": "5xx,reset,connect-failure"},
        "headers": {"response": {"set": {"strict-transport-security": "max-age=31536000"}}},
        "route": [{"destination": {"host": f"app-{number}.apps.svc.cluster.local"}, "weight": 100}],
    }


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
