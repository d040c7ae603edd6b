"""`status` on a big mesh, against `curl` of the same lists and a bare start of Python: what no tool can avoid."""

import shlex

from tests.bench import crowd
from tests.bench.measure import Command, in_turns
from tests.bench.programs import PLUGIN, PYTHON
from tests.bench.table import Comparison
from tests.tools.rig import Rig


def measure_status(runs: int) -> list[Comparison]:
    """Fill a rig, then measure both in turns."""
    with Rig(parts=("istio_crds",)) as rig:
        crowd.fill(rig)
        ours, curl, kubectl = in_turns([_ours(rig), _curl(rig), _kubectl(rig)], runs)
    return [
        Comparison("status / curl of the same lists + bare Python", ours, curl, goal=1.3),
        Comparison("status / kubectl get virtualservices -A", ours, kubectl),
    ]


def _ours(rig: Rig) -> Command:
    return Command((PLUGIN, "status"), rig.env)


def _curl(rig: Rig) -> Command:
    """One curl for both lists, over one connection.

    The API server indents what it sends to a client that calls itself curl, which would be more bytes than we get.
    """
    urls = [
        f"{rig.server_url}/apis/networking.istio.io/v1/virtualservices",
        f"{rig.server_url}/apis/helm.toolkit.fluxcd.io/v2/namespaces/bigbang/helmreleases",
    ]
    curl = [
        "curl",
        "--silent",
        "--show-error",
        "--fail",
        "--user-agent",
        "bench",
        "--cacert",
        str(rig.ca_file),
    ]
    curl += ["--header", f"Authorization: Bearer {rig.admin_token}"]
    curl += [word for url in urls for word in ("--output", "/dev/null", url)]
    script = f"{shlex.join([PYTHON, '-c', 'pass'])} && {shlex.join(curl)}"
    return Command(("sh", "-c", script), rig.env)


def _kubectl(rig: Rig) -> Command:
    return Command(("kubectl", "get", "virtualservices", "--all-namespaces"), rig.env)
