"""What a manifest says about itself: its group, its kind, its address."""

from collections.abc import Mapping
from typing import Any

from istiokit.cluster.kinds import KINDS
from istiokit.cluster.types import Kind, Ref
from istiokit.errors import KindNotServed


def group_and_version(manifest: Mapping[str, Any]) -> tuple[str, str]:
    """`apiVersion` in its two parts; the core group is the empty string."""
    group, _, version = str(manifest.get("apiVersion", "")).rpartition("/")
    return group, version


def ref_of(manifest: Mapping[str, Any]) -> Ref:
    """The address of the object, by what its metadata says."""
    metadata = manifest.get("metadata") or {}
    return Ref(str(manifest.get("kind", "")), str(metadata.get("name", "")), metadata.get("namespace"))


def kind_of(ref: Ref) -> Kind:
    """The known kind of an address; raises KindNotServed for a kind that cluster/kinds.py does not list."""
    try:
        return KINDS[ref.kind]
    except KeyError:
        raise KindNotServed(ref.kind) from None


def is_of(manifest: Mapping[str, Any], kind: Kind) -> bool:
    """Whether it is of this kind, in any version; the group counts: there are Gateways of two owners."""
    return manifest.get("kind") == kind.name and group_and_version(manifest)[0] == kind.group
