"""Where the values of an owner name a Gateway, so that people find what to edit. Pure.

Only the places are told, never what stands there: values may hold passwords.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from istiokit.argocd.model import ApplicationSource
from istiokit.cluster.yamltext import parse
from istiokit.errors import UsageError
from istiokit.flux.model import HelmRelease, Kustomization
from istiokit.istio.bindings import resolve

_WORD = re.compile(r"[^\s,{}\[\]\"']+")
_PLAIN = re.compile(r"[\w-]+")

Leaf = tuple[str, str]
"""A place in words, and the text that stands there."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for."""

    gateways: Collection[str]
    """`namespace/name` each."""
    namespace: str
    """That of the object: a bare name means a Gateway beside it."""


def spots(leaves: Iterable[Leaf], wanted: Wanted) -> tuple[str, ...]:
    """The places that name one of the Gateways.

    Where none does in full, those with `gateway` in their path that hold just its name: many charts put the namespace
    before it themselves.
    """
    found = list(leaves)
    names = {one.rpartition("/")[2] for one in wanted.gateways}
    full = [place for place, text in found if _refers(text, wanted)]
    return tuple(full or [place for place, text in found if text in names and "gateway" in place.lower()])


def of_values(values: Any, prefix: str = "") -> Iterator[Leaf]:
    """Every string of nested values: `istio.gateways[0]`, with `prefix` before it."""
    yield from _leaves(values, prefix, set())


def of_text(text: str, prefix: str) -> Iterator[Leaf]:
    """The same in YAML; nothing where it is none."""
    try:
        yield from of_values(parse(text, prefix).values if text else None, prefix)
    except UsageError:
        return


def of_application(source: ApplicationSource) -> Iterator[Leaf]:
    """What a source of an Application says in the Application itself: parameters, values, inline patches."""
    if helm := source.helm:
        yield from ((f'helm.parameters "{one.name}"', one.value) for one in helm.parameters)
        yield from of_values(helm.values_object, "helm.valuesObject")
        if helm.values_object is None:
            yield from of_text(helm.values, "helm.values")
    patches = source.kustomize.patches if source.kustomize else ()
    yield from ((f"kustomize.patches[{at}]", one.patch) for at, one in enumerate(patches))


def of_post_renderers(release: HelmRelease) -> Iterator[Leaf]:
    """The patches that come after the chart, and so win over all values."""
    for at, one in enumerate(release.spec.post_renderers):
        for number, patch in enumerate(one.kustomize.patches if one.kustomize else ()):
            yield f"spec.postRenderers[{at}].kustomize.patches[{number}]", patch.patch


def of_kustomization(kustomization: Kustomization) -> Iterator[Leaf]:
    """What a Kustomization says itself: inline patches, and variables that are put in."""
    spec = kustomization.spec
    yield from ((f"spec.patches[{at}]", one.patch) for at, one in enumerate(spec.patches))
    variables = spec.post_build.substitute if spec.post_build else {}
    yield from ((f"spec.postBuild.substitute.{name}", text) for name, text in variables.items())


def _refers(text: str, wanted: Wanted) -> bool:
    """Whether a word of the text is a reference to one of the Gateways; `{a,b}` is a list of `helm --set`."""
    words = (word for word in _WORD.findall(text) if "/" in word or "." in word)
    return any(resolve(word, wanted.namespace) in wanted.gateways for word in words)


def _leaves(value: Any, path: str, seen: set[int]) -> Iterator[Leaf]:
    """A collection that several places share (YAML anchors) is read once."""
    if isinstance(value, str):
        yield path, value
    if not isinstance(value, (dict, list)) or id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, _joined(path, str(key)), seen)
    else:
        for at, item in enumerate(value):
            yield from _leaves(item, f"{path}[{at}]", seen)


def _joined(path: str, key: str) -> str:
    if not _PLAIN.fullmatch(key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key
