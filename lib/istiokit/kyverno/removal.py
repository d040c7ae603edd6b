"""May the mutation policy go? What stands in the way of that, as findings. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from istiokit.errors import UsageError
from istiokit.findings import Finding, Severity
from istiokit.kyverno.dependence import Verdict
from istiokit.kyverno.dependents import DependentRow
from istiokit.ownership.declared import By


@dataclass(frozen=True, slots=True)
class Rule:
    """A code with its meaning; docs/checks has a page for each."""

    code: str
    severity: Severity
    title: str
    why: str
    remedy: str


DEPENDS = Rule(
    "PR001",
    Severity.ERROR,
    "The source names only the old Gateway",
    "without the policy the next write by its owner takes the new Gateway away, and its hosts answer 404 there",
    "name the new Gateway at the source",
)
UNKNOWN = Rule(
    "PR002",
    Severity.ERROR,
    "Nobody can tell what the source names",
    "it may name only the old Gateway, and then the next write by its owner takes the new one away",
    "look at the source; for manifests that are applied on the server side, --source FILE takes them as evidence",
)
LEAVES = Rule(
    "PR003",
    Severity.WARNING,
    "It leaves the old Gateway at its next write",
    "its source names only the new Gateway, and the policy gave it the old one: requests that still come there get 404",
    "move all traffic to the new gateway first (kubectl vs-gateways can-drop tells)",
)
UNREAD = Rule(
    "PR004",
    Severity.ERROR,
    "Not everything could be read",
    "a VirtualService that was not seen may depend on the policy, and a policy that was not seen may be relied on",
    "ask for the role in docs/rbac/",
)
STRANGE = Rule(
    "PR005",
    Severity.ERROR,
    "A policy gives a Gateway that belongs to no pair",
    "whether VirtualServices need it from the policy was not judged",
    "name the pairs with --map OLD=NEW",
)
NO_REPORTS = Rule(
    "PR006",
    Severity.WARNING,
    "Kyverno has reported nothing about the policy",
    "the reports are one of three pieces of evidence; without them another writer of the object goes unseen",
    "see whether the reports controller may read VirtualServices (kubectl istio-migrate policy plan tells)",
)
RULES = (DEPENDS, UNKNOWN, LEAVES, UNREAD, STRANGE, NO_REPORTS)

_POLICIES = (
    "ClusterPolicy",
    "Policy",
    "MutatingPolicy",
    "NamespacedMutatingPolicy",
    "MutatingAdmissionPolicy",
)
_VITAL = ("VirtualService", "Gateway", *_POLICIES)
_REPORTS = ("PolicyReport", "Report")


def find_rule(code: str) -> Rule:
    """The rule of this code; raises UsageError for one that there is not."""
    for rule in RULES:
        if rule.code == code.upper():
            return rule
    raise UsageError(f"there is no finding {code}", f"known are: {', '.join(rule.code for rule in RULES)}")


def removal_findings(
    rows: Iterable[DependentRow],
    *,
    unreadable: Sequence[tuple[str, str]] = (),
    lost: Sequence[tuple[str, str]] = (),
    strange: Collection[str] = (),
    policies: Sequence[str] = (),
) -> tuple[Finding, ...]:
    """What stands in the way, errors first.

    `unreadable` are kinds that may not be read, each with the reason, and `lost` places in files; `strange` the
    Gateways that policies give and no pair has; `policies` those of Kyverno that should have been reported about.
    """
    rows = tuple(rows)
    vital = [(kind, reason) for kind, reason in unreadable if kind in _VITAL]
    found = [
        *(_finding(UNREAD, kind, reason) for kind, reason in vital),
        *(_finding(UNREAD, place, reason, "name dumps that are whole") for place, reason in lost),
        *(
            _finding(STRANGE, name, f"a policy gives Gateway {name}, old or new of no pair")
            for name in strange
        ),
    ]
    for rule, verdict in ((DEPENDS, Verdict.DEPENDS), (UNKNOWN, Verdict.UNKNOWN)):
        found += [_about(rule, one, one.why) for one in rows if one.verdict is verdict]
    found += [
        _about(LEAVES, one, f"its source does not name {', '.join(one.leaves)}") for one in rows if one.leaves
    ]
    if rows and policies and not any(one.results for one in rows):
        hidden = next((reason for kind, reason in unreadable if kind in _REPORTS), "")
        remedy = UNREAD.remedy if hidden else ""
        found.append(_finding(NO_REPORTS, policies[0], hidden or NO_REPORTS.title, remedy))
    return tuple(found)


def _about(rule: Rule, one: DependentRow, reason: str) -> Finding:
    remedy = rule.remedy
    if rule is DEPENDS and one.change:
        remedy = f"{', '.join(one.missing) or 'the new Gateway'} belongs {one.change}"
    elif rule is UNKNOWN and one.change:
        remedy = f"look {one.change}{_more(one)}"
    return _finding(rule, f"VirtualService {one.full_name}", reason, remedy)


def _more(one: DependentRow) -> str:
    """What else makes it known."""
    if one.source in (By.WRITER, By.ITSELF):
        return "; --source FILE takes its rendered manifest as evidence"
    if one.result == "pass" and not one.stale and one.declared is not None:
        return f"; any update renews its report: kubectl annotate vs -n {one.namespace} {one.name} seen=1 --overwrite"
    return ""


def _finding(rule: Rule, about: str, reason: str, remedy: str = "") -> Finding:
    return Finding(rule.code, rule.severity, about, reason, remedy or rule.remedy)
