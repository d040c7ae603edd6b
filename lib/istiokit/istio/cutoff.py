"""Which VirtualServices would stop answering if their gateways changed: the 404 trap, found before it snaps. Pure.

Where two Gateways select the same pods the older one keeps a port and host, so a VirtualService that lets go of it gets
404 although it is bound to the new one (measured, see docs/architecture.md).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from istiokit.istio.model import VirtualService, full_name
from istiokit.istio.routing.facts import RouteFacts, assumed_workloads
from istiokit.istio.routing.reasons import Reason
from istiokit.istio.routing.served import Answer, answers

_Key = tuple[str, str, int, str]
"""Host, workload, port, protocol."""


def cut_off(facts: RouteFacts, changed: Sequence[VirtualService], news: Collection[str]) -> Mapping[str, str]:
    """The reason, by `namespace/name`, for each of the changed VirtualServices that would stop answering somewhere.

    `facts` hold all VirtualServices as they are, `changed` those that change as they would be, `news` the Gateways
    that take over. The pods that these select in their own namespaces must go on answering for all that they answer
    for now; other pods may fall silent, as long as every host and protocol answers on some pods. What nobody can know
    is no reason.
    """
    after = {full_name(item): item for item in changed}
    mixed = tuple(after.get(full_name(item), item) for item in facts.virtual_services)
    now = _by_name(answers(facts), after)
    then = _by_name(answers(replace(facts, virtual_services=mixed)), after)
    staying = frozenset(_pods_of(facts, news))
    reasons = {name: _reason(now.get(name, []), then.get(name, []), staying) for name in after}
    return {name: reason for name, reason in reasons.items() if reason}


def _pods_of(facts: RouteFacts, news: Collection[str]) -> Iterator[str]:
    """The names of the workloads that the Gateways select in their own namespaces."""
    workloads = facts.workloads
    if workloads is None:
        workloads = assumed_workloads(facts.gateways or ())
    for gateway in facts.gateways or ():
        if full_name(gateway) in news:
            selector = (gateway.spec.selector or {}).items()
            place = gateway.metadata.namespace or "default"
            yield from (
                one.name for one in workloads if one.namespace == place and selector <= one.labels.items()
            )


def _by_name(found: Iterable[Answer], names: Collection[str]) -> dict[str, list[Answer]]:
    grouped: dict[str, list[Answer]] = {}
    for one in found:
        if one.virtual_service in names:
            grouped.setdefault(one.virtual_service, []).append(one)
    return grouped


def _reason(now: Sequence[Answer], then: Sequence[Answer], staying: Collection[str]) -> str:
    """Why something is lost; empty where nothing is."""
    if any(one.reason is Reason.GATEWAYS_UNKNOWN for one in then):
        return ""
    later = {_key(one): one for one in then}
    alive = {(one.host, one.protocol) for one in then if one.answers}
    for one in now:
        if not _may_answer(one):
            continue
        other = later.get(_key(one))
        stays = one.workload in staying
        if (stays and (other is None or not other.answers)) or (one.host, one.protocol) not in alive:
            why = other.sentence if other is not None else "no Gateway that it would name selects these pods"
            word = "would" if other is None or other.known else "might"
            return f"{one.host} {word} no longer answer on {one.protocol} at {one.workload}: {why}"
    return ""


def _may_answer(one: Answer) -> bool:
    """Also where it depends on which Gateway is older, and nobody knows: the worst counts."""
    return one.answers or one.reason is Reason.UNKNOWN_ORDER


def _key(one: Answer) -> _Key:
    return one.host, one.workload, one.port, one.protocol
