"""What a mutation policy does, as a rule on values: whoever is bound to one Gateway gets another as well.

The policies of `policies.py` say the same in the languages of their engines; `lacking` is the rule that they are
tested against, and how `touch` finds the VirtualServices that a policy has not seen yet.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from istiokit.errors import UsageError
from istiokit.istio.bindings import MESH, resolve
from istiokit.istio.mapping import Mapping
from istiokit.istio.model import VirtualService, VirtualServiceSpec


@dataclass(frozen=True, slots=True)
class Grant:
    """Whoever is bound to one of `holders` gets `gateway` too; all as `namespace/name`."""

    gateway: str
    holders: tuple[str, ...]


def grants_of(mapping: Mapping, *, one_way: bool = False) -> tuple[Grant, ...]:
    """The mapping as grants: from old to new, and back unless `one_way`, in the order of its pairs.

    There is no way back from a NEW that follows several OLDs: which of them is meant nobody can tell, and giving
    all of them would bind a VirtualService to Gateways that it never had (`merged` names them).
    Raises UsageError for `mesh`, which is no Gateway, and where there are no pairs.
    """
    if not mapping.pairs:
        raise UsageError("there are no pairs of Gateways to make a policy of", "name them with --map OLD=NEW")
    holders: dict[str, list[str]] = {}
    for pair in mapping.pairs:
        if pair.old == MESH:
            raise UsageError(f"{pair}: mesh is no Gateway that a policy could stand in for", "leave it out")
        holders.setdefault(pair.new, []).append(pair.old)
    forth = [Grant(new, tuple(olds)) for new, olds in holders.items()]
    back = [Grant(olds[0], (new,)) for new, olds in holders.items() if len(olds) == 1]
    return tuple(forth if one_way else forth + back)


def merged(mapping: Mapping) -> tuple[str, ...]:
    """The Gateways that follow more than one old one."""
    new = [pair.new for pair in mapping.pairs]
    return tuple(dict.fromkeys(name for name in new if new.count(name) > 1))


def lacking(virtual_service: VirtualService, grants: Sequence[Grant]) -> tuple[str, ...]:
    """The Gateways that a policy would add to it, in the order of the grants; at the top level or in a condition.

    Delegates (no hosts) must not have any, and without a list of its own a VirtualService is for the mesh alone:
    neither lacks anything. A condition's list narrows the top-level one (`bindings.attachments`), so a reference
    in it counts only where the top-level list has it too, or is given it.
    """
    spec = virtual_service.spec
    if not spec.hosts or not spec.gateways:
        return ()
    namespace = virtual_service.metadata.namespace or "default"
    top = _resolved(spec.gateways, namespace)
    added = [grant.gateway for grant in _due(grants, top, top)]
    reachable = top.union(added)
    for names in _condition_lists(spec):
        added += [grant.gateway for grant in _due(grants, _resolved(names, namespace), reachable)]
    return tuple(grant.gateway for grant in grants if grant.gateway in added)


def _due(grants: Iterable[Grant], names: frozenset[str], reachable: frozenset[str]) -> Iterator[Grant]:
    """The grants that one list has not got and has a claim to."""
    effective = names & reachable
    return (grant for grant in grants if grant.gateway not in names and effective.intersection(grant.holders))


def _resolved(names: Iterable[str], namespace: str) -> frozenset[str]:
    return frozenset(resolve(name, namespace) for name in names)


def _condition_lists(spec: VirtualServiceSpec) -> set[tuple[str, ...]]:
    routes = (route for routes in (spec.http, spec.tls, spec.tcp) for route in routes or ())
    return {match.gateways for route in routes for match in route.match or () if match.gateways}
