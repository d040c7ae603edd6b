"""The Deployment of istiod: istio.values.istiod and istio.values.values.pilot become istiod.values.upstream.

The old chart puts istio.values.istiod over what values.pilot makes (chart/templates/controlplane.yaml of
istio-controlplane 1.23.6-bb.1: components.pilot.k8s of an IstioOperator), so that it has the first word here too.
Istio's chart reads from 1.24 on at its top what stood under `pilot` (templates/zzy_descope_legacy.yaml).
"""

from collections.abc import Iterator
from typing import Any

from istiokit.bigbang.layers import ENCRYPTED
from istiokit.convert.control_plane.draft import Draft
from istiokit.convert.control_plane.passing import KNOWN_PILOT, pass_on
from istiokit.convert.control_plane.places import OLD_VALUES, UPSTREAM
from istiokit.convert.model import Path, Problem, at, dotted

_POD: Path = (*OLD_VALUES, "istiod")
_PILOT: Path = (*OLD_VALUES, "values", "pilot")
_MAPPINGS = ("resources", "podAnnotations", "serviceAnnotations", "nodeSelector", "affinity")
_AUTOSCALER = (("minReplicas", "autoscaleMin"), ("maxReplicas", "autoscaleMax"))
_ROLLING = (("maxSurge", "rollingMaxSurge"), ("maxUnavailable", "rollingMaxUnavailable"))
_UTILIZATION = ("cpu", "memory")
_GONE_VARIABLES = frozenset(
    {
        "ENABLE_ENHANCED_RESOURCE_SCOPING",
        "ENABLE_EXTERNAL_NAME_ALIAS",
        "ENABLE_RESOLUTION_NONE_TARGET_PORT",
        "PERSIST_OLDEST_FIRST_HEURISTIC_FOR_VIRTUAL_SERVICE_HOST_MATCHING",
        "PILOT_ENABLE_ALPHA_GATEWAY_API",
        "PILOT_ENABLE_STATUS",
        "REQUIRE_3P_TOKEN",
        "VERIFY_CERTIFICATE_AT_CLIENT",
    }
)
"""Variables that Istio 1.23.6 registers in pilot/pkg/features and its neighbours, and 1.25.2 does not."""
_GONE = "Istio 1.25 does not read it any more; find out what took its place"
_SCALE = "scale by these two, or set autoscaleEnabled: false and make a HorizontalPodAutoscaler of your own"
_COUNTS = "as before it counts only where autoscaleEnabled is false"


def pod(draft: Draft) -> None:
    """istio.values.istiod."""
    draft.below(_POD)
    for key in _MAPPINGS:
        draft.carry_all((*_POD, key), (*UPSTREAM, key))
    draft.items((*_POD, "tolerations"))
    draft.carry((*_POD, "tolerations"), (*UPSTREAM, "tolerations"))
    draft.carry((*_POD, "replicaCount"), (*UPSTREAM, "replicaCount"), why=_COUNTS)
    _variables(draft)
    _autoscaler(draft)
    _strategy(draft)


def pilot(draft: Draft) -> None:
    """istio.values.values.pilot."""
    variables(draft, (*_PILOT, "env"))
    pass_on(draft, _PILOT, UPSTREAM, KNOWN_PILOT)


def variables(draft: Draft, path: Path) -> None:
    """Environment variables that are a mapping already; the chart quotes their values itself."""
    for name, value in draft.below(path).items():
        old = (*path, str(name))
        text = value if value is None or value == {} else text_of(value, old)
        draft.write(old, {(*UPSTREAM, "env", str(name)): text}, todo=_GONE if name in _GONE_VARIABLES else "")


def text_of(value: Any, path: Path) -> str:
    """A value of an environment variable as Helm writes it; raises Problem for a list or a mapping."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise Problem(path, f"{dotted(path)} has to be a text", "correct the values")


def _variables(draft: Draft) -> None:
    """A list of {name, value} with a mapping in its place; what takes a value from elsewhere has none."""
    path = (*_POD, "env")
    entries = draft.items(path)
    single: dict[int, tuple[Path, Any]] = {}
    for number, entry in enumerate(entries):
        name = _name(entry, (*path, number))
        if name and "valueFrom" not in entry:
            value = entry.get("value")
            text = "" if value is None else text_of(value, (*path, number, "value"))
            single[number] = ((*UPSTREAM, "env", name), text)
        elif not name:
            single[number] = ((*UPSTREAM, "env"), ENCRYPTED)
    _carry_list(draft, path, single)
    for number, entry in enumerate(entries):
        _odd_variable(draft, (*path, number), entry)


def _name(entry: Any, path: Path) -> str:
    """The variable's name, empty where SOPS hides it."""
    name = at(entry, ("name",))
    if ENCRYPTED in (entry, name):
        return ""
    if not isinstance(name, str) or not name:
        raise Problem(path, f"{dotted(path)} has to be a mapping with a name", "correct the values")
    return name


def _odd_variable(draft: Draft, path: Path, entry: Any) -> None:
    name = _name(entry, path)
    if name and "valueFrom" in entry:
        place = dotted((*UPSTREAM, "env", name))
        todo = f"write a plain value to {place}, or add the variable with istiod.postRenderers"
        draft.ledger.lost(path, "the new chart takes no valueFrom", todo)
    elif name in _GONE_VARIABLES:
        draft.ledger.carried(path, (*UPSTREAM, "env", name), todo=_GONE)


def _carry_list(draft: Draft, path: Path, single: dict[int, tuple[Path, Any]]) -> None:
    """A list whose entries become single keys; an entry that cannot has a word of its own."""
    fitting = {number: one for number, one in single.items() if draft.fits(*one)}
    if fitting:
        draft.write(path, dict(fitting.values()))
    elif at(draft.values, path) == []:
        draft.ledger.default(path, "the list is empty")
    elif draft.items(path):
        draft.ledger.lost(path, "none of its entries can be carried", "see what is said of each of them")
    for number in single.keys() - fitting.keys():
        place, value = single[number]
        draft.write((*path, number), {place: value})


def _autoscaler(draft: Draft) -> None:
    """The old chart read hpaSpec only with both numbers, and of it only these and the metrics."""
    path = (*_POD, "hpaSpec")
    spec = draft.below(path)
    if not spec:
        return
    if any(key in spec and not spec[key] for key, _ in _AUTOSCALER):
        draft.ledger.default(path, "without a minimum and a maximum the old chart left it out")
        return
    for key, new in _AUTOSCALER:
        draft.carry((*path, key), (*UPSTREAM, new))
    _metrics(draft, (*path, "metrics"))
    for key in spec.keys() - {"metrics", *dict(_AUTOSCALER)}:
        draft.ledger.default((*path, str(key)), "the old chart did not read it")


def _metrics(draft: Draft, path: Path) -> None:
    known = {number: _utilization(metric) for number, metric in enumerate(draft.items(path))}
    single = {
        number: ((*UPSTREAM, one[0], "targetAverageUtilization"), one[1])
        for number, one in known.items()
        if one
    }
    _carry_list(draft, path, single)
    for number in (number for number, one in known.items() if not one):
        draft.ledger.lost(
            (*path, number), "the new chart scales only by the utilization of cpu and memory", _SCALE
        )


def _utilization(metric: Any) -> tuple[str, Any] | None:
    """The resource and its percentage, in the spelling of autoscaling/v2 or of v2beta1."""
    resource = at(metric, ("resource",))
    name = at(resource, ("name",))
    percent = at(resource, ("target", "averageUtilization")) or at(resource, ("targetAverageUtilization",))
    return (str(name), percent) if name in _UTILIZATION and percent else None


def _strategy(draft: Draft) -> None:
    path = (*_POD, "strategy")
    kind = draft.below(path).get("type")
    if kind == "RollingUpdate":
        draft.ledger.default((*path, "type"), "the new chart knows no other")
    elif kind is not None and kind != ENCRYPTED:
        todo = "live with a rolling update, or change the Deployment with istiod.postRenderers"
        draft.ledger.lost((*path, "type"), "the new chart knows only RollingUpdate", todo)
    for key, new in _rolling(draft, (*path, "rollingUpdate")):
        draft.carry((*path, "rollingUpdate", key), (*UPSTREAM, new))


def _rolling(draft: Draft, path: Path) -> Iterator[tuple[str, str]]:
    given = draft.below(path)
    yield from ((key, new) for key, new in _ROLLING if key in given)
