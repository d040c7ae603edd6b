"""The plan that keeps an old Gateway to its own pods. Pure: an isolation in, a plan out."""

from collections.abc import Sequence

from istiokit.cluster.patch import pointed
from istiokit.cluster.types import Ref
from istiokit.errors import NotDone
from istiokit.findings import Finding, Severity
from istiokit.istio.isolation import Isolation
from istiokit.istio.model import full_name
from istiokit.ownership.model import Owners
from istiokit.plan.actions.objects import set_field
from istiokit.plan.model import Group, Plan
from istiokit.plan.owned import UNSURE, Change, Held, held, notes
from istiokit.plan.rebind import MIGRATION

NAME = "isolate"
LOST = "VSG052"
"""Something would stop answering on the pods that the Gateway lets go of."""
REFUSING = (LOST, UNSURE)
"""What stands in the way unless `--allow` names it."""
_SHOWN = 5


def plan_isolate(found: Isolation, owners: Owners, allowed: Sequence[str] = ()) -> Plan:
    """One field to set; nothing where the Gateway keeps to its own pods already.

    Raises NotDone where it cannot be done, or where the owner would put the selector back: with the edit to make.
    """
    name = full_name(found.gateway)
    if found.refusal:
        raise NotDone(f"Gateway {name} cannot be isolated: {found.refusal}")
    if found.label is None:
        return Plan(MIGRATION, NAME, ())
    key, value = found.label
    ref = Ref("Gateway", found.gateway.metadata.name, found.gateway.metadata.namespace)
    path = pointed("spec", "selector", key)
    change = Change(ref, found.gateway.metadata, (path,), f"spec.selector: add {key}: {value}")
    verdict = held(change, owners, allowed)
    if verdict.refused:
        raise NotDone(f"{ref}: {verdict.owner.why}", verdict.remedy)
    selector = found.gateway.spec.selector
    manifest = {
        "kind": ref.kind,
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "spec": {} if selector is None else {"selector": dict(selector)},
    }
    why = f"only the pods of {', '.join(found.old)} carry it, and {', '.join(found.new)} not"
    action = set_field(manifest, path, value, why=why)
    return Plan(MIGRATION, NAME, (Group((action,)),), findings=_lost(found), notes=_notes(found, verdict))


def _lost(found: Isolation) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            LOST,
            Severity.ERROR,
            f"VirtualService {one.virtual_service}",
            f"{one.host} would no longer answer on {one.protocol} at {one.workload}",
            f"bind it to the new Gateway first (`add`); to go on all the same: --allow {LOST}",
        )
        for one in found.lost
    )


def _notes(found: Isolation, verdict: Held) -> tuple[str, ...]:
    """What has to be known before the question."""
    later = notes([verdict])
    if not found.moved:
        return later
    hosts = sorted({one.host for one in found.moved})
    more = f" and {len(hosts) - _SHOWN} more" if len(hosts) > _SHOWN else ""
    return (
        f"On {', '.join(found.new)} another Gateway takes over {', '.join(hosts[:_SHOWN])}{more}: while Envoy goes"
        " over, single requests there may get a 404. Do it before traffic moves to those pods.",
        *later,
    )
