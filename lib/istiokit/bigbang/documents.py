"""What a file of values is: plain values, a manifest that holds them, or a kustomization that points to them.

Pure: files come in as texts. Layers come out, each with an `Address` that says where its text lives in the file.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath, PurePosixPath
from typing import Any

from istiokit.bigbang.embedded import Address, Encoding, inner_text
from istiokit.bigbang.layers import Layer, hidden, is_encrypted, mapping_at, values_layer
from istiokit.bigbang.merge import Values
from istiokit.cluster.kustomize import KUSTOMIZATIONS
from istiokit.cluster.yamltext import Document, parse_all
from istiokit.cluster.yamlvalues import read_at
from istiokit.errors import UsageError

Path = tuple[str, ...]

Read = Callable[[str], str]
"""Takes the path of a file that a kustomization names, and returns its text."""

VALUES_KEY = "values.yaml"
"""What Flux reads from a ConfigMap or Secret unless a valuesKey says otherwise."""

_TOP_LEVEL = frozenset(
    {
        *("domain", "offline", "helmRepositories", "registryCredentials", "openshift", "git", "sso", "flux"),
        *("networkPolicies", "imagePullPolicy", "disableAutomaticPassthroughValues", "comments"),
        *("istioCore", "istioCRDs", "istiod", "istioGateway", "istioCNI", "istio", "istioOperator"),
        *("jaeger", "kiali", "clusterAuditor", "gatekeeper", "kyverno", "kyvernoPolicies", "kyvernoReporter"),
        *("elasticsearchKibana", "eckOperator", "fluentbit", "promtail", "loki", "neuvector", "tempo"),
        *("monitoring", "grafana", "twistlock", "bbctl", "alloy", "prometheusOperatorCRDs"),
        *("addons", "wrapper", "packages"),
    }
)
"""The top-level keys of Big Bang's values (chart/values.yaml, tags 2.49.0 to 3.10.0)."""


class NoValuesError(UsageError):
    """A file is sound, and holds no Big Bang values."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A ConfigMap or Secret that a generator makes, as far as its key values.yaml goes."""

    kind: str
    name: str
    """Without the suffix that kustomize may add."""
    file: str
    """Relative to the kustomization."""


def classify(path: str, text: str, read: Read) -> list[Layer]:
    """The layers that a file holds, in the order in which they are merged.

    Raises UsageError, with file and line, for what is not YAML or has no Big Bang values in it; an empty file is
    one empty layer.
    """
    documents = parse_all(text, path)
    if PurePath(path).name not in KUSTOMIZATIONS and not any(_is_manifest(one) for one in documents):
        return [_plain(path, text)]
    layers = [layer for document in documents for layer in _from_manifest(path, document, read)]
    if not layers:
        what = f"{path}: none of its manifests holds Big Bang values"
        raise NoValuesError(
            what, f"name a HelmRelease, or what makes the key {VALUES_KEY} of a ConfigMap or Secret"
        )
    return layers


def looks_like_values(values: Values) -> bool:
    """Whether these can be Big Bang's values: nothing at all, or at least one key that Big Bang knows."""
    return not values or not _TOP_LEVEL.isdisjoint(values)


def _plain(path: str, text: str) -> Layer:
    layer = values_layer(text, path, address=Address(path))
    if not looks_like_values({key: None for key in layer.values if key != "sops"}):
        what = f"{path}: not Big Bang values: none of their top-level keys is here"
        raise NoValuesError(what, "name the file that has keys such as domain, istio or istioGateway")
    return layer


def _is_manifest(document: Document) -> bool:
    return isinstance(read_at(document.values, ("kind",))[1], str)


def _from_manifest(path: str, document: Document, read: Read) -> Iterator[Layer]:
    if not _is_manifest(document):
        if PurePath(path).name in KUSTOMIZATIONS and isinstance(document.values, dict):
            yield from _kustomization(path, document, read)
        return
    kind = document.values["kind"]
    if kind == "HelmRelease":
        yield from _helm_release(path, document)
    elif kind == "ConfigMap":
        yield from _embedded(path, document, ("data", VALUES_KEY), Encoding.TEXT)
    elif kind == "Secret":
        yield from _embedded(path, document, ("data", VALUES_KEY), Encoding.BASE64)
        yield from _embedded(path, document, ("stringData", VALUES_KEY), Encoding.TEXT)
    elif str(document.values.get("apiVersion", "")).startswith("kustomize.config.k8s.io/"):
        yield from _kustomization(path, document, read)


def _name(document: Document) -> str:
    """`environment.yaml (Secret environment-bb)`."""
    name = read_at(document.values, ("metadata", "name"))[1]
    return f"{document.origin} ({document.values['kind']} {name or 'without a name'})"


def _helm_release(path: str, document: Document) -> Iterator[Layer]:
    root = ("spec", "values")
    values = mapping_at(document, root)
    if not values or not looks_like_values(values):
        return
    yield Layer(
        origin=_name(document),
        values=hidden(values),
        text=document.text,
        root=root,
        document=document.index,
        inline=True,
        encrypted=is_encrypted(document.values),
        address=Address(path, document.index),
    )


def _embedded(path: str, document: Document, keys: Path, encoding: Encoding) -> Iterator[Layer]:
    found, value = read_at(document.values, keys)
    if not found:
        return
    origin = _name(document)
    address = Address(path, document.index, keys, encoding)
    if is_encrypted(document.values):
        yield Layer(origin=origin, encrypted=True, opaque=True, address=address)
        return
    if not isinstance(value, str):
        raise UsageError(f"{document.place(keys)}: {VALUES_KEY} is not a string", "write it as a block (|)")
    inner = inner_text(document, address)
    layer = values_layer(
        inner.text, origin, first_line=inner.first_line, blocked=inner.blocked, address=address
    )
    if looks_like_values(dict(layer.values)):
        yield replace(layer, secret=document.values["kind"] == "Secret")


def _kustomization(path: str, document: Document, read: Read) -> Iterator[Layer]:
    for made in generated(document):
        target = str(PurePath(path).parent / made.file)
        yield replace(_plain(target, read(target)), secret=made.kind == "Secret")


def generated(document: Document) -> Iterator[Generated]:
    """What a kustomization makes of values files. Raises UsageError for values that are no file."""
    for field, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        for generator in _mappings(read_at(document.values, (field,))[1]):
            for entry in generator.get("literals") or ():
                if str(entry).startswith(f"{VALUES_KEY}="):
                    what = f"{document.place((field,))}: values in literals cannot be edited"
                    raise UsageError(what, "move them to a file and name it under files")
            for file in _values_files(generator.get("files") or ()):
                yield Generated(kind, str(generator.get("name") or ""), file)


def _values_files(entries: Sequence[Any]) -> list[str]:
    """The files that end up under the key values.yaml; `my.yaml` alone is short for `my.yaml=my.yaml`."""
    pairs = [str(entry).partition("=") for entry in entries]
    return [file or key for key, _, file in pairs if PurePosixPath(key).name == VALUES_KEY]


def _mappings(value: Any) -> list[Values]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
