"""`vs-gateways policy` and `vs-gateways touch`: what they print, ask and refuse, on a cluster in memory."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from istiokit.cluster.discovery import Discovery
from istiokit.cluster.kinds import MUTATING_ADMISSION_POLICY
from istiokit.cluster.types import Ref
from istiokit.errors import Forbidden, OperationFailed
from istiokit.kyverno.grants import grants_of
from istiokit.kyverno.policies import DIRECTION, MAPPING
from istiokit.plan.touching import Outcome, Result, lackers, outcomes_of
from istiokit.ui.commands import App, Command
from tests.fakes import FakeCluster
from tests.run import Result as Answer
from tests.run import run
from tests.unit.kyverno_cases import (
    NEW_PASS,
    NEW_PUBLIC,
    ONE,
    PASS,
    PUBLIC,
    Manifest,
    decoded,
    manifest,
    mapping,
    mutated,
)

APP = App(
    name="kubectl-vs-gateways",
    description="Two of its commands.",
    commands=tuple(Command(name, name, f"kubectl_vs_gateways.{name}") for name in ("policy", "touch")),
)
KINDS = ("MutatingPolicy", "ClusterPolicy", "MutatingAdmissionPolicy")
MAP = ("--map", ONE[0])


def gateway(full_name: str) -> Manifest:
    namespace, _, name = full_name.partition("/")
    server = {"port": {"number": 443, "protocol": "HTTPS"}, "hosts": ["*"]}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"servers": [server]},
    }


def asked(command: str, *argv: str, cluster: FakeCluster | None = None, **how: Any) -> Answer:
    return run(command, *argv, app=APP, cluster=cluster, **how)


@pytest.mark.parametrize(
    ("absent", "kind", "reason"),
    [
        ((), "MutatingPolicy", "engine kyverno-mutating: Kyverno is there, with MutatingPolicy v1"),
        (KINDS[:1], "ClusterPolicy", "engine kyverno: Kyverno is there, without MutatingPolicy v1"),
        (
            KINDS[:2],
            "MutatingAdmissionPolicy",
            "engine admission: the API server has MutatingAdmissionPolicy v1",
        ),
    ],
)
def test_the_engine_is_what_the_cluster_has(absent: tuple[str, ...], kind: str, reason: str) -> None:
    done = asked("policy", *MAP, cluster=FakeCluster(absent=absent))
    assert (done.code, next(yaml.safe_load_all(done.out))["kind"]) == (0, kind)
    assert reason in done.err


def test_a_cluster_that_has_none_of_them_is_told_so() -> None:
    done = asked("policy", *MAP, cluster=FakeCluster(absent=KINDS))
    assert (done.code, done.out) == (1, "")
    assert "install Kyverno" in done.err


def test_without_a_cluster_it_is_kubernetes_own() -> None:
    done = asked("policy", *MAP)
    assert (done.code, next(yaml.safe_load_all(done.out))["kind"]) == (0, "MutatingAdmissionPolicy")
    assert "no cluster in reach: this test has no cluster" in done.err
    assert "engine admission" in done.err


def test_a_cluster_that_was_asked_for_must_be_there() -> None:
    done = asked("policy", *MAP, "--context", "prod")
    assert (done.code, done.out) == (3, "")


def test_with_pairs_and_engine_no_cluster_is_asked() -> None:
    done = asked("policy", *MAP, "--engine", "kyverno", "--context", "prod")
    assert (done.code, yaml.safe_load(done.out)["kind"]) == (0, "ClusterPolicy")
    assert "while Kyverno is down, every change to a VirtualService is refused" in done.err


def test_without_a_cluster_pairs_must_be_named() -> None:
    done = asked("policy", "--engine", "kyverno")
    assert (done.code, done.out) == (2, "")
    assert "name them with --map OLD=NEW" in done.err


def test_pairs_are_found_and_those_without_a_new_gateway_left_out() -> None:
    cluster = FakeCluster([gateway(PUBLIC), gateway(NEW_PUBLIC), gateway(PASS)])
    done = asked("policy", "--one-way", cluster=cluster)
    (found,) = yaml.safe_load_all(done.out)
    assert found["metadata"]["annotations"] == {MAPPING: ONE[0], DIRECTION: "one-way"}
    assert f"pair: {ONE[0]}" in done.err
    assert f"left out: {PASS}={NEW_PASS}: there is no Gateway {NEW_PASS}" in done.err


def test_nothing_to_map_is_not_a_policy() -> None:
    done = asked("policy", cluster=FakeCluster([gateway("shop/own")]))
    assert (done.code, done.out) == (1, "")
    assert "no old Gateway with a successor was found" in done.err


def test_pairs_come_from_files_and_from_stdin(tmp_path: Path) -> None:
    file = tmp_path / "pairs.yaml"
    file.write_text(f"{PUBLIC}: {NEW_PUBLIC}\n")
    flags = ("--map-file", str(file), "--map-file", "-", "-o", "json", "--engine", "kyverno-mutating")
    done = asked("policy", *flags, stdin=json.dumps({PASS: NEW_PASS}))
    annotations = json.loads(done.out)["metadata"]["annotations"]
    assert annotations[MAPPING] == f"{ONE[0]},{PASS}={NEW_PASS}"


@pytest.mark.parametrize(
    ("flags", "what"),
    [
        (("--map", "public"), "this is not OLD=NEW"),
        (("--map", f"mesh={NEW_PUBLIC}"), "mesh is no Gateway"),
        (("--map", ONE[0], "--map", f"{NEW_PUBLIC}=a/b"), "make a chain"),
        (("--map-file", ""), "an empty name"),
        (("--map-file", "absent.yaml"), "absent.yaml"),
    ],
)
def test_pairs_that_are_none(flags: tuple[str, ...], what: str) -> None:
    done = asked("policy", *flags, "--engine", "admission")
    assert (done.code, done.out) == (2, "")
    assert what in done.err


def test_a_gateway_that_follows_several_has_no_way_back() -> None:
    flags = (*MAP, "--map", f"{PASS}={NEW_PUBLIC}", "--engine", "admission")
    assert f"note: {NEW_PUBLIC} follows several old Gateways" in asked("policy", *flags).err
    assert "follows several" not in asked("policy", *flags, "--one-way").err


def test_older_servers_do_not_have_the_newer_kind() -> None:
    """Unlike the other kinds of its group, whose v1 every server has."""
    resources = {"resources": [{"name": "mutatingwebhookconfigurations", "kind": "X", "namespaced": False}]}
    assert Discovery(lambda path: json.dumps(resources).encode()).version(MUTATING_ADMISSION_POLICY) is None


@pytest.fixture
def cluster() -> FakeCluster:
    """Two VirtualServices that lack a Gateway, one that does not, and a policy that acts on writes."""
    cluster = FakeCluster(
        [
            manifest(name="old", gateways=[PUBLIC]),
            manifest("pay", name="new", gateways=[NEW_PUBLIC]),
            manifest(name="both", gateways=[PUBLIC, NEW_PUBLIC]),
        ]
    )
    cluster.on_write = by_policy(cluster)
    return cluster


def by_policy(cluster: FakeCluster) -> Callable[[str, Ref], None]:
    def mutate(method: str, ref: Ref) -> None:
        cluster.put(mutated(copy.deepcopy(cluster.raw(ref)), grants_of(mapping(*ONE))))

    return mutate


def test_touch_reaches_those_that_lack_something(cluster: FakeCluster) -> None:
    done = asked("touch", "-A", *MAP, "--yes", cluster=cluster)
    assert done.code == 0, done.err
    assert sorted(ref.name for _, ref in cluster.writes) == ["new", "old"]
    assert [line.split() for line in done.out.splitlines()] == [
        ["NAMESPACE", "NAME", "RESULT", "LACKS"],
        ["pay", "new", "changed", "<none>"],
        ["shop", "old", "changed", "<none>"],
    ]
    assert "2 of 3 VirtualServices lack a Gateway of" in done.err
    assert "2 touched: 2 changed by the policy, 0 still missing" in done.err


def test_touch_by_a_one_way_policy_looks_for_old_ones_only(cluster: FakeCluster) -> None:
    asked("touch", "-A", *MAP, "--yes", "--one-way", cluster=cluster)
    assert [ref.name for _, ref in cluster.writes] == ["old"]


def test_touch_keeps_to_names_and_namespace(cluster: FakeCluster) -> None:
    assert asked("touch", "vs/old", "pay/new", "-n", "shop", *MAP, "--yes", cluster=cluster).code == 0
    assert sorted(ref.name for _, ref in cluster.writes) == ["new", "old"]
    wrong = asked("touch", "new", "-n", "shop", *MAP, "--yes", cluster=cluster)
    assert (wrong.code, "no VirtualService new in namespace shop" in wrong.err) == (1, True)


def test_a_dry_run_shows_what_lacks_what(cluster: FakeCluster) -> None:
    done = asked("touch", "-A", *MAP, "--dry-run", cluster=cluster)
    assert (done.code, cluster.writes) == (0, [])
    assert [line.split() for line in done.out.splitlines()[1:]] == [
        ["pay", "new", "waiting", PUBLIC],
        ["shop", "old", "waiting", NEW_PUBLIC],
    ]
    judged = asked("touch", "-A", *MAP, "--dry-run=server", "-o", "name", cluster=cluster)
    assert (judged.code, cluster.writes) == (0, [])
    resource = "virtualservice.networking.istio.io"
    assert judged.out == f"{resource}/new\n{resource}/old\n"


def test_a_no_touches_nothing(cluster: FakeCluster) -> None:
    done = asked("touch", "-A", *MAP, cluster=cluster, tty=True, stdin="n\n")
    assert (done.code, cluster.writes) == (1, [])
    assert "Touch 2 VirtualServices? [y/N]" in done.err
    assert asked("touch", "-A", *MAP, cluster=cluster).code == 2


def test_what_fails_for_one_does_not_stop_the_others(cluster: FakeCluster) -> None:
    act = by_policy(cluster)

    def refuse(method: str, ref: Ref) -> None:
        if ref.name == "old":
            raise OperationFailed("admission webhook denied it")
        act(method, ref)

    cluster.on_write = refuse
    done = asked("touch", "-A", *MAP, "--yes", cluster=cluster)
    assert done.code == 1
    assert "1 touched: 1 changed by the policy, 0 still missing; 1 failed" in done.err
    assert "shop/old: admission webhook denied it" in done.err.splitlines()


def test_missing_rights_are_told_for_each_object() -> None:
    cluster = FakeCluster([manifest(gateways=[PUBLIC])])

    def forbid(method: str, ref: Ref) -> None:
        raise Forbidden("patch", "virtualservices.networking.istio.io", ref.namespace)

    cluster.on_write = forbid
    done = asked("touch", "-A", *MAP, "--yes", cluster=cluster)
    assert (done.code, "shop/web: you may not patch virtualservices" in done.err) == (1, True)


def test_a_policy_that_is_not_there_is_asked_for() -> None:
    cluster = FakeCluster([manifest(gateways=[PUBLIC])])
    done = asked("touch", "-A", *MAP, "--yes", cluster=cluster)
    assert (done.code, "is the policy there? `kubectl vs-gateways policy`" in done.err) == (1, True)


def test_what_is_being_deleted_is_left_alone(cluster: FakeCluster) -> None:
    going = manifest(name="going", gateways=[PUBLIC])
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    cluster.put(going)
    assert "going" not in asked("touch", "-A", *MAP, "--dry-run", cluster=cluster).out


def test_what_was_deleted_meanwhile_is_nobody_s_failure() -> None:
    grants = grants_of(mapping(*ONE))
    due = lackers(
        [decoded(manifest(gateways=[PUBLIC])), decoded(manifest(name="gone", gateways=[PUBLIC]))], grants
    )
    after = [decoded(manifest(gateways=[PUBLIC, NEW_PUBLIC]))]
    assert outcomes_of(due, {}, after, grants) == [Outcome("shop", "web", Result.CHANGED, ())]


def test_many_are_counted_as_they_go() -> None:
    cluster = FakeCluster(manifest(name=f"web-{number}", gateways=[PUBLIC]) for number in range(2001))
    cluster.on_write = by_policy(cluster)
    done = asked("touch", "-A", *MAP, "--yes", cluster=cluster)
    assert done.code == 0
    assert {"1000 of 2001", "2000 of 2001"} <= set(done.err.splitlines())
