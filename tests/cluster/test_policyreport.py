"""Who depends on the policy, on a real API server with Kubernetes' own mutation policy, which leaves no report at all.

What each way of applying leaves behind (annotation, managedFields, the order of a list) is made by the real kubectl and
the real server.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from istiokit.cluster.live import LiveCluster, connect
from istiokit.cluster.live_failures import NoAnswer
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.kyverno.policies import Engine, policy
from kubectl_policyreport_vs.main import APP
from kubectl_vs_gateways.policy_text import printed
from tests.run import Result, run
from tests.tools.rig import Rig
from tests.unit.kyverno_cases import NEW_PUBLIC, ONE, PUBLIC, Manifest, manifest, mapping

BOTH = [PUBLIC, NEW_PUBLIC]


class World:
    """A cluster with the policy, and four ways to write VirtualServices to it."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.cluster: LiveCluster = connect(ConnectOptions(kubeconfig=str(rig.kubeconfig)))

    def apply(self, item: Manifest, *flags: str) -> None:
        """As a user does, with kubectl."""
        self.rig.kubectl("apply", *flags, "--filename=-", input=json.dumps(item))

    def server_side(self, item: Manifest, manager: str = "kubectl") -> None:
        self.apply(item, "--server-side", "--force-conflicts", f"--field-manager={manager}")

    def gateways(self, name: str) -> Any:
        return self.rig.get("virtualservice", name, "--namespace=shop")["spec"].get("gateways")

    def run(self, *argv: str) -> Result:
        return run(*argv, f"--kubeconfig={self.rig.kubeconfig}", app=APP, live=True)

    def found(self, *argv: str) -> dict[str, dict[str, Any]]:
        done = self.run("-n", "shop", *argv, "-o", "json")
        assert done.code == 0, done.err
        return {one["name"]: one for one in json.loads(done.out)["items"]}

    def verdict(self, name: str) -> str:
        verdict: str = self.found(f"shop/{name}")[name]["verdict"]
        return verdict

    def is_in_force(self) -> bool:
        """For some seconds after its CRD was made the API server has no schema to mutate a kind by."""
        probe = manifest("default", "probe", gateways=[PUBLIC])
        try:
            return bool(self.cluster.create(probe, dry_run=True)["spec"]["gateways"] == BOTH)
        except NoAnswer:
            return False


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Rig(parts=("istio_crds",)) as rig:
        rig.kubectl("create", "namespace", "shop")
        world = World(rig)
        world.apply(manifest(name="before", gateways=[PUBLIC]))
        rig.apply(printed(policy(Engine.ADMISSION, mapping(*ONE)), "yaml"))
        rig.until(world.is_in_force, "the policy to be in force")
        yield world


def test_what_kubectl_applied_last_decides(world: World) -> None:
    item = manifest(name="applied", gateways=[PUBLIC])
    world.apply(item)
    assert world.gateways("applied") == BOTH
    assert world.verdict("applied") == "depends-on-policy"
    world.rig.kubectl("annotate", "virtualservice", "applied", "--namespace=shop", "touched=yes")
    assert world.verdict("applied") == "depends-on-policy"
    item["spec"]["gateways"] = BOTH
    world.apply(item)
    found = world.found("shop/applied")["applied"]
    assert (found["verdict"], found["source"], found["declared"]) == ("source-migrated", "last-applied", BOTH)


def test_kubectl_keeps_its_annotation_when_it_goes_over_to_the_server_side(world: World) -> None:
    item = manifest(name="moved", gateways=[PUBLIC])
    world.apply(item)
    world.server_side(item)
    assert world.verdict("moved") == "depends-on-policy"
    item["spec"]["gateways"] = BOTH
    world.server_side(item)
    found = world.found("shop/moved")["moved"]
    assert (found["verdict"], found["source"]) == ("source-migrated", "last-applied")


@pytest.mark.parametrize("manager", ["kubectl", "kustomize-controller", "our-pipeline"])
def test_server_side_apply_leaves_the_order_of_the_list(world: World, manager: str) -> None:
    name = f"ordered-{manager}"
    item = manifest(name=name, gateways=[PUBLIC])
    world.server_side(item, manager)
    assert world.gateways(name) == BOTH
    assert world.verdict(name) == "unknown"
    for source in ([NEW_PUBLIC, PUBLIC], [NEW_PUBLIC]):
        item["spec"]["gateways"] = source
        world.server_side(item, manager)
        assert world.gateways(name) == [NEW_PUBLIC, PUBLIC]
        found = world.found(f"shop/{name}")[name]
        assert (found["verdict"], found["source"]) == ("source-migrated", "managed-fields")
    item["spec"]["gateways"] = [PUBLIC]
    world.server_side(item, manager)
    assert world.verdict(name) == "unknown"


def test_what_somebody_else_wrote_is_not_the_owners_word(world: World) -> None:
    """The list was turned round by hand: the owner's next apply turns it back."""
    world.server_side(manifest(name="turned", gateways=[PUBLIC]), "kustomize-controller")
    turned = json.dumps({"spec": {"gateways": [NEW_PUBLIC, PUBLIC]}})
    world.rig.kubectl(
        "patch", "virtualservice", "turned", "--namespace=shop", "--type=merge", f"--patch={turned}"
    )
    assert world.gateways("turned") == [NEW_PUBLIC, PUBLIC]
    assert world.verdict("turned") == "unknown"


def test_what_nobody_applies_tells_by_its_order(world: World) -> None:
    """Whoever made it may make it again, from the manifest that only they have."""
    for name, source, verdict in (
        ("made", [PUBLIC], "unknown"),
        ("made-new", [NEW_PUBLIC, PUBLIC], "source-migrated"),
    ):
        made = json.dumps(manifest(name=name, gateways=source))
        world.rig.kubectl("create", "--filename=-", input=made)
        found = world.found(f"shop/{name}")[name]
        assert (found["verdict"], found["source"]) == (verdict, "live")


def test_what_the_policy_has_not_reached_depends_on_it(world: World) -> None:
    assert world.gateways("before") == [PUBLIC]
    assert world.verdict("before") == "depends-on-policy"


def test_delegates_and_what_is_for_the_mesh_alone_stay_as_they_are(world: World) -> None:
    route = [{"route": [{"destination": {"host": "web"}}]}]
    delegate = manifest(name="delegate", hosts=None, gateways=None, http=route)
    mesh = manifest(name="meshed", gateways=["mesh"])
    bare = manifest(name="bare", gateways=None)
    for item in (delegate, mesh, bare):
        world.apply(item)
        world.apply(item)
        assert world.gateways(item["metadata"]["name"]) == item["spec"].get("gateways")
    assert not {"delegate", "meshed", "bare"} & world.found().keys()


def test_the_gate_names_what_keeps_it_shut_and_opens(world: World) -> None:
    shut = world.run("safe-to-remove")
    assert shut.code == 1
    assert "error PR001  VirtualService shop/before" in shut.out
    for name in world.found("--pending"):
        world.rig.kubectl("delete", "virtualservice", name, "--namespace=shop")
    opened = world.run("safe-to-remove")
    assert opened.code == 0, opened.out
    assert opened.err.endswith("safe to remove: nobody depends on the policy\n")


def test_policies_of_older_kyvernos_are_read_too(world: World) -> None:
    """1.15 serves MutatingPolicy as v1alpha1 alone, 1.16 as v1beta1 too."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1alpha1", "served": True, "storage": True, "schema": schema}
    names = {"kind": "MutatingPolicy", "plural": "mutatingpolicies", "singular": "mutatingpolicy"}
    crd: dict[str, Any] = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "mutatingpolicies.policies.kyverno.io"},
        "spec": {"group": "policies.kyverno.io", "scope": "Cluster", "names": names, "versions": [version]},
    }
    made = policy(Engine.KYVERNO_MUTATING, mapping(*ONE))[0]
    world.rig.apply([crd])
    world.rig.kubectl("wait", "--for=condition=Established", f"crd/{crd['metadata']['name']}")
    world.rig.apply([{**made, "apiVersion": "policies.kyverno.io/v1alpha1"}])
    assert "MutatingPolicy istio-migrate-gateways, " not in world.run("-n", "shop", "--policy", "other").err
    assert world.run("-n", "shop").err.startswith(
        "policies: MutatingAdmissionPolicy istio-migrate-gateways, MutatingPolicy istio-migrate-gateways\n"
    )
    world.rig.kubectl("delete", "crd", "mutatingpolicies.policies.kyverno.io")


def test_once_it_is_removed_nothing_reverts(world: World) -> None:
    item = manifest(name="last", gateways=BOTH)
    world.apply(item)
    before = {name: world.gateways(name) for name in world.found()}
    for one in policy(Engine.ADMISSION, mapping(*ONE)):
        world.rig.kubectl("delete", one["kind"], one["metadata"]["name"])
    world.rig.until(lambda: not world.is_in_force(), "the policy to be gone")
    world.apply(item)
    world.rig.kubectl("annotate", "virtualservice", "last", "--namespace=shop", "touched=yes")
    assert {name: world.gateways(name) for name in before} == before
    done = world.run("-n", "shop")
    assert "no policy that adds to the gateways of VirtualServices was found" in done.err
