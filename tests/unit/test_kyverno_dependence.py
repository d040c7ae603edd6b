"""The verdict on one VirtualService: each piece of evidence, and where they contradict each other."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from istiokit.istio.model import VirtualServiceSpec
from istiokit.kyverno.dependence import Case, Judgement, Measure, Verdict, forward_rules, judge, told
from istiokit.kyverno.dependents import row
from istiokit.kyverno.direction import forward_grants
from istiokit.kyverno.grants import grants_of
from istiokit.kyverno.policies import Engine, policy
from istiokit.kyverno.recognise import recognise
from istiokit.kyverno.reports import Observation, Source
from istiokit.ownership.declared import By, Declared, DeclaredVirtualService
from istiokit.ownership.model import NOBODY
from tests.unit.kyverno_cases import NEW_PASS, NEW_PUBLIC, PASS, PUBLIC, TWO, mapping

GRANTS = forward_grants(mapping(*TWO))
MEASURE = Measure(GRANTS, grants_of(mapping(*TWO)))
WRITTEN = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 28, 13, 0, tzinfo=UTC)
CLUSTER = recognise("ClusterPolicy", policy(Engine.KYVERNO, mapping(*TWO))[0])
MUTATING = recognise("MutatingPolicy", policy(Engine.KYVERNO_MUTATING, mapping(*TWO))[0])
assert CLUSTER is not None and MUTATING is not None
RULES = forward_rules([CLUSTER, MUTATING], GRANTS)
FORTH, BACK = "add-istio-gateway-public-ingressgateway", "add-istio-system-public"
HELM = "revision 3 of Helm release shop/web"


def live(
    *gateways: str, match: tuple[str, ...] = (), time: str = "2026-11-28T12:00:00Z"
) -> DeclaredVirtualService:
    condition = [{"match": [{"gateways": list(match)}]}] if match else None
    fields: dict[str, Any] = {"f:spec": {"f:gateways": {}}}
    manifest = {
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "managedFields": [{"manager": "m", "operation": "Apply", "time": time, "fieldsV1": fields}],
        },
        "spec": {"hosts": ["web.example.com"], "gateways": list(gateways), "http": condition},
    }
    return msgspec.json.decode(msgspec.json.encode(manifest), type=DeclaredVirtualService)


def source(*gateways: str, by: By = By.HELM) -> Declared:
    return Declared(by, HELM, VirtualServiceSpec(hosts=("web.example.com",), gateways=gateways))


WRITER = Declared(By.WRITER, "field manager helm-controller wrote its gateways")
UNKNOWN = Declared(By.UNKNOWN, "nobody knows")


def report(
    result: str, rule: str = FORTH, *, seconds: int = 0, engine: Source = Source.KYVERNO
) -> Observation:
    name = "" if engine is not Source.KYVERNO else rule
    return Observation(engine, "istio-migrate-gateways", name, result, "", int(WRITTEN.timestamp()) + seconds)


def judged(
    item: DeclaredVirtualService, declared: Declared, *reports: Observation, appending: bool = True
) -> Judgement:
    return judge(Case(item, declared, told(item, reports, RULES, NOW)), replace(MEASURE, appending=appending))


BOTH = live(PUBLIC, NEW_PUBLIC)
TABLE = {
    "the source names the old one": (BOTH, source(PUBLIC), (), Verdict.DEPENDS),
    "the source names both": (BOTH, source(PUBLIC, NEW_PUBLIC), (), Verdict.MIGRATED),
    "the source names the new one": (live(NEW_PUBLIC, PUBLIC), source(NEW_PUBLIC), (), Verdict.MIGRATED),
    "the source names neither": (BOTH, source("shop/own"), (), Verdict.MIGRATED),
    "one of two pairs is missing": (
        live(PUBLIC, NEW_PUBLIC, PASS, NEW_PASS),
        source(PUBLIC, NEW_PUBLIC, PASS),
        (),
        Verdict.DEPENDS,
    ),
    "the object lacks what the source has": (live(PUBLIC), source(PUBLIC, NEW_PUBLIC), (), Verdict.UNKNOWN),
    "a skip does not clear the source": (BOTH, source(PUBLIC), (report("skip"),), Verdict.DEPENDS),
    "a fresh pass contradicts the source": (
        BOTH,
        source(PUBLIC, NEW_PUBLIC),
        (report("pass"),),
        Verdict.UNKNOWN,
    ),
    "a stale pass does not": (
        BOTH,
        source(PUBLIC, NEW_PUBLIC),
        (report("pass", seconds=-31),),
        Verdict.MIGRATED,
    ),
    "the grace counts as fresh": (
        BOTH,
        source(PUBLIC, NEW_PUBLIC),
        (report("pass", seconds=-30),),
        Verdict.UNKNOWN,
    ),
    "a pass of the way back says nothing": (
        live(NEW_PUBLIC, PUBLIC),
        source(NEW_PUBLIC),
        (report("pass", BACK),),
        Verdict.MIGRATED,
    ),
    "no copy, the new one first": (live(NEW_PUBLIC, PUBLIC), WRITER, (), Verdict.MIGRATED),
    "no copy, the new one alone": (live(NEW_PUBLIC), WRITER, (), Verdict.MIGRATED),
    "no copy, the old one first": (BOTH, WRITER, (), Verdict.UNKNOWN),
    "no copy, the old one first, a skip": (BOTH, WRITER, (report("skip"),), Verdict.UNKNOWN),
    "no copy, the old one first, a pass": (BOTH, WRITER, (report("pass"),), Verdict.DEPENDS),
    "no copy, the old one first, a stale pass": (
        BOTH,
        WRITER,
        (report("pass", seconds=-99),),
        Verdict.UNKNOWN,
    ),
    "no copy, in a condition the old one first": (
        live(NEW_PUBLIC, PUBLIC, match=(PUBLIC, NEW_PUBLIC)),
        WRITER,
        (),
        Verdict.UNKNOWN,
    ),
    "no copy, and not reached": (live(PUBLIC), WRITER, (), Verdict.DEPENDS),
    "a MutatingPolicy's fail is no evidence": (
        BOTH,
        source(PUBLIC, NEW_PUBLIC),
        (report("fail", engine=Source.MUTATING_POLICY),),
        Verdict.MIGRATED,
    ),
    "a MutatingPolicy's pass is none either": (
        BOTH,
        WRITER,
        (report("pass", engine=Source.MUTATING_POLICY),),
        Verdict.UNKNOWN,
    ),
    "nothing is known": (BOTH, UNKNOWN, (), Verdict.UNKNOWN),
    "nothing is known, a fresh pass": (BOTH, UNKNOWN, (report("pass"),), Verdict.DEPENDS),
    "nothing is known, and not reached": (live(PUBLIC), UNKNOWN, (), Verdict.DEPENDS),
    "nothing is known, the new one first": (live(NEW_PUBLIC, PUBLIC), UNKNOWN, (), Verdict.UNKNOWN),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_verdict(name: str) -> None:
    item, declared, reports, verdict = TABLE[name]
    assert judged(item, declared, *reports).verdict is verdict


@pytest.mark.parametrize(
    ("item", "declared", "reports", "words"),
    [
        (
            BOTH,
            source(PUBLIC),
            (report("skip"),),
            "the report's skip speaks of the last request, not of the source",
        ),
        (BOTH, source(PUBLIC, NEW_PUBLIC), (report("pass", seconds=-99),), "pass is stale"),
        (
            BOTH,
            source(PUBLIC, NEW_PUBLIC),
            (report("pass"),),
            "needs nothing, but its report says",
        ),
        (BOTH, WRITER, (report("fail", engine=Source.MUTATING_POLICY),), "the report's fail does not count"),
        (live(PUBLIC), source(PUBLIC, NEW_PUBLIC), (), f"the object lacks {NEW_PUBLIC}: somebody else"),
    ],
)
def test_contradictions_are_told(
    item: DeclaredVirtualService, declared: Declared, reports: tuple[Observation, ...], words: str
) -> None:
    assert words in judged(item, declared, *reports).why


def test_a_policy_that_writes_elsewhere_makes_the_order_of_a_list_no_evidence() -> None:
    assert judged(live(NEW_PUBLIC, PUBLIC), WRITER, appending=False).verdict is Verdict.UNKNOWN


def test_what_leaves_the_old_gateway_is_named() -> None:
    assert judged(live(NEW_PUBLIC, PUBLIC), source(NEW_PUBLIC)).leaves == (PUBLIC,)
    assert judged(BOTH, source(PUBLIC, NEW_PUBLIC)).leaves == ()


def test_rules_that_are_not_of_the_migration_do_not_count() -> None:
    other = Observation("kyverno", "require-labels", FORTH, "pass", "", 0)
    assert told(BOTH, [other], RULES, NOW) == ()
    assert told(BOTH, [report("pass")._replace(source="kubewarden")], RULES, NOW) == ()


def test_the_row_shows_what_tells_most() -> None:
    reports = (
        report("skip"),
        report("pass", BACK),
        report("error", "add-istio-gateway-passthrough-ingressgateway"),
    )
    case = Case(BOTH, source(PUBLIC), told(BOTH, reports, RULES, NOW))
    shown = row(case, judge(case, MEASURE), NOBODY)
    assert (shown.rule, shown.result) == (FORTH, "skip"), (
        "the error is of a rule that is about other Gateways"
    )
    assert (shown.age_seconds, shown.stale, len(shown.results)) == (3600, False, 3)
    assert (shown.declared, shown.missing, shown.pending) == ((PUBLIC,), (NEW_PUBLIC,), True)
