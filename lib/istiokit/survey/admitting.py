"""Lets the API server admit VirtualServices without storing them: what a mutation policy does is then no guess."""

import secrets
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
"""The namespace of a probe where no VirtualService is bound to any of the Gateways."""
_MARK = "istio-migrate-probe"

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """What is sent for one Gateway: a VirtualService that is there and lacks what goes with it, else a probe."""

    gateway: str
    namespace: str
    """Of the probe."""
    existing: Ref | None = None


def samples(cluster: Cluster, grants: Sequence[Grant]) -> tuple[Sample, ...]:
    """One for each Gateway that a policy with these grants knows. Raises what keeps VirtualServices from being read."""
    names = tuple(dict.fromkeys(name for grant in grants for name in (*grant.holders, grant.gateway)))
    found = cluster.list(VIRTUAL_SERVICE, VirtualService, keep=shared)
    bound = sorted((item for item in found if references(item).intersection(names)), key=_place)
    home = _place(bound[0])[0] if bound else _HOME
    return tuple(Sample(name, home, _lacker(bound, name, grants)) for name in names)


def unproved(cluster: Cluster, sample: Sample, grants: Sequence[Grant]) -> str:
    """Why the server does not do with it what the policy says; empty where it does.

    A dry run of an update of what exists, and of a create of what does not. Raises Forbidden where we may not ask,
    OperationFailed where the server refuses the probe for good.
    """
    try:
        sent, answer = _admitted(cluster, sample)
    except (NoAnswer, Conflict) as error:
        return (
            error.what
        )  # a server that has no schema yet, a webhook that does not answer yet, a write in between
    before, after = msgspec.convert(sent, VirtualService), msgspec.convert(answer, VirtualService)
    if missing := lacking(after, grants):
        return f"a VirtualService with {sample.gateway} does not get {', '.join(missing)}"
    named = {name for grant in grants for name in (*grant.holders, grant.gateway)}
    more = (references(after) - references(before)) & named - set(lacking(before, grants))
    return f"a VirtualService with {sample.gateway} still gets {', '.join(sorted(more))}" if more else ""


def _admitted(cluster: Cluster, sample: Sample) -> tuple[Manifest, Manifest]:
    """What was sent and what the server would store; one that exists and is refused for itself gives way to a probe."""
    live = cluster.get(sample.existing, dict[str, Any]) if sample.existing else None
    if live is not None:
        try:
            return live, cluster.replace(live, dry_run=True)
        except (NoAnswer, Conflict):
            raise
        except OperationFailed:  # it may not be written for reasons of its own, or we may only create
            live = None
    made = _probe(sample)
    return made, cluster.create(made, dry_run=True)


def _probe(sample: Sample) -> Manifest:
    """A VirtualService that is made for nothing but this, and never stored."""
    name = f"{_MARK}-{secrets.token_hex(4)}"
    host = f"{_MARK}.{sample.namespace}.svc.cluster.local"
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": VIRTUAL_SERVICE.name,
        "metadata": {"name": name, "namespace": sample.namespace},
        "spec": {
            "hosts": [f"{name}.invalid"],
            "gateways": [sample.gateway],
            "http": [{"route": [{"destination": {"host": host}}]}],
        },
    }


def _lacker(bound: Iterable[VirtualService], gateway: str, grants: Sequence[Grant]) -> Ref | None:
    """The first that holds the Gateway and lacks what goes with it."""
    given = [grant for grant in grants if gateway in grant.holders]
    for item in bound:
        if given and lacking(item, given):
            namespace, name = _place(item)
            return Ref(VIRTUAL_SERVICE.name, name, namespace)
    return None


def _place(item: VirtualService) -> tuple[str, str]:
    return item.metadata.namespace or _HOME, item.metadata.name
