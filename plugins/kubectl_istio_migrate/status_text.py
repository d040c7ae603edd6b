"""The status as people read it. Everything returns a string."""

from collections.abc import Iterable, Sequence

from istiokit.bigbang.status import Status
from istiokit.cluster.unread import Unread
from istiokit.ui.output import table
from istiokit.ui.overview import Next


def as_text(
    status: Status, unread: Sequence[Unread], journal: str, steps: Sequence[Next], *, wide: bool = False
) -> str:
    """The whole page: what it is, what is not well, what is left over, what to run next."""
    sections = (
        _head(status, journal),
        _switches(status),
        _releases(status),
        _gateways(status, wide=wide),
        _workloads(status),
        _leftovers(status),
        _unread(unread),
        _next(steps),
    )
    return "\n".join(section for section in sections if section)


def _head(status: Status, journal: str) -> str:
    big_bang = ", ".join(part for part in (status.big_bang, status.window) if part)
    rows = [("Mesh", f"{status.place}: {status.why}"), ("Read from", status.where)]
    rows += [("Big Bang", big_bang)] if big_bang else []
    rows += [("Kubernetes", status.kubernetes)] if status.kubernetes else []
    for plane in status.control_planes:
        facts = [
            plane.version or "version unknown",
            f"revision {plane.revision}",
            f"made by {plane.installer}",
        ]
        facts += ["ready" if plane.ready else "NOT READY", plane.note]
        rows.append(("istiod", f"{plane.name}: {', '.join(fact for fact in facts if fact)}"))
    rows += [("Journal", journal)] if journal else []
    return table((), rows, no_headers=True)


def _switches(status: Status) -> str:
    if not status.switches:
        return ""
    words = {True: "on", False: "off", None: "?"}
    rows = [
        (row.path, words[row.on], row.origin + (f" ({row.note})" if row.note else ""))
        for row in status.switches
    ]
    return table(("switch", "is", "from"), rows)


def _releases(status: Status) -> str:
    if not status.releases:
        return ""
    if not status.not_ready:
        return f"HelmReleases: all {status.releases} Ready\n"
    lines = [f"HelmReleases: {len(status.not_ready)} of {status.releases} not Ready"]
    for row in status.not_ready:
        reason = "" if row.reason.lower() == row.state else f", {row.reason}"
        lines.append(f"  {row.name}: {row.state}{reason}: {row.message}")
        lines += [f"    -> {row.remedy}"] if row.remedy else []
    return _block(lines)


def _gateways(status: Status, *, wide: bool) -> str:
    rows = [
        (
            row.name,
            _some(row.hosts, wide=wide),
            row.services,
            row.addresses or "<pending>" if row.services else "",
        )
        for row in status.gateways
    ]
    return table(("gateway", "hosts", "service", "address"), rows) if rows else ""


def _workloads(status: Status) -> str:
    lines = []
    if status.virtual_services:
        found = [f"{number} {binding}" for binding, number in status.virtual_services.items() if number]
        lines.append(f"VirtualServices: {', '.join(found)}")
    if status.old_sidecars:
        by_namespace = ", ".join(f"{name} {number}" for name, number in status.old_sidecars.items())
        lines.append(
            f"Old sidecars: {sum(status.old_sidecars.values())} of {status.sidecars} pods ({by_namespace})"
        )
    elif status.sidecars:
        lines.append(f"Old sidecars: none of {status.sidecars} pods")
    return _block(lines)


def _leftovers(status: Status) -> str:
    lines = ["Left behind:"] if status.leftovers else []
    for item in status.leftovers:
        lines += [f"  {item.object}: {item.reason}", f"    -> {item.remedy}"]
    return _block(lines)


def _unread(unread: Sequence[Unread]) -> str:
    lines = ["Not read, so nothing is said about it:"] if unread else []
    return _block([*lines, *(f"  {item.kind}: {item.reason}" for item in unread)])


def _next(steps: Iterable[Next]) -> str:
    lines = [str(step) for step in steps]
    return _block([f"Next: {lines[0]}", *(f"      {line}" for line in lines[1:])])


def _some(hosts: Sequence[str], *, wide: bool) -> Sequence[str]:
    """The first few hosts; a Gateway can have hundreds."""
    most = 3
    return hosts if wide or len(hosts) <= most else [*hosts[:most], f"and {len(hosts) - most} more"]


def _block(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
