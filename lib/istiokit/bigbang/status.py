"""What `status` shows: where a mesh stands, what is not well, and the next command. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from istiokit.bigbang import core
from istiokit.bigbang.facts import Facts, MeshFacts
from istiokit.bigbang.place import Place, Standing, standing
from istiokit.bigbang.versions import Family, Window
from istiokit.flux.order import release_ref
from istiokit.flux.readiness import State, readiness
from istiokit.flux.remedy import remedy
from istiokit.istio import versions
from istiokit.istio.bindings import NEW_NAMESPACE, OLD_NAMESPACE, count
from istiokit.istio.hosts import server_hosts
from istiokit.istio.injection import has_sidecar, old_sidecars
from istiokit.istio.leftovers import Leftover, dead_webhooks, orphaned_load_balancers, stuck_operators
from istiokit.istio.model import Gateway, full_name
from istiokit.istio.workloads import Service, selects


@dataclass(frozen=True, slots=True)
class SwitchRow:
    """One package switch; `on` is None where it is encrypted."""

    path: str
    on: bool | None
    origin: str
    note: str


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A HelmRelease that is not Ready."""

    name: str
    state: str
    reason: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class GatewayRow:
    """A Gateway with the Services whose pods serve it and their external addresses."""

    name: str
    hosts: tuple[str, ...]
    services: tuple[str, ...]
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ControlPlaneRow:
    """An istiod Deployment."""

    name: str
    revision: str
    version: str
    ready: bool
    installer: str
    note: str
    """What its age means: the end of its support."""


@dataclass(frozen=True, slots=True)
class Status:
    """One look at the whole migration."""

    where: str
    place: str
    why: str
    big_bang: str
    window: str
    """How that version stands to the migration; empty where there is no Big Bang."""
    kubernetes: str
    control_planes: tuple[ControlPlaneRow, ...]
    switches: tuple[SwitchRow, ...]
    releases: int
    not_ready: tuple[ReleaseRow, ...]
    gateways: tuple[GatewayRow, ...]
    virtual_services: dict[str, int]
    sidecars: int
    old_sidecars: dict[str, int]
    """By namespace: pods whose proxy is older than the newest control plane."""
    leftovers: tuple[Leftover, ...]
    next: str
    """The next command to run, without the plugin's name; empty where nothing is left to do."""


def status(facts: Facts, *, version: str = "", unfinished: str = "") -> Status:
    """The status; `unfinished` is the name of a run that waits to be finished (`step1`).

    Raises UsageError where the values contradict each other.
    """
    found = standing(facts, version)
    not_ready = tuple(_not_ready(facts))
    target = found.mesh.newest
    old = old_sidecars(facts.mesh.pods, target) if target else {}
    return Status(
        where=facts.where,
        place=found.place,
        why=found.why,
        big_bang=_big_bang(facts, found, version),
        window=_window(found),
        kubernetes=facts.server_version or "",
        control_planes=tuple(_control_planes(found)),
        switches=_switch_rows(found),
        releases=len(facts.releases),
        not_ready=not_ready,
        gateways=tuple(gateway_rows(facts.mesh)),
        virtual_services=_bindings(facts),
        sidecars=sum(has_sidecar(pod) for pod in facts.mesh.pods),
        old_sidecars=old,
        leftovers=tuple(leftovers(facts, found.place)),
        next=_next(found, facts, unfinished, waiting=bool(not_ready)),
    )


def gateway_rows(mesh: MeshFacts, namespace: str = "") -> Iterable[GatewayRow]:
    """Every Gateway (of one namespace, if given), sorted by name, with the Services that select the same pods."""
    for gateway in sorted(mesh.gateways, key=full_name):
        if namespace and gateway.metadata.namespace != namespace:
            continue
        behind = [service for service in mesh.services if _serves(service, gateway, mesh)]
        yield GatewayRow(
            name=full_name(gateway),
            hosts=tuple(sorted(set(server_hosts(gateway, gateway.metadata.namespace or "default")))),
            services=tuple(sorted(full_name(service) for service in behind)),
            addresses=tuple(sorted(address for service in behind for address in service.addresses)),
        )


def leftovers(facts: Facts, place: Place) -> list[Leftover]:
    """What the operator left behind. While it is meant to run, its load balancers and resources are in use.

    What could not be read is no evidence that there is none of it, so nothing is concluded from it.
    """
    mesh, unread = facts.mesh, {item.kind for item in facts.unread}
    found: list[Leftover] = []
    if unread.isdisjoint({"Service", "Deployment"}):
        found += dead_webhooks(mesh.mutating, mesh.validating, mesh.services, mesh.deployments)
    if place is not Place.OPERATOR and unread.isdisjoint({"Service", "Pod"}):
        found += orphaned_load_balancers(mesh.services, mesh.pods, mesh.operators)
    if place is not Place.OPERATOR and "Deployment" not in unread:
        found += stuck_operators(mesh.operators, mesh.deployments)
    return sorted(found)


def _serves(service: Service, gateway: Gateway, mesh: MeshFacts) -> bool:
    """Whether a Service leads to pods that the Gateway selects.

    Of its pods any says so. Without pods its selector does, but in the Gateway's own namespace only: elsewhere it
    may be what the operator has left behind.
    """
    selector = gateway.spec.selector or {}
    if service.spec.type == "ExternalName" or not service.spec.selector or not selector:
        return False
    if service.metadata.namespace not in (OLD_NAMESPACE, NEW_NAMESPACE, gateway.metadata.namespace):
        return False
    pods = [
        pod
        for pod in mesh.pods
        if pod.metadata.namespace == service.metadata.namespace
        and selects(service.spec.selector, pod.metadata.labels)
    ]
    if pods:
        return any(selects(selector, pod.metadata.labels) for pod in pods)
    at_home = service.metadata.namespace == gateway.metadata.namespace
    return at_home and selector.items() <= service.spec.selector.items()


def _not_ready(facts: Facts) -> Iterable[ReleaseRow]:
    for release in sorted(facts.releases, key=release_ref):
        judged = readiness(release)
        if judged.state is not State.READY:
            guard = release.metadata.name == core.RELEASE and release.spec.suspend
            advice = core.LEAVE if guard else remedy(judged, release)
            yield ReleaseRow(release.metadata.name, judged.state, judged.reason, judged.message, advice)


def _big_bang(facts: Facts, found: Standing, version: str) -> str:
    known = version or (facts.umbrella.version if facts.umbrella else "")
    if known or found.switches is None:
        return known
    return (
        "2.49 or 2.50, by its keys" if found.switches.family is Family.CORE else "2.51 to 2.54, by its keys"
    )


def _window(found: Standing) -> str:
    if found.release is None:
        return ""
    if found.release.window is Window.TOO_LATE and found.place is Place.STEP2:
        return "past the migration"
    return found.release.window


def _control_planes(found: Standing) -> Iterable[ControlPlaneRow]:
    for plane in found.mesh.control_planes:
        ended = versions.end_of_support(plane.version) if plane.version else None
        yield ControlPlaneRow(
            name=f"{plane.namespace}/{plane.name}",
            revision=plane.revision,
            version=str(plane.version or ""),
            ready=plane.ready,
            installer=plane.installer,
            note=f"out of support since {ended:%B %Y}" if ended else "",
        )


def _switch_rows(found: Standing) -> tuple[SwitchRow, ...]:
    states = found.switches.states if found.switches else {}
    return tuple(SwitchRow(path, state.on, state.origin, state.note) for path, state in states.items())


def _bindings(facts: Facts) -> dict[str, int]:
    if not facts.mesh.virtual_services:
        return {}
    unknown = any(item.kind == "Gateway" for item in facts.unread)
    found = count(facts.mesh.virtual_services, None if unknown else facts.mesh.gateways)
    return {str(binding): number for binding, number in found.items()}


def _next(found: Standing, facts: Facts, unfinished: str, *, waiting: bool) -> str:
    """An unfinished run goes first, then releases that are not Ready, then the next step."""
    if unfinished:
        return unfinished
    guard = core.release_of(facts)
    if guard is not None and guard.spec.suspend:
        return "carry-core"
    if waiting and found.place in (Place.STEP1, Place.STEP2):
        return "wait"
    if found.place is Place.OPERATOR and found.switches is not None:
        return "check --step 1"
    if found.place is Place.STEP1:
        return "check --step 2"
    if found.place is Place.STEP2 and found.switches and found.switches.family is Family.CORE:
        return "check --target 2.54"
    if found.place is Place.MIXED and found.switches is not None:
        return "check --step 2" if _halfway(found) else "check --step 1"
    return ""


def _halfway(found: Standing) -> bool:
    """Whether step 1's work is done by the switches: the old package off, a new control plane on."""
    states = found.switches.states if found.switches else {}
    new = [path for path in ("istiod.enabled", "istioCore.enabled") if path in states]
    old = states.get("istio.enabled")
    return old is not None and old.on is False and any(states[path].on for path in new)
