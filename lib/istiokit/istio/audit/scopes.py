"""Sidecars that let pods see the old gateway's Service and not the new one's."""

from collections.abc import Iterator

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.model import Rule, Subject, at_source
from istiokit.istio.audit.patches import new_service, old_services
from istiokit.istio.dependents.model import Sidecar
from istiokit.istio.dependents.moves import Move
from istiokit.istio.model import full_name
from istiokit.istio.routing.names import within

_EGRESS = "egress"


def _sidecars(subject: Subject) -> Iterator[Finding]:
    for item in subject.dependents.sidecars if subject.moves else ():
        for move in subject.moves:
            found = _finding(item, move)
            if found is not None:
                yield found
                break


def _finding(item: Sidecar, move: Move) -> Finding | None:
    """The first entry that shows the old gateway by name; of an egress gateway also by its namespace."""
    place = item.metadata.namespace or "default"
    entries = [
        (f"spec.egress[{at}].hosts[{number}]", host)
        for at, listener in enumerate(item.spec.egress or ())
        for number, host in enumerate(listener.hosts or ())
    ]
    new = new_service(move) or f"{move.new.partition('/')[2]}.{move.new_namespaces[0]}.svc"
    if any(_shows(host, new, place) for _, host in entries):
        return None
    for path, host in entries:
        old = next((one for one in old_services(move) if _shows(host, one, place)), None)
        if old is None or (host.endswith("/*") and not _is_egress(move)):
            continue
        reason = (
            f"it shows {host}, which is of {move.old}, and not {new}: "
            "those pods do not know the new gateway, and with REGISTRY_ONLY they cannot reach it"
        )
        space = new.split(".")[1]
        entry = f"{space}/*" if host.endswith("/*") else f"{space}/{new}.cluster.local"
        remedy = f"add {entry} beside it{at_source(item.metadata, 'Sidecar')}"
        return Finding("VSG022", Severity.WARNING, f"Sidecar {full_name(item)}", reason, remedy, path)
    return None


def _shows(entry: str, service: str, place: str) -> bool:
    """Whether an entry of `egress.hosts` covers a Service (`name.namespace.svc`).

    Source: istio/api networking/v1alpha3/sidecar.proto; `~` excludes, `*` is any namespace and `.` the Sidecar's own.
    """
    space, slash, host = entry.partition("/")
    own = service.split(".")[1]
    meant = (place if space == "." else space) in ("*", own)
    return bool(slash) and meant and within(f"{service}.cluster.local", host)


def _is_egress(move: Move) -> bool:
    """Whether the mesh's own pods are its clients: with ingress gateways only the outside's are."""
    words = (
        move.old,
        move.new,
        *(word for pods in (*move.before, *move.after) for word in pods.labels.known.values()),
    )
    return any(_EGRESS in word.lower() for word in words)


RULES = (
    Rule(
        code="VSG022",
        title="A Sidecar shows only the old gateway",
        severity=Severity.WARNING,
        why="A Sidecar with egress hosts hides all other Services from the pods that it is for. Those that send their "
        "traffic to a gateway inside the mesh, to an egress gateway above all, do not know the new one's "
        "namespace. Gateways themselves take no Sidecar.",
        remedy="Add the new gateway's Service or namespace to the egress hosts.",
        run=_sidecars,
    ),
)
