"""YAML as Kubernetes reads it, with the lines that messages need. Imports PyYAML: import this module late."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import yaml

from istiokit.errors import UsageError

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


@dataclass(frozen=True, slots=True)
class Loaded:
    """One document of a file."""

    value: Any
    line: int
    """Where it begins, counted from 1."""
    item_lines: tuple[int, ...]
    """Where each entry of its top-level `items` begins; empty if there is no such list."""


class _Loader(_Base):  # type: ignore[misc]  # the base is C code where libyaml is there: no types
    """The safe loader, but a key twice in one map is an error and a date stays the text that it is."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag == _MERGE or not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} is there twice", key.start_mark
                )
            seen.add(key.value)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return found


# sigs.k8s.io/yaml, which kubectl uses, goes through JSON and so knows no dates.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}


def load_all(data: bytes, origin: str) -> list[Loaded]:
    """Every document that is not empty; raises UsageError with `origin:line` where it is not YAML."""
    loaded = []
    try:
        loader = _Loader(data)
        try:
            while loader.check_node():
                node = loader.get_node()
                value = loader.construct_document(node)
                if value is not None:
                    loaded.append(Loaded(value, node.start_mark.line + 1, _item_lines(node)))
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _bad(f"{origin}:{line}", error.problem or "a syntax error") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _bad(origin, str(error)) from error
    return loaded


def load_one(data: bytes, origin: str) -> Any:
    """The only document, or None for an empty file; raises UsageError for more than one."""
    documents = load_all(data, origin)
    if len(documents) > 1:
        raise UsageError(f"{origin}:{documents[1].line}: a second document, where one is expected")
    return documents[0].value if documents else None


def _item_lines(node: yaml.Node) -> tuple[int, ...]:
    if not isinstance(node, yaml.MappingNode):
        return ()
    for key, value in node.value:
        if key.value == "items" and isinstance(value, yaml.SequenceNode):
            return tuple(item.start_mark.line + 1 for item in value.value)
    return ()


def _bad(place: str, problem: str) -> UsageError:
    return UsageError(f"{place}: this is not YAML: {' '.join(problem.split())}", "correct the file")
