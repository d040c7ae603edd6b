"""What is read beside VirtualServices: from clusters, where kinds may be missing or forbidden, and from manifests."""

import pytest

from istiokit.cluster.unread import Unread
from istiokit.survey.dependents import ASKED, dependents_in
from tests.unit.dependents_world import (
    APIS,
    Manifest,
    files_of,
    in_files,
    made,
    mesh_config,
    namespace,
    read,
)

ONE_OF_EACH = [made(one.kind.name, "shop/x", {}) for one in ASKED]


def test_every_kind_is_read_and_counted() -> None:
    found = read(*ONE_OF_EACH, namespace("shop", team="a"))
    assert found.counts == {one.kind.name: 1 for one in ASKED}
    assert all(len(getattr(found.dependents, one.name)) == 1 for one in ASKED)
    assert found.dependents.labels_of("shop").known["team"] == "a"
    assert found.unread == ()
    assert {one.kind.group for one in ASKED} <= {api.rpartition("/")[0] for api in APIS.values()}


def test_the_mesh_says_what_its_root_and_its_trust_domains_are() -> None:
    text = "rootNamespace: mesh-root\ntrustDomain: corp\ntrustDomainAliases: [old-corp]\n"
    found = read(mesh_config(text)).dependents
    assert (found.root_namespace, found.trust_domains) == ("mesh-root", frozenset({"corp", "old-corp"}))
    plain = read(mesh_config("accessLogFile: /dev/stdout\n")).dependents
    assert (plain.root_namespace, plain.trust_domains) == ("istio-system", frozenset({"cluster.local"}))


@pytest.mark.parametrize("text", ["", "- a\n", "a: [", "just words"])
def test_a_mesh_configuration_that_is_none_says_nothing(text: str) -> None:
    found = read(mesh_config(text)).dependents
    assert found.root_namespace in (None, "istio-system")
    assert found.trust_domains in (None, frozenset({"cluster.local"}))


def test_missing_kinds_are_known_to_be_empty_and_forbidden_ones_are_unknown() -> None:
    found = read(
        *ONE_OF_EACH,
        absent={"ServiceMonitor", "Certificate"},
        denied={("list", "AuthorizationPolicy"), ("list", "Namespace"), ("get", "ConfigMap")},
    )
    assert {one.kind: one.missing for one in found.unread} == {
        "AuthorizationPolicy": False,
        "Certificate": True,
        "ConfigMap": False,
        "Namespace": False,
        "ServiceMonitor": True,
    }
    assert found.counts["AuthorizationPolicy"] is None
    assert found.counts["Certificate"] == 0 and found.counts["NetworkPolicy"] == 1
    assert Unread("Certificate", "not installed", missing=True) in found.unread
    assert not found.dependents.labels_of("shop").complete


def test_manifests_give_the_same() -> None:
    found = dependents_in(files_of(*ONE_OF_EACH, namespace("shop", team="a")))
    assert found.counts == {one.kind.name: 1 for one in ASKED}
    assert found.dependents.labels_of("shop").known["team"] == "a"
    assert found.places["NetworkPolicy shop/x"].startswith("-:")
    assert dependents_in(files_of()).counts == {one.kind.name: 0 for one in ASKED}


def test_of_another_group_a_kind_is_another_kind() -> None:
    other: Manifest = {
        **made("Certificate", "shop/x", {}),
        "apiVersion": "networking.internal.knative.dev/v1",
    }
    assert dependents_in(files_of(other)).counts["Certificate"] == 0


def test_an_object_with_a_field_of_the_wrong_type_leaves_the_others() -> None:
    wrong = made("AuthorizationPolicy", "shop/bad", {"rules": [{"from": "everybody"}]})
    found = dependents_in(files_of(wrong, *ONE_OF_EACH))
    assert found.counts["AuthorizationPolicy"] == 1
    (told,) = [one for one in in_files(wrong) if one.code == "VSG010"]
    assert (told.object, told.path) == ("AuthorizationPolicy shop/bad", "spec.rules[0].from")


def test_fields_that_are_null_in_a_manifest_are_as_if_absent() -> None:
    text = {"rules": None, "selector": None, "targetRefs": None, "action": "ALLOW"}
    found = dependents_in(files_of(made("AuthorizationPolicy", "shop/x", text)))
    assert found.unusable == () and found.counts["AuthorizationPolicy"] == 1
