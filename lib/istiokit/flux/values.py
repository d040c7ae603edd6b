"""Where the values of a HelmRelease come from: the rules of chartutil.ChartValuesFromReferences. Pure.

The entries of spec.valuesFrom are merged in their order, later ones win; spec.values is merged last and
wins over all. Where an entry has a targetPath its text becomes the value at that path, as with `helm
--set`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from istiokit.cluster.decode import Object
from istiokit.cluster.types import Ref
from istiokit.flux.model import HelmRelease, ValuesReference

DEFAULT_KEY = "values.yaml"
KINDS = ("ConfigMap", "Secret")


class DataObject(Object, frozen=True, kw_only=True):
    """A ConfigMap or a Secret."""

    data: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class ValuesText:
    """What an entry contributes: YAML, or a single value where there is a target path."""

    reference: ValuesReference
    text: str = field(repr=False)
    """May be a Secret's: it stays out of logs and tracebacks."""


@dataclass(frozen=True, slots=True)
class Absent:
    """An optional entry that is not there: it contributes nothing."""

    reference: ValuesReference
    reason: str


@dataclass(frozen=True, slots=True)
class Problem:
    """An entry that stops the release: helm-controller says ValuesError and does nothing."""

    reference: ValuesReference
    reason: str


def values_references(release: HelmRelease) -> list[ValuesReference]:
    """spec.valuesFrom in the order of merging, each with its key filled in."""
    return [
        ValuesReference(
            kind=entry.kind,
            name=entry.name,
            values_key=entry.values_key or DEFAULT_KEY,
            target_path=entry.target_path,
            optional=entry.optional,
        )
        for entry in release.spec.values_from
    ]


def reference_ref(reference: ValuesReference, release: HelmRelease) -> Ref:
    """The object to read; it is always in the namespace of the release."""
    return Ref(reference.kind, reference.name, release.metadata.namespace)


def pick(reference: ValuesReference, data: Mapping[str, str] | None) -> ValuesText | Absent | Problem:
    """What the entry contributes.

    `data` is the ConfigMap's data or the Secret's, already decoded from base64; None: there is no such
    object.
    """
    if reference.kind not in KINDS:
        return Problem(reference, f"{reference.kind} cannot hold values, only ConfigMap and Secret can")
    key = reference.values_key or DEFAULT_KEY
    if data is not None and key in data:
        return ValuesText(reference, data[key])
    what = f"{reference.kind} {reference.name}"
    reason = f"there is no {what}" if data is None else f"{what} has no key {key}"
    return Absent(reference, reason) if reference.optional else Problem(reference, reason)
