"""What `convert` writes, through Helm: the old chart and the new one make the same listeners of both sets of values."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings

from istiokit.bigbang.merge import merge_maps
from istiokit.bigbang.versions import parse_version, release
from istiokit.convert.choices import Choices
from istiokit.convert.conversion import convert
from istiokit.convert.listeners import Comparison, compare
from istiokit.convert.model import Problem, Values
from istiokit.convert.new_listeners import new_exposures
from istiokit.convert.node_ports import NodePorts, Ports
from istiokit.convert.old import read_old
from istiokit.convert.old_listeners import old_exposures
from istiokit.convert.rendered import exposures
from istiokit.convert.succession import full_name
from tests.charts.render import NEW, OLD, render
from tests.golden.test_convert_cases import CASES
from tests.unit.convert_values import umbrella_values

ELSEWHERE = ("service sessionAffinity", "service internalTrafficPolicy", "service clusterIP")
"""What comes by post-renderers, which Flux runs and not Helm; and the one thing that is not carried.

Certificates are the umbrella's, and not of the packages' charts."""


def choices() -> Choices:
    return Choices(release=release(parse_version("2.54.0")), ports=Ports(NodePorts.KEEP))


def differences(values: Values) -> list[Comparison]:
    """Between the charts' own output of the old values and of the new ones, and between that and both models."""
    mesh = read_old(values)
    done = convert(values, choices())
    whole = merge_maps(done.values, values)
    names = {one.name: full_name(one) for one in mesh.workloads}
    served = {one.name for one in mesh.workloads if mesh.on(one)}
    before = [one for one in exposures(render(OLD, values)) if one.name in served]
    after = exposures(render(NEW, whole))
    rows = compare(before, after, names, done.secret_names)
    rows += compare(before, old_exposures(mesh), {}, {})
    rows += compare(after, new_exposures(whole), {}, {})
    return [
        row
        for row in rows
        if not row.same and row.what not in ELSEWHERE and not row.what.startswith("certificate ")
    ]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(umbrella_values())
def test_random_values(values: Values) -> None:
    assume(is_sound(values))
    assert differences(values) == []


def is_sound(values: Values) -> bool:
    """Whether there is anything to compare: the old template fails on some values, and others mean nothing."""
    try:
        convert(values, choices())
        return not any(one.fails_by for one in read_old(values).gateways)
    except Problem:
        return False


GOLDEN = {case.stem: yaml.safe_load(case.read_text()) for case in CASES}


@pytest.mark.parametrize("name", [name for name, values in GOLDEN.items() if is_sound(values)])
def test_the_golden_cases(name: str) -> None:
    assert differences(GOLDEN[name]) == []
