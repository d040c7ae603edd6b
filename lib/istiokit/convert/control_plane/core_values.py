"""The values of istioCore: its chart already had Istio's own charts in it, base and istiod.

Source: chart/Chart.yaml, chart/values.yaml and chart/charts of the istio-core package 1.23.3-bb.3 and later;
chart/templates/istio-core/values.yaml of Big Bang 2.50.0.
"""

from istiokit.convert.control_plane.draft import Draft
from istiokit.convert.control_plane.istiod import variables
from istiokit.convert.control_plane.passing import KNOWN_GLOBAL, KNOWN_PILOT, KNOWN_TOP, pass_on
from istiokit.convert.control_plane.places import BASE, EACH_GATEWAY, GLOBAL, ISTIOD, UPSTREAM
from istiokit.convert.model import Path

_VALUES: Path = ("istioCore", "values")
_CHART: Path = (*_VALUES, "istiod")
_PREFIXES = ((), ("pilot",), ("defaults",), ("defaults", "pilot"))
"""Istio's chart takes its values at its top, and in older spellings below these."""
_UNREAD = ("createNamespace", "enterprise", "imagePullPolicy", "imagePullSecrets", "defaults")
"""The umbrella hands these to a chart of which only the charts within read anything."""


def core_values(draft: Draft) -> None:
    """istioCore.values."""
    draft.below(_VALUES)
    for key in _UNREAD:
        if draft.has((*_VALUES, key)):
            draft.ledger.default((*_VALUES, key), "the old chart did not read it")
    _package(draft)
    for prefix in _PREFIXES:
        variables(draft, (*_CHART, *prefix, "env"))
        pass_on(draft, (*_CHART, *prefix, "global"), GLOBAL, KNOWN_GLOBAL)
        pass_on(draft, (*_CHART, *prefix), UPSTREAM, KNOWN_PILOT | KNOWN_TOP)
    draft.carry_all((*_VALUES, "base"), BASE)
    pass_on(draft, (*_VALUES, "global"), GLOBAL, KNOWN_GLOBAL)


def _package(draft: Draft) -> None:
    """What Big Bang added to Istio's chart."""
    cidr = (*_CHART, "networkPolicies", "controlPlaneCidr")
    if draft.has(cidr):
        draft.ledger.default(cidr, "the old chart did not read it")
    for key in ("networkPolicies", "monitoring", "defaultSecurityHeaders"):
        draft.carry_all((*_CHART, key), (*ISTIOD, key))
    mode = (*_CHART, "mtls", "mode")
    draft.text(mode)
    draft.carry(mode, (*ISTIOD, "mtls", "mode"), (*EACH_GATEWAY, "mtls", "mode"))
