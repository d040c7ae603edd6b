"""New values written into a text of old ones, and old keys taken out: no other byte changes. Pure.

A mapping is written where a placeholder was put by `Document.set`, which has proved the place; what comes of it is
parsed again, and has to be the old values with the new ones merged in, and nothing else.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from istiokit.bigbang.layers import Layer, document_of, mapping_at
from istiokit.bigbang.merge import merge_maps
from istiokit.cluster.yamlnodes import MappingNode, target
from istiokit.cluster.yamltext import Document, apply
from istiokit.cluster.yamlvalues import entry_of
from istiokit.convert.model import Values
from istiokit.errors import UsageError

_PLACEHOLDER = "kubectl-istio-migrate-convert-places-this-here"
_BY_HAND = "take them from --output-file, and write them in by hand"


def inserted(layer: Layer, new: Values) -> str:
    """The layer's text with these values. Raises UsageError, with the place, where that cannot be done."""
    text, wanted = layer.text or "", merge_maps(_values(layer), new)
    for path, value in _missing(_values(layer), new, ()):
        document = document_of(replace(layer, text=text))
        last = _appended(document, path, value) if not layer.root and len(path) == 1 else None
        text = last or _filled(_reserved(document, (*layer.root, *path)), value)
    return _proven(layer, text, wanted, "new values")


def without(layer: Layer, keys: Iterable[str]) -> str:
    """The layer's text without these top-level keys, with what stands inside of them."""
    text, wanted = layer.text or "", _values(layer)
    for key in keys:
        if key in wanted:
            wanted = {name: value for name, value in wanted.items() if name != key}
            text = _cut(replace(layer, text=text), key)
    return _proven(layer, text, wanted, "the old keys taken out")


def _values(layer: Layer) -> Values:
    return mapping_at(document_of(layer), layer.root)


def _missing(there: Any, new: Values, path: tuple[str, ...]) -> Iterable[tuple[tuple[str, ...], Any]]:
    """The largest pieces of the new values that can be written as a whole."""
    for key, value in new.items():
        below = there.get(key) if isinstance(there, dict) else None
        if isinstance(below, dict) and below and isinstance(value, dict):
            yield from _missing(below, value, (*path, key))
        else:
            yield (*path, key), value


def _appended(document: Document, path: tuple[str, ...], value: Any) -> str | None:
    """The text with a new key of its own as the last one; None where it is not that simple."""
    text, root = document.text, document.tree.root
    if (
        document.explicit(path) is not None
        or not isinstance(root, MappingNode)
        or root.flow
        or not root.entries
    ):
        return None
    if document.tree.limit != len(text) or root.column != 1:
        return None
    usual = "\r\n" if "\r\n" in text else "\n"
    lines = block_text({path[0]: value}).splitlines()
    start = text if text.endswith(("\n", "\r")) else text + usual
    return start + usual.join(lines) + usual


def _reserved(document: Document, path: tuple[str, ...]) -> str:
    """The text with the placeholder where the value is to stand; `{}` gives way to it."""
    node = document.explicit(path)
    if isinstance(node, MappingNode) and not node.entries:
        return document.text[: node.start] + _PLACEHOLDER + document.text[node.end :]
    change = document.set(path, _PLACEHOLDER)
    assert change is not None, "the placeholder is in no file"
    return apply(document.text, (change.splice,))


def _filled(text: str, value: Any) -> str:
    """The text with the value in place of the placeholder: a block below its key, or in braces where those are."""
    at = text.index(_PLACEHOLDER)
    start = max(text.rfind(mark, 0, at) for mark in "\r\n") + 1
    line = text[start:at]
    block = re.fullmatch(r"( *)(\S.*):[ \t]*[\"']?", line)
    quoted = text[at - 1] if at and text[at - 1] in "\"'" else ""
    before, behind = text[: at - len(quoted)], text[at + len(_PLACEHOLDER) + len(quoted) :]
    if block is None or "{" in line:
        return before + _flow(value) + behind
    if not isinstance(value, dict | list) or not value:
        return before + _flow(value) + behind
    usual = "\r\n" if "\r\n" in text else "\n"
    lines = [f"{block[1]}  {one}" if one else "" for one in _block(value).splitlines()]
    return before.rstrip(" ") + usual + usual.join(lines) + behind


def _block(value: Any) -> str:
    import yaml

    text: str = yaml.dump(value, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=float("inf"))
    return text


def block_text(values: Values) -> str:
    """The values as a file of their own: texts of several lines as blocks."""
    return _block(values)


def _dumper() -> Any:
    """Lists stand in from their key, and texts of several lines, such as certificates, are blocks."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
            return super().increase_indent(flow, False)

    def text(dumper: Any, value: str) -> Any:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return Dumper


def _flow(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _cut(layer: Layer, key: str) -> str:
    """From the line of the key to the line of the next one, or to the end of the mapping."""
    document = document_of(layer)
    text, node = document.text, document.explicit(layer.root)
    node = target(node) if node is not None else None
    entry = entry_of(node, key) if isinstance(node, MappingNode) else None
    if entry is None or not isinstance(node, MappingNode) or node.flow:
        raise _impossible(layer, f"{key} cannot be taken out")
    begin = _line_start(text, entry[0].start)
    end = _after(text, node, entry[0].start, entry[0].column - 1)
    return text[:begin] + text[end:]


def _after(text: str, node: MappingNode, start: int, indent: int) -> int:
    """Where what follows begins: comments that stand as far out as the key belong to what is behind them."""
    following = next((key.start for key, _ in node.entries if key.start > start), None)
    limit = len(text) if following is None else _line_start(text, following)
    at = _line_end(text, start)
    end = at
    while at < limit:
        stop = _line_end(text, at)
        line = text[at:stop]
        if line.strip() and _indent(line) <= indent and not line.lstrip().startswith("- "):
            break
        if line.strip():
            end = stop
        at = stop
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def _line_end(text: str, offset: int) -> int:
    found = re.compile(r"\r\n|\n|\r").search(text, offset)
    return found.end() if found else len(text)


def _proven(layer: Layer, text: str, wanted: Values, what: str) -> str:
    """The text, if it says just what is wanted and all other documents are as they were."""
    try:
        written = _values(replace(layer, text=text))
    except UsageError:
        raise _impossible(layer, f"{what}: the text would not be YAML") from None
    if written != wanted:
        raise _impossible(layer, f"{what} would change something else")
    return text


def _impossible(layer: Layer, what: str) -> UsageError:
    return UsageError(f"{layer.origin}: {what}", _BY_HAND)
