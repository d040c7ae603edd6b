"""Patches of what the new gateway chart renders, and the operator's overlays turned into such. Pure.

An overlay sets a value at a path such as `spec.template.spec.containers.[name:istio-proxy].lifecycle` (operator/pkg/
patch of Istio 1.23). A kustomize patch, as Flux's postRenderers take them, cannot look into a list except by the key
that Kubernetes merges the list by; what needs more is not carried.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from istiokit.bigbang.merge import merge_maps
from istiokit.convert.model import Path, Values

_API = {
    "Deployment": "apps/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "PodDisruptionBudget": "policy/v1",
    "Service": "v1",
    "ServiceAccount": "v1",
}
"""The kinds that the gateway chart renders, of those that an overlay may be about."""
_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
}
"""The lists of a pod that Kubernetes merges, with the key (patchMergeKey in k8s.io/api/core/v1)."""
_MERGED = {*_MERGE_KEYS, "ports"}
_STEP = re.compile(r"\[((?:\\.|[^\]\\])*)\]|((?:\\.|[^.\[\\])+)")
_PROXY = "istio-proxy"
_BY_HAND = "write a postRenderer for it (istioGateway.postRenderers), or do without"


@dataclass(frozen=True, slots=True)
class Patch:
    """A strategic merge patch of the one object of this kind."""

    kind: str
    body: Values

    def home(self, upstream: Path) -> Path:
        """Where it stands in the new values, for the gateway whose `upstream` this is."""
        return "istioGateway", "postRenderers", upstream[-2]

    def manifest(self) -> Values:
        """With the name that kustomize asks for, and that its target makes meaningless."""
        whole = {"apiVersion": _API[self.kind], "kind": self.kind, "metadata": {"name": "any"}}
        return merge_maps(whole, self.body)


@dataclass(frozen=True, slots=True)
class NotCarried:
    """One patch of an overlay that cannot be said."""

    why: str
    todo: str = _BY_HAND


def overlay_patches(overlay: Any, workload: str) -> Iterator[Patch | NotCarried]:
    """What one overlay of the workload becomes, patch by patch."""
    entries = overlay.get("patches") if isinstance(overlay, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        kind, name = str(overlay.get("kind")), str(overlay.get("name"))
        if kind not in _API or name not in (workload, f"{workload}-service-account"):
            yield NotCarried(f"the new chart renders no {kind} {name}")
            continue
        body = _body(str(entry.get("path") or ""), entry.get("value")) if isinstance(entry, dict) else None
        if body is None:
            why = "a kustomize patch cannot reach into that list"
        elif "name" in body.get("metadata", {}) or "selector" in body.get("spec", {}):
            why = "the name and the selector are the chart's"
        else:
            yield Patch(kind, body)
            continue
        yield NotCarried(why)


def replacing(path: Sequence[str], value: Any) -> Values:
    """Mappings down to the value."""
    for key in reversed(path):
        value = {key: value}
    found: Values = value
    return found


def _body(path: str, value: Any) -> Values | None:
    """The patch that sets the value at the path, or deletes what is there; None where it cannot be said."""
    steps = list(_steps(path))
    if not steps or steps[0] not in ("metadata", "spec"):
        return None
    body = _nested(steps, value)
    return body if isinstance(body, dict) else None


def _steps(path: str) -> Iterator[str]:
    for found in _STEP.finditer(path):
        text = f"[{found[1]}]" if found[1] is not None else found[2]
        yield re.sub(r"\\(.)", r"\1", text)


def _nested(steps: Sequence[str], value: Any) -> Any:
    """What stands at the first step; None where it cannot be said."""
    if not steps:
        return {"$patch": "replace", **value} if isinstance(value, dict) else value
    step, rest = steps[0], steps[1:]
    if step.startswith("[") or (not rest and isinstance(value, list) and step in _MERGED):
        return None  # a patch would add to such a list, and not replace it
    if rest and rest[0].startswith("["):
        items = _items(step, rest[0][1:-1], rest[1:], value)
        return None if items is None else {step: items}
    inner = _nested(rest, value)
    return None if inner is None and (rest or value is not None) else {step: inner}


def _items(name: str, selector: str, rest: Sequence[str], value: Any) -> list[Any] | None:
    """The list with the one element that is meant, by the key that Kubernetes merges this list by."""
    key = _MERGE_KEYS.get(name)
    if key is None:
        return None
    if selector.isdecimal():
        return _by_index(name, key, int(selector), rest, value)
    wanted, colon, word = selector.partition(":")
    if not colon or wanted != key:
        return None
    if not rest:
        if value is None:
            return [{key: word, "$patch": "delete"}]
        return [{key: word, **value}] if isinstance(value, dict) else None
    inner = _nested(rest, value)
    return [{key: word, **inner}] if isinstance(inner, dict) else None


def _by_index(name: str, key: str, index: int, rest: Sequence[str], value: Any) -> list[Any] | None:
    """The gateway has one container; elsewhere an index can only mean a new element at the end."""
    if name == "containers" and index == 0 and rest:
        return _items(name, f"{key}:{_PROXY}", rest, value)
    if index and not rest and isinstance(value, dict) and value.get(key):
        return [value]
    return None
