"""Whatever owners and others write, in whatever order: a source that needs the policy is never called migrated.

A model of a VirtualService on a cluster with the policy: each write is what kube-apiserver makes of it (who owns the
list, kubectl's annotation), then what the policy makes of that, then what Kyverno reports about it.
"""

import copy
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from istiokit.istio.model import VirtualService
from istiokit.kyverno.dependence import Case, Measure, Verdict, forward_rules, judge, told
from istiokit.kyverno.direction import forward_grants
from istiokit.kyverno.grants import grants_of, lacking
from istiokit.kyverno.policies import Engine, policy
from istiokit.kyverno.recognise import recognise
from istiokit.kyverno.reports import Observation
from istiokit.ownership.declared import Declared, DeclaredVirtualService, declared
from istiokit.ownership.find import owner
from istiokit.ownership.others import APPLIED
from istiokit.survey.evidence import kept
from tests.unit.kyverno_cases import MANIFESTS, TWO, Manifest, mapping, mutated

MAPPING = mapping(*TWO)
FORWARD = forward_grants(MAPPING)
MADE = recognise("ClusterPolicy", policy(Engine.KYVERNO, MAPPING)[0])
assert MADE is not None
RULES = forward_rules([MADE], FORWARD)
START = 1_780_000_000
FLUX = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}


@dataclass
class Model:
    """One VirtualService; time goes on by `step` seconds with each write."""

    way: str
    """How its owner writes: `apply` (kubectl), `server-side`, `flux`, or `create` (made anew with kubectl)."""
    one_way: bool
    step: int
    source: Manifest
    live: Manifest = field(default_factory=dict)
    writer: dict[str, Any] = field(default_factory=dict)
    report: list[Observation] = field(default_factory=list)
    now: int = START

    def own(self, source: Manifest) -> None:
        """Its owner writes what it declares."""
        self.source = source
        request = copy.deepcopy(source)
        if self.way == "apply":
            request["metadata"]["annotations"] = {APPLIED: json.dumps(source)}
        elif self.way == "flux":
            request["metadata"]["labels"] = FLUX
        manager, operation = {
            "apply": ("kubectl-client-side-apply", "Update"),
            "server-side": ("kubectl", "Apply"),
            "flux": ("kustomize-controller", "Apply"),
            "create": ("kubectl-create", "Update"),
        }[self.way]
        self._write(request, manager, operation)

    def patch(self) -> None:
        """Somebody writes something else: the request has the lists as they are."""
        self._write(copy.deepcopy(self.live), "", "")

    def _write(self, request: Manifest, manager: str, operation: str) -> None:
        self.now += self.step
        changed = not self.live or request["spec"] != self.live["spec"]
        if manager and (changed or operation == "Apply"):
            same = self.writer.get("manager") == manager and not changed
            time = self.writer["time"] if same else datetime.fromtimestamp(self.now, UTC).isoformat()
            fields: dict[str, Any] = {"f:spec": {f"f:{key}": {} for key in request["spec"]}}
            self.writer = {"manager": manager, "operation": operation, "time": time, "fieldsV1": fields}
        self.live = mutated(request, grants_of(MAPPING, one_way=self.one_way))
        self.report = [
            Observation(key[0], key[1], key[2], self._result(request, key[2]), "", self.now) for key in RULES
        ]

    def _result(self, request: Manifest, rule: str) -> str:
        lacks = lacking(msgspec.convert(request, VirtualService), grants_of(MAPPING, one_way=self.one_way))
        return "pass" if any(rule.startswith(f"add-{name.replace('/', '-')}") for name in lacks) else "skip"

    def seen(self) -> DeclaredVirtualService:
        metadata = {**self.live["metadata"], "managedFields": [self.writer]}
        body = msgspec.json.encode({**self.live, "metadata": metadata})
        return kept(msgspec.json.decode(body, type=DeclaredVirtualService))


def verdict(model: Model, *, reports: bool) -> tuple[Verdict, Declared]:
    item = model.seen()
    said = declared(item, owner(item.metadata, "VirtualService"))
    now = datetime.fromtimestamp(model.now + 5, UTC)
    case = Case(item, said, told(item, model.report if reports else (), RULES, now))
    acting = grants_of(MAPPING, one_way=model.one_way)
    return judge(case, Measure(FORWARD, acting)).verdict, said


def loses(model: Model) -> bool:
    """Whether a new Gateway that the object has would be gone once its owner writes it without the policy."""
    news = {grant.gateway for grant in FORWARD}
    source = msgspec.convert(model.source, VirtualService)
    lacks = lacking(source, grants_of(MAPPING, one_way=model.one_way))
    return bool(news.intersection(lacks))


WRITES = st.lists(st.one_of(st.just("patch"), st.just("again"), MANIFESTS), max_size=5)


@settings(max_examples=300)
@given(
    first=MANIFESTS,
    writes=WRITES,
    way=st.sampled_from(("apply", "server-side", "flux", "create")),
    one_way=st.booleans(),
    step=st.sampled_from((1, 20, 60, 4000)),
    reports=st.booleans(),
)
def test_nobody_who_depends_is_called_migrated(
    first: Manifest, writes: list[Any], way: str, one_way: bool, step: int, reports: bool
) -> None:
    model = Model(way, one_way, step, first)
    model.own(first)
    for write in writes:
        if write == "patch":
            model.patch()
        elif write == "again":
            model.own(model.source)
        else:
            model.own({**write, "metadata": first["metadata"]})
    depends = loses(model)
    found, said = verdict(model, reports=reports)
    assert not (depends and found is Verdict.MIGRATED), (model, said)
    if way == "apply" and not reports:
        assert (found is Verdict.DEPENDS) is depends, (model, said)
    if not depends and not reports:
        assert found is not Verdict.DEPENDS, (model, said)
