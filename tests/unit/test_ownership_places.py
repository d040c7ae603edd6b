"""Where people make an edit: repository, folder, key, parameter; and no credentials."""

from typing import Any

import pytest

from istiokit.ownership.find import owner
from istiokit.ownership.model import Origin, Owners
from istiokit.ownership.places import edit_place, origin, relief
from istiokit.ownership.spots import Wanted
from tests.unit.owner_samples import (
    GIT,
    OLD,
    TRACKED,
    VS,
    Thing,
    application,
    flux_labels,
    metadata,
    owners,
    thing,
)

WANTED = Wanted({OLD}, "web")
URL = "https://git.example.com/fleet.git"
FLEET = thing("GitRepository", "fleet", "flux-system", spec={"url": URL, "ref": {"branch": "main"}})
CHARTS = thing("HelmRepository", "charts", "apps", spec={"url": "https://me:word@charts.example.com"})
SOURCE = {"kind": "GitRepository", "name": "fleet"}
CHART = {"chart": "shop", "version": "1.0.0", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}
IN_GIT = {"labels": flux_labels("Kustomization", "apps", "flux-system")}
AT_HOME = f"(it is in {URL} (branch main), folder clusters/dev)"


def kustomization(**spec: Any) -> Thing:
    body = {"path": "./clusters/dev", "sourceRef": SOURCE, **spec}
    return thing("Kustomization", "apps", "flux-system", spec=body)


def release(found: dict[str, Any] | None = None, **spec: Any) -> Thing:
    return thing("HelmRelease", "shop", "apps", found, spec={"chart": {"spec": CHART}, **spec})


def of(known: Owners, **marks: Any) -> Origin:
    found = origin(owner(metadata(**marks), VS, known), known, WANTED)
    assert found
    return found


def by_flux(*things: Thing) -> Origin:
    kind = "Kustomization" if things[0][0].kind == "Kustomization" else "HelmRelease"
    namespace = "flux-system" if kind == "Kustomization" else "apps"
    name = "apps" if kind == "Kustomization" else "shop"
    return of(owners(*things), labels=flux_labels(kind, name, namespace))


def by_argo(**spec: Any) -> Origin:
    return of(owners(application(**spec)), annotations=TRACKED)


class TestKustomization:
    def test_a_folder_of_a_repository(self) -> None:
        found = by_flux(kustomization(), FLEET)
        assert (found.url, found.revision, found.path) == (URL, "branch main", "clusters/dev")
        assert found.edit == f"in {URL} (branch main), folder clusters/dev"
        assert found.values == ()

    def test_a_source_that_was_not_read_is_named(self) -> None:
        found = by_flux(kustomization())
        assert found.edit == "in GitRepository flux-system/fleet, folder clusters/dev"
        assert (found.url, found.path) == ("", "")

    def test_what_it_puts_in_itself(self) -> None:
        found = by_flux(kustomization(postBuild={"substitute": {"GATEWAY": OLD}}), FLEET)
        assert found.edit == "at spec.postBuild.substitute.GATEWAY of Kustomization flux-system/apps"
        assert found.values == ("Kustomization flux-system/apps spec.postBuild.substitute.GATEWAY",)

    def test_credentials_are_masked(self) -> None:
        spec = {"url": "https://me:word@git.example.com/fleet.git", "ref": {"branch": "main"}}
        found = by_flux(kustomization(), thing("GitRepository", "fleet", "flux-system", spec=spec))
        assert "word" not in repr(found)
        assert found.url == "https://***@git.example.com/fleet.git"


class TestHelmRelease:
    def test_the_value_that_names_the_gateway_and_where_the_release_lies(self) -> None:
        values = {"virtualService": {"gateways": ["mesh", OLD]}}
        found = by_flux(release(IN_GIT, values=values), kustomization(), FLEET, CHARTS)
        assert found.edit == (f"at HelmRelease apps/shop spec.values.virtualService.gateways[1] {AT_HOME}")
        assert found.values == ("HelmRelease apps/shop spec.values.virtualService.gateways[1]",)
        assert (found.url, found.revision, found.path) == (URL, "branch main", "clusters/dev")
        assert (found.chart, found.version) == ("shop", "1.0.0")
        assert found.text == (
            "chart shop 1.0.0 of HelmRepository apps/charts (https://***@charts.example.com) "
            + AT_HOME.replace("it is", "HelmRelease apps/shop is")
        )

    def test_a_config_map_with_values_and_where_that_lies(self) -> None:
        item = thing("ConfigMap", "common", "apps", IN_GIT, data={"values.yaml": f"gateways: [{OLD}]\n"})
        entry = {"kind": "ConfigMap", "name": "common"}
        found = by_flux(release(valuesFrom=[entry]), item, kustomization(), FLEET)
        assert found.edit == f"at ConfigMap apps/common key values.yaml: gateways[0] {AT_HOME}"

    def test_what_is_merged_last_is_to_be_edited_and_all_are_named(self) -> None:
        item = thing("ConfigMap", "common", "apps", data={"v": OLD, "values.yaml": f"a: {OLD}\n"})
        entries = [
            {"kind": "ConfigMap", "name": "common"},
            {"kind": "ConfigMap", "name": "common", "valuesKey": "v", "targetPath": "b.c"},
        ]
        found = by_flux(release(valuesFrom=entries, values={"d": OLD}), item)
        assert found.values == (
            "ConfigMap apps/common key values.yaml: a",
            "ConfigMap apps/common key v: b.c",
            "HelmRelease apps/shop spec.values.d",
        )
        assert found.edit == "at HelmRelease apps/shop spec.values.d"

    def test_a_patch_after_the_chart_wins(self) -> None:
        patches = [{"patch": f"- op: replace\n  path: /spec/gateways/0\n  value: {OLD}\n"}]
        found = by_flux(release(values={"a": OLD}, postRenderers=[{"kustomize": {"patches": patches}}]))
        assert found.edit == "at HelmRelease apps/shop spec.postRenderers[0].kustomize.patches[0]"
        assert len(found.values) == 2

    def test_where_nothing_is_found_all_sources_of_values_are_named(self) -> None:
        entries = [{"kind": "ConfigMap", "name": "common"}, {"kind": "Secret", "name": "hidden"}]
        found = by_flux(release(valuesFrom=entries, values={"a": "b"}), CHARTS)
        assert found.edit == (
            "in the values of HelmRelease apps/shop: ConfigMap apps/common, Secret apps/hidden (not read), "
            "spec.values, or in its chart shop 1.0.0 of HelmRepository apps/charts (https://***@charts.example.com)"
        )

    @pytest.mark.parametrize(
        ("spec", "things", "text"),
        [
            (
                {"chart": None, "chartRef": {"kind": "OCIRepository", "name": "shop"}},
                [
                    thing(
                        "OCIRepository",
                        "shop",
                        "apps",
                        spec={"url": "oci://registry.example.com/shop", "ref": {"tag": "1.2.3"}},
                    )
                ],
                "chart of OCIRepository apps/shop (oci://registry.example.com/shop, tag 1.2.3)",
            ),
            (
                {"chart": None, "chartRef": {"kind": "HelmChart", "name": "shop"}},
                [thing("HelmChart", "shop", "apps", spec=CHART), CHARTS],
                "chart shop 1.0.0 of HelmRepository apps/charts (https://***@charts.example.com)",
            ),
            (
                {
                    "chart": {
                        "spec": {"chart": "./chart", "sourceRef": {**SOURCE, "namespace": "flux-system"}}
                    }
                },
                [FLEET],
                f"chart ./chart of GitRepository flux-system/fleet ({URL}, branch main)",
            ),
            ({"chart": {"spec": CHART}}, [], "chart shop 1.0.0 of HelmRepository apps/charts"),
            ({"chart": None}, [], ""),
        ],
    )
    def test_charts_of_every_source(self, spec: dict[str, Any], things: list[Thing], text: str) -> None:
        assert by_flux(thing("HelmRelease", "shop", "apps", spec=spec), *things).text == text

    def test_an_application_may_have_it_from_elsewhere(self) -> None:
        marks = {"argocd.argoproj.io/tracking-id": "root:helm.toolkit.fluxcd.io/HelmRelease:apps/shop"}
        ours, root = release({"annotations": marks}, values={"a": OLD}), application("root", source=GIT)
        place = "https://git.example.com/apps.git, path apps/shop, revision main"
        assert by_flux(ours, root).edit == f"at HelmRelease apps/shop spec.values.a (it is in {place})"

    def test_another_release_may_render_it(self) -> None:
        found = by_flux(release({"labels": flux_labels("HelmRelease", "apps", "apps")}, values={"a": OLD}))
        assert found.edit == "at HelmRelease apps/shop spec.values.a (HelmRelease apps/apps renders it)"


class TestBigBang:
    LABELS = {
        **flux_labels("HelmRelease", "bigbang", "bigbang"),
        "app.kubernetes.io/part-of": "bigbang",
    }

    def edit(self, name: str, namespace: str, labels: dict[str, str], *, annotations: Any = None) -> str:
        ours = thing("HelmRelease", name, namespace, {"labels": labels, "annotations": annotations or {}})
        umbrella = thing("HelmRelease", "bigbang", "bigbang", IN_GIT)
        known = owners(ours, umbrella, kustomization(), FLEET)
        return of(known, labels=flux_labels("HelmRelease", name, namespace)).edit

    def test_its_own_packages_follow_the_switch(self) -> None:
        assert self.edit("kiali", "bigbang", self.LABELS) == (
            f"in the values of HelmRelease bigbang/bigbang, Big Bang {AT_HOME}: istioGateway.enabled moves its own "
            "packages to the new gateways, kiali is the key of this one"
        )

    def test_users_packages_have_a_key_of_their_own(self) -> None:
        found = self.edit("shop", "shop", self.LABELS)
        assert (
            found == f"in the values of HelmRelease bigbang/bigbang, Big Bang {AT_HOME}, under packages.shop"
        )

    def test_of_a_gateway_just_the_key_is_told(self) -> None:
        ours = thing("HelmRelease", "istio", "bigbang", {"labels": self.LABELS})
        known = owners(ours, thing("HelmRelease", "bigbang", "bigbang"))
        held = owner(metadata(labels=flux_labels("HelmRelease", "istio", "bigbang")), "Gateway", known)
        found = origin(held, known, Wanted((), "istio-system"))
        assert found
        assert found.edit == "in the values of HelmRelease bigbang/bigbang, Big Bang, under istio"

    def test_an_umbrella_that_helm_installed(self) -> None:
        labels = {"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/part-of": "bigbang"}
        notes = {"meta.helm.sh/release-name": "bigbang", "meta.helm.sh/release-namespace": "bigbang"}
        found = self.edit("kiali", "bigbang", labels, annotations=notes)
        assert found.startswith(
            "in the values of Helm release bigbang/bigbang, Big Bang: istioGateway.enabled"
        )

    def test_a_release_beside_it_is_not_big_bang_s(self) -> None:
        found = self.edit("shop", "bigbang", flux_labels("HelmRelease", "bigbang", "bigbang"))
        assert found == "in the values of HelmRelease bigbang/shop (HelmRelease bigbang/bigbang renders it)"


class TestArgoCD:
    def test_a_folder_of_a_repository(self) -> None:
        found = by_argo(source=GIT)
        assert found.edit == "in https://git.example.com/apps.git, path apps/shop, revision main"
        assert (found.url, found.revision, found.path) == (GIT["repoURL"], "main", "apps/shop")
        assert by_argo(source={"repoURL": "u", "path": "p"}).text == "u, path p, revision HEAD"

    def test_a_parameter(self) -> None:
        helm = {"parameters": [{"name": "istio.gateways[0]", "value": OLD}]}
        found = by_argo(source={**GIT, "helm": helm})
        assert found.edit == 'at helm.parameters "istio.gateways[0]" of Application argocd/shop'
        assert found.values == ('Application argocd/shop helm.parameters "istio.gateways[0]"',)

    def test_a_chart_with_value_files_of_another_source(self) -> None:
        chart = {
            "repoURL": "https://me:word@charts.example.com",
            "chart": "shop",
            "targetRevision": "1.2.3",
            "helm": {"valueFiles": ["$values/shop/prod.yaml", "own.yaml"]},
        }
        values = {"repoURL": GIT["repoURL"], "targetRevision": "main", "ref": "values"}
        found = by_argo(sources=[chart, values])
        assert found.edit == (
            "in shop/prod.yaml of https://git.example.com/apps.git, revision main, own.yaml of chart shop 1.2.3 of "
            "https://***@charts.example.com, or in the templates of chart shop 1.2.3 of "
            "https://***@charts.example.com; https://git.example.com/apps.git, revision main"
        )
        assert (found.chart, found.version) == ("shop", "1.2.3")
        assert (found.url, found.revision) == (GIT["repoURL"], "main")
        assert "word" not in repr(found)

    def test_a_chart_without_values_in_sight(self) -> None:
        chart = {"repoURL": "https://charts.example.com", "chart": "shop", "targetRevision": "1.2.3"}
        assert by_argo(source=chart).edit == (
            "in the values of Application argocd/shop, or in chart shop 1.2.3 of https://charts.example.com"
        )

    def test_several_sources_come_before_one_and_a_dry_one_before_all(self) -> None:
        dry = {"repoURL": "dry", "path": "p", "targetRevision": "main"}
        synced = {"drySource": dry, "syncSource": {"targetBranch": "env", "path": "p"}}
        assert by_argo(source=GIT, sources=[{**GIT, "path": "b"}]).path == "b"
        assert by_argo(source=GIT, sourceHydrator=synced).url == "dry"

    @pytest.mark.parametrize(
        ("found", "words"),
        [
            (
                {"ownerReferences": [{"kind": "ApplicationSet", "name": "apps"}]},
                "(ApplicationSet argocd/apps makes it)",
            ),
            (IN_GIT, AT_HOME),
            (
                {
                    "annotations": {
                        "argocd.argoproj.io/tracking-id": "root:argoproj.io/Application:argocd/shop"
                    }
                },
                "(Application root has it from its source)",
            ),
        ],
    )
    def test_what_makes_the_application(self, found: dict[str, Any], words: str) -> None:
        helm = {"valuesObject": {"gateways": [OLD]}}
        item = application(source={**GIT, "helm": helm}, metadata=found)
        edit = of(owners(item, kustomization(), FLEET), annotations=TRACKED).edit
        assert edit == f"at helm.valuesObject.gateways[0] of Application argocd/shop {words}"


def test_helm_without_flux_names_the_chart_and_the_command() -> None:
    labels = {"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "web-1.2.3"}
    notes = {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"}
    found = of(owners(), labels=labels, annotations=notes)
    assert found.edit == "in the values of Helm release shop/web (chart web-1.2.3), with `helm upgrade`"
    assert (found.chart, found.text) == ("web-1.2.3", "chart web-1.2.3")


def test_what_is_not_known_is_said_as_well_as_it_can_be() -> None:
    nobody = owners()
    held = owner(metadata(labels=flux_labels("HelmRelease", "shop", "apps")), VS, nobody)
    assert origin(held, nobody, WANTED) is None
    assert edit_place(held, None) == "where HelmRelease apps/shop has it from"
    assert edit_place(owner(metadata(), VS), None) == "at its source"


def test_what_else_would_help() -> None:
    helm = owner(metadata(labels=flux_labels("HelmRelease", "shop", "apps")), VS)
    argo = owner(metadata(annotations=TRACKED), VS)
    flux = owner(metadata(labels=flux_labels("Kustomization", "shop", "apps")), VS)
    assert relief(helm, "/spec/gateways") == ", or let its drift detection ignore /spec/gateways"
    assert "RespectIgnoreDifferences=true" in relief(argo, "/spec/gateways")
    assert relief(flux, "/spec/gateways") == ""


def test_a_long_list_is_cut() -> None:
    found = by_flux(release(values={"gateways": [OLD] * 8}))
    assert found.edit.endswith("gateways[4] and 3 more")
    assert len(found.values) == 8
