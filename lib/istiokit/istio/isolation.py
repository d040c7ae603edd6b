"""Narrowing an old Gateway's selector to a label that only its own pods carry. Pure.

Big Bang's old and new gateway pods carry the same label, and selectors look across namespaces: so the older Gateway
wins on the new pods too. Pods that the Istio operator made carry `operator.istio.io/component` besides (measured).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from istiokit.istio.model import Gateway, full_name
from istiokit.istio.routing.facts import RouteFacts, Workload
from istiokit.istio.routing.served import Answer, answers

_PREFERRED = (
    "operator.istio.io/component",
    "install.operator.istio.io/owning-resource",
    "operator.istio.io/managed",
    "release",
    "istio",
)
_FLEETING = (
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "istio.io/rev",
    "chart",
)
_FLEETING_ENDS = ("/version", "/chart", "/canonical-revision", "version", "/inject", "-hash")
"""Labels that the next rollout may change: a listener must not hang on them."""


@dataclass(frozen=True, slots=True)
class Isolation:
    """What narrowing the selector comes to."""

    gateway: Gateway
    label: tuple[str, str] | None
    """Key and value that join the selector; None where nothing has to change, or nothing can."""
    old: tuple[str, ...]
    """The workloads in the Gateway's own namespace: they keep it."""
    new: tuple[str, ...]
    """The other workloads that it selects now, and would not any more."""
    lost: tuple[Answer, ...] = ()
    """What answers now on some pods and would not."""
    moved: tuple[Answer, ...] = ()
    """What another Gateway would serve in its place on the new pods."""
    refusal: str = ""
    """Why it cannot be done; empty where it can."""

    @property
    def isolated(self) -> bool:
        """Whether the Gateway selects none but its own pods already."""
        return not self.new and not self.refusal


def isolation(facts: RouteFacts, name: str, wanted: tuple[str, str] | None = None) -> Isolation | None:
    """How the Gateway `name` can be kept to the pods of its own namespace; None where it does not exist.

    `facts` hold everything, with the gateways' pods. `wanted` is a label that people chose; without one the best of
    those is taken that all of its own pods carry and no other pod that it selects. The model is run on both states.
    """
    gateway = next((one for one in facts.gateways or () if full_name(one) == name), None)
    if gateway is None:
        return None
    selected = [one for one in facts.workloads or () if _selects(gateway, one)]
    place = gateway.metadata.namespace or "default"
    old = [one for one in selected if one.namespace == place]
    new = [one for one in selected if one.namespace != place]
    found = Isolation(gateway, None, tuple(one.name for one in old), tuple(one.name for one in new))
    if not old:
        return replace(
            found, refusal=f"{name} selects no pod in namespace {place}: there is nothing to keep it for"
        )
    if not new:
        return found
    label, refusal = _label(old, new, wanted)
    if label is None:
        return replace(found, refusal=refusal)
    return _judged(facts, replace(found, label=label))


def narrowed(gateway: Gateway, label: tuple[str, str]) -> Gateway:
    """The Gateway with the label in its selector."""
    selector = {**(gateway.spec.selector or {}), label[0]: label[1]}
    return msgspec.structs.replace(gateway, spec=msgspec.structs.replace(gateway.spec, selector=selector))


def _label(
    old: Sequence[Workload], new: Sequence[Workload], wanted: tuple[str, str] | None
) -> tuple[tuple[str, str] | None, str]:
    """The label, or why there is none."""
    common = set.intersection(*(set(one.labels.items()) for one in old))
    taken = {pair for one in new for pair in one.labels.items()}
    if wanted is not None:
        word = "=".join(wanted)
        if wanted not in common:
            return None, f"not all of its own pods carry {word}"
        return (None, f"other pods that it selects carry {word} too") if wanted in taken else (wanted, "")
    candidates = sorted((pair for pair in common - taken if not _is_fleeting(pair[0])), key=_rank)
    if not candidates:
        return (
            None,
            "its own pods carry no lasting label that the other pods lack: label their Deployment first",
        )
    return candidates[0], ""


def _is_fleeting(key: str) -> bool:
    return key in _FLEETING or key.endswith(_FLEETING_ENDS)


def _rank(pair: tuple[str, str]) -> tuple[int, str]:
    key = pair[0]
    return (_PREFERRED.index(key) if key in _PREFERRED else len(_PREFERRED), key)


def _judged(facts: RouteFacts, found: Isolation) -> Isolation:
    assert found.label is not None, "there is something to judge"
    name = full_name(found.gateway)
    after = narrowed(found.gateway, found.label)
    gateways = tuple(after if full_name(one) == name else one for one in facts.gateways or ())
    now, then = _by_key(answers(facts)), _by_key(answers(replace(facts, gateways=gateways)))
    lost = (one for key, one in now.items() if one.answers and not (key in then and then[key].answers))
    moved = (
        one
        for key, one in now.items()
        if one.answers and key in then and then[key].answers and then[key].gateway != one.gateway
    )
    return replace(found, lost=tuple(lost), moved=tuple(moved))


def _by_key(rows: Iterable[Answer]) -> Mapping[tuple[str, str, str, int, str], Answer]:
    return {(one.virtual_service, one.host, one.workload, one.port, one.protocol): one for one in rows}


def _selects(gateway: Gateway, workload: Workload) -> bool:
    return (gateway.spec.selector or {}).items() <= workload.labels.items()
