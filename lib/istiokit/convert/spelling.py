"""Values as Helm's functions see and spell them. Pure."""

from typing import Any

from istiokit.convert.model import Values


def filled(values: Values, source: Values) -> Values:
    """What sprig's `merge` makes: what is absent or empty is taken from the source, mappings are merged."""
    merged = dict(values)
    for key, value in source.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = filled(below, value)
        elif is_empty(below):
            merged[key] = value
    return merged


def is_empty(value: Any) -> bool:
    """Whether Go's templates take it for nothing: null, false, 0, an empty text, list or mapping."""
    return not value


def quantity(value: Any) -> Any:
    """An amount of a resource as text: the new gateway chart's schema refuses a number."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def number(value: Any) -> int | None:
    """The value as a whole number; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return int(value) if isinstance(value, int) or value.isdecimal() else None


def without_nulls(values: Values) -> Values:
    """The values without keys that are null: Helm takes them away."""
    return {str(key): _without(value) for key, value in values.items() if value is not None}


def _without(value: Any) -> Any:
    return without_nulls(value) if isinstance(value, dict) else value
