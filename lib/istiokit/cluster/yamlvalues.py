"""The values of a YAML tree as Helm sees them, and paths into nested values.

Merge keys count in the order of the text, as sigs.k8s.io/yaml reads them (measured with Helm 3.22): what is
written after `<<` wins over it, and `<<` wins over what was written before it.
"""

from typing import Any

from istiokit.cluster.yamlnodes import MappingNode, Node, Scalar, SequenceNode, is_merge, key_of, target

Path = tuple[str, ...]


def value_of(node: Node) -> Any:
    """The plain value of a node. An anchored node is read once, and shared by its aliases."""
    return _value(node, {})


def _value(node: Node, known: dict[int, Any]) -> Any:
    node = target(node)
    if isinstance(node, Scalar):
        return node.value
    if id(node) not in known:
        known[id(node)] = _collection(node, known)
    return known[id(node)]


def _collection(node: Node, known: dict[int, Any]) -> Any:
    if isinstance(node, SequenceNode):
        return [_value(item, known) for item in node.items]
    values: dict[str, Any] = {}
    for key, value in node.entries if isinstance(node, MappingNode) else ():
        if is_merge(key):
            for part in reversed(_merged(value)):
                values.update(_value(part, known))
        else:
            values[key_of(key)] = _value(value, known)
    return values


def _merged(value: Node) -> tuple[Node, ...]:
    node = target(value)
    return node.items if isinstance(node, SequenceNode) else (node,)


def entry_of(mapping: MappingNode, key: str) -> tuple[Node, Node] | None:
    """The key and the value that this mapping itself has for the key; merge keys do not count."""
    return next((pair for pair in mapping.entries if key_of(pair[0]) == key and not is_merge(pair[0])), None)


def lookup(mapping: MappingNode, key: str) -> Node | None:
    """The node that decides about the key, merge keys included and aliases followed."""
    found: Node | None = None
    for name, value in mapping.entries:
        if not is_merge(name):
            found = target(value) if key_of(name) == key else found
            continue
        for part in reversed(_merged(value)):
            merged = target(part)
            inner = lookup(merged, key) if isinstance(merged, MappingNode) else None
            found = inner or found
    return found


def read_at(values: Any, path: Path) -> tuple[bool, Any]:
    """Whether there is a value at the path (null counts), and which."""
    for key in path:
        if not isinstance(values, dict) or key not in values:
            return False, None
        values = values[key]
    return True, values


def with_value(values: Any, path: Path, value: Any) -> Any:
    """A copy of nested mappings with one value set; what is no mapping on the way is replaced by one."""
    if not path:
        return value
    here = values if isinstance(values, dict) else {}
    return {**here, path[0]: with_value(here.get(path[0]), path[1:], value)}


def pruned(values: Any, path: Path) -> Any:
    """A copy of nested mappings without the value at the path, and without what is then empty above it."""
    if not isinstance(values, dict) or path[0] not in values:
        return values or None
    rest = pruned(values[path[0]], path[1:]) if len(path) > 1 else None
    kept = {key: value for key, value in values.items() if key != path[0]}
    if rest is not None:
        kept[path[0]] = rest
    return kept or None
