"""The cluster in memory behaves as the real one does: the same story, told to both, ends the same."""

from collections.abc import Callable
from typing import Any

from istiokit.cluster.decode import Raw
from istiokit.cluster.kinds import CONFIG_MAP
from istiokit.cluster.live import connect
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.cluster.types import Cluster, Ref, Where
from istiokit.errors import SuiteError
from tests.fakes import FakeCluster
from tests.tools.rig import Rig


def outcome(attempt: Callable[[], object]) -> str:
    """`ok`, or the class of the error."""
    try:
        attempt()
    except SuiteError as error:
        return type(error).__name__
    return "ok"


def story(cluster: Cluster, namespace: str) -> list[Any]:
    ref = Ref("ConfigMap", "a", namespace)
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": namespace, "finalizers": ["example.com/hold"]},
        "data": {"colour": "red"},
    }
    first = cluster.create(manifest)
    version = first["metadata"]["resourceVersion"]

    def colour(value: str) -> dict[str, Any]:
        return {"op": "test", "path": "/data/colour", "value": value}

    def now() -> dict[str, Any]:
        return cluster.get(ref, Raw) or {}

    return [
        outcome(lambda: cluster.create(manifest)),
        outcome(lambda: cluster.merge_patch(ref, {})),
        now()["metadata"]["resourceVersion"] == version,
        outcome(lambda: cluster.merge_patch(ref, {"data": {"size": "xl"}}, dry_run=True)),
        now()["data"],
        outcome(lambda: cluster.merge_patch(ref, {"data": {"size": "xl"}})),
        now()["metadata"]["resourceVersion"] == version,
        outcome(lambda: cluster.merge_patch(ref, {"metadata": {"resourceVersion": version}})),
        outcome(lambda: cluster.replace({**first, "data": {}})),
        outcome(lambda: cluster.json_patch(ref, [colour("blue")])),
        outcome(lambda: cluster.json_patch(ref, [colour("red"), {"op": "remove", "path": "/data/colour"}])),
        now()["data"],
        outcome(lambda: cluster.delete(ref, uid="another")),
        "deletionTimestamp" in now()["metadata"],
        outcome(lambda: cluster.delete(ref)),
        "deletionTimestamp" in now()["metadata"],
        outcome(lambda: cluster.merge_patch(ref, {"metadata": {"finalizers": None}})),
        now(),
        outcome(lambda: cluster.merge_patch(ref, {})),
        outcome(lambda: cluster.replace(manifest)),
        outcome(lambda: cluster.delete(ref)),
        cluster.list(CONFIG_MAP, Raw, Where(namespace, fields="metadata.name=a")),
    ]


def test_the_fake_and_the_server_tell_the_same_story(rig: Rig, namespace: str) -> None:
    live = connect(ConnectOptions(kubeconfig=str(rig.kubeconfig)))
    assert story(FakeCluster(), namespace) == story(live, namespace)
