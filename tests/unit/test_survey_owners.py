"""Reading who owns what: only what is needed, in two rounds, and what may not be read is told."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from istiokit.cluster.types import EVERYWHERE, Kind, Ref, Where, unchanged
from istiokit.ownership.model import Applications, Owners
from istiokit.survey import origins
from istiokit.survey.origins import with_origins
from istiokit.survey.routes import RouteReading, read_routes
from tests.fakes import FakeCluster
from tests.unit.owner_samples import GIT, HEALING, LISTED, OLD, TRACKED, flux_labels

SHOP = Ref("HelmRelease", "shop", "apps")
FLEET = {"kind": "GitRepository", "name": "fleet"}


def manifest(api: str, kind: str, name: str, namespace: str, **body: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, **body.pop("metadata", {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **body}


def virtual_service(name: str = "shop", **metadata: Any) -> dict[str, Any]:
    spec = {"hosts": [f"{name}.example.com"], "gateways": [OLD]}
    return manifest("networking.istio.io/v1", "VirtualService", name, "web", metadata=metadata, spec=spec)


def application(name: str, namespace: str = "argocd", **body: Any) -> dict[str, Any]:
    return manifest("argoproj.io/v1alpha1", "Application", name, namespace, **body)


def flux_objects() -> list[dict[str, Any]]:
    """A VirtualService of a HelmRelease, whose values are in a ConfigMap, a Secret and itself, and which Git has."""
    chart = {"chart": "shop", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}
    values_from = [{"kind": "ConfigMap", "name": "values"}, {"kind": "Secret", "name": "values"}]
    release = {"chart": {"spec": chart}, "valuesFrom": values_from}
    group, sources = "helm.toolkit.fluxcd.io/v2", "source.toolkit.fluxcd.io/v1"
    in_git = {"labels": flux_labels("Kustomization", "apps", "flux-system")}
    return [
        virtual_service(labels=flux_labels("HelmRelease", "shop", "apps")),
        manifest(group, "HelmRelease", "shop", "apps", metadata=in_git, spec=release),
        manifest(
            group, "HelmRelease", "other", "apps", spec={"valuesFrom": [{"kind": "ConfigMap", "name": "x"}]}
        ),
        manifest(
            "kustomize.toolkit.fluxcd.io/v1",
            "Kustomization",
            "apps",
            "flux-system",
            spec={"sourceRef": FLEET},
        ),
        manifest(sources, "GitRepository", "fleet", "flux-system", spec={"url": "https://git.example.com/f"}),
        manifest(sources, "HelmRepository", "charts", "apps", spec={"url": "https://charts.example.com"}),
        manifest("v1", "ConfigMap", "values", "apps", data={"values.yaml": f"gateways: [{OLD}]"}),
        manifest("v1", "ConfigMap", "x", "apps", data={}),
        manifest("v1", "Secret", "values", "apps", data={}),
    ]


class Watching(FakeCluster):
    """Notes what is read."""

    def __init__(self, objects: Iterable[dict[str, Any]], **given: Any) -> None:
        super().__init__(objects, **given)
        self.asked: list[str] = []

    def list(
        self, kind: Kind, as_: type[Any], where: Where = EVERYWHERE, keep: Callable[[Any], Any] = unchanged
    ) -> Any:
        self.asked.append(f"list {kind.name}")
        return super().list(kind, as_, where, keep)

    def get(self, ref: Ref, as_: type[Any]) -> Any:
        self.asked.append(f"get {ref}")
        return super().get(ref, as_)


def read(cluster: FakeCluster, *, values: bool = True) -> RouteReading:
    reading = read_routes(cluster, EVERYWHERE)
    items = [("VirtualService", one) for one in reading.facts.virtual_services]
    return with_origins(cluster, reading, items, values=values)


def test_a_list_reads_names_and_no_sources() -> None:
    cluster = Watching(flux_objects())
    owners = read_routes(cluster, EVERYWHERE).owners
    assert SHOP in owners.releases and not owners.sources
    assert sorted(cluster.asked) == [
        "list Application",
        "list Gateway",
        "list HelmRelease",
        "list Kustomization",
        "list VirtualService",
    ]


def test_the_second_round_reads_what_the_owners_name_and_no_secret() -> None:
    cluster = Watching(flux_objects(), absent={"Application"})
    read_routes(cluster, EVERYWHERE)
    first = len(cluster.asked)
    owners = read(cluster).owners
    asked = cluster.asked[2 * first :]
    assert sorted(asked) == ["get ConfigMap apps/values", "list GitRepository", "list HelmRepository"]
    assert {ref.kind for ref in owners.sources} == {"GitRepository", "HelmRepository"}
    assert list(owners.config_maps) == [Ref("ConfigMap", "values", "apps")]


def test_without_values_no_config_map_is_read() -> None:
    assert not read(Watching(flux_objects()), values=False).owners.config_maps


def test_a_helm_chart_leads_on_to_its_repository() -> None:
    chart_ref = {"chart": None, "chartRef": {"kind": "HelmChart", "name": "shop"}}
    spec = {"chart": "shop", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}
    objects = flux_objects()
    objects[1]["spec"] = chart_ref
    objects.append(manifest("source.toolkit.fluxcd.io/v1", "HelmChart", "shop", "apps", spec=spec))
    assert {ref.kind for ref in read(FakeCluster(objects)).owners.sources} == {
        "GitRepository",
        "HelmChart",
        "HelmRepository",
    }


def argo_objects(number: int) -> list[dict[str, Any]]:
    found = []
    for at in range(number):
        tracked = f"app-{at}:networking.istio.io/VirtualService:web/shop-{at}"
        found += [
            virtual_service(f"shop-{at}", annotations={"argocd.argoproj.io/tracking-id": tracked}),
            application(f"app-{at}", spec={"source": GIT, "syncPolicy": HEALING}),
        ]
    return [*found, application("unused")]


def test_few_applications_are_asked_for_one_by_one() -> None:
    cluster = Watching(argo_objects(3))
    owners = read(cluster).owners
    assert [word for word in sorted(cluster.asked) if word.startswith("get")] == [
        f"get Application argocd/app-{at}" for at in range(3)
    ]
    assert {ref.name for ref in owners.applications.read} == {"app-0", "app-1", "app-2"}
    assert "unused" in owners.applications.named


def test_of_many_the_list_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "_SINGLY", 2)
    cluster = Watching(argo_objects(3))
    owners = read(cluster).owners
    assert not [word for word in cluster.asked if word.startswith("get")]
    assert {ref.name for ref in owners.applications.read} == {"app-0", "app-1", "app-2"}


def test_applications_of_applications_are_followed() -> None:
    tracked = {"argocd.argoproj.io/tracking-id": "root:argoproj.io/Application:argocd/shop"}
    objects = [
        virtual_service(annotations=TRACKED),
        application("shop", metadata={"annotations": tracked}, spec={"source": GIT}),
        application("root", spec={"source": GIT}, status={"resources": [LISTED]}),
    ]
    owners = read(FakeCluster(objects)).owners
    assert {ref.name for ref in owners.applications.read} == {"shop", "root"}


@pytest.mark.parametrize(
    ("denied", "told"),
    [
        (("list", "Application"), {"Application"}),
        (("get", "Application"), {"Application"}),
        (("list", "HelmRelease"), {"HelmRelease"}),
        (("list", "GitRepository"), {"GitRepository"}),
        (("get", "ConfigMap"), {"ConfigMap"}),
    ],
)
def test_what_may_not_be_read_is_told_and_stops_nothing(denied: tuple[str, str], told: set[str]) -> None:
    cluster = FakeCluster([*flux_objects(), *argo_objects(1)], denied={denied})
    reading = read(cluster)
    assert {item.kind for item in reading.unread} == told
    assert len(reading.facts.virtual_services) == 2


def test_a_cluster_without_flux_and_argo_cd_has_nothing_to_tell() -> None:
    absent = {"HelmRelease", "Kustomization", "Application"}
    reading = read(FakeCluster([virtual_service(annotations=TRACKED)], absent=absent))
    assert all(item.missing for item in reading.unread)
    assert reading.owners == Owners(applications=Applications(all_named=True))
