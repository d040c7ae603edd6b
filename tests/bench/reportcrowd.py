"""10,000 VirtualServices, and of each the report that Kyverno writes about it."""

import json
import sys
import time
from collections.abc import Sequence

from tests.bench import crowd
from tests.bench.crowd import Object
from tests.bench.etcd import settle, store
from tests.bench.mutated import prepare
from tests.tools.rig import Rig

COUNT = 10_000
DEPENDS = COUNT // 2
"""How many of them the policy has to stay for."""

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_POLICY = "istio-migrate-gateways"
_ISTIO = "networking.istio.io/virtualservices"
_REPORTS = "wgpolicyk8s.io/policyreports"


def fill(rig: Rig) -> None:
    """Make all of them.

    Every second one was applied by kubectl, with the annotation that it leaves, the others on the server's side. Of
    either half, every second one has a source that names the old Gateway alone.
    """
    print(f"  making {COUNT:,} VirtualServices and PolicyReports ...", file=sys.stderr, flush=True)
    rules, moment = prepare(rig), int(time.time())
    rig.kubectl("apply", "-f", "-", input=json.dumps(_manifest(0)))
    rig.apply([_manifest(1)], field_manager="kubectl")
    for half in (0, 1):
        store(rig, _ISTIO, crowd.place_of(half), map(_virtual_service, range(half, COUNT, 2)))
    example = _report(0, rules, moment)
    rig.kubectl("create", "--field-manager=reports-controller", "-f", "-", input=json.dumps(example))
    reports = (_report(number, rules, moment) for number in range(COUNT))
    place, name = (example["metadata"][key] for key in ("namespace", "name"))
    store(rig, _REPORTS, f"{place}/{name}", reports)
    settle(rig, "/apis/networking.istio.io/v1/virtualservices", "/apis/wgpolicyk8s.io/v1alpha2/policyreports")


def _depends(number: int) -> bool:
    return number % 4 in (0, 3)


def _manifest(number: int) -> Object:
    """What the source says. Where nobody keeps a copy of that, the order of the list tells."""
    found = crowd.virtual_service(number)
    lists = [crowd.OLD] if _depends(number) else [crowd.NEW, crowd.OLD]
    metadata = {key: value for key, value in found["metadata"].items() if key != "uid"}
    return {**found, "metadata": metadata, "spec": {**found["spec"], "gateways": lists}}


def _virtual_service(number: int) -> Object:
    """What became of that: the policy has appended the new Gateway where it lacked."""
    found = _manifest(number)
    annotations = {_APPLIED: json.dumps(found, separators=(",", ":")) + "\n"} if number % 2 == 0 else {}
    metadata = {**found["metadata"], "uid": _uid(number), "annotations": annotations}
    lists = [crowd.OLD, crowd.NEW] if _depends(number) else found["spec"]["gateways"]
    return {**found, "metadata": metadata, "spec": {**found["spec"], "gateways": lists}}


def _report(number: int, rules: Sequence[str], moment: int) -> Object:
    """One result for each rule: the first gives the new Gateway."""
    place, _, name = crowd.place_of(number).partition("/")
    changed = f"mutated VirtualService/{name} in namespace {place}"
    first = ("pass", changed) if _depends(number) else ("skip", "preconditions not met")
    said = [first, *[("skip", "preconditions not met")] * (len(rules) - 1)]
    results = [_result(rule, *one, moment) for rule, one in zip(rules, said, strict=True)]
    about = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "name": name}
    return {
        "apiVersion": "wgpolicyk8s.io/v1alpha2",
        "kind": "PolicyReport",
        "metadata": {
            "name": _uid(number),
            "namespace": place,
            "uid": f"{number:08}-0b1e-4f6c-8a55-0c3e5d7f9a11",
            "labels": {"app.kubernetes.io/managed-by": "kyverno"},
            "ownerReferences": [{**about, "uid": _uid(number)}],
        },
        "results": results,
        "scope": {**about, "namespace": place, "uid": _uid(number)},
        "summary": {"error": 0, "fail": 0, "pass": int(_depends(number)), "skip": len(rules) - 1, "warn": 0},
    }


def _result(rule: str, result: str, message: str, moment: int) -> Object:
    return {
        "message": message,
        "policy": _POLICY,
        "properties": {"process": "background scan"},
        "result": result,
        "rule": rule,
        "scored": True,
        "source": "kyverno",
        "timestamp": {"nanos": 0, "seconds": moment},
    }


def _uid(number: int) -> str:
    return f"{number:08}-4982-4340-b70c-01838656d6d7"
