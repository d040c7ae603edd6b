"""Every rule of `kubectl vs-gateways audit`, with its stable code; docs/checks has a page for each. Pure."""

from collections.abc import Iterable

from istiokit.errors import UsageError
from istiokit.findings import Finding, Severity
from istiokit.istio.audit import (
    answering,
    attached,
    certificates,
    changes,
    form,
    hostlists,
    identities,
    monitors,
    networkpolicies,
    patches,
    reach,
    references,
    renewals,
    reuse,
    scopes,
)
from istiokit.istio.audit.model import Rule, Subject
from istiokit.istio.dependents.facts import NO_DEPENDENTS, Dependents
from istiokit.istio.mapping import Mapping
from istiokit.istio.routing.facts import RouteFacts
from istiokit.istio.unusable import Unusable

_MODULES = (
    references,
    reach,
    form,
    answering,
    certificates,
    identities,
    attached,
    patches,
    networkpolicies,
    scopes,
    monitors,
    renewals,
    hostlists,
    reuse,
)

RULES: tuple[Rule, ...] = tuple(
    sorted((rule for module in _MODULES for rule in module.RULES), key=lambda rule: rule.code)
)
"""Sorted by code."""

_ORDER = tuple(Severity)


def audit(
    facts: RouteFacts,
    unusable: Iterable[Unusable] = (),
    mapping: Mapping | None = None,
    dependents: Dependents = NO_DEPENDENTS,
) -> tuple[Finding, ...]:
    """All findings, the worst first, then by code, object and field.

    `unusable` is what facts could not hold; `mapping` names old and new Gateways instead of Big Bang's names;
    `dependents` is what else may name the old ones.
    """
    subject = Subject(facts, tuple(unusable), mapping, dependents)
    found = {finding for rule in RULES for finding in rule.run(subject)}
    return tuple(sorted(found, key=_key))


def find_rule(code: str) -> Rule:
    """The rule with this code, in any case, those of changes included; raises UsageError where there is none."""
    for rule in (*RULES, *changes.RULES):
        if rule.code == code.upper():
            return rule
    raise UsageError(f"no rule has the code {code}", f"they go from {RULES[0].code} to {RULES[-1].code}")


def _key(finding: Finding) -> tuple[int, str, str, str]:
    return _ORDER.index(finding.severity), finding.code, finding.object, finding.path
