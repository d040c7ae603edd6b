"""Values and texts, before and after, as people read them. Pure: strings out."""

import difflib
from typing import Any

import msgspec

_LONGEST = 60


def short(value: Any) -> str:
    """A value in a few words for a table cell: `true`, `"public"`, `absent`, or the start of its JSON."""
    if value is msgspec.UNSET:
        return "absent"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def pretty(value: Any) -> str:
    """A value as indented JSON; nothing for an absent one."""
    if value is msgspec.UNSET:
        return ""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def unified(before: str, after: str, label: str, context: int = 3) -> str:
    """A unified diff with `a/` and `b/` before the label; empty where nothing differs."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"a/{label}", f"b/{label}", lineterm="", n=context
    )
    return "\n".join(lines)
