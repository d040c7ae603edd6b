"""`kubectl vs-gateways` says who owns a VirtualService, and where people change it."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kubectl_vs_gateways.main import APP
from tests.fakes import FakeCluster
from tests.run import Result, run
from tests.unit.owner_samples import GIT, HEALING, NEW, OLD, TRACKED, flux_labels
from tests.unit.test_survey_owners import application, flux_objects, manifest, virtual_service

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
SECRET = "hunter2"


def gateway(name: str) -> dict[str, Any]:
    namespace, _, plain = name.partition("/")
    port = {"number": 80, "name": "http", "protocol": "HTTP"}
    spec = {"selector": {"app": plain}, "servers": [{"port": port, "hosts": ["*"]}]}
    return manifest("networking.istio.io/v1", "Gateway", plain, namespace, spec=spec)


def objects() -> list[dict[str, Any]]:
    """VirtualService shop is Flux', cart Argo CD's, blog Helm's, and wiki nobody's."""
    cart = {"argocd.argoproj.io/tracking-id": "cart:networking.istio.io/VirtualService:web/cart"}
    parameters = [{"name": "gateways[0]", "value": OLD}, {"name": "password", "value": SECRET}]
    source = {
        **GIT,
        "repoURL": f"https://me:{SECRET}@git.example.com/apps.git",
        "helm": {"parameters": parameters},
    }
    helm = {"meta.helm.sh/release-name": "blog", "meta.helm.sh/release-namespace": "web"}
    chart = {"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "blog-2.0.0"}
    return [
        *flux_objects(),
        virtual_service("cart", annotations=cart),
        application("cart", spec={"source": source, "syncPolicy": HEALING}),
        virtual_service("blog", annotations=helm, labels=chart),
        virtual_service("wiki"),
        gateway(OLD),
        gateway(NEW),
    ]


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(objects())


def vs_gateways(cluster: FakeCluster, *argv: str, **given: Any) -> Result:
    result = run(*argv, app=APP, cluster=cluster, **given)
    assert SECRET not in result.out + result.err
    return result


def test_wide_has_the_source_and_the_table_the_owner(cluster: FakeCluster) -> None:
    plain = vs_gateways(cluster, "-A").out.splitlines()
    assert plain[0].split() == ["NAMESPACE", "NAME", "HOSTS", "GATEWAYS", "STATE", "OWNER"]
    wide = vs_gateways(cluster, "-A", "-o", "wide").out.splitlines()
    told = {line.split()[1]: line for line in wide}
    assert told["NAME"].split()[-1] == "SOURCE"
    assert told["cart"].endswith(
        "Application argocd/cart   https://***@git.example.com/apps.git, path apps/shop, revision main"
    )
    assert told["shop"].endswith(
        "HelmRelease apps/shop     chart shop of HelmRepository apps/charts (https://charts.example.com) "
        "(HelmRelease apps/shop is in https://git.example.com/f (branch master), folder .)"
    )
    assert told["blog"].endswith("Helm release web/blog     chart blog-2.0.0")
    assert told["wiki"].endswith("<none>                    <none>")


def test_the_document_names_what_to_edit(cluster: FakeCluster) -> None:
    document = json.loads(vs_gateways(cluster, "-A", "-o", "json").out)
    schema = json.loads((SCHEMAS / "BindingList.json").read_text())
    assert [one.message for one in Draft202012Validator(schema).iter_errors(document)] == []
    sources = {item["name"]: item["source"] for item in document["items"]}
    assert sources["cart"]["values"] == ['Application argocd/cart helm.parameters "gateways[0]"']
    assert sources["cart"]["edit"] == 'at helm.parameters "gateways[0]" of Application argocd/cart'
    assert (sources["shop"]["chart"], sources["shop"]["url"]) == ("shop", "https://git.example.com/f")
    assert sources["wiki"] is None
    owners = document["summary"]["owners"]
    assert list(owners.items()) == [
        ("Application argocd/cart", 1),
        ("Helm release web/blog", 1),
        ("HelmRelease apps/shop", 1),
        ("nobody", 1),
    ]


def test_owners_are_counted_and_the_rest_is_summed() -> None:
    numbers = {"a": 3, "b": 2, "c": 1, "d": 1, "e": 1, "f": 1}
    found = [
        virtual_service(f"{name}-{at}", labels=flux_labels("Kustomization", name, "flux"))
        for name, number in numbers.items()
        for at in range(number)
    ]
    said = vs_gateways(FakeCluster([*found, virtual_service("x")]), "-A").err.splitlines()
    assert said[1] == (
        "owners: 3 Kustomization flux/a, 2 Kustomization flux/b, 1 Kustomization flux/c, 1 Kustomization flux/d, "
        "2 of 2 others, 1 unowned"
    )


@pytest.mark.parametrize(
    ("gateways", "existing", "flags", "step"),
    [
        ([[OLD]], [OLD, NEW], ["-A"], "add -A --dry-run (1 not bound to the new gateways yet)"),
        ([[OLD]], [OLD, NEW], ["-n", "web"], "add -n web --dry-run (1 not bound to the new gateways yet)"),
        (
            [[OLD]],
            [OLD, NEW],
            ["-A", "-l", "a in (b)", "--map", f"{OLD}={NEW}"],
            "",
        ),
        (
            [[OLD], [NEW]],
            [NEW],
            ["-A"],
            "--audit -A (1 refers to a Gateway that does not exist)",
        ),
        (
            [[OLD, NEW], [NEW]],
            [OLD, NEW],
            ["-A"],
            f"can-drop {OLD} (whether the old gateway may go, and what comes before that)",
        ),
        ([[NEW]], [NEW], ["-A"], ""),
        ([["mesh"]], [OLD], ["-A"], ""),
        ([], [OLD], ["-A"], ""),
    ],
)
def test_the_next_step(gateways: list[list[str]], existing: list[str], flags: list[str], step: str) -> None:
    routes = []
    for at, names in enumerate(gateways):
        item = virtual_service(f"shop-{at}")
        item["spec"]["gateways"] = names
        routes.append(item)
    said = vs_gateways(FakeCluster([*routes, *map(gateway, existing)]), *flags).err.splitlines()
    assert [line for line in said if line.startswith("next: ")] == (
        [f"next: kubectl vs-gateways {step}"] if step else []
    )


def test_flags_with_spaces_are_quoted_in_the_next_step() -> None:
    found = virtual_service("shop", labels={"a": "b"})
    pair = f"{OLD}={NEW}"
    said = vs_gateways(
        FakeCluster([found, gateway(OLD), gateway(NEW)]), "-A", "-l", "a in (b)", "--map", pair
    ).err.splitlines()
    assert said[-1].startswith(f"next: kubectl vs-gateways add -A -l 'a in (b)' --map {pair} --dry-run")


def test_the_audit_counts_owners_and_says_the_next_step_where_nothing_is_wrong() -> None:
    found = virtual_service("shop", labels=flux_labels("Kustomization", "apps", "flux"))
    said = vs_gateways(FakeCluster([found, gateway(OLD), gateway(NEW)]), "--audit", "-A")
    assert said.code == 0
    assert "owners: 1 Kustomization flux/apps" in said.err.splitlines()
    assert "next: kubectl vs-gateways add -A --dry-run (1 not bound to the new gateways yet)" in said.err
    broken = vs_gateways(FakeCluster([found, gateway(NEW)]), "--audit", "-A")
    assert (broken.code, "next: " in broken.err) == (1, False)
    assert "mend VSG001 first" in broken.err


def test_why_names_the_owner_and_where_to_change_it(cluster: FakeCluster) -> None:
    assert vs_gateways(cluster, "why", "web/cart").out.endswith(
        "\nOwner: Application argocd/cart\n"
        "  a change in the cluster is put back: Application argocd/cart puts it back: its self-heal is on\n"
        '  change it at helm.parameters "gateways[0]" of Application argocd/cart\n'
    )
    assert (
        "change it at ConfigMap apps/values key values.yaml: gateways[0]\n"
        in vs_gateways(cluster, "why", "web/shop").out
    )
    assert vs_gateways(cluster, "why", "web/wiki").out.endswith(
        "\nOwner: nobody (nothing says that anybody manages it)\n"
    )


def test_why_of_files_names_the_owner_alone() -> None:
    routes = str(Path(__file__).parent / "routes")
    found = run("why", "shop/add", "-f", routes, app=APP)
    assert found.out.endswith("\nOwner: Application shop\n")


def test_a_swap_does_what_it_may_and_names_the_edit_for_the_rest(cluster: FakeCluster) -> None:
    done = vs_gateways(cluster, "swap", "-A", "--yes")
    assert done.code == 1, done.err
    assert [ref.name for method, ref in cluster.writes if method == "json_patch"] == ["blog", "shop", "wiki"]
    assert (
        "skipped: VirtualService web/cart: Application argocd/cart puts it back: its self-heal is on. Change it at "
        'helm.parameters "gateways[0]" of Application argocd/cart, or let its ignoreDifferences name /spec/gateways, '
        f"with the sync option RespectIgnoreDifferences=true: spec.gateways: [{NEW}]\n"
    ) in done.err
    assert (
        "note: Helm release web/blog does not correct drift, but a later `helm upgrade` may overwrite it"
        in done.err
    )
    assert "1 left as it is: see the reasons above" in done.err


def test_an_application_elsewhere_needs_to_be_allowed() -> None:
    cluster = FakeCluster([virtual_service(annotations=TRACKED), gateway(OLD), gateway(NEW)])
    refused = vs_gateways(cluster, "add", "-A", "--yes")
    assert (refused.code, "--allow VSG053" in refused.err) == (1, True)
    assert cluster.writes == []
    allowed = vs_gateways(cluster, "add", "-A", "--yes", "--allow", "vsg053")
    assert allowed.code == 0, allowed.err
    assert "note: Application shop is not on this cluster" in allowed.err


def test_what_may_not_be_read_is_told() -> None:
    cluster = FakeCluster(objects(), denied={("list", "Application")})
    told = vs_gateways(cluster, "-A")
    assert (told.code, "not read: Application: you may not list applications.argoproj.io" in told.err) == (
        0,
        True,
    )
    refused = vs_gateways(cluster, "swap", "web/cart", "--yes")
    assert "Application cart may not be read, so whether it heals itself is not known" in refused.err
