"""Which version is asked for, and at which path."""

import msgspec
import pytest

from istiokit.cluster.discovery import Discovery, path
from istiokit.cluster.kinds import CONFIG_MAP, CRD, GATEWAY, HELM_RELEASE, NAMESPACE, VIRTUAL_SERVICE
from istiokit.cluster.types import Kind
from istiokit.errors import KindNotServed


class Served:
    """A server by its APIResourceLists; remembers what it was asked."""

    def __init__(self, **plurals: str) -> None:
        self._plurals = plurals
        self.asked: list[str] = []

    def fetch(self, where: str) -> bytes | None:
        self.asked.append(where)
        plural = self._plurals.get(where.rpartition("/")[2])
        if plural is None:
            return None
        kinds = {"virtualservices": "VirtualService", "gateways": "Gateway", "clusterthings": "ClusterThing"}
        names = [plural, f"{plural}/status"]
        resources = [
            {"name": name, "kind": kinds[plural], "namespaced": plural != "clusterthings"} for name in names
        ]
        return msgspec.json.encode({"resources": resources})


def test_the_first_version_that_has_the_kind_is_taken_and_remembered() -> None:
    server = Served(v1="gateways", v1beta1="virtualservices")
    discovery = Discovery(server.fetch)
    assert discovery.version(VIRTUAL_SERVICE) == "v1beta1"
    assert discovery.version(GATEWAY) == "v1"
    assert discovery.version(VIRTUAL_SERVICE) == "v1beta1"
    assert server.asked == ["/apis/networking.istio.io/v1", "/apis/networking.istio.io/v1beta1"]


def test_what_kubernetes_itself_has_needs_no_question() -> None:
    server = Served()
    assert Discovery(server.fetch).version(CONFIG_MAP) == "v1"
    assert Discovery(server.fetch).version(CRD) == "v1"
    assert server.asked == []


def test_a_kind_in_none_of_its_versions_is_not_served() -> None:
    assert Discovery(Served().fetch).version(HELM_RELEASE) is None


def test_the_kind_of_a_manifest_is_known_or_found() -> None:
    discovery = Discovery(Served(v7="clusterthings").fetch)
    assert discovery.kind("Gateway", "networking.istio.io", "v1beta1") is GATEWAY
    found = discovery.kind("ClusterThing", "example.com", "v7")
    assert found == Kind("ClusterThing", "example.com", "clusterthings", ("v7",), namespaced=False)
    with pytest.raises(KindNotServed, match=r"example\.com/v8 ClusterThing"):
        discovery.kind("ClusterThing", "example.com", "v8")


def test_paths() -> None:
    assert path(CONFIG_MAP, "v1", None) == "/api/v1/configmaps"
    assert path(CONFIG_MAP, "v1", "a", "b") == "/api/v1/namespaces/a/configmaps/b"
    assert path(NAMESPACE, "v1", "ignored", "b") == "/api/v1/namespaces/b"
    place = "/apis/networking.istio.io/v1beta1/namespaces/a/gateways"
    assert path(GATEWAY, "v1beta1", "a") == place
    assert path(GATEWAY, "v1beta1", "a", "x/../y") == f"{place}/x%2F..%2Fy"
