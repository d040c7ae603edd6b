"""Policy reports: what an engine has said about VirtualServices, and when. Pure.

Sources: kubernetes-sigs/wg-policy-prototypes (wgpolicyk8s.io PolicyReport) and openreports/reports-api (openreports.io
Report): both spell the fields that are read here alike. Kyverno writes a report for each resource, with the resource as
its `scope`; older versions, its command line and other engines one for a namespace, with `resources` in each result.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from istiokit.cluster.decode import Object, Part
from istiokit.cluster.kinds import VIRTUAL_SERVICE


class Resource(Part, frozen=True, kw_only=True, gc=False):
    """What a report or a result is about."""

    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""


class Timestamp(Part, frozen=True, kw_only=True, gc=False):
    """When a result was found, in seconds since 1970 in UTC."""

    seconds: int = 0


class ReportResult(Part, frozen=True, kw_only=True, gc=False):
    """One result. `rule` is absent where the engine knows no rules; `result` is pass, fail, warn, error or skip."""

    policy: str = ""
    rule: str = ""
    result: str = ""
    message: str = ""
    source: str = ""
    timestamp: Timestamp = Timestamp()
    resources: tuple[Resource, ...] | None = None


class Source(StrEnum):
    """The engines whose mutation policies are reported, as `source` of a result has them."""

    KYVERNO = "kyverno"
    """ClusterPolicy and Policy, from Kyverno 1.13 on."""
    MUTATING_POLICY = "KyvernoMutatingPolicy"
    """MutatingPolicy and NamespacedMutatingPolicy, from 1.15 on."""
    ADMISSION_POLICY = "MutatingAdmissionPolicy"
    """Kubernetes' own, where Kyverno was told to report on them."""


class Observation(NamedTuple):
    """What was said about one VirtualService by one rule."""

    source: str
    """The engine; reports of before 1.9 do not say, and have none but Kyverno's rules."""
    policy: str
    """As the report spells it: NAME, or NAMESPACE/NAME for a policy of a namespace."""
    rule: str
    """Empty for policies in CEL: what their results have there (`evaluation`, `match`) names no rule."""
    result: str
    message: str
    seconds: int
    """Since 1970 in UTC; 0 where the report does not say."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is about: of several with the same key the newest counts (Kyverno's aggregate/utils.go)."""
        return self.source, self.policy, self.rule


class PolicyReport(Object, frozen=True, kw_only=True, gc=False):
    """A report of either group."""

    scope: Resource | None = None
    results: tuple[ReportResult, ...] | None = None
    said: tuple[tuple[tuple[str, str], Observation], ...] = msgspec.field(name="(said)", default=())
    """No field of the API: what the results say of which VirtualService, once `slim` has looked at them."""


Observations = Mapping[tuple[str, str], tuple[Observation, ...]]
"""By namespace and name of the VirtualService; the newest of each key, sorted by it."""

_GROUP = f"{VIRTUAL_SERVICE.group}/"
_NOTHING = PolicyReport()
_ONCE: dict[Any, Any] = {}
"""Texts that thousands of reports have in common, each kept once."""


def slim(report: PolicyReport) -> PolicyReport:
    """The report as what it says of VirtualServices; `Cluster.list` keeps this of each while others still come."""
    if report.scope is not None and not _is_ours(report.scope):
        return _NOTHING
    return PolicyReport(said=tuple(_said(report)))


def observations(reports: Iterable[PolicyReport]) -> Observations:
    """What all the reports say of VirtualServices, each thing once."""
    newest: dict[tuple[str, str], dict[tuple[str, str, str], Observation]] = {}
    for report in reports:
        for name, one in report.said or _said(report):
            rules, key = newest.setdefault(name, {}), one.key
            if key not in rules or one.seconds > rules[key].seconds:
                rules[key] = one
    return {name: tuple([rules[key] for key in sorted(rules)]) for name, rules in newest.items()}


def _said(report: PolicyReport) -> Iterator[tuple[tuple[str, str], Observation]]:
    home = report.metadata.namespace or ""
    for result in report.results or ():
        one = _observed(result)
        for about in (report.scope,) if report.scope is not None else result.resources or ():
            if _is_ours(about):
                yield (about.namespace or home, about.name), one


def _observed(result: ReportResult) -> Observation:
    """With one copy of each text that many have in common; that of a pass names the object."""
    source = result.source or Source.KYVERNO
    return Observation(
        _once(source),
        _once(result.policy),
        _once(result.rule) if source == Source.KYVERNO else "",
        _once(result.result),
        result.message if result.result == "pass" else _once(result.message),
        result.timestamp.seconds,
    )


def _is_ours(resource: Resource) -> bool:
    """Whether it is a VirtualService of Istio; some engines leave the apiVersion out."""
    version = resource.api_version
    return resource.kind == VIRTUAL_SERVICE.name and (not version or version.startswith(_GROUP))


def _once(part: Any) -> Any:
    return _ONCE.setdefault(part, part) if part else part
