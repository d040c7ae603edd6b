"""The grants as rules of a Kyverno ClusterPolicy, whose preconditions are JMESPath.

How Kyverno reads them: a key that is a list is compared with every value, and `*` in a value matches anything
(pkg/engine/variables/operator); rules run in order, each on what the one before has left; in a foreach within a
foreach `element` is the inner one, and `elementIndex0`, `elementIndex1` are the places of both.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from istiokit.kyverno.grants import Grant

_TOP = "{{ request.object.spec.gateways || `[]` }}"
_CONDITION = "{{ element.gateways || `[]` }}"
_CONDITIONS = "{{ request.object.spec.[http, tls, tcp][].match[].gateways[] || `[]` }}"
"""What all conditions name. Kyverno's loops are slow (500 conditions take 9 s, and its webhook has 10), so they begin
only where some condition has what they look for: most have no list of their own."""
_HAS_HOSTS = {
    "key": "{{ length(request.object.spec.hosts || `[]`) }}",
    "operator": "GreaterThan",
    "value": 0,
}
"""Without hosts it is a delegate."""
_LONGEST = 63
"""Of a rule's name, by the schema of ClusterPolicy."""

Rule = dict[str, Any]


def rules(grants: Sequence[Grant]) -> Iterator[Rule]:
    """The rules of the policy without what they match: first those on top-level lists, then on conditions'.

    In this order a condition is judged by the top-level list as all the rules have left it.
    """
    steps = [(grant.gateway, holder) for grant in grants for holder in grant.holders]
    for verb, make in (("add", _on_top), ("add-to-matches", _on_conditions)):
        for (gateway, holder), name in zip(steps, _names(verb, steps), strict=True):
            yield {"name": name, "context": _context(gateway, holder), **make(gateway)}


def spellings(gateway: str) -> list[str]:
    """All ways to write `namespace/name` in a VirtualService, as values of a precondition (`bindings.resolve`).

    The short forms mean this Gateway only in its own namespace; elsewhere the expression says the full one again.
    """
    namespace, _, name = gateway.partition("/")
    own = f"{{{{ request.namespace == '{namespace}' && '%s' || '{gateway}' }}}}"
    return [gateway, f"{name}.{namespace}", f"{name}.{namespace}.*", own % name, own % f"./{name}"]


def _context(gateway: str, holder: str) -> list[dict[str, Any]]:
    """The spellings that the rule looks for (`old` entitles to the Gateway) and those it must not find (`new`)."""
    return [
        {"name": name, "variable": {"value": spellings(reference)}}
        for name, reference in (("old", holder), ("new", gateway))
    ]


def _on_top(gateway: str) -> Rule:
    conditions = [_HAS_HOSTS, _holds_old(_TOP), _lacks_new(_TOP)]
    return {"preconditions": {"all": conditions}, "mutate": _add("/spec/gateways", gateway)}


def _on_conditions(gateway: str) -> Rule:
    """What a condition names counts only where the top-level list has it too."""
    loops = [_loop(kind, gateway) for kind in ("http", "tls", "tcp")]
    conditions = [_HAS_HOSTS, _holds_old(_TOP), _holds_old(_CONDITIONS)]
    return {"preconditions": {"all": conditions}, "mutate": {"foreach": loops}}


def _loop(kind: str, gateway: str) -> dict[str, Any]:
    """Over the routes of a kind, and over the conditions of each; both may be absent."""
    path = f"/spec/{kind}/{{{{elementIndex0}}}}/match/{{{{elementIndex1}}}}/gateways"
    inner = {
        "list": "element.match || `[]`",
        "preconditions": {"all": [_holds_old(_CONDITION), _lacks_new(_CONDITION)]},
        **_add(path, gateway),
    }
    return {"list": f"request.object.spec.{kind} || `[]`", "foreach": [inner]}


def _holds_old(names: str) -> dict[str, Any]:
    return {"key": names, "operator": "AnyIn", "value": "{{ old }}"}


def _lacks_new(names: str) -> dict[str, Any]:
    return {"key": names, "operator": "AllNotIn", "value": "{{ new }}"}


def _add(path: str, gateway: str) -> dict[str, Any]:
    return {"patchesJson6902": f"- op: add\n  path: {path}/-\n  value: {gateway}\n"}


def _names(verb: str, steps: Sequence[tuple[str, str]]) -> list[str]:
    """A name for each rule, after the Gateway that it adds; with a hash where that is too long or not unique."""
    plain = [f"{verb}-{gateway.replace('/', '-').replace('.', '-')}" for gateway, _ in steps]
    often = Counter(plain)
    return [
        name if often[name] == 1 and len(name) <= _LONGEST else f"{name[: _LONGEST - 9]}-{_digest(step)}"
        for name, step in zip(plain, steps, strict=True)
    ]


def _digest(step: tuple[str, str]) -> str:
    return hashlib.sha256(" ".join(step).encode()).hexdigest()[:8]
