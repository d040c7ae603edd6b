"""Values and texts, before and after, as people read them. Pure: strings out."""

import difflib
import re
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

_LONGEST = 60
_HIDDEN = "***"
_WORD = re.compile(r"""["](?:\\.|[^"\\])*["]?|'[^']*'?|[^\s{}\[\],:](?:[^\s{}\[\],:]|:(?=[^\s{}\[\],]))*""")
"""A quoted string, or a plain word, which may have colons within."""


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


def unified(
    before: str, after: str, label: str, context: int = 3, only: Collection[str] | None = None
) -> str:
    """A unified diff with `a/` and `b/` before the label; empty where nothing differs.

    Lines are the same only under the same keys: `enabled: true` of one package is never shown as that of another.
    With `only`, stars stand for all other words: a line of a Secret can hold more than the switch that changes.
    """
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, _placed(old), _placed(new), autojunk=False)
    lines = [f"--- a/{label}", f"+++ b/{label}"] if old != new else []
    for group in matcher.get_grouped_opcodes(context) if lines else ():
        first, last = group[0], group[-1]
        lines.append(f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@")
        for tag, start, stop, new_start, new_stop in group:
            if tag == "equal":
                lines += [f" {_seen(line, only)}" for line in old[start:stop]]
            else:
                lines += [f"-{_seen(line, only)}" for line in old[start:stop]]
                lines += [f"+{_seen(line, only)}" for line in new[new_start:new_stop]]
    return "\n".join(lines)


def _seen(line: str, only: Collection[str] | None) -> str:
    """The line, or what people may see of it."""
    if only is None:
        return line
    return _WORD.sub(lambda found: found[0] if found[0].strip("\"'") in only else _HIDDEN, line)


def _placed(lines: Sequence[str]) -> list[tuple[str, ...]]:
    """Each line with the keys above it, as indentation has them; empty lines have none."""
    placed: list[tuple[str, ...]] = []
    above: list[tuple[int, str]] = []
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        while line.strip() and above and above[-1][0] >= indent:
            above.pop()
        placed.append((line, *(key for _, key in above if line.strip())))
        if line.strip():
            above.append((indent, line.partition(":")[0]))
    return placed


def _range(start: int, stop: int) -> str:
    """Lines from `start` (counted from 0) up to `stop`, as a hunk's header has them."""
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"
