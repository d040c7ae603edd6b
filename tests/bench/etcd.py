"""Objects by the ten thousand: written to etcd as the API server would write them, a hundred at a time."""

import base64
import json
import subprocess
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

import urllib3

from tests.bench.measure import BenchError
from tests.tools.rig import Rig

Object = dict[str, Any]

_AT_ONCE = 100
"""Writes in one transaction; etcd takes 128."""
_CONNECTIONS = 4
_LAG_SECONDS = 600.0
_LAST = "/registry/bench"
"""Written behind all others. The writes of a transaction are one revision, of which a list may show a part until the
next revision is there."""


def store(rig: Rig, folder: str, example: str, objects: Iterable[Object]) -> None:
    """Write custom resources of one kind into etcd.

    FOLDER is `GROUP/PLURAL`. EXAMPLE, `namespace/name`, is one that the API server has stored: the others get its
    managedFields and what else a server adds. OBJECTS have metadata.name, namespace and uid of their own. Raises
    BenchError where etcd refuses.
    """
    client = urllib3.PoolManager(maxsize=_CONNECTIONS)
    key = f"/registry/{folder}"
    found = _ask(client, rig, "range", {"key": _encoded(f"{key}/{example}")})
    kept = json.loads(base64.b64decode(found["kvs"][0]["value"]))

    def write(batch: list[Object]) -> None:
        _ask(client, rig, "txn", {"success": [_put(key, kept, item) for item in batch]})

    with ThreadPoolExecutor(_CONNECTIONS) as threads:
        for _ in threads.map(write, _batches(objects)):
            pass
    _ask(client, rig, "put", _entry(_LAST, ""))


def settle(rig: Rig, *collections: str) -> None:
    """Wait until the API server has in its cache whatever etcd holds of these paths.

    With objects of several kB it may lag behind by a minute, and answers lists slowly or not at all meanwhile.
    """
    now = json.loads(rig.kubectl("get", "--raw=/api/v1/namespaces?limit=1"))["metadata"]["resourceVersion"]
    query = f"fieldSelector=metadata.name%3Dnobody&resourceVersion={now}&resourceVersionMatch=NotOlderThan"
    for path in collections:
        look = partial(rig.run, "kubectl", "get", f"--raw={path}?{query}", check=False)
        rig.until(partial(_works, look), f"{path} to be read", _LAG_SECONDS)


def _works(look: Callable[[], subprocess.CompletedProcess[str]]) -> bool:
    return look().returncode == 0


def _put(key: str, kept: Object, item: Object) -> Object:
    metadata = {**kept["metadata"], **item["metadata"]}
    value = json.dumps({**kept, **item, "metadata": metadata}, separators=(",", ":"))
    name = f"{key}/{metadata['namespace']}/{metadata['name']}"
    return {"requestPut": _entry(name, value)}


def _entry(key: str, value: str) -> Object:
    return {"key": _encoded(key), "value": _encoded(value)}


def _ask(client: urllib3.PoolManager, rig: Rig, what: str, body: Object) -> Object:
    """etcd's JSON gateway: keys and values in base64."""
    answer = client.request("POST", f"{rig.etcd_url}/v3/kv/{what}", body=json.dumps(body))
    if answer.status != 200:
        raise BenchError(f"etcd, {what}: {answer.data[:300].decode()}")
    found: Object = answer.json()
    return found


def _batches(objects: Iterable[Object]) -> Iterator[list[Object]]:
    left = iter(objects)
    while batch := list(islice(left, _AT_ONCE)):
        yield batch


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
