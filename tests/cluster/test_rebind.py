"""Bindings change on a real API server, beside other writers, and go back to the byte."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from istiokit.cluster.kinds import VIRTUAL_SERVICE
from istiokit.cluster.live import LiveCluster, connect
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.cluster.types import Ref, Where
from istiokit.errors import Conflict
from istiokit.istio.mapping import mapping_of, parse_flag
from istiokit.istio.model import VirtualService
from istiokit.istio.rebinding import Operation
from istiokit.ownership.model import NO_OWNERS
from istiokit.plan.actions.bindings import EditBindings
from istiokit.plan.model import State, World
from istiokit.plan.rebind import Wanted, plan_rebind
from istiokit.ui.context import Context
from kubectl_vs_gateways.main import APP
from tests.run import Result, run
from tests.tools.rig import Rig

ROUTE = [{"destination": {"host": "shop"}}]


@pytest.fixture
def cluster(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> LiveCluster:
    monkeypatch.setenv("KUBECONFIG", str(rig.kubeconfig))
    return connect(ConnectOptions())


def virtual_service(
    name: str, namespace: str, gateways: Sequence[str], narrowed: Sequence[str] = ()
) -> dict[str, Any]:
    match = {"gateways": list(narrowed)} if narrowed else {}
    conditions = [{"uri": {"prefix": "/"}, **match}]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name, "namespace": namespace, "annotations": {"writes": "0"}},
        "spec": {
            "hosts": [f"{name}.example.com"],
            "gateways": list(gateways),
            "http": [{"match": conditions, "route": ROUTE}],
        },
    }


def gateway(name: str, namespace: str, **selector: str) -> dict[str, Any]:
    servers = [
        {"port": {"number": 8080, "name": "http", "protocol": "HTTP"}, "hosts": ["*.example.com"]},
        {
            "port": {"number": 8443, "name": "https", "protocol": "HTTPS"},
            "hosts": ["*.example.com"],
            "tls": {"mode": "SIMPLE", "credentialName": "cert"},
        },
    ]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": selector, "servers": servers},
    }


def create_all(cluster: LiveCluster, manifests: Sequence[dict[str, Any]]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(cluster.create, manifests))


def specs(cluster: LiveCluster, namespace: str) -> dict[str, bytes]:
    found = cluster.list(VIRTUAL_SERVICE, dict[str, Any], Where(namespace))
    return {item["metadata"]["name"]: msgspec.json.encode(item["spec"]) for item in found}


def writes(cluster: LiveCluster, namespace: str) -> int:
    found = cluster.list(VIRTUAL_SERVICE, dict[str, Any], Where(namespace))
    return sum(int(item["metadata"]["annotations"]["writes"]) for item in found)


class Pair:
    """An old and a new Gateway of one test, in its own namespace unless it says otherwise."""

    def __init__(self, namespace: str, old: str = "") -> None:
        self.namespace, self.old, self.new = namespace, old or f"{namespace}/old", f"{namespace}/new"
        self.flags = ["-n", namespace, "--map", f"{self.old}={self.new}", "--journal-namespace", namespace]

    def run(self, command: str, *flags: str) -> Result:
        return run(command, *self.flags, *flags, app=APP, live=True)

    def rollback(self, *flags: str) -> Result:
        return run("rollback", "--yes", "--journal-namespace", self.namespace, *flags, app=APP, live=True)


@pytest.fixture
def pair(cluster: LiveCluster, namespace: str) -> Pair:
    cluster.create(gateway("old", namespace, app="old"))
    cluster.create(gateway("new", namespace, app="new"))
    return Pair(namespace)


@pytest.fixture
def crowd(cluster: LiveCluster, pair: Pair) -> Pair:
    """200 VirtualServices: the old Gateway at the top, in conditions, in several spellings, and a few of others."""
    gateways = (
        [pair.old],
        ["mesh", pair.old],
        ["old", "team/own"],
        [pair.old, pair.new],
        ["mesh", "team/own"],
    )
    conditions: tuple[list[str], ...] = ([], [pair.old], ["mesh", "old"], [])
    create_all(
        cluster,
        [
            virtual_service(f"vs-{number:03}", pair.namespace, gateways[number % 5], conditions[number % 4])
            for number in range(200)
        ],
    )
    return pair


def test_200_virtual_services_there_and_back(cluster: LiveCluster, crowd: Pair) -> None:
    before = specs(cluster, crowd.namespace)
    shown = crowd.run("swap", "--dry-run=server")
    assert shown.code == 0, shown.err
    assert "and 160 more (-o wide shows all)" in shown.out
    assert "the server would accept 180 of 180 changes" in shown.err
    assert specs(cluster, crowd.namespace) == before
    done = crowd.run("swap", "--yes")
    assert done.code == 0, done.err
    after = specs(cluster, crowd.namespace)
    assert sum(after[name] != before[name] for name in before) == 180
    for name, spec in after.items():
        assert b"/old" not in spec
        assert b'"old"' not in spec
        read, was = msgspec.json.decode(spec), msgspec.json.decode(before[name])
        assert read["gateways"].count(crowd.new) == bool({crowd.old, crowd.new, "old"} & {*was["gateways"]})
        assert (read["hosts"], read["http"][0]["route"]) == (was["hosts"], was["http"][0]["route"])
    again = crowd.run("swap", "--yes")
    assert (again.code, "nothing to swap" in again.err) == (0, True), again.err
    back = crowd.rollback()
    assert back.code == 0, back.err
    assert specs(cluster, crowd.namespace) == before


def test_add_then_remove_is_a_swap_in_two_steps(cluster: LiveCluster, crowd: Pair) -> None:
    before = specs(cluster, crowd.namespace)
    early = crowd.run("remove", "--yes")
    assert early.code == 1
    assert f"names {crowd.old} and not {crowd.new}: `add` or `swap` comes first" in early.err
    assert crowd.run("add", "--yes").code == 0
    removed = crowd.run("remove", "--yes")
    assert removed.code == 0, removed.err
    assert all(b"/old" not in spec for spec in specs(cluster, crowd.namespace).values())
    undone = crowd.rollback()
    assert undone.code == 0, undone.err
    assert specs(cluster, crowd.namespace) == before


@pytest.fixture
def busy(cluster: LiveCluster, crowd: Pair) -> Iterator[list[int]]:
    """Somebody who writes to every object all the time; how often, in the one element of the list."""
    names, stop, count = sorted(specs(cluster, crowd.namespace)), threading.Event(), [0]

    def write() -> None:
        numbers = dict.fromkeys(names, 0)
        while not stop.is_set():
            for name in names:
                numbers[name] += 1
                patch = {"metadata": {"annotations": {"writes": str(numbers[name])}}}
                cluster.merge_patch(Ref("VirtualService", name, crowd.namespace), patch)
                count[0] += 1

    thread = threading.Thread(target=write)
    thread.start()
    yield count
    stop.set()
    thread.join()


def test_beside_a_writer_that_never_rests_nothing_is_lost(
    cluster: LiveCluster, crowd: Pair, busy: list[int], request: pytest.FixtureRequest
) -> None:
    before = specs(cluster, crowd.namespace)
    for _ in range(2):
        done = crowd.run("swap", "--yes")
        assert done.code == 0, done.err
        assert all(b"/old" not in spec for spec in specs(cluster, crowd.namespace).values())
        back = crowd.rollback()
        assert back.code == 0, back.err
        assert specs(cluster, crowd.namespace) == before


def test_500_times_somebody_is_quicker(cluster: LiveCluster, pair: Pair) -> None:
    """Between our reading and our patch: elsewhere in the object, or in the very list."""
    ref = Ref("VirtualService", "shop", pair.namespace)
    world = World(cluster, lambda line: None)
    wanted = Wanted(Operation.SWAP, mapping_of([parse_flag(f"{pair.old}={pair.new}")]))
    start = virtual_service("shop", pair.namespace, ["mesh", pair.old], [pair.old])
    cluster.create(start)
    for number in range(1, 501):
        item = cluster.get(ref, VirtualService)
        assert item
        action = plan_rebind([item], None, NO_OWNERS, wanted).plan.groups[0].actions[0]
        assert isinstance(action, EditBindings)
        theirs: dict[str, Any] = {"metadata": {"annotations": {"writes": str(number)}}}
        meddles = number % 5 == 0
        if meddles:
            theirs["spec"] = {"gateways": ["mesh", pair.old, f"team/own-{number}"]}
        cluster.merge_patch(ref, theirs)
        assert action.carry_out(world) is (State.CHANGED if meddles else State.TODO)
        now = cluster.get(ref, dict[str, Any])
        assert now
        assert now["metadata"]["annotations"]["writes"] == str(number)
        if meddles:
            assert now["spec"]["gateways"] == ["mesh", pair.old, f"team/own-{number}"]
            with pytest.raises(Conflict, match="was changed by somebody else"):
                action.undo(world)
            cluster.merge_patch(ref, {"spec": {"gateways": ["mesh", pair.old]}})
        else:
            assert now["spec"]["gateways"] == ["mesh", pair.new]
            action.undo(world)
        read = cluster.get(ref, dict[str, Any])
        assert read
        assert read["spec"] == start["spec"]


def test_a_gateway_that_does_not_exist_is_refused_unless_allowed(cluster: LiveCluster, pair: Pair) -> None:
    cluster.create(virtual_service("shop", pair.namespace, [pair.old]))
    flags = [
        "-n",
        pair.namespace,
        "--journal-namespace",
        pair.namespace,
        "--map",
        f"{pair.old}=team/none",
        "--yes",
    ]
    refused = run("add", *flags, app=APP, live=True)
    assert (refused.code, "VSG050  Gateway team/none" in refused.err) == (1, True)
    assert "nothing was changed" in refused.err
    allowed = run("add", *flags, "--allow", "VSG050", app=APP, live=True)
    assert allowed.code == 0, allowed.err


def test_the_404_trap_is_seen_before_it_snaps(cluster: LiveCluster, namespace: str) -> None:
    """Both Gateways select the same pods, and the old one is older: TLS for the host stays with it."""
    beside = f"{namespace}-old"
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": beside}})
    pair = Pair(
        namespace, old=f"{beside}/a"
    )  # of two made in the same second the first by name counts as the older
    cluster.create(gateway("a", beside, app="public"))
    cluster.create(gateway("new", namespace, app="public"))
    cluster.create(virtual_service("shop", namespace, [pair.old]))
    refused = pair.run("swap", "--yes")
    assert refused.code == 1, refused.err
    assert "VSG051  VirtualService" in refused.err
    assert "shop.example.com would no longer answer on HTTPS" in refused.err
    assert pair.run("add", "--yes").code == 0
    refused = pair.run("remove", "--yes")
    assert (refused.code, "VSG051" in refused.err) == (1, True)
    old = Ref("Gateway", "a", beside)
    cluster.json_patch(old, [{"op": "add", "path": "/spec/selector/operator", "value": "true"}])
    done = pair.run("remove", "--yes")
    assert done.code == 0, done.err


def test_an_object_that_flux_puts_back_is_left_with_the_edit_to_make(
    cluster: LiveCluster, pair: Pair
) -> None:
    mine = virtual_service("mine", pair.namespace, [pair.old])
    theirs = virtual_service("theirs", pair.namespace, [pair.old])
    theirs["metadata"]["labels"] = {
        "kustomize.toolkit.fluxcd.io/name": "apps",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    }
    create_all(cluster, [mine, theirs])
    done = pair.run("swap", "--yes")
    assert done.code == 1
    assert "theirs: Kustomization flux-system/apps applies it again at every interval. Change it" in done.err
    found = specs(cluster, pair.namespace)
    assert (b"/old" in found["mine"], b"/old" in found["theirs"]) == (False, True)


def test_names_select_and_a_no_changes_nothing(cluster: LiveCluster, pair: Pair) -> None:
    create_all(cluster, [virtual_service(name, pair.namespace, [pair.old]) for name in ("a", "b")])
    no = run("swap", "a", *pair.flags, app=APP, live=True, tty=True, stdin="n\n")
    assert (no.code, "swap: change the gateways of 1 VirtualService?" in no.err) == (1, True)
    assert pair.run("swap", f"{pair.namespace}/a", "--yes").code == 0
    found = specs(cluster, pair.namespace)
    assert (b"/old" in found["a"], b"/old" in found["b"]) == (False, True)
    missing = pair.run("swap", "c", "--yes")
    assert (missing.code, "no VirtualService c" in missing.err) == (1, True)


def test_what_somebody_else_did_meanwhile_is_not_counted_as_ours(
    cluster: LiveCluster, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_all(cluster, [virtual_service(name, pair.namespace, [pair.old]) for name in ("a", "b")])

    def quicker(context: Context, question: str) -> bool:
        patch = {"spec": {"gateways": [pair.old, pair.new]}}
        cluster.merge_patch(Ref("VirtualService", "a", pair.namespace), patch)
        return True

    monkeypatch.setattr(Context, "confirm", quicker)
    done = pair.run("add")
    assert done.code == 0, done
    assert "add is done: 1 VirtualService, 1 by somebody else meanwhile (journal " in done.err, done


def pod(name: str, namespace: str, **labels: str) -> dict[str, Any]:
    containers = [{"name": "istio-proxy", "image": "proxyv2"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": containers},
    }


def test_isolate_makes_remove_possible_and_goes_back(rig: Rig, cluster: LiveCluster, namespace: str) -> None:
    """Big Bang's state: one label for old and new pods, the old Gateway is older and wins on both."""
    beside = f"{namespace}-old"
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": beside}})
    rig.kubectl("wait", "--for=create", f"--namespace={beside}", "serviceaccount/default", "--timeout=60s")
    label = f"app-{namespace[-6:]}"
    component = {"operator.istio.io/component": "IngressGateways"}
    cluster.create(pod("old-pod", beside, app=label, chart="gateways", **component))
    cluster.create(pod("new-pod", namespace, app=label))
    pair = Pair(namespace, old=f"{beside}/a")
    cluster.create(gateway("a", beside, app=label))
    cluster.create(gateway("new", namespace, app=label))
    cluster.create(virtual_service("shop", namespace, [pair.old]))
    isolate = ["isolate", pair.old, "--journal-namespace", namespace, "--yes"]
    early = run(*isolate, app=APP, live=True)
    assert (early.code, "VSG052  VirtualService" in early.err) == (1, True), early.err
    assert pair.run("add", "--yes").code == 0
    assert pair.run("remove", "--yes").code == 1
    done = run(*isolate, app=APP, live=True)
    assert done.code == 0, done.err
    assert 'spec.selector.operator.istio.io/component: absent -> "IngressGateways"' in done.out
    assert "single requests there may get a 404" in done.err
    again = run(*isolate, app=APP, live=True)
    assert (again.code, "keeps to its own pods already" in again.err) == (0, True), again.err
    removed = pair.run("remove", "--yes")
    assert removed.code == 0, removed.err
    assert pair.rollback().code == 0
    found = cluster.get(Ref("Gateway", "a", beside), dict[str, Any])
    assert found
    assert found["spec"]["selector"] == {"app": label}
    assert specs(cluster, namespace)["shop"].count(b'/a"') == 1
