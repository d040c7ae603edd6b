"""`vs-gateways` on a big mesh, against what people have: curl of the same list, kubectl with jq, the server's table."""

import shlex
from pathlib import Path

from tests.bench import crowd
from tests.bench.measure import Command, in_turns
from tests.bench.programs import PYTHON
from tests.bench.table import Comparison, Peak
from tests.tools.rig import Rig

PROGRAM = shlex.quote(str(Path(PYTHON).with_name("kubectl-vs_gateways")))
_LIST = "/apis/networking.istio.io/v1/virtualservices"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_MANY = 100_000


def measure_gateways(runs: int) -> list[Comparison | Peak]:
    """Fill a rig, then measure the audit and the fast list in turns with their rivals."""
    with Rig(parts=("istio_crds",)) as rig:
        crowd.fill(rig)
        audit, curl, kubectl = in_turns(
            [_ours(rig, "--all-namespaces", "--audit"), _curl(rig, _LIST), _kubectl(rig)], runs
        )
        fast, table, nothing = in_turns(
            [
                _ours(rig, "--all-namespaces", "--fast"),
                _curl(rig, f"{_LIST}?includeObject=Metadata", _TABLE),
                _ours(rig, "--namespace=default", "--fast"),
            ],
            runs,
        )
    return [
        Comparison("vs-gateways --audit / curl of the list", audit, curl, goal=1.15, startup=nothing),
        Comparison("vs-gateways --audit / kubectl get vs -o json | jq", audit, kubectl, 0.3, 0.15),
        Comparison("vs-gateways --fast / curl of the table", fast, table, goal=1.5, startup=nothing),
        Peak(f"vs-gateways --audit, {crowd.VIRTUAL_SERVICES:,} VirtualServices", audit, 110),
    ]


def measure_large(runs: int) -> list[Comparison | Peak]:
    """Ten times as many, for the memory."""
    with Rig(parts=("istio_crds",), apiserver_flags=crowd.WITHOUT_CACHE) as rig:
        crowd.fill(rig, _MANY)
        (audit,) = in_turns([_ours(rig, "--all-namespaces", "--audit")], runs, warm_up=0)
    return [Peak(f"vs-gateways --audit, {_MANY:,} VirtualServices", audit, 250)]


def _ours(rig: Rig, *flags: str) -> Command:
    """Findings give exit code 1, which is no failure here."""
    return Command(("sh", "-c", f"{PROGRAM} {shlex.join(flags)} || test $? -eq 1"), rig.env)


def _kubectl(rig: Rig) -> Command:
    """What the guides do, with the condition that the audit would need at least."""
    question = f'.items[] | select(.spec.gateways // [] | index("{crowd.OLD}")) | .metadata.name'
    command = f"kubectl get virtualservices --all-namespaces -o json | jq -r {shlex.quote(question)}"
    return Command(("sh", "-c", command), rig.env)


def _curl(rig: Rig, path: str, accept: str = "application/json") -> Command:
    """A curl that does not say so: to curl the API server sends indented JSON, which would be more bytes."""
    words = ["curl", "--silent", "--show-error", "--fail", "--user-agent", "bench", "--output", "/dev/null"]
    words += ["--cacert", str(rig.ca_file), "--header", f"Authorization: Bearer {rig.admin_token}"]
    return Command((*words, "--header", f"Accept: {accept}", rig.server_url + path), rig.env)
