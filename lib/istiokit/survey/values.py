"""Reads the layers of the umbrella's values, each with its place and with who would put back a change."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from istiokit.bigbang.facts import Source
from istiokit.bigbang.layers import Layer, hidden, values_layer
from istiokit.cluster import kinds
from istiokit.cluster.decode import Metadata
from istiokit.cluster.types import Cluster, Ref
from istiokit.errors import OperationFailed
from istiokit.flux.git import GitPlace, git_source, reference_target
from istiokit.flux.model import HelmRelease, Kustomization, ValuesReference
from istiokit.flux.sources import SOURCE_KINDS
from istiokit.flux.values import Absent, DataObject, Problem, pick, reference_ref, values_references
from istiokit.helm.release import NotARelease, unpacked
from istiokit.ownership.find import owner
from istiokit.ownership.model import Owner, OwnerKind, Owners, Reverts
from istiokit.survey.reading import Reading

HELM = Owner(OwnerKind.HELM, None, Reverts.NO, "the values of `helm upgrade` live in its own Secret")


def read_layers(reading: Reading, release: HelmRelease) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    """The umbrella's layers in merge order, and the entries of valuesFrom that stop it, a sentence each.

    Who owns them may be hidden from us: that goes to the reading's `unread`.
    Raises UsageError where a source holds no YAML mapping, Forbidden where one may not be read.
    """
    layers: list[Layer] = []
    problems: list[str] = []
    for reference in values_references(release):
        ref = reference_ref(reference, release)
        item = reading.cluster.get(ref, DataObject) if ref.kind in kinds.KINDS else None
        found = pick(reference, None if item is None else _only(reference.values_key, ref, item))
        if isinstance(found, Problem):
            problems.append(found.reason)
        elif not isinstance(found, Absent) and item is not None:
            source = _source(reading, ref, reference.values_key, item.metadata)
            layers.append(_layer(reference, found.text, source))
    if release.spec.values:
        layers.append(_inline(reading, release))
    return tuple(layers), tuple(problems)


def helm_layer(cluster: Cluster, ref: Ref) -> tuple[Layer, str]:
    """The values that `helm upgrade` was given, from the release's Secret, and the version of the chart."""
    item = cluster.get(ref, DataObject)
    try:
        stored = unpacked(item.data.get("release", "") if item else "", dict[str, Any])
    except NotARelease as error:
        raise OperationFailed(
            f"{ref} does not hold a Helm release: {error}", "look at `helm list -A`"
        ) from None
    layer = Layer(
        origin=f"values of Helm release {stored.get('namespace', '')}/{stored.get('name', '')}",
        values=hidden(stored.get("config") or {}),
        blocked="the umbrella was installed with `helm upgrade`, which owns its values",
        address=Source(ref, "", HELM),
    )
    version: str = stored.get("chart", {}).get("metadata", {}).get("version", "")
    return layer, version


def _only(key: str, ref: Ref, item: DataObject) -> Mapping[str, str]:
    """What this one key holds, as text; the others may hold anything. Raises OperationFailed if it is not text."""
    if key not in item.data:
        return {}
    if ref.kind != kinds.SECRET.name:
        return {key: item.data[key]}
    try:
        return {key: base64.b64decode(item.data[key], validate=True).decode()}
    except (binascii.Error, UnicodeDecodeError):
        raise OperationFailed(f"{ref} key {key} is not text", "a values file is YAML in UTF-8") from None


def _layer(reference: ValuesReference, text: str, source: Source) -> Layer:
    origin = f"{source.ref} key {source.key}"
    blocked = _why_blocked(source)
    if reference.target_path:
        return Layer(
            origin=origin, text=text, target_path=reference.target_path, blocked=blocked, address=source
        )
    return values_layer(text, origin, blocked=blocked, address=source)


def _inline(reading: Reading, release: HelmRelease) -> Layer:
    metadata = release.metadata
    ref = Ref(kinds.HELM_RELEASE.name, metadata.name, metadata.namespace)
    source = _source(reading, ref, "", metadata)
    values = release.spec.values or {}
    layer = Layer(origin=f"{ref} spec.values", values=hidden(values), inline=True, address=source)
    return replace(layer, blocked=_why_blocked(source))


def _source(reading: Reading, ref: Ref, key: str, metadata: Metadata) -> Source:
    """The source with its owner; a Kustomization is read for its repository and whether it is suspended.

    Where it may not be read the source counts as one that its owner puts back.
    """
    first = owner(metadata, ref.kind)
    if first.kind is not OwnerKind.FLUX_KUSTOMIZATION or first.ref is None:
        return Source(ref, key, first)
    kustomization = reading.get(kinds.KUSTOMIZATION, first.ref, Kustomization).result()
    if kustomization is None:
        return Source(ref, key, first)
    known = Owners(kustomizations={first.ref: kustomization})
    return Source(ref, key, owner(metadata, ref.kind, known), _place(reading, kustomization))


def _place(reading: Reading, kustomization: Kustomization) -> GitPlace | None:
    reference = kustomization.spec.source_ref
    if reference is None or reference.kind not in SOURCE_KINDS:
        return None
    target = reference_target(reference, kustomization.metadata.namespace)
    kind, as_ = SOURCE_KINDS[reference.kind]
    found = reading.get(kind, target, as_).result()
    return git_source(kustomization, {target: found}) if found else None


def _why_blocked(source: Source) -> str:
    """A change that its owner (maybe) puts back is refused, with the place to edit."""
    if source.owner.reverts is Reverts.NO:
        return ""
    at = f"; edit it at its source, {source.place}" if source.place else "; edit it at its source"
    return f"{source.owner.why}{at}"
