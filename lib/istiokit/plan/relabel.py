"""The plan that moves namespaces from one revision to another and restarts what is in them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from istiokit.cluster.decode import Metadata
from istiokit.cluster.types import Ref
from istiokit.istio.injection import DEFAULT_REVISION, NAMESPACE_INJECTION, REVISION
from istiokit.istio.staleness import Mesh
from istiokit.ownership.model import Owners
from istiokit.plan.actions.relabel import LABELS, RelabelNamespace, label_path
from istiokit.plan.model import Group, Plan, Skip
from istiokit.plan.owned import Change, held
from istiokit.plan.recycle import MIGRATION, joined

NAME = "relabel"
_POINTERS = tuple(map(label_path, LABELS))


@dataclass(frozen=True, slots=True)
class Relabel:
    """From which revision to which; `istio-injection` and `default` both mean istio-injection=enabled."""

    old: str
    new: str

    def moves(self, labels: Mapping[str, str]) -> bool:
        """Whether a namespace with these labels is one to move."""
        if NAMESPACE_INJECTION in labels:
            enabled = labels[NAMESPACE_INJECTION] == "enabled"
            return enabled and self.old in (NAMESPACE_INJECTION, DEFAULT_REVISION)
        return labels.get(REVISION) == self.old

    @property
    def after(self) -> dict[str, str]:
        """The injection labels of a namespace that has moved."""
        return {REVISION: self.new}


def parse_relabel(text: str) -> Relabel:
    """`OLD=NEW`; raises ValueError for anything else."""
    old, equals, new = text.partition("=")
    if not (old and equals and new) or "=" in new:
        raise ValueError(f"{text!r} is not OLD=NEW, such as 1-30=1-31 or istio-injection=1-31")
    if old == new:
        raise ValueError(f"{text!r} moves nothing")
    return Relabel(old, new)


def relabellings(namespaces: Mapping[str, Mapping[str, str]], wanted: Relabel) -> list[RelabelNamespace]:
    """An action for each namespace to move, sorted by name."""
    return [
        RelabelNamespace(
            why=f"its pods shall have sidecars of {wanted.new}",
            namespace=name,
            before={key: labels[key] for key in LABELS if key in labels},
            after=wanted.after,
        )
        for name, labels in sorted(namespaces.items())
        if wanted.moves(labels)
    ]


def owned(
    actions: Sequence[RelabelNamespace],
    namespaces: Mapping[str, Metadata],
    owners: Owners,
    allowed: Sequence[str],
) -> tuple[list[RelabelNamespace], list[Skip]]:
    """The actions that nobody takes back, and the namespaces whose owner would, with the edit to make there."""
    kept, skipped = [], []
    for action in actions:
        words = ", ".join(f"{key}={value}" for key, value in action.after.items())
        ref = Ref("Namespace", action.namespace)
        change = Change(ref, namespaces[action.namespace], _POINTERS, f"the labels have to be {words}")
        verdict = held(change, owners, allowed)
        if verdict.refused:
            skipped.append(Skip(action.target(), verdict.reason))
        else:
            kept.append(action)
    return kept, skipped


def moved(mesh: Mesh, actions: Sequence[RelabelNamespace]) -> Mesh:
    """The mesh as it will be, of the moved namespaces alone."""
    labels = {
        one.namespace: {
            **{key: value for key, value in mesh.namespaces[one.namespace].items() if key not in LABELS},
            **one.after,
        }
        for one in actions
    }
    return replace(mesh, namespaces=labels)


def with_relabelling(restarts: Plan, actions: Sequence[RelabelNamespace], pause: float) -> Plan:
    """The plan: each namespace is moved, then its workloads are restarted, before the next one is moved."""
    waves = [[Group((action,)), *_inside(restarts.groups, action.namespace)] for action in actions]
    return Plan(MIGRATION, NAME, joined(waves, pause), skipped=restarts.skipped)


def _inside(groups: Sequence[Group], namespace: str) -> list[Group]:
    """The groups with what is in the namespace; none that is empty."""
    kept = [tuple(one for one in group.actions if one.lane() == namespace) for group in groups]
    return [Group(actions, group.concurrency) for actions, group in zip(kept, groups, strict=True) if actions]
