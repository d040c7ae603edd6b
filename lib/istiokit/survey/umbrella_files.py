"""Which of the values in files are Big Bang's, and in which order: where its HelmRelease is among them, it says so."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from istiokit.bigbang.documents import VALUES_KEY
from istiokit.bigbang.embedded import Address
from istiokit.bigbang.layers import Layer
from istiokit.cluster.yamltext import parse_all
from istiokit.cluster.yamlvalues import read_at
from istiokit.errors import UsageError

_UMBRELLA = "bigbang"
_RELEASE = "HelmRelease"
_ONE = "name the files of one Big Bang"

Name = tuple[str, str]
"""Kind and name."""


def of_umbrella(layers: Sequence[Layer], texts: Mapping[str, str]) -> tuple[Layer, ...]:
    """The layers that the HelmRelease bigbang takes, as it orders them; values files of no manifest stay as they are.

    Without such a HelmRelease all of them. Raises UsageError where there are several HelmReleases to choose from, and
    where it takes values from a key that is not read from files.
    """
    names = _names(layers, texts)
    releases = _umbrellas(texts)
    strangers = [name for name in names if name and name[0] == _RELEASE and name[1] != _UMBRELLA]
    if not releases:
        if len(set(strangers)) > 1:
            told = ", ".join(sorted(name for _, name in set(strangers)))
            raise UsageError(f"several HelmReleases have values here: {told}", _ONE)
        return tuple(layers)
    sources = [one for release in releases for one in read_at(release, ("spec", "valuesFrom"))[1] or ()]
    _refuse_other_keys(sources)
    order = {(str(one.get("kind")), str(one.get("name"))): number for number, one in enumerate(sources)}
    kept = [
        (order.get(name, -1) if name else -1, number, layer)
        for number, (layer, name) in enumerate(zip(layers, names, strict=True))
        if name is None
        or name == (_RELEASE, _UMBRELLA)
        or name in order
        or (not sources and name[0] != _RELEASE)
    ]
    return tuple(layer for _, _, layer in _ordered(kept))


def _ordered(kept: list[tuple[int, int, Layer]]) -> Iterator[tuple[int, int, Layer]]:
    """What the HelmRelease names takes the places of what it names, in its order; all else stays where it is."""
    named = iter(sorted(one for one in kept if one[0] >= 0))
    return (next(named) if one[0] >= 0 else one for one in kept)


def _names(layers: Sequence[Layer], texts: Mapping[str, str]) -> list[Name | None]:
    """Kind and name of the manifest that each layer is from; None for a values file."""
    by_path = {str(Path(path).absolute()): text for path, text in texts.items()}
    return [_name(layer, by_path) for layer in layers]


def _name(layer: Layer, texts: Mapping[str, str]) -> Name | None:
    address = layer.address
    if not isinstance(address, Address) or not (address.keys or layer.root):
        return None
    text = texts.get(address.path)
    if text is None:
        return None
    document = parse_all(text, address.path)[address.document].values
    return str(document.get("kind")), str(read_at(document, ("metadata", "name"))[1])


def _umbrellas(texts: Mapping[str, str]) -> list[Any]:
    """Each HelmRelease called bigbang, be it a patch of one."""
    every = (one.values for path, text in texts.items() if _RELEASE in text for one in parse_all(text, path))
    return [
        one
        for one in every
        if isinstance(one, dict)
        and one.get("kind") == _RELEASE
        and read_at(one, ("metadata", "name"))[1] == _UMBRELLA
    ]


def _refuse_other_keys(sources: Sequence[Any]) -> None:
    for one in sources:
        key, target = one.get("valuesKey") or VALUES_KEY, one.get("targetPath")
        if key == VALUES_KEY and not target:
            continue
        what = f"key {key} of {one.get('kind')} {one.get('name')}" + (f" at {target}" if target else "")
        raise UsageError(
            f"HelmRelease {_UMBRELLA} takes values from {what}, which is not read from files",
            "read them all with --from-cluster, or make values files of them",
        )
