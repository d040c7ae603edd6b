"""`kubectl policyreport-vs` where something keeps it from knowing: its answer is never a yes then."""

import json
from pathlib import Path

import pytest
import yaml

from istiokit.kyverno.policies import NAME
from tests.golden.policyreport_world import objects, policyreport_vs, world
from tests.unit.kyverno_cases import NEW_PUBLIC, PUBLIC


@pytest.mark.parametrize("text", ["", "hello", "- 1\n", '{"items": [', "NAME   GATEWAYS\nweb   [public]\n"])
def test_a_dump_that_is_not_whole_shuts_the_gate(tmp_path: Path, text: str) -> None:
    dump = tmp_path / "dump.json"
    kept = [one for one in objects() if one["metadata"]["name"] in ("cart", NAME)]
    dump.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": kept}))
    map_flag = ("--map", f"{PUBLIC}={NEW_PUBLIC}")
    assert policyreport_vs(None, "safe-to-remove", "-f", str(dump), *map_flag).code == 0
    lost = tmp_path / "lost.yaml"
    lost.write_text(text)
    done = policyreport_vs(None, "safe-to-remove", "-f", str(lost), *map_flag)
    assert (done.code, "PR004" in done.out) == (1, True)
    if text:
        both = policyreport_vs(None, "safe-to-remove", "-f", str(dump), "-f", str(lost), *map_flag)
        assert (both.code, "PR004" in both.out) == (1, True)


def test_half_a_dump_shuts_the_gate(tmp_path: Path) -> None:
    """kubectl writes `kind: List` last, so half of what it writes is no object."""
    whole = yaml.safe_dump({"apiVersion": "v1", "items": objects(), "kind": "List"}, sort_keys=False)
    half = tmp_path / "half.yaml"
    half.write_text(whole[: whole.index("- apiVersion", len(whole) // 2)])
    assert policyreport_vs(None, "safe-to-remove", "-f", str(half)).code == 1


def test_pairs_that_are_not_those_of_the_policy_do_not_open_the_gate() -> None:
    done = policyreport_vs(world(), "safe-to-remove", "--map", "aa/bb=cc/dd")
    assert (done.code, "PR005" in done.out) == (1, True)
    turned = policyreport_vs(world(), "safe-to-remove", "--map", f"{NEW_PUBLIC}={PUBLIC}")
    assert (turned.code, f"{PUBLIC}={NEW_PUBLIC} is meant here" in turned.err) == (2, True)


def test_a_policy_that_is_not_there_is_told() -> None:
    done = policyreport_vs(world(), "safe-to-remove", "--policy", "istio-migrate-gateway")
    assert (done.code, done.out) == (1, "")
    assert "no policy istio-migrate-gateway adds to the gateways of VirtualServices here" in done.err


def test_who_may_not_read_has_nothing_to_wait_for() -> None:
    done = policyreport_vs(world(denied={("list", "VirtualService")}), "-A", "--wait")
    assert done.code == 3
    assert "so nobody can say that none is left" in done.err
