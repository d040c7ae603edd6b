"""Policies that are put on the old gateway's pods by label or namespace, and do not follow to the new ones.

Which pods a policy is for: pilot/pkg/model/policyattachment.go (ShouldAttachPolicy), authorization.go,
authentication.go, telemetry.go, proxy_config.go and push_context.go (EnvoyFilters, TrafficExtensionsByListenerInfo)
of istio/istio, 1.20 to 1.32. A selector in the root namespace counts everywhere for most kinds; Telemetry and
ProxyConfig take it for the root namespace's own pods, and PeerAuthentication for none (ComposePeerAuthentication).
Policies with targetRefs are for gateways of the Kubernetes Gateway API alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.model import Rule, Subject, at_source
from istiokit.istio.dependents.facts import Dependents
from istiokit.istio.dependents.labels import Verdict, every, less, some
from istiokit.istio.dependents.moves import Move, Place
from istiokit.istio.dependents.policies import AuthorizationPolicy, Policy
from istiokit.istio.model import full_name

_OPEN = "what it keeps out comes in through the new gateway"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind selects, and what is missed where it does not."""

    name: str
    field: str
    """Of Dependents."""
    severity: Severity
    """Where it is certain that nothing of the kind takes its place."""
    loss: str
    everywhere: bool = True
    """Whether a selector in the root namespace counts in all namespaces."""


_KINDS = (
    _Kind("AuthorizationPolicy", "authorization_policies", Severity.ERROR, _OPEN),
    _Kind(
        "RequestAuthentication",
        "request_authentications",
        Severity.ERROR,
        "tokens are not checked there, and rules that ask for a token refuse every request",
    ),
    _Kind(
        "PeerAuthentication",
        "peer_authentications",
        Severity.WARNING,
        "the mesh's connections to the new gateway follow another mode of mutual TLS",
        everywhere=False,
    ),
    _Kind("EnvoyFilter", "envoy_filters", Severity.WARNING, "its patches are missing there"),
    _Kind("WasmPlugin", "wasm_plugins", Severity.WARNING, "the plugin does not run there"),
    _Kind("TrafficExtension", "traffic_extensions", Severity.WARNING, "the extension does not run there"),
    _Kind(
        "ProxyConfig",
        "proxy_configs",
        Severity.WARNING,
        "the new proxies run with other settings",
        everywhere=False,
    ),
    _Kind(
        "Telemetry",
        "telemetries",
        Severity.INFO,
        "metrics, traces or access logs of the new gateway differ",
        everywhere=False,
    ),
)


def applies(policy: Policy, kind: _Kind, pods: Place, root: str) -> Verdict:
    """Whether istiod puts the policy on these pods."""
    spec, place = policy.spec, policy.place
    if spec.targets:
        return False
    if place != pods.namespace and place != root:
        return False
    by_label_in_root = bool(spec.wanted) and place == root and not kind.everywhere
    if by_label_in_root and (kind.name == "PeerAuthentication" or pods.namespace != root):
        return False
    return pods.labels.have(spec.wanted)


def _attached(subject: Subject) -> Iterator[Finding]:
    near = {subject.root, *(pods.namespace for move in subject.moves for pods in move.before)}
    for kind in _KINDS if subject.moves else ():
        items: tuple[Policy, ...] = getattr(subject.dependents, kind.field)
        for item in (one for one in items if one.place in near):
            left = [move for move in subject.moves if _is_left(item, kind, move, subject.root)]
            if left:
                yield from _findings(item, kind, left, items, subject)


def _is_left(item: Policy, kind: _Kind, move: Move, root: str) -> bool:
    """Whether it is on old pods, as far as anybody can tell, and less surely on all new ones."""
    before = some(applies(item, kind, pods, root) for pods in move.before)
    if before is False or not less(every(applies(item, kind, pods, root) for pods in move.after), before):
        return False
    return before is True or any(pods.labels.share(item.spec.wanted) for pods in move.before)


def _findings(
    item: Policy, kind: _Kind, left: Sequence[Move], items: Sequence[Policy], subject: Subject
) -> Iterator[Finding]:
    """One finding for those pairs for which nothing takes its place."""
    rivals = {move.new: _rivals(item, kind, move, items, subject.root) for move in left}
    open_ = [move for move in left if not any(_alike(item, one) for one in rivals[move.new])]
    if not open_:
        return
    beside = next((one for move in open_ for one in rivals[move.new]), None)
    certain = beside is None and any(_is_certain(item, kind, move, subject.root) for move in open_)
    old, new = (", ".join(sorted({getattr(move, side) for move in open_})) for side in ("old", "new"))
    loss = _loss(item, kind, open_, subject)
    word = "is not" if certain else "may not be"
    reason = f"it is on the pods of {old} and {word} on those of {new}: {loss}"
    if beside is not None:
        reason += f" (unless {kind.name} {full_name(beside)} does what it does)"
    about = f"{kind.name} {full_name(item)}"
    remedy = _remedy(item, kind, open_, subject.root) + at_source(item.metadata, kind.name)
    yield Finding("VSG019", _severity(item, kind, certain), about, reason, remedy, item.spec.place)


def _severity(item: Policy, kind: _Kind, certain: bool) -> Severity:
    if isinstance(item, AuthorizationPolicy) and (item.dry_run or item.action == "AUDIT"):
        return Severity.INFO
    if kind.severity is Severity.ERROR and not certain:
        return Severity.WARNING
    return kind.severity


def _is_certain(item: Policy, kind: _Kind, move: Move, root: str) -> bool:
    return move.seen and None not in {applies(item, kind, pods, root) for pods in (*move.before, *move.after)}


def _rivals(item: Policy, kind: _Kind, move: Move, items: Sequence[Policy], root: str) -> list[Policy]:
    """Others of the kind that are on all new pods: those alike take its place, whatever else they are on."""
    found = []
    for one in items:
        if one is item or every(applies(one, kind, pods, root) for pods in move.after) is not True:
            continue
        own = some(applies(one, kind, pods, root) for pods in move.before) is False
        if _alike(item, one) or (own and _same_work(item, one)):
            found.append(one)
    return found


def _alike(item: Policy, other: Policy) -> bool:
    return item.spec.content() == other.spec.content()


def _same_work(item: Policy, other: Policy) -> bool:
    """Whether another one, made for the new pods, may stand for it with other words. EnvoyFilters are too different."""
    if isinstance(item, AuthorizationPolicy) and isinstance(other, AuthorizationPolicy):
        return item.action == other.action and item.dry_run == other.dry_run
    return type(item).__name__ in ("RequestAuthentication", "PeerAuthentication", "Telemetry", "ProxyConfig")


def _loss(item: Policy, kind: _Kind, left: Sequence[Move], subject: Subject) -> str:
    if not isinstance(item, AuthorizationPolicy):
        return kind.loss
    action = item.action
    if action == "CUSTOM":
        return "its provider is not asked about what comes through the new gateway"
    if action == "AUDIT":
        return "requests through the new gateway are not logged"
    if action == "ALLOW" and _others_allow(item, kind, left, subject.dependents, subject.root):
        return "other ALLOW policies are, and what only this one lets in gets 403 there"
    return _OPEN


def _others_allow(
    item: AuthorizationPolicy, kind: _Kind, left: Sequence[Move], dependents: Dependents, root: str
) -> bool:
    """Whether some other ALLOW policy is on the new pods: then what none of them lets in is refused."""
    return any(
        applies(one, kind, pods, root) is True
        for one in dependents.authorization_policies
        if one is not item and one.action == "ALLOW" and not one.dry_run
        for move in left
        for pods in move.after
    )


def _remedy(item: Policy, kind: _Kind, left: Sequence[Move], root: str) -> str:
    """The label to select by where one object can be for both, else where a copy belongs."""
    spaces = sorted({space for move in left for space in move.new_namespaces})
    after = [pods.labels.known for move in left for pods in move.after]
    new = _label(after)
    reaches = all(space == item.place for space in spaces) or (item.place == root and kind.everywhere)
    if not reaches or not item.spec.wanted:
        words = f" for the new pods ({new})" if new and item.spec.wanted else ""
        return f"put a copy of it into namespace {', '.join(spaces)}{words}"
    both = _label([*after, *(pods.labels.known for move in left for pods in move.before)])
    if both:
        return f"select by {both}, which both have, or make a second one for the new pods"
    return f"make a second one for the new pods{f' ({new})' if new else ''}"


def _label(found: Sequence[Mapping[str, str]]) -> str:
    """`app: public-ingressgateway`, a label that they all have with the same value; empty without one."""
    for key in ("app", "istio"):
        if found and len({one.get(key, "") for one in found}) == 1 and found[0].get(key):
            return f"{key}: {found[0][key]}"
    return ""


RULES = (
    Rule(
        code="VSG019",
        title="A policy is on the old gateway's pods and not on the new ones",
        severity=Severity.ERROR,
        why="Policies select gateway pods by namespace and labels. The new pods are in another namespace and carry "
        "other labels, so access rules, token checks, filters and plugins that were made for the old gateway are "
        "silently not there on the new one.",
        remedy="Select by labels that both have (in the root namespace selectors count everywhere), or put a copy of "
        "the policy beside the new pods before traffic moves.",
        run=_attached,
    ),
)
