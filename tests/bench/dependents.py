"""What the audit makes of 5,000 AuthorizationPolicies, against `json.loads` of the same list.

Each measurement is a process of its own, in seconds of the processor, as in `routing`.
"""

import json
import resource
import subprocess
import sys

import msgspec

from istiokit.istio.audit import find_rule
from istiokit.istio.audit.model import Subject
from istiokit.istio.dependents.facts import Dependents
from istiokit.istio.dependents.policies import AuthorizationPolicy
from istiokit.istio.mapping import Pair, mapping_of
from istiokit.istio.routing.facts import RouteFacts, Workload
from tests.bench.measure import BenchError, Sample, Series
from tests.bench.routing import _best, _gateways, _json
from tests.bench.table import Comparison

_COUNT, _PAIRS, _TEAMS = 5_000, 20, 50
"""AuthorizationPolicies; old Gateways, each with a new one; namespaces that the policies are spread over."""
_OLD, _NEW = "istio-system", "istio-gateway"


def measure_dependents(runs: int) -> list[Comparison]:
    """A third of the policies names an old gateway's account, a third its namespace, a third neither."""
    ours, theirs = [], []
    for _ in range(runs + 1):
        ours.append(_sample("audit"))
        theirs.append(_sample("json"))
    audit, rival = (Series(tuple(samples[1:])) for samples in (ours, theirs))
    what = f"audit of {_COUNT:,} AuthorizationPolicies, {2 * _PAIRS} Gateways / json.loads of them"
    return [Comparison(what, audit, rival, goal=20)]


def _sample(what: str) -> Sample:
    argv = [sys.executable, "-m", "tests.bench.dependents", what]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(argv)}: {done.stderr.strip()[-500:]}")
    seconds, kibibytes = done.stdout.split()
    return Sample(float(seconds), int(kibibytes) / 1024)


def main(what: str) -> None:
    """Time one thing; prints seconds and the peak of memory in KiB."""
    text = json.dumps([_policy(number) for number in range(_COUNT)]).encode()
    seconds = _json(text) if what == "json" else _audit(text)
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _audit(text: bytes) -> float:
    policies = msgspec.json.decode(text, type=tuple[AuthorizationPolicy, ...])
    pairs = (Pair(f"{_OLD}/public-{n}", f"{_NEW}/public-{n}", "") for n in range(_PAIRS))
    subject = Subject(_facts(), (), mapping_of(pairs), Dependents(authorization_policies=policies))
    rule = find_rule("VSG018")
    assert len(list(rule.run(subject))) == 2 * _COUNT // 3 + 1
    return _best(lambda: list(rule.run(subject)))


def _facts() -> RouteFacts:
    """As `routing` has them, each with pods of its own."""
    workloads = (
        Workload(
            f"{place}/public-{n}",
            place,
            {"app": f"public-{n}"},
            service_accounts=frozenset({f"public-{n}"}),
        )
        for place in (_OLD, _NEW)
        for n in range(_PAIRS)
    )
    return RouteFacts("bench", gateways=tuple(_gateways()), workloads=tuple(workloads))


def _policy(number: int) -> dict[str, object]:
    own = f"cluster.local/ns/team-{number % _TEAMS}/sa/app-{number}"
    gateway = f"cluster.local/ns/{_OLD}/sa/public-{number % _PAIRS}"
    named = ({"principals": [gateway]}, {"namespaces": [_OLD]}, {"principals": [own]})[number % 3]
    rule = {"from": [{"source": named}], "to": [{"operation": {"methods": ["GET"], "paths": ["/api/*"]}}]}
    spec = {"selector": {"matchLabels": {"app": f"app-{number}"}}, "action": "ALLOW", "rules": [rule]}
    return {"metadata": {"name": f"app-{number}", "namespace": f"team-{number % _TEAMS}"}, "spec": spec}


if __name__ == "__main__":
    main(sys.argv[1])
