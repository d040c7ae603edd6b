"""A mirror on a real API server that is cut off, restarted, and has forgotten what the watch had seen."""

import base64
import json
import threading
import time
import urllib.request
from collections.abc import Callable

import pytest

from istiokit.cluster.decode import Object
from istiokit.cluster.kinds import CONFIG_MAP
from istiokit.cluster.live import connect
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.cluster.mirror import Mirrors
from istiokit.cluster.types import Where
from tests.tools.rig import Rig


def config_map(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}


def post(rig: Rig, path: str, **body: object) -> None:
    """One call of etcd's JSON gateway."""
    request = urllib.request.Request(f"{rig.etcd_url}{path}", json.dumps(body).encode())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as response:
        assert response.status == 200


def text(word: str) -> str:
    return base64.b64encode(word.encode()).decode()


def test_what_happened_while_the_server_was_away_is_caught_up(
    fresh_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One object is deleted and others are made in etcd itself, so that no event of it was ever sent.

    The server that comes back knows no state as old as the one that the watch asks for: it answers 410 Gone.
    """
    rig = fresh_rig()
    monkeypatch.setenv("KUBECONFIG", str(rig.kubeconfig))
    rig.apply([config_map("stays"), config_map("goes")])
    with Mirrors(connect(ConnectOptions()), (Where("default"),)) as mirrors:
        mirror = mirrors.of(CONFIG_MAP, Object, lambda one: "all")

        def names() -> set[str]:
            return mirrors.look(lambda: set(mirror.group("all"))) - {"kube-root-ca.crt"}

        assert names() == {"stays", "goes"}
        away = threading.Thread(target=rig.restart_apiserver, kwargs={"down": 5.0})
        away.start()
        ready = ("kubectl", "get", "--raw=/readyz", "--request-timeout=1s")
        rig.until(lambda: rig.run(*ready, check=False).returncode != 0, "the server to be away")
        post(rig, "/v3/kv/deleterange", key=text("/registry/configmaps/default/goes"))
        assert away.is_alive(), "nobody was to see it happen"
        away.join()
        rig.apply([config_map("new")])
        end = time.monotonic() + 60
        while names() != {"stays", "new"}:
            assert time.monotonic() < end, names()
            time.sleep(0.1)
        assert mirrors.error is None
