"""The value of a YAML document straight from the parser's events: no nodes, no places; a third of a tree's time.

The values are those of the tree (`yamlvalues`), for the rules are the same. What a plain walk cannot read (anchors,
tags, merge keys, keys that are given twice) is left to the tree, which also finds the words for what is wrong there.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from istiokit.cluster.yamlscalars import key_text, resolve
from istiokit.errors import UsageError

DEEPEST = 100
"""Values nest a dozen levels; what goes deeper than this is no manifest and no values file."""
_NO_STRINGS = frozenset("+-.0123456789~yYnNoOtTfF")
"""What a plain scalar begins with that may be something else than a string."""


class Unsound(UsageError):
    """Text that is not YAML, or that Helm would read differently from what one sees."""

    def __init__(self, place: str, reason: str, hint: str) -> None:
        """`place` is origin:line:column, `reason` the words without it."""
        super().__init__(f"{place}: {reason}", hint)
        self.place, self.reason = place, reason


class NotPlain(Exception):
    """The tree has to be asked."""


class Loaded(NamedTuple):
    """The value of a document, and the line in which it begins."""

    value: Any
    line: int


def load(text: str, origin: str, first_line: int = 1) -> Loaded:
    """The only document in the text; None where there is none.

    Raises NotPlain where only the tree can tell, Unsound, with origin:line:column, for what is not YAML. `first_line`
    is the line of `origin` in which the text begins.
    """
    import yaml

    try:
        return _only(loader()(text).get_event, first_line)
    except yaml.YAMLError as error:
        raise explained(text, error, origin, first_line) from error
    except UnicodeEncodeError:
        raise NotPlain from None


def is_sound(text: str) -> bool:
    """Whether the text is YAML, as far as the parser is concerned; costs no memory."""
    import yaml

    try:
        for _ in yaml.parse(text, Loader=loader()):
            pass
    except yaml.YAMLError:
        return False
    return True


def loader() -> Any:
    """libyaml's parser where it is there."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def explained(text: str, error: Any, origin: str, first_line: int) -> Unsound:
    """What PyYAML refuses, with its place, in words for people."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:  # a ReaderError, which counts bytes (libyaml) or characters
        line = text.encode(errors="replace").count(b"\n", 0, getattr(error, "position", 0)) + first_line
        return Unsound(f"{origin}:{line}", "a character that YAML does not allow", "is it a text file?")
    place = f"{origin}:{mark.line + first_line}:{mark.column + 1}"
    margin = text[mark.index - mark.column : mark.index + 1]
    if "\t" in margin and not margin.strip(" \t-"):
        return Unsound(place, "a tab cannot indent YAML", "use spaces")
    return Unsound(place, f"not YAML: {error.problem or error.context}", "correct the file")


def _only(get: Callable[[], Any], first_line: int) -> Loaded:
    from yaml.events import StreamEndEvent

    get()
    if type(get()) is StreamEndEvent:
        return Loaded(None, first_line)
    root = get()
    value = _walker(get)(root, 0)
    get()
    if type(get()) is not StreamEndEvent:
        raise NotPlain
    return Loaded(value, root.start_mark.line + first_line)


def _walker(get: Callable[[], Any]) -> Callable[[Any, int], Any]:
    """The function that reads the node which an event begins. Hot: every line here runs for each word of a file."""
    from yaml.events import (
        MappingEndEvent,
        MappingStartEvent,
        ScalarEvent,
        SequenceEndEvent,
        SequenceStartEvent,
    )

    known = (ScalarEvent, MappingStartEvent, SequenceStartEvent)

    def node(event: Any, depth: int) -> Any:
        kind = type(event)
        if event.anchor or depth >= DEEPEST or kind not in known or event.tag:  # an alias has no tag
            raise NotPlain
        if kind is ScalarEvent:
            return event.value if event.style else _plain(event.value)
        return mapping(depth + 1) if kind is MappingStartEvent else sequence(depth + 1)

    def sequence(depth: int) -> list[Any]:
        found = []
        event = get()
        while type(event) is not SequenceEndEvent:
            found.append(node(event, depth))
            event = get()
        return found

    def mapping(depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        event = get()
        while type(event) is not MappingEndEvent:
            if type(event) is not ScalarEvent or event.anchor or event.tag:
                raise NotPlain
            key = event.value if event.style else _plain_key(event.value)
            if key in found:
                raise NotPlain
            found[key] = node(get(), depth)
            event = get()
        return found

    return node


def _plain(raw: str) -> Any:
    return raw if raw and raw[0] not in _NO_STRINGS else resolve(raw, "", plain=True)


@lru_cache(maxsize=1000)
def _plain_key(raw: str) -> str:
    if raw == "<<":
        raise NotPlain
    return key_text(_plain(raw))


def lines_before(text: str, start: int, end: int) -> int:
    """How many lines end between two offsets, as YAML counts them: CRLF is one, and so is a lone CR."""
    breaks = text.count("\n", start, end)
    returns = text.count("\r", start, end)
    return breaks + returns - text.count("\r\n", start, end) if returns else breaks


def every_line(text: str, mark: str) -> Iterator[int]:
    """The offsets at which a line begins with the mark."""
    at = text.find(mark)
    while at >= 0:
        if at == 0 or text[at - 1] == "\n":
            yield at
        at = text.find(mark, at + len(mark))
