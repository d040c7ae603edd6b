"""Reads the mutation policies that the suite has made, of whichever engine, and those that people name."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from istiokit.cluster import kinds
from istiokit.cluster.decode import Metadata, Object
from istiokit.cluster.manifests import ref_of
from istiokit.cluster.types import Cluster, Ref, Where
from istiokit.cluster.unread import Unread
from istiokit.errors import UsageError
from istiokit.kyverno.access import ROLE
from istiokit.kyverno.policies import LABELS
from istiokit.kyverno.recognise import recognise
from istiokit.kyverno.standing import SELECTOR, StandingPolicy, standing_policy
from istiokit.ownership.find import owner
from istiokit.ownership.model import NO_OWNERS, OwnerKind, Owners
from istiokit.survey.origins import with_sources
from istiokit.survey.owners import OwnerNames
from istiokit.survey.reading import Reading

Manifest = dict[str, Any]

_MANAGED_BY = "app.kubernetes.io/managed-by"
_PEOPLE = (OwnerKind.NONE, OwnerKind.KUBECTL_APPLY)
"""Owners of whom nothing is to be read."""
_KINDS = (kinds.CLUSTER_POLICY, kinds.MUTATING_POLICY, kinds.MUTATING_ADMISSION_POLICY)


def read_policies(cluster: Cluster) -> tuple[tuple[StandingPolicy, ...], tuple[Unread, ...]]:
    """The policies, and which kinds may not be read; an engine that is not installed has none."""
    where = Where(labels=SELECTOR)
    with Reading(cluster) as reading:
        begun = [(kind.name, reading.list(kind, Object, where)) for kind in _KINDS]
        found = tuple(standing_policy(name, item) for name, items in begun for item in items.result())
        return found, tuple(one for one in reading.unread if not one.missing)


@dataclass(frozen=True, slots=True)
class Standing:
    """The policies that a command is about, as whole objects."""

    policies: tuple[Manifest, ...] = ()
    bindings: tuple[Manifest, ...] = ()
    """Of those that are Kubernetes' own: without one such a policy does nothing."""
    role: Manifest | None = None
    """The ClusterRole that was made for Kyverno's reports controller."""
    owners: Owners = field(default=NO_OWNERS)
    beside: tuple[str, ...] = ()
    """Other policies that add to the gateways of VirtualServices."""
    unread: tuple[Unread, ...] = ()


def read_standing(cluster: Cluster, names: Collection[str] = ()) -> Standing:
    """Ours, found by their labels, and those of these names, whoever made them; with the owners of what has one."""
    with Reading(cluster) as reading:
        listed = [reading.list(kind, dict[str, Any]) for kind in _KINDS]
        begun = reading.list(kinds.MUTATING_ADMISSION_POLICY_BINDING, dict[str, Any])
        role = reading.get(kinds.CLUSTER_ROLE, Ref(kinds.CLUSTER_ROLE.name, ROLE), dict[str, Any])
        found = [item for items in listed for item in items.result()]
        chosen = [item for item in found if _has_labels(item) or item["metadata"]["name"] in names]
        policies = {ref_of(item): item for item in chosen}
        bindings = tuple(item for item in begun.result() if _is_about(item, policies))
        made = role.result()
        unread = tuple(one for one in reading.unread if not one.missing)
    owners, more = _owners(cluster, (*policies.values(), *bindings))
    return Standing(
        tuple(policies.values()),
        bindings,
        made if _is_managed(made) else None,
        owners,
        tuple(str(ref_of(item)) for item in found if ref_of(item) not in policies and _adds(item)),
        (*unread, *more),
    )


def metadata_of(manifest: Manifest) -> Metadata:
    """Its metadata, as the rules about owners take it."""
    return msgspec.convert(manifest["metadata"], Metadata)


def _has_labels(item: Manifest) -> bool:
    return LABELS.items() <= (item["metadata"].get("labels") or {}).items()


def _is_managed(role: Manifest | None) -> bool:
    labels = (role or {}).get("metadata", {}).get("labels") or {}
    return bool(labels.get(_MANAGED_BY) == LABELS[_MANAGED_BY])


def _adds(policy: Manifest) -> bool:
    """Whether it adds to the gateways of VirtualServices; one whose annotations make no sense is none of ours."""
    try:
        return recognise(str(policy["kind"]), policy) is not None
    except UsageError:
        return False


def _is_about(binding: Manifest, policies: Collection[Ref]) -> bool:
    """Whether it binds one of these, or is one of ours that binds nothing any more."""
    name = (binding.get("spec") or {}).get("policyName", "")
    return _has_labels(binding) or Ref(kinds.MUTATING_ADMISSION_POLICY.name, name) in policies


def _owners(cluster: Cluster, manifests: Iterable[Manifest]) -> tuple[Owners, tuple[Unread, ...]]:
    """Who owns them; nobody is asked where none of them says that it is owned."""
    items = [(str(one["kind"]), Object(metadata=metadata_of(one))) for one in manifests]
    if all(owner(item.metadata, kind).kind in _PEOPLE for kind, item in items):
        return NO_OWNERS, ()
    with Reading(cluster) as reading:
        names = OwnerNames(reading).result()
    owners, unread = with_sources(cluster, names, items)
    return owners, (*(one for one in reading.unread if not one.missing), *unread)
