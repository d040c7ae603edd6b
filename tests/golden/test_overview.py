"""A plugin without arguments: at most ten lines of what it sees, and the next command; nothing is changed."""

import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from istiokit.bigbang.facts import Facts, MeshFacts
from istiokit.bigbang.status import status
from istiokit.ui.overview import MOST, Next, page
from kubectl_istio_migrate.next_steps import steps
from kubectl_istio_migrate.overview_text import rows
from tests.docs import APPS
from tests.fakes import FakeCluster
from tests.golden import policyreport_world
from tests.golden.test_convert_command import big_bang
from tests.golden.test_recycle_command import mesh  # noqa: F401 - a fixture
from tests.run import Result, run
from tests.unit import facts_builder as build
from tests.unit.flux_samples import condition, manifest

ROUTES = Path(__file__).parent / "routes" / "routes.yaml"
BY_NAME = {app.name.removeprefix("kubectl-"): app for app in APPS}
STEP1 = "istio: {enabled: false}\nistiod: {enabled: true}\nistioCRDs: {enabled: true}\n"
OLD = build.gateway("public", "istio-system")


def without_big_bang(**changes: Any) -> Facts:
    found = replace(build.facts(), umbrella=None, layers=(), releases=())
    return replace(found, mesh=replace(found.mesh, **changes))


def said(facts: Facts, *, journal: str = "", unfinished: str = "", flags: str = "") -> str:
    found = status(facts, unfinished=unfinished)
    there = f"kubectl istio-migrate{flags}"
    text = page(
        rows(found, facts.unread, journal),
        steps(found, facts.unread, there, f"{flags} -A"),
        f"{there} status",
    )
    assert text.count("\n") <= MOST
    return text


def test_a_mesh_that_the_operator_runs() -> None:
    assert said(build.facts(), flags=" --context prod") == (
        "cluster   test, Kubernetes v1.31.4, Big Bang 2.54.0 (the time to migrate)\n"
        "mesh      operator: the switches say so and so does what runs\n"
        "istiod    1.23.6 by other, revision default, out of support since April 2025\n"
        "releases  all 3 Ready\n"
        "next      kubectl istio-migrate --context prod check --step 1"
        "  # find everything that would make a step fail or hurt\n"
        "more      kubectl istio-migrate --context prod status\n"
    )


def test_what_is_open_and_a_step_that_is_not_finished() -> None:
    facts = build.facts(
        extra=STEP1,
        releases=tuple(build.failed(name) for name in ("istiod", "kiali", "jaeger", "tempo")),
        pods=(build.sidecar("1.20.1"), build.sidecar("1.23.6")),
        virtual_services=(
            build.virtual_service("x", "istio-system/public"),
            build.virtual_service("y", "istio-system/gone"),
        ),
        gateways=(OLD,),
        unread=build.unread("Secret"),
    )
    text = said(facts, journal="step1 running, begun by somebody", unfinished="step1")
    assert text.splitlines()[3:] == [
        "releases  4 of 4 HelmReleases not Ready: istiod, jaeger, kiali, 1 more",
        "open      VirtualServices: 1 broken; VirtualServices: 1 old-only; old sidecars: 1 of 2 pods",
        "not read  Secret",
        "journal   step1 running, begun by somebody",
        "next      kubectl istio-migrate step1  # swap the package istio for istiod and Istio's CRDs",
        "more      kubectl istio-migrate status",
    ]


def test_without_big_bang_the_other_plugins_have_the_next_step() -> None:
    facts = without_big_bang(
        deployments=(build.istiod("1.29.0"),),
        pods=(build.sidecar("1.20.1"),),
        gateways=(OLD,),
        virtual_services=(build.virtual_service("x", "istio-system/public"),),
    )
    assert said(facts, flags=" --context prod").splitlines()[-3:] == [
        "next      kubectl vs-gateways --context prod -A  # where each is bound, and what to do about it",
        "          kubectl recycle-injected list --context prod -A  # which sidecars are stale, and why",
        "more      kubectl istio-migrate --context prod status",
    ]


@pytest.mark.parametrize(
    ("facts", "step"),
    [
        (
            without_big_bang(),
            "the steps are for Big Bang, and there is none; nothing else is left to do here",
        ),
        (
            replace(without_big_bang(), mesh=MeshFacts()),
            "there is nothing of it here: is this the right cluster? --context NAME names another",
        ),
        (
            replace(without_big_bang(), unread=build.unread("HelmRelease")),
            "cannot tell, for want of what was not read: ask for the role in docs/rbac/",
        ),
        (
            replace(without_big_bang(), unread=build.unread("Pod")),
            "cannot tell, for want of what was not read: ask for the role in docs/rbac/",
        ),
    ],
)
def test_where_there_is_no_next_command(facts: Facts, step: str) -> None:
    assert f"next      {step}\n" in said(facts)


WORDS = st.text(st.characters(codec="utf-8"), max_size=300)


@given(
    st.lists(st.tuples(st.sampled_from(["mesh", "open"]), WORDS), max_size=20),
    st.lists(st.builds(Next, st.just("kubectl x " + "y" * 200), st.just("why")), max_size=5),
)
def test_a_page_is_ten_lines_and_commands_are_whole(facts: list[tuple[str, str]], found: list[Next]) -> None:
    lines = page(facts, found, "kubectl x --help").splitlines()
    assert len(lines) <= MOST
    assert sum(line.endswith(f"{'y' * 200}  # why") for line in lines) == min(len(found), 2)
    assert all(len(line) <= 100 for line in lines if "kubectl" not in line)


def clusters(mesh: FakeCluster) -> dict[str, FakeCluster]:  # noqa: F811 - the fixture's value
    manifests = yaml.safe_load_all(ROUTES.read_text("utf-8"))
    return {
        "istio-migrate": FakeCluster(),
        "vs-gateways": FakeCluster([one for one in manifests if one["kind"] != "List"]),
        "recycle-injected": mesh,
        "policyreport-vs": policyreport_world.world(),
    }


NEXT = {
    "istio-migrate": "there is nothing of it here: is this the right cluster? --context NAME names another",
    "vs-gateways": "kubectl vs-gateways --context prod --audit -A  # 2 refer to a Gateway that does not exist",
    "recycle-injected": (
        "kubectl recycle-injected --context prod -A --dry-run  # what would be restarted, how, in which order"
    ),
    "policyreport-vs": "kubectl policyreport-vs --context prod -A --pending -o wide  # what to change where",
}


@pytest.mark.parametrize("name", BY_NAME)
def test_each_plugin_says_what_it_sees_and_changes_nothing(name: str, mesh: FakeCluster) -> None:  # noqa: F811
    cluster = clusters(mesh)[name]
    done = run("--context", "prod", app=BY_NAME[name], cluster=cluster)
    assert (done.code, done.err, cluster.writes) == (0, "", [])
    lines = done.out.splitlines()
    assert lines[0].startswith("cluster   fake")
    assert f"next      {NEXT[name]}" in lines
    assert lines[-1].endswith(f", kubectl {name} --help")
    assert len(lines) <= MOST


@pytest.mark.parametrize("name", BY_NAME)
def test_the_next_command_can_be_typed(name: str, mesh: FakeCluster) -> None:  # noqa: F811
    """As it stands there, with its comment cut off as a shell does."""
    line = NEXT[name].partition("  #")[0]
    if not line.startswith("kubectl "):
        return
    words = line.split()[2:]
    done = run(*words, app=BY_NAME[name], cluster=clusters(mesh)[name])
    assert done.code in (0, 1), done.err


def test_a_big_bang_as_a_cluster_has_it() -> None:
    kiali = manifest("kiali", condition("Ready", "False", "InstallFailed", "quota exceeded"))
    cluster = big_bang("domain: example.com\n", kiali)
    done = run("-n", "bigbang", "--context=prod", cluster=cluster)
    assert (done.code, done.err, cluster.writes) == (0, "", [])
    assert done.out.splitlines() == [
        "cluster   fake, Kubernetes v1.32.4, Big Bang 2.51 to 2.54, by its keys",
        "mesh      operator: the switches say so and so does what runs",
        "releases  1 of 2 HelmReleases not Ready: kiali",
        "next      kubectl istio-migrate --context prod -n bigbang check --step 1"
        "  # find everything that would make a step fail or hurt",
        "more      kubectl istio-migrate --context prod -n bigbang status, kubectl istio-migrate --help",
    ]
    assert run("--context", "prod", "-n", "bigbang", "check", "--step", "1", cluster=cluster).code == 1


@pytest.mark.parametrize("name", ["vs-gateways", "policyreport-vs"])
def test_what_may_not_be_read_is_not_called_done(name: str) -> None:
    done = run(app=BY_NAME[name], cluster=FakeCluster(denied={("list", "VirtualService")}))
    assert done.code == 0
    assert "not read  VirtualService" in done.out
    assert (
        "next      cannot tell, for want of what was not read: ask for the role in docs/rbac/\n" in done.out
    )


def test_pods_that_may_not_be_read_are_an_error() -> None:
    done = run(app=BY_NAME["recycle-injected"], cluster=FakeCluster(denied={("list", "Pod")}))
    assert isinstance(done, Result)
    assert (done.code, done.out) == (3, "")


CONFIG = """\
current-context: here
clusters: [{{name: here, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
contexts: [{{name: here, context: {{cluster: here}}}}]
"""
"""A kubeconfig of a server on this machine."""


@pytest.mark.parametrize("name", BY_NAME)
def test_a_kubeconfig_that_names_no_cluster(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    done = run(app=BY_NAME[name], live=True)
    why = "there is no kubeconfig with a cluster in it; give --kubeconfig, or set KUBECONFIG"
    assert (done.code, done.err) == (2, f"error: no cluster answers: {why}\n")
    lines = done.out.splitlines()
    assert lines[-2].startswith(f"with      kubectl {name} --context NAME  # or --kubeconfig FILE")
    assert lines[-1] == f"help      kubectl {name} --help"
    assert len(lines) == 2 + bool(BY_NAME[name].offline[1])


def test_a_server_that_never_answers_is_not_waited_for(tmp_path: Path) -> None:
    """Five seconds, without a flag that says so; the bound leaves room for a busy machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        config = tmp_path / "config"
        config.write_text(CONFIG.format(port=server.getsockname()[1]))
        begun = time.monotonic()
        done = run("--kubeconfig", str(config), live=True)
    assert time.monotonic() - begun < 30
    assert done.code == 3
    assert done.err.startswith("error: no cluster answers: cannot reach the API server http://127.0.0.1:")
    assert done.err.count("\n") == 1
    assert "without   kubectl istio-migrate status -f values.yaml  # see what values files mean\n" in done.out
