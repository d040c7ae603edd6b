"""`vs-gateways` on a big mesh, against what people have: curl of the same list, kubectl with jq, the server's table."""

import shlex
import sys
from pathlib import Path

from tests.bench import crowd
from tests.bench.measure import Command, in_turns
from tests.bench.programs import PYTHON
from tests.bench.table import Comparison
from tests.tools import build
from tests.tools.rig import Rig

_PROGRAM = str(Path(PYTHON).with_name("kubectl-vs_gateways"))
_CRDS = ("helm-controller", "source-controller")
_LIST = "/apis/networking.istio.io/v1/virtualservices"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


def measure_gateways(runs: int) -> list[Comparison]:
    """Fill a rig, then measure the audit and the fast list in turns with their rivals."""
    with Rig(parts=("istio_crds",)) as rig:
        rig.apply_crds(*(build.tool_dir(name) / "crds" for name in _CRDS))
        print(f"  making {crowd.VIRTUAL_SERVICES:,} VirtualServices ...", file=sys.stderr, flush=True)
        crowd.fill(rig)
        audit, curl, kubectl = in_turns([_ours(rig, "--audit"), _curl(rig, _LIST), _kubectl(rig)], runs)
        fast, table = in_turns(
            [_ours(rig, "--fast"), _curl(rig, f"{_LIST}?includeObject=Metadata", _TABLE)], runs
        )
    return [
        Comparison("vs-gateways --audit / curl of the list + bare Python", audit, curl, goal=1.15),
        Comparison("vs-gateways --audit / kubectl get vs -o json | jq", audit, kubectl, goal=0.3),
        Comparison("vs-gateways --fast / curl of the table + bare Python", fast, table, goal=1.5),
    ]


def _ours(rig: Rig, flag: str) -> Command:
    """Findings give exit code 1, which is no failure here."""
    command = f"{shlex.quote(_PROGRAM)} --all-namespaces {flag}"
    return Command(("sh", "-c", f"{command} || test $? -eq 1"), rig.env)


def _kubectl(rig: Rig) -> Command:
    """What the guides do, with the condition that the audit would need at least."""
    question = '.items[] | select(.spec.gateways // [] | index("istio-system/public")) | .metadata.name'
    command = f"kubectl get virtualservices --all-namespaces -o json | jq -r {shlex.quote(question)}"
    return Command(("sh", "-c", command), rig.env)


def _curl(rig: Rig, path: str, accept: str = "application/json") -> Command:
    """A curl that does not say so: to curl the API server sends indented JSON, which would be more bytes."""
    words = ["curl", "--silent", "--show-error", "--fail", "--user-agent", "bench", "--output", "/dev/null"]
    words += ["--cacert", str(rig.ca_file), "--header", f"Authorization: Bearer {rig.admin_token}"]
    words += ["--header", f"Accept: {accept}", rig.server_url + path]
    return Command(("sh", "-c", f"{shlex.join([PYTHON, '-c', 'pass'])} && {shlex.join(words)}"), rig.env)
