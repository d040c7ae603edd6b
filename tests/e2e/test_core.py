"""An istioCore installation of 2.50 and the upgrade that splits it, on a cluster whose CRDs are not kept."""

from __future__ import annotations

import json
from collections.abc import Callable

import yaml

from tests.charts.values import LAYERS, default_layers, switches
from tests.e2e.bigbang import (
    Umbrella,
    install_umbrella,
    not_ready,
    release_names,
    request,
    wait_ready,
)
from tests.e2e.bigbang_objects import NAMESPACE, source
from tests.e2e.cli import begin, migrate, user
from tests.e2e.state import assert_ready, journal, status, values
from tests.tools.fixtures import FLUX_PARTS
from tests.tools.rig import Rig

CORE = {"bigbang", "istio-core", "public-ingressgateway"}
SPLIT = {"bigbang", "istio-crds", "istiod", "public-ingressgateway"}
UMBRELLA = "helmreleases.helm.toolkit.fluxcd.io/bigbang"
CORE_RELEASE = "helmreleases.helm.toolkit.fluxcd.io/istio-core"
FRESH = Callable[..., Rig]


def test_no_crd_and_no_istiod_is_lost_on_the_way_to_2_54(fresh_rig: FRESH) -> None:
    rig = fresh_rig(*FLUX_PARTS)
    install_core(rig)
    crds, istiod, bound = uids(rig, "crds"), uids(rig, "deployments", "istio-system"), routes(rig)
    # helm-controller looks a second time at what it has just installed, and until then a release is not Ready again.
    rig.until(lambda: status(rig)["next"].endswith("check --target 2.54"), "all releases to be Ready")
    refused = migrate(rig, "check", "--target=2.54")
    assert refused.code == 1
    assert "error IM027  HelmRelease bigbang/istio-core" in refused.err + refused.out

    carrying = begin(rig, "carry-core", "--yes", kubeconfig=user(rig, "step"))
    carrying.wait_for("waiting for Big Bang 2.51 or later; HelmRelease bigbang/bigbang runs 2.50.0")
    assert migrate(rig, "check", "--target=2.54").code == 0
    assert status(rig)["next"].endswith("carry-core")
    patch = json.dumps({"spec": {"suspend": False}})
    rig.kubectl("patch", CORE_RELEASE, f"--namespace={NAMESPACE}", "--type=merge", f"--patch={patch}")
    carrying.wait_for("HelmRelease bigbang/istio-core was resumed: suspended again")
    upgrade(rig)
    done = carrying.result().done()

    assert release_names(rig) == SPLIT
    assert_ready(rig)
    assert uids(rig, "crds") == crds
    assert uids(rig, "deployments", "istio-system") == istiod
    assert routes(rig) == bound
    assert owners(rig) == {"istio-crds"}
    assert "ConfigMap bigbang/environment key values.yaml: take out istioCore" in done.err
    assert "move istioGateway.values.gateways.public.tls to" in done.err
    assert "the way back: suspend istio-crds and istiod first" in done.err
    assert "kubectl -n bigbang delete secret -l owner=helm,name=istio-system-istio-core" in done.err
    assert [(run["name"], run["state"]) for run in journal(rig)] == [("carry-core", "done")]
    assert "carrying istioCore on is done already" in migrate(rig, "carry-core", "--yes").done().err
    assert status(rig)["place"] == "step 2 done"


def test_without_it_the_upgrade_prunes_every_crd(fresh_rig: FRESH) -> None:
    """What the test above would not notice if Helm kept the CRDs anyway."""
    rig = fresh_rig(*FLUX_PARTS)
    install_core(rig)
    crds, [istiod] = uids(rig, "crds"), uids(rig, "deployments", "istio-system").values()
    assert crds and routes(rig)
    upgrade(rig)
    rig.until(lambda: not set(uids(rig, "crds").items()) & set(crds.items()), "every CRD to be pruned", 90)
    rig.until(lambda: istiod not in uids(rig, "deployments", "istio-system").values(), "istiod to go", 30)


def test_killed_while_it_waits_it_goes_on_after_the_upgrade(fresh_rig: FRESH) -> None:
    rig = fresh_rig(*FLUX_PARTS)
    install_core(rig)
    crds = uids(rig, "crds")
    carrying = begin(rig, "carry-core", "--yes")
    carrying.wait_for("waiting for Big Bang 2.51 or later")
    carrying.process.kill()
    carrying.result()
    upgrade(rig)
    rig.until(lambda: release_names(rig) == SPLIT and not not_ready(rig), "the upgrade", 90)

    migrate(rig, "carry-core", "--yes").done()
    assert uids(rig, "crds") == crds
    assert [(run["name"], run["state"]) for run in journal(rig)] == [("carry-core", "done")]


def test_before_the_upgrade_it_can_be_taken_back(bigbang: Rig) -> None:
    install_umbrella(bigbang, "2.50.0", layers={"environment": switches("step2", "2.50.0")})
    wait_ready(bigbang)
    late = migrate(bigbang, "carry-core", "--yes", "--timeout=3s")
    assert late.code == 1
    assert "the upgrade has not arrived: HelmRelease bigbang/bigbang runs 2.50.0" in late.err
    assert suspended(bigbang)
    migrate(bigbang, "rollback", "--yes").done()
    assert not suspended(bigbang)
    wait_ready(bigbang)


def test_steps_of_before_the_upgrade_are_not_half_undone_after_it(fresh_rig: FRESH) -> None:
    rig = fresh_rig(*FLUX_PARTS)
    install_umbrella(rig, "2.50.0")
    wait_ready(rig)
    for step in ("step1", "step2"):
        migrate(rig, step, "--yes").done()
    carrying = begin(rig, "carry-core", "--yes")
    carrying.wait_for("waiting for Big Bang 2.51 or later")
    upgrade(rig)
    carrying.result().done()
    before = values(rig)

    refused = migrate(rig, "rollback", "--yes")
    assert refused.code == 1
    assert "step2 was made before the upgrade to Big Bang 2.54.0, and does not fit it any more" in refused.err
    assert "rollback --to step2 ends carry-core alone" in refused.err
    assert values(rig) == before
    migrate(rig, "rollback", "--to=step2", "--yes").done()
    assert [run["state"] for run in journal(rig)] == ["done", "done", "rolled-back"]
    assert values(rig) == before and release_names(rig) == SPLIT


def install_core(rig: Rig) -> Umbrella:
    """2.50 after its two steps; istio-core renders the CRDs, and nothing keeps them."""
    values = yaml.safe_load(switches("step2", "2.50.0"))
    values["istioCore"]["values"] = {"crds": {"rendered": True, "kept": False}}
    umbrella = install_umbrella(rig, "2.50.0", layers={"environment": yaml.safe_dump(values)})
    wait_ready(rig)
    assert release_names(rig) == CORE
    assert owners(rig) == {"istio-system-istio-core"}
    return umbrella


def upgrade(rig: Rig) -> None:
    """What an operator of Big Bang commits: other values and another version, together."""
    new = default_layers(rig.charts.url, "2.54.0")
    values = yaml.safe_load(switches("step2"))
    values["istioCRDs"]["values"] = {"crds": {"rendered": True}}
    layers = {**new, "environment": yaml.safe_dump(values)}
    rig.apply([source(name, layers[name]) for name in LAYERS], field_manager="admin")
    patch = json.dumps({"spec": {"chart": {"spec": {"version": "2.54.0"}}}})
    rig.kubectl("patch", UMBRELLA, f"--namespace={NAMESPACE}", "--type=merge", f"--patch={patch}")
    request(rig, UMBRELLA)


def uids(rig: Rig, kind: str, namespace: str = "") -> dict[str, str]:
    """The UID of each object of the kind; of CRDs those of Istio."""
    where = [f"--namespace={namespace}"] if namespace else []
    found = [item["metadata"] for item in rig.get(kind, *where)["items"]]
    return {one["name"]: one["uid"] for one in found if kind != "crds" or _is_istio(one["name"])}


def routes(rig: Rig) -> dict[str, str]:
    items = rig.get("virtualservices.networking.istio.io", "--all-namespaces")["items"]
    return {item["metadata"]["name"]: item["metadata"]["uid"] for item in items}


def owners(rig: Rig) -> set[str]:
    """The Helm releases that Istio's CRDs belong to."""
    crds = [item["metadata"] for item in rig.get("crds")["items"]]
    return {one["annotations"]["meta.helm.sh/release-name"] for one in crds if _is_istio(one["name"])}


def suspended(rig: Rig) -> bool:
    release = rig.get("helmreleases.helm.toolkit.fluxcd.io", "istio-core", f"--namespace={NAMESPACE}")
    return bool(release["spec"].get("suspend"))


def _is_istio(name: str) -> bool:
    return name.endswith(".istio.io") and not name.startswith("istiooperators.")
