"""The live cluster against a real API server."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from istiokit.cluster import live_read
from istiokit.cluster.decode import Object, Raw
from istiokit.cluster.kinds import CONFIG_MAP, GATEWAY, HELM_RELEASE, NAMESPACE, POD, SECRET, VIRTUAL_SERVICE
from istiokit.cluster.live import LiveCluster, connect
from istiokit.cluster.live_http import Transport
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.cluster.types import EventType, Kind, Ref, Where
from istiokit.errors import Conflict, Forbidden, KindNotServed, OperationFailed, UsageError
from tests.tools.rig import Rig

WIDGET = Kind("Widget", "fallback.example.com", "widgets", ("v1", "v1beta1"))


class ConfigMap(Object, frozen=True, kw_only=True):
    """A typed reading, as survey code defines them."""

    data: dict[str, str] = {}


@pytest.fixture
def cluster(rig: Rig) -> LiveCluster:
    return connect(ConnectOptions(kubeconfig=str(rig.kubeconfig)))


def config_map(namespace: str, name: str, **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": {"made-by": "test"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def kubeconfig_with(rig: Rig, path: Path, *, server: str = "", user: dict[str, Any] | None = None) -> str:
    """The rig's kubeconfig with another server or another user."""
    config = json.loads(rig.kubeconfig.read_text())
    if server:
        config["clusters"][0]["cluster"]["server"] = server
    if user is not None:
        config["users"][0]["user"] = user
    path.write_text(json.dumps(config))
    return str(path)


def test_contents_of_secrets_stay_on_the_server_where_only_names_are_read(
    cluster: LiveCluster, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": namespace}}
    cluster.create({**secret, "stringData": {"key": "not to be seen"}})
    sent: list[bytes] = []
    pull = Transport.pull

    def recorded(self: Transport, path: str, query: Any, accept: str, read: Callable[[Any], Any]) -> Any:
        def record(pieces: Iterable[bytes]) -> Any:
            sent.extend(pieces)
            return read(sent)

        return pull(self, path, query, accept, record)

    monkeypatch.setattr(Transport, "pull", recorded)
    assert [item.metadata.name for item in cluster.list(SECRET, Object, Where(namespace))] == ["s"]
    body = b"".join(sent)
    assert b"PartialObjectMetadataList" in body
    assert b"stringData" not in body and b'"data"' not in body


def test_where_we_are(rig: Rig, cluster: LiveCluster) -> None:
    assert cluster.name == f"rig ({rig.server_url})"
    assert cluster.namespace == "default"
    assert (
        cluster.server_version()
        == json.loads(rig.kubectl("version", "--output=json"))["serverVersion"]["gitVersion"]
    )


def test_typed_and_whole_reading(cluster: LiveCluster, namespace: str) -> None:
    stored = cluster.create(config_map(namespace, "a", colour="red"))
    typed = cluster.get(Ref("ConfigMap", "a", namespace), ConfigMap)
    assert typed is not None
    assert (typed.data, typed.metadata.uid) == ({"colour": "red"}, stored["metadata"]["uid"])
    whole = cluster.list(CONFIG_MAP, Raw, Where(namespace, labels="made-by=test"))
    assert [(one["kind"], one["apiVersion"], one["data"]) for one in whole] == [
        ("ConfigMap", "v1", {"colour": "red"})
    ]
    assert cluster.list(CONFIG_MAP, Object, Where(namespace, fields="metadata.name=b")) == []


def test_many_pages_give_each_object_once(
    cluster: LiveCluster, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(number: int) -> None:
        cluster.create(config_map(namespace, f"m{number:04}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fill, range(600)))
    monkeypatch.setattr(live_read, "PAGE", 50)
    names = [one.metadata.name for one in cluster.list(CONFIG_MAP, Object, Where(namespace, "made-by=test"))]
    assert names == [f"m{number:04}" for number in range(600)]


def test_what_is_not_there(cluster: LiveCluster, namespace: str) -> None:
    assert cluster.get(Ref("ConfigMap", "none", namespace), Object) is None
    assert cluster.get(Ref("HelmRelease", "bigbang", "bigbang"), Object) is None
    assert not cluster.served(HELM_RELEASE) and cluster.served(GATEWAY) and cluster.served(POD)
    with pytest.raises(KindNotServed, match="does not serve HelmRelease"):
        cluster.list(HELM_RELEASE, Object)
    with pytest.raises(OperationFailed, match=f"patch ConfigMap {namespace}/none: it is not there"):
        cluster.merge_patch(Ref("ConfigMap", "none", namespace), {})
    with pytest.raises(OperationFailed, match="there is no namespace no-such"):
        cluster.create(config_map("no-such", "a"))
    cluster.delete(Ref("ConfigMap", "none", namespace))
    cluster.delete(Ref("HelmRelease", "bigbang", "bigbang"))


def test_an_older_version_is_found(rig: Rig, cluster: LiveCluster, namespace: str) -> None:
    rig.apply([widget_crd()])
    rig.kubectl("wait", "--for=condition=Established", "crd/widgets.fallback.example.com")
    manifest = {
        "apiVersion": "fallback.example.com/v1beta1",
        "kind": "Widget",
        "metadata": {"name": "w", "namespace": namespace},
    }
    cluster.create(manifest)
    rig.until(lambda: connect(ConnectOptions(kubeconfig=str(rig.kubeconfig))).served(WIDGET), "the kind")
    found = connect(ConnectOptions(kubeconfig=str(rig.kubeconfig))).list(WIDGET, Raw, Where(namespace))
    assert [one["apiVersion"] for one in found] == ["fallback.example.com/v1beta1"]


def widget_crd() -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1beta1", "served": True, "storage": True, "schema": schema}
    names = {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.fallback.example.com"},
        "spec": {
            "group": "fallback.example.com",
            "scope": "Namespaced",
            "names": names,
            "versions": [version],
        },
    }


def test_writes_and_their_conflicts(cluster: LiveCluster, namespace: str) -> None:
    ref = Ref("ConfigMap", "a", namespace)
    first = cluster.create(config_map(namespace, "a", colour="red"))
    with pytest.raises(Conflict, match="already exists"):
        cluster.create(config_map(namespace, "a"))
    cluster.merge_patch(ref, {"data": {"colour": "blue"}})
    with pytest.raises(Conflict, match="the object has been modified"):
        cluster.replace({**first, "data": {"colour": "green"}})
    with pytest.raises(Conflict):
        cluster.merge_patch(ref, {"metadata": {"resourceVersion": first["metadata"]["resourceVersion"]}})
    test = {"op": "test", "path": "/data/colour", "value": "red"}
    replace = {"op": "replace", "path": "/data/colour", "value": "green"}
    with pytest.raises(Conflict, match="no longer what the patch expects"):
        cluster.json_patch(ref, [test, replace])
    cluster.json_patch(ref, [{**test, "value": "blue"}, replace])
    now = cluster.get(ref, Raw)
    assert now is not None and now["data"] == {"colour": "green"}
    assert {entry["manager"] for entry in now["metadata"]["managedFields"]} == {"istio-migrate"}
    cluster.replace({**now, "data": {}})
    cluster.delete(ref, uid="someone-else")
    assert cluster.get(ref, Object) is not None
    cluster.delete(ref, uid=now["metadata"]["uid"])
    assert cluster.get(ref, Object) is None


def test_an_invalid_change_is_told_without_its_values(cluster: LiveCluster, namespace: str) -> None:
    secret = {**config_map(namespace, "s"), "kind": "Secret", "data": {"password": "aHVudGVyMg=="}}
    cluster.create(secret)
    ref = Ref("Secret", "s", namespace)
    for attempt in ({"data": {"password": 1}}, {"metadata": {"labels": {"a": "aHVudGVyMg=="}}}):
        with pytest.raises(OperationFailed, match=f"patch Secret {namespace}/s: .*invalid value") as error:
            cluster.merge_patch(ref, attempt)
        assert "aHVudGVyMg" not in str(error.value)


def test_a_dry_run_is_judged_and_not_stored(cluster: LiveCluster, namespace: str) -> None:
    ref = Ref("ConfigMap", "a", namespace)
    assert cluster.create(config_map(namespace, "a"), dry_run=True)["metadata"]["name"] == "a"
    assert cluster.get(ref, Object) is None
    before = cluster.create(config_map(namespace, "a", colour="red"))
    cluster.merge_patch(ref, {"data": {"colour": "blue"}}, dry_run=True)
    cluster.json_patch(ref, [{"op": "remove", "path": "/data/colour"}], dry_run=True)
    cluster.replace({**before, "data": {}}, dry_run=True)
    assert cluster.get(ref, Raw) == before
    with pytest.raises(OperationFailed, match="is invalid: data"):
        cluster.merge_patch(ref, {"data": {"k" * 300: ""}}, dry_run=True)


def test_a_watch_tells_what_happens_and_ends_in_time(cluster: LiveCluster, namespace: str) -> None:
    ref = Ref("ConfigMap", "a", namespace)
    cluster.create(config_map(namespace, "a", colour="red"))

    def change() -> None:
        time.sleep(0.5)
        cluster.merge_patch(ref, {"data": {"colour": "blue"}})
        cluster.create(config_map(namespace, "b"))
        cluster.delete(ref)

    thread = threading.Thread(target=change)
    thread.start()
    start = time.monotonic()
    events = list(cluster.watch(CONFIG_MAP, ConfigMap, Where(namespace, "made-by=test"), seconds=3))
    took = time.monotonic() - start
    thread.join()
    assert [(event.type, event.object.metadata.name, event.object.data) for event in events] == [
        (EventType.ADDED, "a", {"colour": "red"}),
        (EventType.MODIFIED, "a", {"colour": "blue"}),
        (EventType.ADDED, "b", {}),
        (EventType.DELETED, "a", {"colour": "blue"}),
    ]
    assert 2.5 < took < 5


def test_permissions(rig: Rig, cluster: LiveCluster, namespace: str) -> None:
    jane = connect(
        ConnectOptions(kubeconfig=str(rig.kubeconfig), as_user="jane", as_groups=("readers", "ops"))
    )
    assert cluster.allowed("create", POD, namespace, subresource="eviction")
    assert not jane.allowed("list", POD)
    with pytest.raises(Forbidden) as error:
        jane.list(VIRTUAL_SERVICE, Object)
    assert str(error.value).startswith(
        "you may not list virtualservices.networking.istio.io in all namespaces"
    )
    with pytest.raises(Forbidden, match=f"you may not get secrets in namespace {namespace}"):
        jane.get(Ref("Secret", "s", namespace), Object)
    grant = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "ops", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "ops"}],
    }
    cluster.create(grant)
    rig.until(lambda: jane.allowed("list", POD, namespace), "the role of the second --as-group")
    assert jane.list(POD, Object, Where(namespace)) == []
    assert not jane.allowed("list", SECRET, namespace)


def test_a_user_who_may_not_impersonate_is_told_so(rig: Rig) -> None:
    role = {"metadata": {"name": "live-nobody"}, "rules": []}
    path = rig.kubeconfig_for(role)
    with pytest.raises(Forbidden, match="you may not impersonate users"):
        connect(ConnectOptions(kubeconfig=str(path), as_user="root")).list(NAMESPACE, Object)
    with pytest.raises(UsageError, match="--as-group needs --as"):
        connect(ConnectOptions(kubeconfig=str(path), as_groups=("system:masters",)))


def test_credentials_that_are_refused(rig: Rig, tmp_path: Path) -> None:
    path = kubeconfig_with(rig, tmp_path / "config", user={"token": "expired"})
    with pytest.raises(OperationFailed, match="refused the credentials of context rig; log in again"):
        connect(ConnectOptions(kubeconfig=path)).list(NAMESPACE, Object)


def test_an_exec_plugin_logs_in(rig: Rig, tmp_path: Path) -> None:
    version = "client.authentication.k8s.io/v1"
    admin = json.loads(rig.kubeconfig.read_text())["users"][0]["user"]
    certificate = {"clientCertificateData": pem(admin, "certificate"), "clientKeyData": pem(admin, "key")}
    for status in ({"token": rig.admin_token}, certificate):
        answer = json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status})
        login = {"apiVersion": version, "command": "printf", "args": ["%s", answer]}
        path = kubeconfig_with(rig, tmp_path / "config", user={"exec": login})
        assert connect(ConnectOptions(kubeconfig=path)).allowed("delete", NAMESPACE)


def pem(user: dict[str, str], part: str) -> str:
    import base64

    return base64.b64decode(user[f"client-{part}-data"]).decode()


@pytest.mark.parametrize(
    ("server", "message"),
    [
        (
            "https://127.0.0.1:1",
            r"cannot reach the API server https://127\.0\.0\.1:1: connection refused; check",
        ),
        ("https://no-such-host.invalid:6443", "its name is not known; check the server address"),
    ],
)
def test_a_server_that_is_not_there(rig: Rig, tmp_path: Path, server: str, message: str) -> None:
    path = kubeconfig_with(rig, tmp_path / "config", server=server)
    with pytest.raises(OperationFailed, match=message) as error:
        connect(ConnectOptions(kubeconfig=path)).list(NAMESPACE, Object)
    assert error.value.exit_code == 3


def test_a_server_that_says_nothing_is_given_up(rig: Rig, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        path = kubeconfig_with(
            rig, tmp_path / "config", server=f"https://127.0.0.1:{silent.getsockname()[1]}"
        )
        start = time.monotonic()
        with pytest.raises(OperationFailed, match=r"does not answer in time; .*--request-timeout"):
            connect(ConnectOptions(kubeconfig=path, request_timeout=0.5)).server_version()
        assert time.monotonic() - start < 5


def test_a_server_that_we_cannot_trust(rig: Rig, tmp_path: Path) -> None:
    config = json.loads(rig.kubeconfig.read_text())
    del config["clusters"][0]["cluster"]["certificate-authority-data"]
    (tmp_path / "config").write_text(json.dumps(config))
    options = ConnectOptions(kubeconfig=str(tmp_path / "config"))
    with pytest.raises(OperationFailed, match=r"TLS: .*certificate.*; check certificate-authority"):
        connect(options).server_version()
    config["clusters"][0]["cluster"]["insecure-skip-tls-verify"] = True
    (tmp_path / "config").write_text(json.dumps(config))
    assert connect(options).server_version()


def test_a_certificate_authority_in_a_file_and_another_server_name(rig: Rig, tmp_path: Path) -> None:
    config = json.loads(rig.kubeconfig.read_text())
    config["clusters"][0]["cluster"] = {
        "server": rig.server_url,
        "certificate-authority": str(rig.ca_file),
        "tls-server-name": "localhost",
    }
    (tmp_path / "config").write_text(json.dumps(config))
    assert connect(ConnectOptions(kubeconfig=str(tmp_path / "config"))).server_version()
