"""Every check of `kubectl istio-migrate check`, with its stable code; docs/checks has a page for each. Pure."""

from collections.abc import Collection, Iterable, Iterator

from istiokit.bigbang.checks import (
    core,
    crds,
    endpoints,
    gateways,
    operator,
    permissions,
    releases,
    serving,
    values,
    versions,
)
from istiokit.bigbang.checks.model import Check, Subject, Target
from istiokit.bigbang.facts import Facts
from istiokit.errors import UsageError
from istiokit.findings import Finding, Severity

_MODULES = (releases, values, gateways, endpoints, crds, operator, permissions, versions, serving, core)

CHECKS: tuple[Check, ...] = tuple(
    sorted((one for module in _MODULES for one in module.CHECKS), key=lambda one: one.code)
)
"""Sorted by code."""

WITHOUT_UMBRELLA = "IM022"
"""The check that speaks where there is no Big Bang at all."""

_ORDER = tuple(Severity)


def check(facts: Facts, target: Target, version: str = "") -> tuple[Finding, ...]:
    """All findings for the target, the worst first, then by code and object.

    `version` is that of Big Bang where it is known better than the facts have it. What could not be read
    leads to a warning, never to a pass and never to an error.
    """
    known = version or (facts.umbrella.version if facts.umbrella else "")
    subject = Subject(facts, target, known)
    found = (finding for one in applicable(facts, target) for finding in _findings(one, subject))
    return tuple(sorted(set(found), key=_key))


def applicable(facts: Facts, target: Target) -> tuple[Check, ...]:
    """The checks that have something to say about these facts.

    Files cannot answer for a cluster, and of a cluster without Big Bang there is only that to say.
    """
    live = facts.server_version is not None
    if live and facts.umbrella is None:
        return tuple(one for one in CHECKS if one.code == WITHOUT_UMBRELLA)
    return tuple(one for one in CHECKS if target in one.steps and (live or not one.live))


def refusing(findings: Iterable[Finding], allowed: Collection[str]) -> list[Finding]:
    """The findings that forbid the step: errors whose code is not among `allowed`."""
    return [one for one in findings if one.severity is Severity.ERROR and one.code not in allowed]


def find_check(code: str) -> Check:
    """The check with this code, in any case; raises UsageError where there is none."""
    for one in CHECKS:
        if one.code == code.upper():
            return one
    raise UsageError(f"no check has the code {code}", f"they go from {CHECKS[0].code} to {CHECKS[-1].code}")


def _findings(one: Check, subject: Subject) -> Iterator[Finding]:
    unread = [item for item in subject.facts.unread if item.kind in one.needs and not item.missing]
    if not unread:
        yield from one.run(subject)
        return
    kinds = ", ".join(item.kind for item in unread)
    reason = f"cannot tell, because {kinds} could not be read: {unread[0].reason}"
    remedy = "ask for the permission to read it, or see for yourself"
    yield Finding(one.code, Severity.WARNING, subject.facts.where, f"{one.title}: {reason}", remedy)


def _key(finding: Finding) -> tuple[int, str, str, str]:
    return _ORDER.index(finding.severity), finding.code, finding.object, finding.reason
