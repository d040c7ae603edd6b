"""Values of the suite as what JSON and YAML know: dicts with camelCase keys, lists, scalars."""

import dataclasses
import datetime
import enum
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec


def plain(value: object) -> Any:
    """Dataclasses and Structs become dicts, field names in camelCase; keys of mappings stay as they are.

    A Struct's own renaming wins, and its tag comes first. Raises TypeError for what has no plain form.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, str):
        return value
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, msgspec.Struct) or (dataclasses.is_dataclass(value) and not isinstance(value, type)):
        return {key: plain(item) for key, item in _fields(value)}
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no plain form")


def camel(name: str) -> str:
    """`last_handled` -> `lastHandled`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _fields(value: Any) -> Iterable[tuple[str, object]]:
    if not isinstance(value, msgspec.Struct):
        for item in dataclasses.fields(value):
            yield camel(item.name), getattr(value, item.name)
        return
    config = value.__struct_config__
    if config.tag_field is not None:
        yield config.tag_field, config.tag
    for name, encoded in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
        yield (camel(name) if encoded == name else encoded), getattr(value, name)
