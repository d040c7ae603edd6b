"""Lets the API server admit VirtualServices without storing them: what a mutation policy does is then no guess."""

import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from istiokit.cluster.kinds import VIRTUAL_SERVICE
from istiokit.cluster.live_failures import NoAnswer
from istiokit.cluster.types import Cluster, Ref
from istiokit.errors import Conflict, OperationFailed
from istiokit.istio.bindings import references
from istiokit.istio.model import VirtualService
from istiokit.istio.sharing import shared
from istiokit.kyverno.grants import Grant, lacking

_HOME = "default"
"""The last namespace that is tried: nearly every cluster has it, and hardly any engine leaves it out."""
_NAMESPACES = 3
"""So many namespaces with VirtualServices are tried for each Gateway: an engine may leave out some."""
_MARK = "istio-migrate-probe"

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Try:
    """A VirtualService with the Gateway: one that is there and lacks what goes with it, else a probe."""

    gateway: str
    namespace: str
    existing: Ref | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """What is tried for one Gateway, the likeliest first; one that comes back as it should is enough."""

    gateway: str
    gets: bool
    """Whether the policy gives anything to who has it. Else only that nothing is given can be seen."""
    tries: tuple[Try, ...]


def samples(cluster: Cluster, grants: Sequence[Grant]) -> tuple[Sample, ...]:
    """One for each Gateway that these grants know, first those to which something is given.

    Raises what keeps the VirtualServices from being read.
    """
    holders = dict.fromkeys(name for grant in grants for name in grant.holders)
    names = tuple(holders | dict.fromkeys(grant.gateway for grant in grants))
    found = cluster.list(VIRTUAL_SERVICE, VirtualService, keep=shared)
    bound = sorted((item for item in found if references(item).intersection(names)), key=_place)
    often = Counter(_place(item)[0] for item in bound)
    homes = tuple(dict.fromkeys([*(name for name, _ in often.most_common(_NAMESPACES)), _HOME]))
    return tuple(Sample(name, name in holders, _tries(name, bound, homes, grants)) for name in names)


def unproved(cluster: Cluster, attempt: Try, grants: Sequence[Grant]) -> str:
    """Why the server does not do with it what the policy says; empty where it does.

    A dry run of an update of what exists, and of a create of what does not. Raises Forbidden where we may not ask,
    OperationFailed where the server refuses the probe for good.
    """
    try:
        sent, answer = _admitted(cluster, attempt)
    except (NoAnswer, Conflict) as error:
        return (
            error.what
        )  # a server that has no schema yet, a webhook that does not answer yet, a write in between
    before, after = msgspec.convert(sent, VirtualService), msgspec.convert(answer, VirtualService)
    if missing := lacking(after, grants):
        return f"a VirtualService with {attempt.gateway} does not get {', '.join(missing)}"
    named = {name for grant in grants for name in (*grant.holders, grant.gateway)}
    more = (references(after) - references(before)) & named - set(lacking(before, grants))
    return f"a VirtualService with {attempt.gateway} still gets {', '.join(sorted(more))}" if more else ""


def no_answer(cluster: Cluster) -> str:
    """Why VirtualServices cannot be written at all now: a webhook that does not answer; empty if they can be."""
    try:
        cluster.create(_probe(Try("default/gateway", _HOME)), dry_run=True)
    except NoAnswer as error:
        return error.what
    except OperationFailed:
        return ""  # refused for what it is, or for who asks: that is an answer
    return ""


def _tries(
    gateway: str, bound: Sequence[VirtualService], homes: Sequence[str], grants: Sequence[Grant]
) -> tuple[Try, ...]:
    """What is there comes first, since that is what the policy is for; then a probe in each namespace."""
    there = [Try(gateway, home, ref) for home in homes if (ref := _lacker(bound, gateway, home, grants))]
    return (*there, *(Try(gateway, home) for home in homes))


def _admitted(cluster: Cluster, attempt: Try) -> tuple[Manifest, Manifest]:
    """What was sent and what the server would store; one that exists and is refused for itself gives way to a probe."""
    live = cluster.get(attempt.existing, dict[str, Any]) if attempt.existing else None
    if live is not None:
        try:
            return live, cluster.replace(live, dry_run=True)
        except (NoAnswer, Conflict):
            raise
        except OperationFailed:  # it may not be written for reasons of its own, or we may only create
            live = None
    made = _probe(attempt)
    return made, cluster.create(made, dry_run=True)


def _probe(attempt: Try) -> Manifest:
    """A VirtualService that is made for nothing but this, and never stored."""
    name = f"{_MARK}-{secrets.token_hex(4)}"
    host = f"{_MARK}.{attempt.namespace}.svc.cluster.local"
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": VIRTUAL_SERVICE.name,
        "metadata": {"name": name, "namespace": attempt.namespace},
        "spec": {
            "hosts": [f"{name}.invalid"],
            "gateways": [attempt.gateway],
            "http": [{"route": [{"destination": {"host": host}}]}],
        },
    }


def _lacker(bound: Iterable[VirtualService], gateway: str, home: str, grants: Sequence[Grant]) -> Ref | None:
    """The first of the namespace that holds the Gateway and lacks what goes with it."""
    given = [grant for grant in grants if gateway in grant.holders]
    for item in bound:
        namespace, name = _place(item)
        if namespace == home and given and lacking(item, given):
            return Ref(VIRTUAL_SERVICE.name, name, namespace)
    return None


def _place(item: VirtualService) -> tuple[str, str]:
    return item.metadata.namespace or _HOME, item.metadata.name
