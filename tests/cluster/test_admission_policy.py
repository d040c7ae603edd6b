"""Kubernetes' own mutation policy on a real API server, and `touch` for what was there before it."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings

from istiokit.cluster.kinds import MUTATING_ADMISSION_POLICY
from istiokit.cluster.live import LiveCluster, connect
from istiokit.cluster.live_failures import NoAnswer
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.kyverno.grants import Grant, grants_of
from istiokit.kyverno.policies import Engine, policy
from istiokit.ui.commands import App, Command
from kubectl_vs_gateways.policy_text import printed
from tests.run import Result, run
from tests.tools.rig import Rig
from tests.unit.kyverno_cases import (
    MANIFESTS,
    NEW_PASS,
    NEW_PUBLIC,
    ONE,
    PASS,
    PUBLIC,
    TWO,
    Manifest,
    gateway_lists,
    manifest,
    mapping,
    mutated,
)

APP = App(
    name="kubectl-vs-gateways",
    description="Some of its commands.",
    commands=tuple(
        Command(name, name, f"kubectl_vs_gateways.{name}") for name in ("policy", "touch", "swap", "rollback")
    ),
)
MERGED = (f"{PUBLIC}={NEW_PUBLIC}", f"{PASS}={NEW_PUBLIC}")
ALL = (PUBLIC, NEW_PUBLIC, PASS, NEW_PASS)


class World:
    """A cluster whose policy can be exchanged."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.cluster: LiveCluster = connect(ConnectOptions(kubeconfig=str(rig.kubeconfig)))
        self.grants: tuple[Grant, ...] = ()

    def install(self, *pairs: str, one_way: bool = False) -> None:
        """Apply the policy as a user would, and wait until the server acts by it and by no other."""
        self.rig.apply(printed(policy(Engine.ADMISSION, mapping(*pairs), one_way=one_way), "yaml"))
        self._settle(grants_of(mapping(*pairs), one_way=one_way))

    def remove(self) -> None:
        """Take the policy away, and wait until nothing is mutated."""
        for item in policy(Engine.ADMISSION, mapping(*ONE)):
            self.rig.kubectl("delete", item["kind"], item["metadata"]["name"], "--ignore-not-found")
        self._settle(())

    def admitted(self, item: Manifest) -> Manifest:
        """The object as the server would store it."""
        return self.cluster.create(item, dry_run=True)

    def stored(self, item: Manifest) -> Manifest:
        """Create it and return what is stored."""
        self.cluster.create(item)
        return self.get(item)

    def get(self, item: Manifest) -> Manifest:
        metadata = item["metadata"]
        return self.rig.get("virtualservice", metadata["name"], f"--namespace={metadata['namespace']}")

    def _settle(self, grants: tuple[Grant, ...]) -> None:
        self.grants = grants
        self.rig.until(lambda: all(self._as_wanted(name) for name in ALL), "the policy to be in force")

    def _as_wanted(self, gateway: str) -> bool:
        """Whether a probe comes back as the rule has it.

        For some seconds after its CRD was made the API server has no schema to mutate a kind by, and answers 503.
        """
        probe = manifest("default", "probe", gateways=[gateway])
        try:
            return gateway_lists(self.admitted(probe)) == gateway_lists(mutated(probe, self.grants))
        except NoAnswer:
            return False

    def touch(self, *flags: str) -> Result:
        return run("touch", *flags, f"--kubeconfig={self.rig.kubeconfig}", app=APP, live=True)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Rig(parts=("istio_crds",)) as rig:
        for name in ("shop", "istio-system", "istio-gateway"):
            rig.kubectl("create", "namespace", name)
        yield World(rig)


def match(*gateways: str) -> dict[str, Any]:
    return {"uri": {"prefix": "/"}, "gateways": list(gateways)}


def route(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"match": list(conditions), "route": [{"destination": {"host": "web"}}]}


def test_the_api_server_has_the_kind(world: World) -> None:
    assert world.cluster.served(MUTATING_ADMISSION_POLICY)


def test_a_created_virtual_service_gets_the_other_gateway(world: World) -> None:
    world.install(*ONE)
    old = world.stored(manifest(name="old", gateways=["mesh", PUBLIC, "shop/own"]))
    new = world.stored(manifest(name="new", gateways=[NEW_PUBLIC]))
    assert old["spec"]["gateways"] == ["mesh", PUBLIC, "shop/own", NEW_PUBLIC]
    assert new["spec"]["gateways"] == [NEW_PUBLIC, PUBLIC]


def test_an_update_that_drops_a_gateway_gets_it_again_and_nothing_twice(world: World) -> None:
    world.install(*ONE)
    item = manifest(name="updated", gateways=[PUBLIC])
    world.rig.apply([item])
    for _ in range(3):
        world.rig.apply([item])
        assert world.get(item)["spec"]["gateways"] == [PUBLIC, NEW_PUBLIC]


def test_a_second_look_changes_nothing(world: World) -> None:
    world.install(*TWO)
    item = manifest(name="again", gateways=[PUBLIC, PASS], http=[route(match(PASS), match("mesh"))])
    before = world.stored(item)
    world.rig.kubectl("patch", "virtualservice", "again", "-n", "shop", "--type=merge", "-p", "{}")
    assert world.get(item)["metadata"]["generation"] == before["metadata"]["generation"] == 1


def test_conditions_get_it_where_they_need_it(world: World) -> None:
    """Also in routes that are the same twice: places count, not contents."""
    world.install(*ONE)
    twice = route({"port": 80}, match("mesh", PUBLIC), match("mesh"))
    tls = {
        "match": [{"sniHosts": ["a"], "gateways": [NEW_PUBLIC]}],
        "route": [{"destination": {"host": "web"}}],
    }
    tcp = {"match": [{"port": 9, "gateways": [PUBLIC]}], "route": [{"destination": {"host": "web"}}]}
    item = manifest(name="conditions", gateways=[PUBLIC], http=[twice, twice], tls=[tls], tcp=[tcp])
    same = [None, ["mesh", PUBLIC, NEW_PUBLIC], ["mesh"]]
    assert gateway_lists(world.stored(item)) == [
        [PUBLIC, NEW_PUBLIC],
        *(same + same),
        [NEW_PUBLIC, PUBLIC],
        [PUBLIC, NEW_PUBLIC],
    ]


@pytest.mark.parametrize(
    "item",
    [
        manifest(hosts=None, http=[route(match())]),
        manifest(hosts=None, gateways=[PUBLIC]),
        manifest(gateways=["mesh"]),
        manifest(http=[route(match(PUBLIC))]),
        manifest(gateways=["shop/public", "public", "./public"]),
        manifest(gateways=[PUBLIC, NEW_PUBLIC, PUBLIC]),
        manifest(gateways=["public.istio-system.svc.cluster.local", "public-ingressgateway.istio-gateway"]),
    ],
)
def test_what_lacks_nothing_is_left_alone(world: World, item: Manifest) -> None:
    world.install(*ONE)
    assert world.admitted(item)["spec"] == item["spec"]


@pytest.mark.parametrize(
    ("namespace", "name"),
    [
        ("shop", "public.istio-system"),
        ("shop", "public.istio-system.svc"),
        ("shop", "public.istio-system.svc.cluster.local"),
        ("istio-system", "public"),
        ("istio-system", "./public"),
    ],
)
def test_every_spelling_of_the_old_gateway_counts(world: World, namespace: str, name: str) -> None:
    world.install(*ONE)
    item = manifest(namespace, gateways=[name])
    assert world.admitted(item)["spec"]["gateways"] == [name, NEW_PUBLIC]


def test_one_way_gives_nothing_back(world: World) -> None:
    world.install(*ONE, one_way=True)
    assert world.admitted(manifest(gateways=[PUBLIC]))["spec"]["gateways"] == [PUBLIC, NEW_PUBLIC]
    assert world.admitted(manifest(gateways=[NEW_PUBLIC]))["spec"]["gateways"] == [NEW_PUBLIC]


def test_older_versions_of_the_api_are_seen_too(world: World) -> None:
    world.install(*ONE)
    for version in ("v1beta1", "v1alpha3"):
        item = {**manifest(gateways=[PUBLIC]), "apiVersion": f"networking.istio.io/{version}"}
        assert world.admitted(item)["spec"]["gateways"] == [PUBLIC, NEW_PUBLIC]


def test_fields_that_are_null_do_no_harm(world: World) -> None:
    """As templates leave them behind; the server drops them."""
    world.install(*ONE)
    http = [{**route(), "match": None}, route({**match(), "gateways": None})]
    item = manifest(gateways=[PUBLIC], http=http)
    item["spec"]["tls"] = None
    assert world.admitted(item)["spec"]["gateways"] == [PUBLIC, NEW_PUBLIC]
    item["spec"]["gateways"] = None
    assert "gateways" not in world.admitted(item)["spec"]


def test_a_thousand_conditions_are_within_the_budget_of_cel(world: World) -> None:
    world.install(*TWO)
    item = manifest(gateways=[PUBLIC], http=[route(match(PUBLIC)) for _ in range(1000)])
    assert gateway_lists(world.admitted(item)) == [[PUBLIC, NEW_PUBLIC]] * 1001


@pytest.mark.parametrize(("pairs", "one_way"), [(TWO, False), (TWO, True), (MERGED, False)])
def test_the_server_does_what_the_rule_says(world: World, pairs: tuple[str, ...], one_way: bool) -> None:
    world.install(*pairs, one_way=one_way)

    @settings(max_examples=80, derandomize=True)
    @given(MANIFESTS)
    def check(item: Manifest) -> None:
        once = world.admitted(item)
        assert gateway_lists(once) == gateway_lists(mutated(item, world.grants))
        again = {**copy.deepcopy(item), "spec": once["spec"]}
        assert world.admitted(again)["spec"] == once["spec"]

    check()


def test_touch_reaches_what_was_there_before(world: World) -> None:
    world.remove()
    names = ("touch-old", "touch-new", "touch-both", "touch-mesh", "touch-delegate", "touch-condition")
    both = [PUBLIC, NEW_PUBLIC]
    specs: list[dict[str, Any]] = [
        {"gateways": [PUBLIC]},
        {"gateways": [NEW_PUBLIC]},
        {"gateways": both},
        {"gateways": ["mesh"]},
        {"hosts": None, "http": [route(match())]},
        {"gateways": both, "http": [route(match(PUBLIC))]},
    ]
    items = [manifest(name=name, **spec) for name, spec in zip(names, specs, strict=True)]
    world.rig.apply(items)
    versions = {item["metadata"]["name"]: world.get(item)["metadata"]["resourceVersion"] for item in items}

    world.install(*ONE)
    looked = world.touch("-n", "shop", "--dry-run", *_maps(ONE), *names)
    done = world.touch("-n", "shop", "--yes", *_maps(ONE), *names)

    assert (looked.code, looked.out.split()[5::4]) == (0, ["touch-condition", "touch-new", "touch-old"])
    assert (done.code, "3 touched: 3 changed by the policy, 0 still missing" in done.err) == (0, True), done
    found = {item["metadata"]["name"]: world.get(item) for item in items}
    assert gateway_lists(found["touch-old"]) == [both]
    assert gateway_lists(found["touch-new"]) == [[NEW_PUBLIC, PUBLIC]]
    assert gateway_lists(found["touch-condition"]) == [both, both]
    alone = ("touch-both", "touch-mesh", "touch-delegate")
    assert {name: found[name]["metadata"]["resourceVersion"] for name in alone} == {
        name: versions[name] for name in alone
    }
    again = world.touch("-n", "shop", "--yes", *_maps(ONE), *names)
    assert (again.code, "nothing to touch" in again.err) == (0, True)


def test_touch_without_the_policy_says_so(world: World) -> None:
    world.remove()
    item = manifest(name="no-policy", gateways=[PUBLIC])
    before = world.stored(item)
    done = world.touch("-n", "shop", "--yes", *_maps(ONE), "no-policy")
    assert done.code == 1
    assert "1 touched: 0 changed by the policy, 1 still missing" in done.err
    assert "is the policy there?" in done.err
    assert world.get(item)["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_touch_lists_what_it_may_not_do(world: World) -> None:
    world.remove()
    world.rig.apply([manifest(name="locked", gateways=[PUBLIC])])
    rules = [
        {"apiGroups": ["networking.istio.io"], "resources": ["virtualservices"], "verbs": ["get", "list"]}
    ]
    reader = world.rig.kubeconfig_for({"metadata": {"name": "reader"}, "rules": rules})
    flags = ("-n", "shop", "--yes", *_maps(ONE), "locked")
    done = run("touch", *flags, f"--kubeconfig={reader}", app=APP, live=True)
    assert (done.code, "1 failed" in done.err) == (1, True)
    assert "shop/locked: you may not patch virtualservices.networking.istio.io" in done.err


def test_a_server_that_judges_only_stores_nothing(world: World) -> None:
    world.remove()
    item = manifest(name="judged", gateways=[PUBLIC])
    world.stored(item)
    world.install(*ONE)
    done = world.touch("-n", "shop", "--dry-run=server", *_maps(ONE), "judged")
    assert (done.code, done.out.split()[-2]) == (0, "accepted")
    assert gateway_lists(world.get(item)) == [[PUBLIC]]


def test_swap_is_refused_while_the_policy_would_undo_it(world: World) -> None:
    world.install(*ONE)
    item = manifest(name="undone", gateways=[PUBLIC])
    world.stored(item)
    both = gateway_lists(world.get(item))
    kubeconfig = f"--kubeconfig={world.rig.kubeconfig}"
    flags = ("-n", "shop", "undone", "--yes", "--allow=VSG050", "--journal-namespace=shop", kubeconfig)
    refused = run("swap", *_maps(ONE), *flags, app=APP, live=True)
    assert refused.code == 1
    assert "VSG054  MutatingAdmissionPolicy istio-migrate-gateways" in refused.err, refused
    assert gateway_lists(world.get(item)) == both == [[PUBLIC, NEW_PUBLIC]]

    world.install(*ONE, one_way=True)
    done = run("swap", *_maps(ONE), *flags, app=APP, live=True)
    assert done.code == 0, done
    assert gateway_lists(world.get(item)) == [[NEW_PUBLIC]]
    world.remove()
    back = run("rollback", "--yes", "--journal-namespace=shop", kubeconfig, app=APP, live=True)
    assert (back.code, gateway_lists(world.get(item))) == (0, both), back


def test_policy_chooses_what_the_server_has_and_kubectl_takes_it(world: World) -> None:
    kubeconfig = f"--kubeconfig={world.rig.kubeconfig}"
    done = run("policy", *_maps(TWO), "-o", "json", kubeconfig, app=APP, live=True)
    assert done.code == 0
    assert "engine admission: the API server has MutatingAdmissionPolicy v1, and no Kyverno" in done.err
    assert [item["kind"] for item in json.loads(done.out)["items"]] == [
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
    ]
    world.rig.kubectl("apply", "--dry-run=server", "-f", "-", input=done.out)


def _maps(pairs: tuple[str, ...]) -> list[str]:
    return [word for pair in pairs for word in ("--map", pair)]
