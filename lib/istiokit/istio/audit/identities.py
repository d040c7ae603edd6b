"""AuthorizationPolicies that know a gateway by its identity: the namespace and service account of its pods."""

from collections.abc import Iterator

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.access import Access, Judgement
from istiokit.istio.audit.model import Rule, Subject, at_source
from istiokit.istio.dependents.successors import beside
from istiokit.istio.model import full_name

_SENTENCES = {
    ("ALLOW", True): "it lets in {old} and {no} {new}: requests through the new gateway {get} 403",
    ("ALLOW", False): "it keeps out {old} and {no} {new}",
    ("DENY", True): "it denies {old} and {no} {new}: what it stops {come} through there",
    ("DENY", False): "it spares {old} and {no} {new}: requests through the new gateway {get} 403",
    ("CUSTOM", True): "its provider judges {old} and {no} {new}: what it stops {come} through there",
    (
        "CUSTOM",
        False,
    ): "its provider spares {old} and {no} {new}: requests through the new gateway {are} judged",
    ("AUDIT", True): "it logs {old} and {no} {new}",
}
"""By action, and by whether the new gateway loses what the old one has (else it gains it)."""
_MILDER = {("CUSTOM", False): Severity.WARNING, ("AUDIT", True): Severity.INFO}


def _identities(subject: Subject) -> Iterator[Finding]:
    if not subject.moves:
        return
    access = Access(subject)
    for policy in subject.dependents.authorization_policies:
        for one in access.judge(policy):
            if (one.policy.action, one.loses) in _SENTENCES:
                yield _finding(one)


def _finding(one: Judgement) -> Finding:
    kind = (one.policy.action, one.loses)
    old, new = (", ".join(sorted({getattr(move, side) for move in one.moves})) for side in ("old", "new"))
    named = f" ({', '.join(one.named)})"
    excludes = one.loses and one.constraint.negative
    words = {
        "old": old if excludes else old + named,
        "new": new + named if excludes else new,
        "no": "not" if one.certain else "perhaps not",
        "get": "get" if one.certain else "may get",
        "come": "comes" if one.certain else "may come",
        "are": "are" if one.certain else "may be",
    }
    reason = _SENTENCES[kind].format(**words)
    if one.partly:
        reason += f"; {one.partly} does so for a part of its requests"
    if one.policy.dry_run:
        reason += " (a dry run: it is only logged)"
    severity = _MILDER.get(kind, Severity.ERROR if one.certain else Severity.WARNING)
    about = f"AuthorizationPolicy {full_name(one.policy)}"
    return Finding(
        "VSG018", Severity.INFO if one.policy.dry_run else severity, about, reason, _remedy(one), one.path
    )


def _remedy(one: Judgement) -> str:
    constraint = one.constraint
    source = at_source(one.policy.metadata, "AuthorizationPolicy")
    if one.loses and constraint.negative:
        return f"take {', '.join(one.named)} out of it{source}"
    entries = sorted({entry for move in one.moves for entry in beside(constraint.field, one.named, move)})
    guess = (
        ""
        if all(move.seen for move in one.moves) or constraint.field == "namespaces"
        else " (if the new pods run as that service account)"
    )
    return f"add {', '.join(entries)} beside it{guess}{source}"


RULES = (
    Rule(
        code="VSG018",
        title="An AuthorizationPolicy knows only the old gateway's identity",
        severity=Severity.ERROR,
        why="Requests carry the identity of the gateway that they came through: the namespace and the service account "
        "of its pods. The new gateway has another one, so a policy that lets in the old one refuses the new one "
        "with 403, and one that denies the old one does not stop the new one.",
        remedy="Add the new gateway's principal or namespace beside the old one's before traffic moves.",
        run=_identities,
    ),
)
