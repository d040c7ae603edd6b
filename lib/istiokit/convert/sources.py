"""Where in the files something is said. Pure."""

from collections.abc import Sequence
from itertools import takewhile

from istiokit.bigbang.layers import Layer, document_of, where
from istiokit.cluster.yamlnodes import MappingNode, Node, SequenceNode, target
from istiokit.cluster.yamlvalues import lookup
from istiokit.convert.model import Path


def place_of(layers: Sequence[Layer], path: Path) -> str:
    """`values.yaml:12` for what decides about the path; where nobody says anything of it, the first source."""
    keys = keys_of(path)
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


def keys_of(path: Path) -> tuple[str, ...]:
    """The keys down to the first list."""
    return tuple(str(step) for step in takewhile(lambda step: isinstance(step, str), path))
