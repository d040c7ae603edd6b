"""A unified diff of text that is changed by splices: as fast for a large file as for a small one. Pure."""

import bisect
import difflib
import re
from array import array
from collections.abc import Iterator, Sequence

from istiokit.cluster.yamltext import Splice, apply

_BREAK = re.compile(r"\r\n|\n|\r")
_Opcode = tuple[str, int, int, int, int]


def spliced_diff(before: str, splices: Sequence[Splice], label: str, context: int = 3) -> str:
    """The diff of the text before and after the splices, with `a/` and `b/` before the label."""
    old = _Lines(before)
    new: dict[int, str] = {}
    matcher = difflib.SequenceMatcher(None, "", "")
    # The splices say where lines differ: nobody has to search for it.
    matcher.opcodes = _opcodes(old, splices, new)  # type: ignore[attr-defined]  # kept by difflib
    lines = [f"--- a/{label}", f"+++ b/{label}"]
    for group in matcher.get_grouped_opcodes(context):
        first, last = group[0], group[-1]
        lines.append(f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@")
        for tag, start, stop, new_start, new_stop in group:
            if tag == "equal":
                lines += [f" {line}" for line in old.between(start, stop)]
            else:
                lines += [f"-{line}" for line in old.between(start, stop)]
                lines += [f"+{new[at]}" for at in range(new_start, new_stop)]
    return "\n".join(lines)


class _Lines:
    """The lines of a text, each made when it is asked for: of a large text few are."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = array("q", [0])
        self.starts.extend(found.end() for found in _BREAK.finditer(text))

    def __len__(self) -> int:
        return len(self.starts) - (self.starts[-1] == len(self.text))

    def start(self, at: int) -> int:
        """The offset at which a line begins; behind the last one that of the text's end."""
        return self.starts[at] if at < len(self.starts) else len(self.text)

    def between(self, start: int, stop: int) -> list[str]:
        """The lines from `start` (counted from 0) up to `stop`, without their breaks."""
        lines = (self.text[self.start(at) : self.start(at + 1)] for at in range(start, stop))
        return [_BREAK.split(line, maxsplit=1)[0] for line in lines]


def _opcodes(old: _Lines, splices: Sequence[Splice], new: dict[int, str]) -> list[_Opcode]:
    """As difflib has them; `new` gets the lines that change, by their numbers."""
    found: list[_Opcode] = []
    at, new_at = 0, 0
    for first, last, text in _regions(old, splices):
        if first > at:
            found.append(("equal", at, first, new_at, new_at + first - at))
            new_at += first - at
        lines = _split(text)
        new.update(enumerate(lines, new_at))
        inner = difflib.SequenceMatcher(None, old.between(first, last), lines, autojunk=False)
        found += [
            (tag, first + a, first + b, new_at + c, new_at + d) for tag, a, b, c, d in inner.get_opcodes()
        ]
        at, new_at = last, new_at + len(lines)
    if at < len(old):
        found.append(("equal", at, len(old), new_at, new_at + len(old) - at))
    return _merged(found)


def _merged(opcodes: Sequence[_Opcode]) -> list[_Opcode]:
    """Neighbours of the same kind as one, as difflib has them."""
    found: list[_Opcode] = []
    for one in opcodes:
        if found and found[-1][0] == one[0]:
            before = found.pop()
            found.append((one[0], before[1], one[2], before[3], one[4]))
        else:
            found.append(one)
    return found


def _regions(old: _Lines, splices: Sequence[Splice]) -> Iterator[tuple[int, int, str]]:
    """The lines (from, up to) that splices touch, and their text afterwards; touching ones are one."""
    touched: list[tuple[int, int, list[Splice]]] = []
    for one in sorted(splices, key=lambda one: one.offset):
        first = bisect.bisect_right(old.starts, one.offset) - 1
        last = bisect.bisect_right(old.starts, one.offset + len(one.old))
        if touched and first < touched[-1][1]:
            begin, end, inside = touched.pop()
            touched.append((begin, max(end, last), [*inside, one]))
        else:
            touched.append((first, last, [one]))
    for first, last, inside in touched:
        begin, end = old.start(first), old.start(last)
        moved = [Splice(one.offset - begin, one.old, one.new) for one in inside]
        yield first, min(last, len(old)), apply(old.text[begin:end], moved)


def _split(text: str) -> list[str]:
    lines = _BREAK.split(text)
    return lines[:-1] if lines[-1] == "" else lines


def _range(start: int, stop: int) -> str:
    """Lines from `start` (counted from 0) up to `stop`, as a hunk's header has them."""
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"
