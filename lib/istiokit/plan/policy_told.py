"""What our policies say of themselves in their annotations, and what they would be made of. Pure."""

from collections.abc import Iterable

from istiokit.cluster.manifests import ref_of
from istiokit.errors import NotDone
from istiokit.istio.mapping import Mapping, mapping_of
from istiokit.kyverno.grants import Grant, grants_of
from istiokit.kyverno.policies import DIRECTION, ONE_WAY, Engine, policy
from istiokit.kyverno.standing import is_one_way, told_mapping
from istiokit.plan.actions.lifecycle import contains
from istiokit.survey.policies import Manifest, Standing

_ENGINES = {
    "ClusterPolicy": Engine.KYVERNO,
    "MutatingPolicy": Engine.KYVERNO_MUTATING,
    "MutatingAdmissionPolicy": Engine.ADMISSION,
}


def told_grants(standing: Standing, *, one_way: bool | None = None) -> tuple[Grant, ...]:
    """What our policies say that they do; in the direction that each has, unless another is given.

    Raises NotDone where one does not say it.
    """
    found: dict[Grant, None] = {}
    for one in standing.policies:
        annotations = one["metadata"].get("annotations") or {}
        is_narrow = is_one_way(annotations) if one_way is None else one_way
        found |= dict.fromkeys(grants_of(_told(one), one_way=is_narrow))
    return tuple(found)


def told_pairs(standing: Standing) -> Mapping:
    """The pairs that our policies say they were made of; raises NotDone where one does not say it."""
    return mapping_of(pair for one in standing.policies for pair in _told(one).pairs)


def narrow(standing: Standing) -> tuple[Manifest, ...]:
    """Those of our policies that say that they go from old to new only."""
    return tuple(one for one in standing.policies if is_one_way(one["metadata"].get("annotations") or {}))


def narrowed(live: Manifest) -> Manifest:
    """The policy of the same name and engine, from old to new only; raises NotDone where it does not say of which."""
    return _again(live, one_way=True)


def says_direction(live: Manifest) -> bool:
    """Whether it says which way it goes: bindings that people made do not."""
    return DIRECTION in (live["metadata"].get("annotations") or {})


def noted(binding: Manifest) -> Manifest:
    """The binding with the direction of its policy in its annotation."""
    metadata = binding["metadata"]
    kept = {"name": metadata["name"], "annotations": {DIRECTION: ONE_WAY}}
    return {**{key: binding[key] for key in ("apiVersion", "kind", "spec")}, "metadata": kept}


def by_hand(changed: Iterable[Manifest]) -> list[str]:
    """A note for each policy whose spec is not what it would be made of: that is lost."""
    return [
        f"{ref_of(one)} was changed by hand, or made by another version: its spec is written anew (-o yaml shows it)"
        for one in changed
        if one["kind"] in _ENGINES and not _is_as_made(one)
    ]


def _is_as_made(live: Manifest) -> bool:
    annotations = live["metadata"].get("annotations") or {}
    if told_mapping(annotations) is None:
        return False
    return contains(live["spec"], _again(live, one_way=is_one_way(annotations))["spec"])


def _again(live: Manifest, *, one_way: bool) -> Manifest:
    made = policy(_ENGINES[live["kind"]], _told(live), one_way=one_way)[0]
    return {**made, "metadata": {**made["metadata"], "name": live["metadata"]["name"]}}


def _told(live: Manifest) -> Mapping:
    found = told_mapping(live["metadata"].get("annotations") or {})
    if found is None:
        raise NotDone(
            f"{ref_of(live)} does not say which pairs it was made of",
            "make it anew: `policy apply --map OLD=NEW`",
        )
    return found
