"""Dumps of `kubectl get`, against what a script pays that just loads them."""

import json
import os
import sys
import tempfile
from pathlib import Path

import yaml

from tests.bench.crowd import virtual_service
from tests.bench.measure import Command, in_turns
from tests.bench.table import Comparison

_PLUGIN = str(Path(sys.executable).with_name("kubectl-vs_gateways"))
_COUNT = 2_000
_LOAD_YAML = "import sys, yaml; yaml.load(open(sys.argv[1]), Loader=yaml.CSafeLoader)"
_LOAD_JSON = "import sys, json; json.load(open(sys.argv[1]))"
_MAP = "istio-system/public=istio-gateway/public-ingressgateway"


def measure_files(runs: int) -> list[Comparison]:
    """An audit of a dump and the plan of an edit, against loading the dump in Python, with libyaml and without more."""
    with tempfile.TemporaryDirectory() as folder:
        as_yaml, as_json = Path(folder, "dump.yaml"), Path(folder, "dump.json")
        dump = {"apiVersion": "v1", "items": [_item(number) for number in range(_COUNT)], "kind": "List"}
        as_yaml.write_text(yaml.dump(dump, Dumper=yaml.CSafeDumper, width=1000))
        as_json.write_text(json.dumps(dump, indent=4))
        env = dict(os.environ)
        commands = [
            Command((_PLUGIN, "--audit", "-f", str(as_yaml)), env),
            Command((_PLUGIN, "swap", "--map", _MAP, "--dry-run", "-f", str(as_yaml)), env),
            Command((sys.executable, "-c", _LOAD_YAML, str(as_yaml)), env),
            Command((_PLUGIN, "--audit", "-f", str(as_json)), env),
            Command((sys.executable, "-c", _LOAD_JSON, str(as_json)), env),
        ]
        audit, swap, load, audit_json, load_json = in_turns(commands, runs)
        sizes = [f"{path.stat().st_size // 1_000_000} MB" for path in (as_yaml, as_json)]
    return [
        Comparison(f"audit of {sizes[0]} of YAML / CSafeLoader", audit, load, goal=0.3),
        Comparison(f"plan of swap in {sizes[0]} of YAML / CSafeLoader", swap, load, goal=1.0),
        Comparison(f"audit of {sizes[1]} of JSON / json.load", audit_json, load_json, goal=1.5),
    ]


def _item(number: int) -> dict[str, object]:
    item = virtual_service(number)
    return {**item, "metadata": {**item["metadata"], "namespace": f"team-{number % 50}"}}
