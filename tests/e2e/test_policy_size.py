"""Large VirtualServices pass the policies of the real Kyverno before its webhook's time (10 s) is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from istiokit.cluster.live import LiveCluster, connect
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.kyverno.policies import NAME, Engine, policy
from kubectl_vs_gateways.policy_text import printed
from tests.tools.rig import Rig
from tests.unit.kyverno_cases import NEW_PUBLIC, PUBLIC, TWO, gateway_lists, manifest, mapping

KINDS = {
    Engine.KYVERNO: f"clusterpolicy.kyverno.io/{NAME}",
    Engine.KYVERNO_MUTATING: f"mutatingpolicy.policies.kyverno.io/{NAME}",
}
MANY = 1200
"""Conditions; Kyverno's loops take 9 s for 500 of them, and more than the webhook has for 700."""
BOTH = [PUBLIC, NEW_PUBLIC]
Install = Callable[[Engine], LiveCluster]


@pytest.fixture
def install(kyverno_rig: Rig) -> Iterator[Install]:
    cluster = connect(ConnectOptions(kubeconfig=str(kyverno_rig.kubeconfig)))

    def acts() -> bool:
        return gateway_lists(cluster.create(manifest("default", gateways=[PUBLIC]), dry_run=True)) == [BOTH]

    def install(engine: Engine) -> LiveCluster:
        kyverno_rig.apply(printed(policy(engine, mapping(*TWO)), "yaml"))
        kyverno_rig.until(acts, f"{engine} to be in force")
        return cluster

    yield install
    kyverno_rig.kubectl("delete", "--ignore-not-found", *KINDS.values())
    kyverno_rig.until(lambda: not acts(), "the policy to be forgotten")


def large(**match: Any) -> dict[str, Any]:
    conditions = [{"uri": {"prefix": f"/{number}"}, **match} for number in range(MANY)]
    route = {"match": conditions, "route": [{"destination": {"host": "web"}}]}
    return manifest("default", "large", gateways=[PUBLIC], http=[route])


@pytest.mark.parametrize("engine", KINDS)
def test_conditions_without_a_list_of_their_own_cost_nothing(install: Install, engine: Engine) -> None:
    admitted = install(engine).create(large(), dry_run=True)
    assert admitted["spec"]["gateways"] == BOTH


def test_a_mutating_policy_takes_any_number_of_lists(install: Install) -> None:
    begun = time.monotonic()
    admitted = install(Engine.KYVERNO_MUTATING).create(large(gateways=[PUBLIC]), dry_run=True)
    assert gateway_lists(admitted) == [BOTH] * (MANY + 1), f"after {time.monotonic() - begun:.0f} s"
