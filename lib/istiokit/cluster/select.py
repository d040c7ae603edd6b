"""Label and field selectors, matched here where no API server does it (files, tests)."""

import re
from collections.abc import Mapping
from typing import Any

from istiokit.cluster.types import Where
from istiokit.errors import UsageError

_SET = re.compile(r"(?P<key>[\w./-]+)\s+(?P<word>in|notin)\s*\((?P<values>[^()]*)\)")
_EQUAL = re.compile(r"(?P<key>[\w./-]+)\s*(?P<sign>==|!=|=)\s*(?P<value>[^\s!=,()]*)")
_EXISTS = re.compile(r"(?P<absent>!?)\s*(?P<key>[\w./-]+)")


def matches(manifest: Mapping[str, Any], where: Where) -> bool:
    """Whether the object is in the namespace and fits both selectors; raises UsageError on a bad selector."""
    metadata = _mapping(manifest.get("metadata"))
    if where.namespace is not None and metadata.get("namespace") != where.namespace:
        return False
    return labels_match(where.labels, _mapping(metadata.get("labels"))) and fields_match(
        where.fields, manifest
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    """Nothing, where it is something else: that is for others to tell."""
    return value if isinstance(value, Mapping) else {}


def labels_match(selector: str, labels: Mapping[str, str]) -> bool:
    """The selector of `kubectl -l`: `a=b`, `a==b`, `a!=b`, `a`, `!a`, `a in (b, c)`, `a notin (b, c)`."""
    return all(_requirement_holds(part, labels) for part in _parts(selector))


def fields_match(selector: str, manifest: Mapping[str, Any]) -> bool:
    """The selector of `kubectl --field-selector`: dotted paths with `=`, `==` or `!=`; absent means empty."""
    for part in _parts(selector):
        found = _EQUAL.fullmatch(part)
        if not found:
            raise UsageError(f"{part!r} is not a field selector", "write it as metadata.name=NAME")
        same = _field(manifest, found["key"]) == found["value"]
        if same == (found["sign"] == "!="):
            return False
    return True


def _parts(selector: str) -> list[str]:
    """The requirements of a selector: split at the commas outside of parentheses."""
    return [part.strip() for part in re.split(r",(?![^()]*\))", selector) if part.strip()]


def _requirement_holds(part: str, labels: Mapping[str, str]) -> bool:
    if found := _SET.fullmatch(part):
        values = {value.strip() for value in found["values"].split(",")}
        return (labels.get(found["key"]) in values) == (found["word"] == "in")
    if found := _EQUAL.fullmatch(part):
        return (labels.get(found["key"]) == found["value"]) == (found["sign"] != "!=")
    if found := _EXISTS.fullmatch(part):
        return (found["key"] in labels) != bool(found["absent"])
    raise UsageError(f"{part!r} is not a label selector", "write it as KEY=VALUE")


def _field(manifest: Mapping[str, Any], path: str) -> str:
    value: Any = manifest
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
