"""What a kustomization says of patches: they look like objects, and are only parts of some. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""A kustomization may leave out its apiVersion and kind; its name gives it away."""
_FIELDS = ("patches", "patchesStrategicMerge", "patchesJson6902")


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch that has to do with gateways."""

    place: str
    """`apps/dev/routes.yaml:12`."""
    folder: str
    """What to give to `kustomize build`: the folder of the kustomization, or of one that uses it as a component."""
    gateways: tuple[str, ...]
    """Every reference in it, as it is spelled."""
    namespace: str
    """As it says itself; often empty."""


def patches_of(kustomization: Any) -> tuple[list[str], list[str]]:
    """The files that it names as patches, and the texts of those that it holds itself.

    `kustomization` is a document of kustomize, or `spec` of Flux' Kustomization. Source: types.Patch and the fields of
    types.Kustomization in sigs.k8s.io/kustomize/api/types; an entry that is a string may be either.
    """
    files: list[str] = []
    texts: list[str] = []
    for entry in _entries(kustomization):
        if isinstance(entry, str):
            (texts if "\n" in entry else files).append(entry)
        elif isinstance(entry, dict):
            files += [entry["path"]] if isinstance(entry.get("path"), str) else []
            texts += [entry["patch"]] if isinstance(entry.get("patch"), str) else []
    return files, texts


def components_of(kustomization: Any) -> list[str]:
    """The folders that it uses as components: kustomizations that cannot be built by themselves."""
    found = kustomization.get("components") if isinstance(kustomization, dict) else None
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def gateways_in(patch: Any) -> tuple[str, ...]:
    """Every reference to a Gateway in a patch: a strategic merge, or a list of operations (RFC 6902)."""
    return tuple(dict.fromkeys(_gateways(patch)))


def _entries(kustomization: Any) -> Iterator[Any]:
    for field in _FIELDS if isinstance(kustomization, dict) else ():
        found = kustomization.get(field)
        yield from found if isinstance(found, list) else ()


def _gateways(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        pointer = value.get("path")
        if "op" in value and isinstance(pointer, str) and "gateways" in pointer.split("/"):
            yield from _words(value.get("value"))
        for key, inner in value.items():
            yield from _words(inner) if key == "gateways" else _gateways(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _gateways(inner)


def _words(value: Any) -> Iterator[str]:
    words = value if isinstance(value, list) else [value]
    return (word for word in words if isinstance(word, str))
