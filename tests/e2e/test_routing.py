"""The model of `istiokit.istio.routing` against the truth: a real istiod, and real Envoys that are asked."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import msgspec
import pytest

from istiokit.istio.model import Gateway, VirtualService
from istiokit.istio.routing.facts import RouteFacts, Workload
from istiokit.istio.routing.reasons import Reason
from istiokit.istio.routing.served import Answer, answers
from tests.e2e.routing_api import WORKLOADS
from tests.e2e.routing_cases import CASES
from tests.e2e.routing_objects import Case
from tests.e2e.routing_probe import Reply
from tests.e2e.routing_random import random_case
from tests.e2e.routing_truth import Bench, Question, Truth, concrete
from tests.tools.rig import Rig

FIRST_SEED, SEEDS = 1000, 40
_KINDS = {"HTTP": "HTTP", "HTTPS": "TLS", "TLS": "TLS", "TCP": "TCP"}


@pytest.fixture(scope="module")
def bench(pytestconfig: pytest.Config) -> Iterator[Bench]:
    """istiod and three gateways, for all cases of this file."""
    with Rig(parts=("envoy",)) as rig:
        with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(f"\nistiod {rig.istiod.version}, seeds {FIRST_SEED} to {FIRST_SEED + SEEDS - 1}")
        with contextlib.closing(Bench(rig)) as bench:
            yield bench


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_model_says_what_envoy_does(bench: Bench, case: Case) -> None:
    _compare(bench, case)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SEEDS))
def test_the_model_says_what_envoy_does_with_random_objects(bench: Bench, seed: int) -> None:
    _compare(bench, random_case(seed))


def _compare(bench: Bench, case: Case) -> None:
    truth = bench.measure(case)
    wrong = mismatches(truth)
    assert not wrong, "\n".join(
        (f"istiod {bench.rig.istiod.version}, {case.name}:", *wrong, *map(json.dumps, truth.objects))
    )


def mismatches(truth: Truth) -> list[str]:
    """Every difference between the model and the truth, one line each."""
    found = answers(facts_of(truth))
    asked = [answer for answer in found if answer.port]
    pairs = [(answer, truth.replies[_question(answer)]) for answer in asked]
    wrong = [
        f"model: {answer}; Envoy: {reply}{' of the past' * _is_refused(answer, truth)}"
        for answer, reply in pairs
        if not _agree(answer, reply, _is_refused(answer, truth))
    ]
    return wrong + [
        f"model: nothing; Envoy: {question} {reply}"
        for question, reply in truth.replies.items()
        if reply.body == question.virtual_service
        and (question.workload, question.port) not in truth.refused
        and not _is_known(question, asked)
    ]


def facts_of(truth: Truth) -> RouteFacts:
    """What a reading of the cluster would have given."""
    by_kind = {
        kind: [item for item in truth.objects if item["kind"] == kind]
        for kind in ("VirtualService", "Gateway")
    }
    return RouteFacts(
        where="the rig",
        virtual_services=tuple(msgspec.convert(item, VirtualService) for item in by_kind["VirtualService"]),
        gateways=tuple(msgspec.convert(item, Gateway) for item in by_kind["Gateway"]),
        workloads=tuple(
            Workload(name, pods.namespace, pods.labels, pods.ports) for name, pods in WORKLOADS.items()
        ),
    )


def _question(answer: Answer) -> Question:
    kind = _KINDS[answer.protocol]
    return Question(answer.virtual_service, concrete(answer.host), answer.workload, answer.port, kind)


def _is_refused(answer: Answer, truth: Truth) -> bool:
    return (answer.workload, answer.port) in truth.refused


def _agree(answer: Answer, reply: Reply, refused: bool) -> bool:
    """HTTP has a status, backends do not; 301 comes from a server with httpsRedirect."""
    if answer.reason is Reason.REJECTED or refused:
        return answer.reason is Reason.REJECTED and refused
    if answer.reason is Reason.REDIRECTS or reply.status == 301:
        return answer.reason is Reason.REDIRECTS and reply.status == 301
    spoken = reply.status == 200 if answer.protocol in ("HTTP", "HTTPS") else reply.status == 0
    return answer.known and answer.answers == (spoken and reply.body == answer.virtual_service)


def _is_known(question: Question, asked: list[Answer]) -> bool:
    """Whether the model speaks of this port for the VirtualService; which hosts it lists is its own affair."""
    place = (question.virtual_service, question.workload, question.port)
    return any((one.virtual_service, one.workload, one.port) == place for one in asked)
