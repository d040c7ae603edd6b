"""Applications of Argo CD as owners: which one it is, and whether it puts a change back."""

from typing import Any

import pytest

from istiokit.cluster.types import Ref
from istiokit.ownership.find import Finder, owner
from istiokit.ownership.model import NO_OWNERS, OwnerKind, Owners, Reverts
from istiokit.ownership.verdict import judged
from tests.unit.owner_samples import (
    GIT,
    HEALING,
    LISTED,
    SHOP,
    TRACKED,
    VS,
    application,
    metadata,
    owners,
)

COMMON = {"app.kubernetes.io/instance": "shop"}
TOP, MATCH = "/spec/gateways", "/spec/http/0/match/0/gateways"


@pytest.mark.parametrize(
    ("policy", "reverts", "why"),
    [
        (HEALING, "yes", "Application argocd/shop puts it back: its self-heal is on"),
        ({"automated": {"selfHeal": True, "enabled": True}}, "yes", "self-heal is on"),
        ({"automated": {"selfHeal": True, "enabled": False}}, "no", "is synced by people"),
        ({"automated": {}}, "no", "does not heal itself, but its next sync, when its source changes"),
        ({"automated": {"prune": True, "selfHeal": False}}, "no", "does not heal itself"),
        ({"syncOptions": ["CreateNamespace=true"]}, "no", "is synced by people; its next sync overwrites it"),
        (None, "no", "is synced by people"),
    ],
)
def test_self_heal_puts_it_back_and_a_sync_overwrites_it(
    policy: dict[str, Any] | None, reverts: str, why: str
) -> None:
    spec: dict[str, Any] = {"source": GIT, "syncPolicy": policy or {}}
    known = owners(application(**spec))
    found = owner(metadata(annotations=TRACKED), VS, known)
    assert (found.kind, found.ref, found.reverts, found.title) == (
        OwnerKind.ARGO_CD,
        SHOP,
        reverts,
        "Application argocd/shop",
    )
    assert why in found.why


@pytest.mark.parametrize(("value", "reverts"), [("true", "no"), ("1", "no"), ("false", "yes"), ("x", "yes")])
def test_an_application_that_is_not_reconciled_puts_nothing_back(value: str, reverts: str) -> None:
    paused = {"annotations": {"argocd.argoproj.io/skip-reconcile": value}}
    known = owners(application(source=GIT, syncPolicy=HEALING, metadata=paused))
    assert owner(metadata(annotations=TRACKED), VS, known).reverts == reverts


class TestWhich:
    def test_the_mark_of_another_object_was_copied(self) -> None:
        known = owners(application(syncPolicy=HEALING))
        for tracked in ("web/other", "team/shop", "shop"):
            marks = {
                "argocd.argoproj.io/tracking-id": f"shop:networking.istio.io/VirtualService:{tracked}",
                "argocd.argoproj.io/instance": "shop",
            }
            assert owner(metadata(annotations=marks), VS, known).kind is OwnerKind.NONE
        gateway = {"argocd.argoproj.io/tracking-id": "shop:networking.istio.io/Gateway:web/shop"}
        assert owner(metadata(annotations=gateway), VS, known).kind is OwnerKind.NONE
        assert owner(metadata(annotations=gateway), "Gateway", known).ref == SHOP

    def test_a_namespace_before_the_name(self) -> None:
        marks = {"argocd.argoproj.io/tracking-id": "team_shop:networking.istio.io/VirtualService:web/shop"}
        team, _ = theirs = application(namespace="team", syncPolicy=HEALING)
        known = owners(theirs, application())
        assert owner(metadata(annotations=marks), VS, known).ref == team
        assert owner(metadata(annotations=marks), VS, owners(application())).reverts is Reverts.UNKNOWN

    def test_argo_cd_s_own_label(self) -> None:
        labels = {"argocd.argoproj.io/instance": "shop"}
        assert owner(metadata(labels=labels), VS, owners(application(syncPolicy=HEALING))).reverts == "yes"

    def test_the_common_label_counts_where_the_application_lists_the_object(self) -> None:
        found = owners(application(syncPolicy=HEALING, status={"resources": [LISTED]}))
        other = owners(application(syncPolicy=HEALING, status={"resources": [{**LISTED, "name": "x"}]}))
        by_name = owners(unread=[SHOP])
        applied = {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
        item = metadata(labels=COMMON, annotations=applied)
        assert (owner(item, VS, found).ref, owner(item, VS, found).reverts) == (SHOP, "yes")
        assert owner(item, VS, other).kind is OwnerKind.KUBECTL_APPLY
        assert owner(item, VS, NO_OWNERS).kind is OwnerKind.KUBECTL_APPLY
        assert owner(item, VS, by_name).title == "Application argocd/shop"

    def test_a_helm_release_is_argo_cd_s_only_with_proof(self) -> None:
        labels = {**COMMON, "app.kubernetes.io/managed-by": "Helm"}
        item = metadata(labels=labels, annotations={"meta.helm.sh/release-name": "shop"})
        assert owner(item, VS, owners(unread=[SHOP])).kind is OwnerKind.HELM
        listed = owners(application(status={"resources": [LISTED]}))
        assert owner(item, VS, listed).kind is OwnerKind.ARGO_CD

    def test_of_several_with_the_name_it_is_the_one_that_lists_the_object(self) -> None:
        ours, theirs = application(syncPolicy=HEALING), application(namespace="argocd-2")
        listing = application(namespace="argocd-2", status={"resources": [LISTED]})
        item = metadata(annotations=TRACKED)
        found = owner(item, VS, owners(ours, listing))
        assert (found.ref, found.reverts) == (Ref("Application", "shop", "argocd-2"), "no")
        unsure = owner(item, VS, owners(ours, theirs))
        assert (unsure.ref, unsure.reverts) == (Ref("Application", "shop"), "unknown")
        assert "several Applications shop (argocd/shop, argocd-2/shop)" in unsure.why

    def test_objects_of_two_applications_with_one_name_are_told_apart(self) -> None:
        other = metadata(
            name="other",
            annotations={
                "argocd.argoproj.io/tracking-id": "shop:networking.istio.io/VirtualService:web/other"
            },
        )
        ours = application(status={"resources": [LISTED]})
        theirs = application(namespace="argocd-2", status={"resources": [{**LISTED, "name": "other"}]})
        finder = Finder(owners(ours, theirs))
        found = [finder.of(item, VS).ref for item in (metadata(annotations=TRACKED), other)]
        assert found == [SHOP, Ref("Application", "shop", "argocd-2")]


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (
            owners(),
            "Application shop is not on this cluster (an Argo CD of installation east elsewhere has it)",
        ),
        (NO_OWNERS, "Application shop was not read"),
        (owners(hidden=["Application"]), "Application shop may not be read"),
    ],
)
def test_what_is_not_known_is_unknown(known: Owners, why: str) -> None:
    marks = {**TRACKED, "argocd.argoproj.io/installation-id": "east"}
    found = owner(metadata(annotations=marks), VS, known)
    assert found.reverts is Reverts.UNKNOWN
    assert why in found.why


class TestIgnored:
    def verdict(self, *pointers: str, rule: dict[str, Any], options: list[str] | None = None) -> Any:
        policy = {**HEALING, "syncOptions": options or []}
        known = owners(application(syncPolicy=policy, ignoreDifferences=[rule]))
        return judged(metadata(annotations=TRACKED), VS, pointers or (TOP,), known)

    @pytest.mark.parametrize(
        ("options", "why"),
        [
            (["RespectIgnoreDifferences=true"], "its syncs leave them alone"),
            (["ApplyOutOfSyncOnly=true"], "its syncs leave them alone"),
            ([], "overwrites them: it lacks the sync option RespectIgnoreDifferences=true"),
            (["RespectIgnoreDifferences=false"], "it lacks the sync option"),
        ],
    )
    def test_what_it_ignores_is_not_put_back(self, options: list[str], why: str) -> None:
        rule = {"group": "networking.istio.io", "kind": VS, "jsonPointers": [TOP]}
        found = self.verdict(rule=rule, options=options)
        assert found.reverts is Reverts.NO
        assert why in found.why

    def test_all_fields_of_the_change_have_to_be_ignored(self) -> None:
        rule = {"group": "*", "kind": "*", "jsonPointers": [TOP]}
        assert self.verdict(TOP, MATCH, rule=rule).reverts is Reverts.YES
        assert self.verdict(TOP, MATCH, rule={**rule, "jsonPointers": ["/spec"]}).reverts is Reverts.NO
