"""A cluster whose VirtualServices a policy of Kyverno has mutated; there is no Kyverno, only what it leaves behind."""

from tests.bench import crowd
from tests.bench.gateways import PROGRAM as VS_GATEWAYS
from tests.e2e.bigbang_objects import namespace
from tests.tools import build
from tests.tools.rig import Rig

_CRDS = ("kyverno", "policies.kyverno.io", "policyreport")
_MEDDLER = "kube-controller-manager"
"""It would look for the owner of each report, and meet objects that it has not seen being made."""


def prepare(rig: Rig) -> list[str]:
    """Namespaces, both Gateways, and the policy as our own command makes it; returns the names of its rules."""
    crowd.serve_one_version(rig)
    folder = build.tool_dir("kyverno") / "crds"
    rig.apply_crds(*(folder / name for name in _CRDS))
    places = [name.partition("/")[0] for name in (crowd.OLD, crowd.NEW)]
    rig.apply([namespace(name) for name in (*places, *(f"team-{number}" for number in range(crowd.TEAMS)))])
    rig.apply(crowd.gateways())
    pair = f"--map={crowd.OLD}={crowd.NEW}"
    rig.apply(rig.run("sh", "-c", f"{VS_GATEWAYS} policy --engine=kyverno {pair}").stdout)
    rig.servers.stop(_MEDDLER)
    (policy,) = rig.get("clusterpolicies")["items"]
    return [rule["name"] for rule in policy["spec"]["rules"]]
