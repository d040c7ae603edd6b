"""Where in the files something is said, and to which of them each new value goes. Pure."""

from collections.abc import Collection, Iterator, Sequence
from itertools import takewhile

from istiokit.bigbang.layers import Layer, document_of, where
from istiokit.cluster.yamlnodes import MappingNode, Node, SequenceNode, target
from istiokit.cluster.yamlvalues import lookup
from istiokit.convert.model import Converted, Path, Values, leaves, put

_OLD = ("istio",)


def place_of(layers: Sequence[Layer], path: Path) -> str:
    """`values.yaml:12` for what decides about the path; where nobody says anything of it, the first source."""
    keys = _keys(path)
    for length in range(len(keys), 0, -1):
        layer = where(layers, keys[:length])
        if layer is not None:
            return _place(layer, path)
    return layers[0].origin if layers else "these values"


def _place(layer: Layer, path: Path) -> str:
    if layer.text is None or layer.target_path:
        return layer.origin
    document = document_of(layer)
    node, line = document.tree.root, layer.first_line
    for step in (*layer.root, *path):
        node = _below(node, step)
        if node is None:
            break
        line = node.line
    return f"{layer.origin}:{line}"


def _below(node: Node | None, step: str | int) -> Node | None:
    node = target(node) if node is not None else None
    if isinstance(step, str):
        return lookup(node, step) if isinstance(node, MappingNode) else None
    found = node.items if isinstance(node, SequenceNode) else ()
    return found[step] if step < len(found) else None


def shares(layers: Sequence[Layer], converted: Converted) -> dict[int, Values]:
    """The new values by the index of the layer that each goes to.

    Private keys go to the file that had them, and all else to one that has none, if there is one.
    """
    kept = {one.new: _home(layers, _keys(one.old), ()) for one in converted.secrets}
    rest = _home(layers, _OLD, kept.values())
    found: dict[int, Values] = {}
    for path, value in leaves(converted.values):
        index = next((home for new, home in kept.items() if new[: len(path)] == path), rest)
        put(found.setdefault(index, {}), [str(step) for step in path], value)
    return found


def _home(layers: Sequence[Layer], keys: tuple[str, ...], shunned: Collection[int]) -> int:
    """The last layer that says this, and that may be written; else the last one that may be."""
    for length in range(len(keys), 0, -1):
        for index in sorted(_writable(layers), key=lambda one: one in shunned):
            if where([layers[index]], keys[:length]) is not None:
                return index
    return next(_writable(layers), len(layers) - 1)


def _writable(layers: Sequence[Layer]) -> Iterator[int]:
    return (index for index in reversed(range(len(layers))) if layers[index].editable)


def _keys(path: Path) -> tuple[str, ...]:
    """The keys down to the first list."""
    return tuple(str(step) for step in takewhile(lambda step: isinstance(step, str), path))
