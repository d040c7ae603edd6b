"""VirtualServices and their dependence on the policy as rows, for people and programs. Pure."""

from collections.abc import Iterable, Sequence

import msgspec

from istiokit.istio.bindings import references
from istiokit.kyverno.dependence import Case, Judgement, Told, Verdict
from istiokit.ownership.declared import By
from istiokit.ownership.model import NOBODY, Owner

_WEIGHT = ("pass", "error", "fail", "warn", "skip")
"""Which of several results tells most; what is forward comes first."""


class Result(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What a report says of one rule."""

    policy: str
    rule: str
    result: str
    source: str
    age_seconds: int
    stale: bool
    forward: bool
    message: str


class DependentRow(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One VirtualService: the verdict, what it rests on, and what to change where."""

    namespace: str
    name: str
    verdict: Verdict
    why: str
    rule: str
    """The rule whose result tells most; empty without reports."""
    result: str
    age_seconds: int | None
    """How old that result is; None without one."""
    stale: bool
    source: By
    declared: tuple[str, ...] | None
    """The list of gateways that the source has, as spelled; None where it is not known."""
    gateways: tuple[str, ...]
    """The list of the object as it is."""
    missing: tuple[str, ...]
    """What the source has to name."""
    leaves: tuple[str, ...]
    """Old Gateways that it leaves at its next write once the policy is gone."""
    reached: bool
    """Whether the object has all that a policy would give; what it has not it cannot lose."""
    owner: str
    change: str = ""
    """Where to make the edit, with the preposition; empty where there is none to make, or it was not asked for."""
    results: tuple[Result, ...] = ()

    @property
    def full_name(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"

    @property
    def pending(self) -> bool:
        """Whether it keeps the policy from being removed."""
        return self.verdict is not Verdict.MIGRATED


def row(case: Case, judgement: Judgement, owner: Owner, change: str = "") -> DependentRow:
    """The row of one VirtualService."""
    item, spec = case.item, case.declared.spec
    named = references(item)
    apt = [one for one in case.told if named.intersection(one.forward)]
    results = tuple(_result(one) for one in case.told)
    best = min(map(_result, apt or case.told), key=_order, default=None)
    return DependentRow(
        namespace=item.metadata.namespace or "default",
        name=item.metadata.name,
        verdict=judgement.verdict,
        why=judgement.why,
        rule=(best.rule or best.policy) if best else "",
        result=best.result if best else "",
        age_seconds=best.age_seconds if best else None,
        stale=best.stale if best else False,
        source=case.declared.by,
        declared=None if spec is None else spec.gateways or ("mesh",),
        gateways=item.spec.gateways or (),
        missing=judgement.missing,
        leaves=judgement.leaves,
        reached=judgement.reached,
        owner=owner.title if owner is not NOBODY else "",
        change=change,
        results=results,
    )


def unseen(namespace: str, name: str, told: Sequence[Told]) -> DependentRow:
    """The row of a VirtualService of which there is nothing but a report."""
    results = tuple(_result(one) for one in told)
    best = min(results, key=_order)
    accused = any(one.accuses and not one.stale for one in told)
    return DependentRow(
        namespace=namespace,
        name=name,
        verdict=Verdict.DEPENDS if accused else Verdict.UNKNOWN,
        why="by its report the last request had to be changed"
        if accused
        else "nothing but its report was read, which speaks of the last request and not of the source",
        rule=best.rule or best.policy,
        result=best.result,
        age_seconds=best.age_seconds,
        stale=best.stale,
        source=By.UNKNOWN,
        declared=None,
        gateways=(),
        missing=(),
        leaves=(),
        reached=True,
        owner="",
        results=results,
    )


def summary_of(rows: Iterable[DependentRow]) -> dict[str, int]:
    """How many there are of each verdict, also where there is none."""
    counts = dict.fromkeys(map(str, Verdict), 0)
    for one in rows:
        counts[one.verdict] += 1
    return counts


def _result(one: Told) -> Result:
    found = one.observation
    return Result(
        found.policy,
        found.rule,
        found.result,
        found.source,
        one.age,
        one.stale,
        bool(one.forward),
        found.message,
    )


def _order(one: Result) -> tuple[bool, int, bool, str]:
    weight = _WEIGHT.index(one.result) if one.result in _WEIGHT else len(_WEIGHT)
    return not one.forward, weight, one.stale, one.rule
