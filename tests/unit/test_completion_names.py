"""Completion of names: what a cluster (in memory) has, by the flags among the words before."""

import threading
from typing import Any

import pytest

from istiokit.cluster.decode import Metadata, Object
from istiokit.ui.commands import App
from istiokit.ui.completion import live  # noqa: F401 - imported now, so that no test waits for it
from istiokit.ui.completion.answer import answer
from istiokit.ui.connection import Connection
from tests.docs import APPS
from tests.fakes import FakeCluster
from tests.run import run

MIGRATE, VS_GATEWAYS, RECYCLE, POLICYREPORT = APPS
PATIENCE = 60.0
"""A busy machine may need more than the second that people wait."""
ISTIO = "networking.istio.io/v1"


def thing(kind: str, name: str, namespace: str = "", api: str = "v1", **more: Any) -> dict[str, Any]:
    labels = more.pop("labels", {})
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "labels": labels, **place}, **more}


def gateway(namespace: str, name: str) -> dict[str, Any]:
    server = {"port": {"number": 443, "name": "https", "protocol": "HTTPS"}, "hosts": ["*.example.com"]}
    return thing("Gateway", name, namespace, ISTIO, spec={"servers": [server]})


def journal(name: str, migration: str, step: str) -> dict[str, Any]:
    labels = {
        "istio-migrate.dev/journal": migration,
        "istio-migrate.dev/step": step,
        "istio-migrate.dev/state": "done",
    }
    return thing("ConfigMap", name, "bigbang", labels=labels)


def webhook(name: str, **labels: str) -> dict[str, Any]:
    named = {f"istio.io/{key}": value for key, value in labels.items()}
    return thing("MutatingWebhookConfiguration", name, api="admissionregistration.k8s.io/v1", labels=named)


class Cluster(FakeCluster):
    namespace = "shop"


@pytest.fixture
def cluster() -> FakeCluster:
    return Cluster(
        [
            thing("Namespace", "shop", labels={"istio.io/rev": "1-29"}),
            thing("Namespace", "stock"),
            thing(
                "VirtualService", "web", "shop", ISTIO, spec={"hosts": ["web.example.com", "www.example.com"]}
            ),
            thing("VirtualService", "worker", "shop", ISTIO, spec={"hosts": ["worker.example.com"]}),
            thing("VirtualService", "depot", "stock", ISTIO, spec={"hosts": ["depot.example.com"]}),
            gateway("istio-system", "public"),
            gateway("istio-gateway", "public-ingressgateway"),
            thing("Deployment", "web", "shop", "apps/v1"),
            thing("StatefulSet", "db", "stock", "apps/v1"),
            thing("HelmRelease", "istiod", "bigbang", "helm.toolkit.fluxcd.io/v2"),
            thing("ClusterPolicy", "bind", api="kyverno.io/v1"),
            journal("bigbang-step1-x", "bigbang", "step1"),
            journal("bindings-add-x", "bindings", "add"),
            webhook("a", rev="1-30"),
            webhook("b", rev="1-31", tag="stable"),
        ]
    )


def words(cluster: FakeCluster, app: App, *typed: str) -> list[str]:
    told = answer(app, ["__completeWhole", *typed], lambda connection: cluster, PATIENCE)
    return [line.partition("\t")[0] for line in told.splitlines()]


def test_namespaces(cluster: FakeCluster) -> None:
    assert words(cluster, MIGRATE, "status", "-n", "s") == ["shop", "stock", ":4"]
    assert words(cluster, MIGRATE, "status", "--namespace=st") == ["stock", ":4"]
    assert words(cluster, MIGRATE, "status", "-nst") == ["-nstock", ":4"]
    assert words(cluster, MIGRATE, "-n", "st") == ["stock", ":4"]
    assert words(cluster, RECYCLE, "-n", "shop", "-n", "st") == ["stock", ":4"]
    assert words(cluster, MIGRATE, "journal", "--journal-namespace", "st") == ["stock", ":4"]


def test_virtual_services_of_the_namespace(cluster: FakeCluster) -> None:
    assert words(cluster, VS_GATEWAYS, "list", "w") == ["web", "worker", ":4"]
    assert words(cluster, VS_GATEWAYS, "w") == ["why", "web", "worker", ":4"], "or a command"
    assert words(cluster, VS_GATEWAYS, "list", "-n", "stock", "") == ["depot", ":4"]
    assert words(cluster, VS_GATEWAYS, "-n", "stock", "add", "") == ["depot", ":4"]
    assert words(cluster, VS_GATEWAYS, "why", "vs/w") == ["vs/web", "vs/worker", ":4"]
    assert words(cluster, POLICYREPORT, "w") == ["web", "worker", ":4"]


def test_virtual_services_of_others(cluster: FakeCluster) -> None:
    assert words(cluster, VS_GATEWAYS, "list", "stock/") == ["stock/depot", ":4"]
    assert words(cluster, VS_GATEWAYS, "list", "st") == ["stock/", ":6"], (
        "the namespace first, without a space"
    )
    assert words(cluster, VS_GATEWAYS, "list", "-A", "") == ["shop/web", "shop/worker", "stock/depot", ":4"]


def test_what_was_named_is_not_named_again(cluster: FakeCluster) -> None:
    assert words(cluster, VS_GATEWAYS, "list", "web", "") == ["worker", ":4"]
    assert words(cluster, VS_GATEWAYS, "list", "shop", "-n", "sh") == ["shop", ":4"], "an operand is no flag"


def test_with_files_a_cluster_has_nothing_to_say(cluster: FakeCluster) -> None:
    for typed in (
        ("list", "-f", "x.yaml", "w"),
        ("list", "-f", "x.yaml", "-n", ""),
        ("add", "-fx", "--map", ""),
    ):
        assert words(cluster, VS_GATEWAYS, *typed) == [":4"]


def test_hosts_of_the_virtual_service(cluster: FakeCluster) -> None:
    assert words(cluster, VS_GATEWAYS, "why", "web", "w") == ["web.example.com", "www.example.com", ":4"]
    assert words(cluster, VS_GATEWAYS, "why", "stock/depot", "") == ["depot.example.com", ":4"]
    assert words(cluster, VS_GATEWAYS, "why", "nobody", "") == [":4"]


def test_gateways_and_pairs(cluster: FakeCluster) -> None:
    pair = "istio-system/public=istio-gateway/public-ingressgateway"
    assert words(cluster, VS_GATEWAYS, "isolate", "istio-s") == ["istio-system/public", ":4"]
    assert words(cluster, VS_GATEWAYS, "add", "--map", "") == [pair, ":4"]
    assert words(cluster, VS_GATEWAYS, "add", "--map=istio-s") == [pair, ":4"]


def test_any_two_gateways_where_no_pair_fits(cluster: FakeCluster) -> None:
    add = (VS_GATEWAYS, "add", "--map")
    assert words(cluster, *add, "istio-g") == ["istio-gateway/public-ingressgateway=", ":6"]
    front = "istio-gateway/public-ingressgateway="
    assert words(cluster, *add, front) == [f"{front}istio-system/public", ":4"]


@pytest.mark.parametrize("request_word", ["__complete", "__completeNoDesc"])
def test_scripts_that_would_spoil_a_pair_are_told_nothing(cluster: FakeCluster, request_word: str) -> None:
    for typed in (("--map", "istio-gateway/x="), ("--map=istio-gateway/x=",)):
        result = run(request_word, "add", *typed, app=VS_GATEWAYS, cluster=cluster)
        assert (result.code, result.out, result.err) == (0, ":4\n", "")


def test_workloads(cluster: FakeCluster) -> None:
    assert words(cluster, RECYCLE, "list", "") == ["deploy/", "sts/", "ds/", ":6"]
    assert words(cluster, RECYCLE, "list", "deploy/") == ["deploy/web", ":4"]
    assert words(cluster, RECYCLE, "list", "deployments.apps/") == ["deployments.apps/web", ":4"]
    assert words(cluster, RECYCLE, "list", "sts/") == [":4"]
    assert words(cluster, RECYCLE, "list", "-n", "shop", "-n", "stock", "sts/") == ["sts/db", ":4"]
    assert words(cluster, RECYCLE, "-A", "sts/") == ["sts/db", ":4"]
    assert words(cluster, RECYCLE, "-A", "unheard-of/") == [":4"]


def test_helm_releases_are_in_bigbang_unless_told_otherwise(cluster: FakeCluster) -> None:
    assert words(cluster, MIGRATE, "reconcile", "") == ["istiod", ":4"]
    assert words(cluster, MIGRATE, "reconcile", "-n", "shop", "") == [":4"]


def test_policies_of_the_engines_that_are_there(cluster: FakeCluster) -> None:
    assert words(cluster, POLICYREPORT, "--policy", "") == ["bind", ":4"]
    cluster.absent = {"ClusterPolicy"}
    assert words(cluster, POLICYREPORT, "--policy", "") == [":4"]


def test_revisions(cluster: FakeCluster) -> None:
    relabel = (RECYCLE, "restart", "--relabel")
    olds = ["1-29=", "1-30=", "1-31=", "istio-injection=", "stable="]
    assert words(cluster, *relabel, "") == [*olds, ":6"]
    assert words(cluster, *relabel, "1-29=") == ["1-29=1-30", "1-29=1-31", "1-29=stable", ":4"]
    assert words(cluster, *relabel, "1-30=s") == ["1-30=stable", ":4"]


def test_runs_in_the_journal(cluster: FakeCluster) -> None:
    assert words(cluster, MIGRATE, "journal", "show", "") == ["bigbang-step1-x", ":4"]
    assert words(cluster, MIGRATE, "journal", "show", "--journal-namespace", "stock", "") == [":4"]
    rollback = (VS_GATEWAYS, "rollback", "--journal-namespace", "bigbang", "--to", "b")
    assert words(cluster, *rollback) == ["bindings-add-x", ":4"]
    described = answer(MIGRATE, ["__complete", "journal", "show", ""], lambda connection: cluster, PATIENCE)
    assert described == "bigbang-step1-x\tstep1 done\n:4\n"


def test_what_may_not_be_read_completes_to_nothing(cluster: FakeCluster) -> None:
    cluster.denied = {("list", "Namespace"), ("list", "VirtualService")}
    assert words(cluster, VS_GATEWAYS, "list", "-n", "") == [":4"]
    assert words(cluster, VS_GATEWAYS, "list", "wor") == [":4"]


def test_a_cluster_out_of_reach_completes_to_nothing() -> None:
    for typed in (("status", "-n", ""), ("journal", "show", ""), ("reconcile", "")):
        result = run("__complete", *typed)
        assert (result.code, result.out, result.err) == (0, ":4\n", "")


def test_the_connection_is_the_one_among_the_words() -> None:
    seen: list[Connection] = []

    def connector(connection: Connection) -> FakeCluster:
        seen.append(connection)
        return Cluster()

    flags = (
        "--context",
        "c",
        "--kubeconfig=/k",
        "--as",
        "me",
        "--as-group",
        "g",
        "--user",
        "u",
        "--cluster=x",
    )
    answer(MIGRATE, ["__complete", "status", *flags, "-n", ""], connector, PATIENCE)
    (one,) = seen
    assert (one.context, one.kubeconfig, one.as_user, one.as_groups) == ("c", "/k", "me", ("g",))
    assert (one.user, one.cluster) == ("u", "x")


def test_nobody_waits_for_a_cluster_that_says_nothing() -> None:
    silent = threading.Event()

    def connector(connection: Connection) -> FakeCluster:
        silent.wait(60)
        return Cluster()

    try:
        assert answer(VS_GATEWAYS, ["__complete", "wh"], connector, 0.05).startswith("why\t")
    finally:
        silent.set()


def test_what_came_in_time_is_told() -> None:
    silent = threading.Event()

    class Slow(Cluster):
        def list(self, kind: Any, as_: Any, where: Any = None, keep: Any = None) -> Any:
            keep(Object(metadata=Metadata(name="early")))
            silent.wait(60)

    try:
        assert answer(MIGRATE, ["__complete", "-n", ""], lambda connection: Slow(), 1.0) == "early\n:4\n"
    finally:
        silent.set()
