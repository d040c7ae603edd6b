"""Which pairs of Gateways a policy of ours would stop to serve. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from istiokit.istio.mapping import Pair
from istiokit.kyverno.standing import told_mapping
from istiokit.plan.actions.lifecycle import CreateObject, DeleteObject
from istiokit.plan.actions.replace import ReplaceObject
from istiokit.plan.model import Action

Manifest = Mapping[str, Any]


def dropped(standing: Iterable[Manifest], wanted: Iterable[Pair]) -> tuple[Pair, ...]:
    """Pairs that policies say they serve and that are not wanted any more, in their order."""
    kept = {(pair.old, pair.new) for pair in wanted}
    every = dict.fromkeys(pair for one in standing for pair in _pairs(one))
    return tuple(pair for pair in every if (pair.old, pair.new) not in kept)


def lost_by_undoing(actions: Iterable[Action]) -> tuple[Pair, ...]:
    """Pairs that nothing serves once these actions are undone: what they made goes, what they deleted comes back."""
    gone: list[Manifest] = []
    back: list[Manifest] = []
    for action in actions:
        match action:
            case CreateObject():
                gone.append(action.manifest)
            case ReplaceObject():
                gone.append(action.manifest)
                back.append(action.before)
            case DeleteObject():
                back.append(action.manifest)
    return dropped(gone, [pair for one in back for pair in _pairs(one)])


def _pairs(manifest: Manifest) -> tuple[Pair, ...]:
    """What the manifest says of itself; a binding and a ClusterRole say nothing."""
    mapping = told_mapping((manifest.get("metadata") or {}).get("annotations") or {})
    return mapping.pairs if mapping is not None else ()
