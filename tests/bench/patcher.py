"""The bare loop that `swap` is measured against: the same JSON patches over eight connections, and nothing else.

python -m tests.bench.patcher SERVER CA_FILE TOKEN BEFORE AFTER < names, a line NAMESPACE/NAME each
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import urllib3

_CONNECTIONS = 8


def main(server: str, ca_file: str, token: str, before: str, after: str) -> None:
    """Replace the list `[before]` by `[after]` in each; ends with an error at the first that is refused."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json-patch+json"}
    pool = urllib3.PoolManager(maxsize=_CONNECTIONS, ca_certs=ca_file, headers=headers)
    patch = json.dumps(
        [
            {"op": "test", "path": "/spec/gateways", "value": [before]},
            {"op": "replace", "path": "/spec/gateways", "value": [after]},
        ]
    )

    def send(line: str) -> None:
        place, _, name = line.strip().partition("/")
        path = f"/apis/networking.istio.io/v1/namespaces/{place}/virtualservices/{name}"
        answer = pool.request("PATCH", server + path, body=patch)
        if answer.status != 200:
            sys.exit(f"{path}: {answer.data[:200].decode()}")

    with ThreadPoolExecutor(_CONNECTIONS) as threads:
        for _ in threads.map(send, sys.stdin):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
