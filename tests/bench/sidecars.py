"""`recycle-injected list` of 20,000 pods, against `curl` of what it reads, and `kubectl` with jq."""

import json
import shlex

from tests.bench import podcrowd
from tests.bench.fleet import TAGS
from tests.bench.measure import BenchError, Command, in_turns
from tests.bench.recycle import PROGRAM
from tests.bench.table import Comparison, Peak, Told
from tests.tools.parts.injector import NAMESPACE, PROXY
from tests.tools.rig import Rig

_LISTS = (
    "/api/v1/pods?limit=20000",
    "/api/v1/namespaces?limit=20000",
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations?limit=20000",
    "/apis/apps/v1/deployments?labelSelector=app%3Distiod&limit=20000",
    *(f"/api/v1/namespaces/{NAMESPACE}/configmaps/istio-sidecar-injector-{one}" for one in TAGS),
)
"""What ours asks for."""
_QUESTION = (
    '.items[] | .metadata.namespace + "/" + .metadata.name + " " + '
    f'(.spec.containers[] | select(.name == "{PROXY}").image)'
)


def measure_sidecars(runs: int) -> list[Told]:
    """Fill a rig, then measure in turns."""
    with Rig(parts=("injector",), apiserver_flags=podcrowd.AS_JSON) as rig:
        stale = podcrowd.fill(rig)
        _check(rig, stale)
        ours, curl, nothing = in_turns(
            [_ours(rig, "-A"), _curl(rig), _ours(rig, "--namespace=default")], runs
        )
        again, kubectl = in_turns([_ours(rig, "-A"), _kubectl(rig)], 1, warm_up=0)  # jq alone takes a minute
    what = f"recycle-injected list -A of {podcrowd.PODS:,} pods"
    return [
        Comparison(f"{what} / curl of the same", ours, curl, goal=1.3, startup=nothing),
        Comparison(f"{what} / kubectl get pods -o json | jq", again, kubectl),
        Peak(what, ours, 200),
    ]


def _check(rig: Rig, stale: int) -> None:
    """Raise where ours does not find what there is."""
    found = json.loads(rig.run(PROGRAM, "list", "-A", "-o", "json").stdout)["summary"]["stalePods"]
    if found != stale:
        raise BenchError(f"{stale} pods are stale, and {found} were found")


def _ours(rig: Rig, *flags: str) -> Command:
    return Command((PROGRAM, "list", *flags), rig.env)


def _curl(rig: Rig) -> Command:
    """One after the other, by HTTP/1.1 as ours: by HTTP/2, and in parallel, the server and curl take longer.

    To a client that calls itself curl the API server sends indented JSON, which would be more bytes than we get.
    """
    words = ["curl", "--silent", "--show-error", "--fail", "--http1.1", "--user-agent", "bench"]
    words += ["--cacert", str(rig.ca_file), "--header", f"Authorization: Bearer {rig.admin_token}"]
    words += [word for path in _LISTS for word in ("--output", "/dev/null", rig.server_url + path)]
    return Command(tuple(words), rig.env)


def _kubectl(rig: Rig) -> Command:
    """The images of all sidecars, without a word about which of them are stale."""
    command = f"kubectl get pods --all-namespaces -o json | jq -r {shlex.quote(_QUESTION)}"
    return Command(("sh", "-c", command), rig.env)
