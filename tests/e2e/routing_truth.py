"""What really answers: a configuration is put before a real istiod, and real Envoys are asked."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.e2e.routing_api import MARKER_PORT, WORKLOADS, Api, fixed_objects, marker
from tests.e2e.routing_objects import BACKENDS, Case, Object, answers_of, paths_of, ref_of
from tests.e2e.routing_probe import Probe, Reply
from tests.tools.parts.envoy import Gateway
from tests.tools.rig import Rig

_PATIENCE_SECONDS = 30


@dataclass(frozen=True, order=True)
class Question:
    """Does this VirtualService answer for the host on the workload's port? `kind` is HTTP, TLS or TCP."""

    virtual_service: str
    host: str
    workload: str
    port: int
    kind: str


@dataclass(frozen=True)
class Truth:
    """What was found."""

    objects: tuple[Object, ...]
    """As the API server has them, with their creation times."""
    replies: dict[Question, Reply]
    refused: frozenset[tuple[str, int]]
    """Workloads and ports whose listener Envoy refuses as istiod wants it: there the past answers."""
    seconds: float


class Bench:
    """A rig with gateways that measures one configuration after the other."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self._api = Api(rig)
        self._round = itertools.count(1)
        pki = rig.dir / "bench"
        pki.mkdir(mode=0o700)
        rig.apply([*fixed_objects(pki), *marker(0)])
        self.gateways = {
            name: rig.envoy.gateway(pods.name, pods.namespace, pods.labels, BACKENDS)
            for name, pods in WORKLOADS.items()
        }
        self._probes = {name: Probe(one, pki) for name, one in self.gateways.items()}

    def close(self) -> None:
        self._api.close()

    def measure(self, case: Case) -> Truth:
        """Applies the case, waits until every gateway follows it, asks, and takes the case away again."""
        started = time.monotonic()
        try:
            objects = self._create(case)
            self._wait_for_push()
            asked = [self._ask_until_steady(case, name) for name in self.gateways]
            refused = [(name, port) for name, one in self.gateways.items() for port in _refused(one)]
        finally:
            self._api.delete_all(case.objects)
        return Truth(
            objects,
            {question: reply for replies in asked for question, reply in replies.items()},
            frozenset(refused),
            round(time.monotonic() - started, 2),
        )

    def _create(self, case: Case) -> tuple[Object, ...]:
        while True:
            created: list[Object] = []
            for step in case.steps:
                self._wait_for_second(created, case.same_second)
                created += [self._api.create(item) for item in step]
            if not case.same_second or _seconds(created) == len(case.steps):
                return tuple(created)
            self._api.delete_all(case.objects)

    @staticmethod
    def _wait_for_second(created: list[Object], at_its_start: bool) -> None:
        """Until a second has begun that no object was created in."""
        latest = max((_created(item) for item in created), default="")
        while time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) <= latest or (
            at_its_start and time.time() % 1 > 0.5
        ):
            time.sleep(0.01)

    def _wait_for_push(self) -> None:
        """Istiod has read all that was written before, and every Envoy has what istiod made of it.

        Each kind is watched in the order of its writes: who knows the marker's Gateway and VirtualService of this
        round knows everything of their kinds before. Routes are the last that a push brings.
        """
        number = next(self._round)
        for item in marker(number):
            self._api.patch(item)
        host = f"round-{number}.marker.test"
        for name, probe in self._probes.items():
            self._wait_for(partial(_follows, probe, host), f"{name} does not follow istiod")
            warm = partial(_is_warm, self.gateways[name])
            self._wait_for(warm, f"listeners of {name} wait for something")

    def _wait_for(self, condition: Callable[[], bool], complaint: str) -> None:
        self.rig.servers.wait_for("pilot-discovery", condition, complaint, _PATIENCE_SECONDS)

    def _ask_until_steady(self, case: Case, workload: str) -> dict[Question, Reply]:
        """Two rounds with the same answers: Envoy's threads take new listeners over one by one."""
        before = None
        for _ in range(20):
            now = self._ask(case, workload)
            if now == before:
                return now
            before = now
        raise AssertionError(f"{case.name}: the answers of {workload} do not settle: {before}")

    def _ask(self, case: Case, workload: str) -> dict[Question, Reply]:
        services = [item for item in case.objects if item["kind"] == "VirtualService"]
        own = {ref_of(item): paths_of(item, services) for item in services if item["spec"].get("hosts")}
        owners = {word: ref_of(item) for item in services for word in answers_of(item)}
        everything = sorted({path for paths in own.values() for path in paths})
        replies: dict[Question, Reply] = {}
        tcp: dict[int, list[Reply]] = {}
        behind = WORKLOADS[workload].ports
        for (port, kind), host in itertools.product(ports_of(case.objects, behind), hosts_of(case)):
            found = tcp.get(port) if kind == "TCP" else None
            found = found or self._probes[workload].ask(port, kind, host, everything)
            if kind == "TCP":
                tcp[port] = found  # knows no hosts
            by_path = dict(zip(everything, (reply.named(owners) for reply in found), strict=True))
            for name, paths in own.items():
                question = Question(name, host, workload, port, kind)
                replies[question] = max((by_path[path] for path in paths), key=lambda r: r.body == name)
        return replies


def ports_of(objects: Iterable[Object], behind: dict[int, int]) -> list[tuple[int, str]]:
    """Every port that a Gateway asks for, and how to ask there; some are to be asked in two ways.

    BEHIND are ports of a Service with the ports of the pods.
    """
    found = set()
    for item in objects:
        for server in item["spec"].get("servers", ()):
            protocol, encrypted = server["port"]["protocol"].upper(), "mode" in server.get("tls", {})
            plain = "TCP" if protocol == "TCP" else "HTTP"
            number = server["port"]["number"]
            found.add((behind.get(number, number), "TLS" if encrypted else plain))
    return sorted(found)


def hosts_of(case: Case) -> list[str]:
    """Names that a client would use: those that the objects name, and one for each wildcard."""
    named = itertools.chain.from_iterable(_hosts(item) for item in case.objects)
    return sorted({concrete(host) for host in named if host} | set(case.hosts))


def _hosts(item: Object) -> Iterator[str]:
    for entry in (item["spec"], *item["spec"].get("servers", ())):
        for host in entry.get("hosts", ()):
            yield host.rpartition("/")[2]
    for route in item["spec"].get("tls", ()):
        for match in route.get("match", ()):
            yield from match.get("sniHosts", ())


def concrete(host: str) -> str:
    """A name that a client could ask for; for a wildcard one that nothing else names."""
    if host == "*":
        return "any.invalid.test"
    return f"wild{host[1:]}" if host.startswith("*") else host


def _created(item: Object) -> str:
    return str(item["metadata"]["creationTimestamp"])


def _seconds(objects: Iterable[Object]) -> int:
    return len({_created(item) for item in objects})


def _refused(one: Gateway) -> list[int]:
    """The ports of the listeners in Envoy's latest list that it could not make."""
    listeners = json.loads(one.admin("/config_dump?resource=dynamic_listeners")).get("configs", ())
    failed = [item["error_state"]["details"] for item in listeners if "name" not in item]
    return [int(number) for text in failed for number in re.findall(r"listener '[^']*:(\d+)'", text)]


def _follows(probe: Probe, host: str) -> bool:
    return probe.http(MARKER_PORT, host, "/").body == "marker/marker"


def _is_warm(one: Gateway) -> bool:
    return not any(one.stats("total_listeners_warming").values())
