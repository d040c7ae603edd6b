"""Which pairs of Gateways a policy of ours would stop to serve. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from istiokit.cluster import kinds
from istiokit.cluster.manifests import ref_of
from istiokit.cluster.types import Ref
from istiokit.istio.mapping import Pair
from istiokit.kyverno.standing import told_mapping
from istiokit.plan.actions.lifecycle import CreateObject, DeleteObject
from istiokit.plan.actions.replace import ReplaceObject
from istiokit.plan.model import Action

Manifest = dict[str, Any]

_BOUND, _BINDING = kinds.MUTATING_ADMISSION_POLICY.name, kinds.MUTATING_ADMISSION_POLICY_BINDING.name


def dropped(standing: Iterable[Manifest], wanted: Iterable[Pair]) -> tuple[Pair, ...]:
    """Pairs that policies say they serve and that are not wanted any more, in their order."""
    kept = {(pair.old, pair.new) for pair in wanted}
    every = dict.fromkeys(pair for one in standing for pair in served_pairs(one))
    return tuple(pair for pair in every if (pair.old, pair.new) not in kept)


def lost_by_undoing(there: Iterable[Manifest], actions: Iterable[Action]) -> tuple[Pair, ...]:
    """Pairs that the policies which are there serve, and that nothing serves once these actions are undone.

    `there` are policies and bindings, the actions in the order in which they are undone. What one run made and
    another one changed comes back first and goes then, so only what is left in the end counts.
    """
    now = {ref_of(one): one for one in there}
    left = dict(now)
    for action in actions:
        match action:
            case CreateObject():
                left.pop(action.ref, None)
            case ReplaceObject():
                left[action.ref] = action.before
            case DeleteObject():
                left[action.ref] = action.manifest
    return dropped(_acting(now), [pair for one in _acting(left) for pair in served_pairs(one)])


def _acting(objects: Mapping[Ref, Manifest]) -> list[Manifest]:
    """The policies that do something: one of Kubernetes' own does nothing without a binding."""
    bound = {
        (one.get("spec") or {}).get("policyName") for ref, one in objects.items() if ref.kind == _BINDING
    }
    return [one for ref, one in objects.items() if ref.kind != _BOUND or ref.name in bound]


def served_pairs(manifest: Manifest) -> tuple[Pair, ...]:
    """What a policy says of itself; a binding and a ClusterRole say nothing."""
    mapping = told_mapping((manifest.get("metadata") or {}).get("annotations") or {})
    return mapping.pairs if mapping is not None else ()
