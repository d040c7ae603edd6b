"""A process for the tests on a terminal: the plugin with its arguments on a cluster in memory, where Flux works.

    python -m tests.golden.terminal_driver wait --timeout 5s

`istiod` becomes Ready after a moment; what else there is comes with the name of a scene in $SCENE.
"""

import os
import sys
import time

from istiokit.ui.app import Terminal, run_app
from kubectl_istio_migrate.main import APP
from tests.fakes import FakeCluster
from tests.unit.flux_samples import condition, manifest

READY = condition("Ready", "True", "UpgradeSucceeded", "Helm upgrade succeeded")
RUNNING = condition("Ready", "Unknown", "Progressing", "Running 'install' action with timeout of 10m0s")
FAILED = condition(
    "Ready",
    "False",
    "InstallFailed",
    'Helm install failed for release istio-gateway/public-ingressgateway with chart gateway@1.25.2: [a "quoted" word] '
    "values don't meet the specifications of the schema(s) in the following chart(s)",
)
STUCK = "public-ingressgateway-with-a-long-name-of-its-own"


def cluster(scene: str) -> FakeCluster:
    """Two releases; scene `failing` has one that fails, `stuck` one that never gets Ready, `many` sixty more too."""
    found = FakeCluster([manifest("bigbang", READY), manifest("istiod", RUNNING)])
    if scene == "failing":
        found.put(manifest(STUCK, FAILED))
    if scene in ("stuck", "many"):
        found.put(manifest(STUCK, RUNNING))
    for number in range(60 if scene == "many" else 0):
        found.put(manifest(f"package-{number:02}", READY))
    found.later(lambda: later(found))
    return found


def later(found: FakeCluster) -> None:
    """Let what is there be seen first, twice."""
    time.sleep(1.2)
    found.put(manifest("istiod", READY))


def main() -> int:
    """Run the plugin on the scene's cluster and return its exit code."""
    fake = cluster(os.environ.get("SCENE", ""))
    terminal = Terminal(sys.stdout, sys.stderr, sys.stdin, os.environ, lambda connection: fake)
    return run_app(APP, sys.argv[1:], terminal)


if __name__ == "__main__":
    sys.exit(main())
