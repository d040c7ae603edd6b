"""What people have to know before a step and to do after it: lines for them, from `Facts`. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from istiokit.bigbang.facts import Facts, MeshFacts
from istiokit.bigbang.place import Place
from istiokit.bigbang.status import gateway_rows, leftovers
from istiokit.istio import control_plane
from istiokit.istio.bindings import NEW_NAMESPACE, OLD_NAMESPACE, Binding, classify, sides_of, successor
from istiokit.istio.hosts import served_hosts, stops_serving
from istiokit.istio.injection import old_sidecars
from istiokit.istio.model import full_name

OLD_ADDRESS = "old address of "
"""Begins the notes of step 1's journal that tell step 2 where the old gateways were."""
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """A host that clients use, and where its record has to point; `old` is empty where nobody knows it."""

    host: str
    old: tuple[str, ...]
    new: tuple[str, ...]


def before_step1(facts: Facts) -> list[str]:
    """What stops with step 1, and the addresses that go with it.

    Measured on Big Bang 2.54: with `istio` off, Helm removes the old Gateways, their certificates and the
    IstioOperator at once; nothing serves until step 2's gateways are Ready.
    """
    old = [full_name(item) for item in facts.mesh.gateways if item.metadata.namespace == OLD_NAMESPACE]
    if not old:
        return []
    hosts = stops_serving(facts.mesh.virtual_services, facts.mesh.gateways, old)
    notes = [
        "SERVING STOPS with step 1: the old gateways and their certificates are removed at once, "
        f"and nothing answers until step 2's gateways are Ready. Hosts: {some(hosts) or 'none are bound'}."
    ]
    rows = gateway_rows(facts.mesh, OLD_NAMESPACE)
    return notes + [f"{OLD_ADDRESS}{row.name}: {', '.join(row.addresses)}" for row in rows if row.addresses]


def after_step1(facts: Facts, prog: str) -> list[str]:
    """How many pods still run an old sidecar, the command that restarts them, and that step 2 comes next."""
    target = control_plane.mesh(facts.mesh.deployments, facts.mesh.operators).newest
    old = old_sidecars(facts.mesh.pods, target) if target else {}
    lines = []
    if old:
        by_namespace = ", ".join(f"{name} {number}" for name, number in old.items())
        lines.append(f"{sum(old.values())} pods still run an old sidecar ({by_namespace})")
        lines.append(
            "restart them: kubectl recycle-injected, or kubectl -n NAMESPACE rollout restart deployment"
        )
    return [*lines, f"nothing serves from outside until step 2: {prog} step2"]


def after_step2(facts: Facts, notes: Sequence[str]) -> list[str]:
    """Addresses old and new, the DNS records to change, and what is left over.

    `notes` are those of step 1's journal: the old addresses are gone from the cluster by now.
    """
    lines = [
        f"{row.name}: {', '.join(row.addresses) or 'no external address'}"
        for row in gateway_rows(facts.mesh, NEW_NAMESPACE)
    ]
    records = dns_records(facts.mesh, old_addresses(notes))
    changed = [record for record in records if record.old != record.new]
    lines += ["DNS records to change:"] if changed else []
    lines += [f"  {item.host}: {', '.join(item.old) or '?'} -> {', '.join(item.new)}" for item in changed]
    stranded = bound_to_old_alone(facts)
    if stranded:
        lines.append(f"still bound to old gateways alone, so nothing serves them: {some(stranded)}")
    for item in leftovers(facts, Place.STEP2):
        lines += [f"left behind: {item.object}: {item.reason}", f"  -> {item.remedy}"]
    return lines


def dns_records(mesh: MeshFacts, old: Mapping[str, tuple[str, ...]]) -> list[DnsRecord]:
    """One record for each host that a new gateway with an address serves, sorted.

    `old` has the addresses of the old Gateways, by `namespace/name`. A Gateway's wildcard hosts are records too.
    """
    rows = {row.name: row for row in gateway_rows(mesh, NEW_NAMESPACE)}
    before = {successor(name, frozenset(rows)): addresses for name, addresses in old.items()}
    hosts = {(served.host, served.gateway) for served in served_hosts(mesh.virtual_services, mesh.gateways)}
    hosts |= {(host, row.name) for row in rows.values() for host in row.hosts if host.startswith("*.")}
    return [
        DnsRecord(host, before.get(gateway, ()), rows[gateway].addresses)
        for host, gateway in sorted(hosts)
        if gateway in rows and rows[gateway].addresses
    ]


def old_addresses(notes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The old Gateways' addresses from the notes that `before_step1` made."""
    told = (note.removeprefix(OLD_ADDRESS) for note in notes if note.startswith(OLD_ADDRESS))
    pairs = (line.partition(": ") for line in told)
    return {name: tuple(addresses.split(", ")) for name, _, addresses in pairs}


def bound_to_old_alone(facts: Facts) -> tuple[str, ...]:
    """VirtualServices that only an old gateway would serve, whether it still exists or not, sorted."""
    items = facts.mesh.virtual_services
    sides = sides_of(None, items)
    return tuple(sorted(full_name(item) for item in items if classify(item, sides) is Binding.OLD_ONLY))


def some(names: Sequence[str]) -> str:
    """The first ten, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
