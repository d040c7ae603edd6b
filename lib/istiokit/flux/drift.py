"""What helm-controller's drift correction leaves alone. Pure.

Source: fluxcd/pkg ssa/jsondiff and api/v2 DriftDetection: a rule takes each of its JSON pointers out of the
comparison, with all that is below it; a target selects as kustomize's patches do, by whole-name regular expressions.
"""

import re
from collections.abc import Iterable

from istiokit.cluster.manifests import kind_of
from istiokit.cluster.types import Ref
from istiokit.flux.model import HelmRelease, IgnoreRule, IgnoreTarget


def ignores(release: HelmRelease, ref: Ref, pointers: Iterable[str]) -> bool:
    """Whether the release's drift detection looks at none of these fields of the object.

    A rule with a label or annotation selector does not count: whether it applies is not ours to guess.
    """
    drift = release.spec.drift_detection
    rules = [rule for rule in drift.ignore if _selects(rule, ref)] if drift else []
    left_out = [path.rstrip("/") for rule in rules for path in rule.paths]
    return all(any(_covers(path, pointer) for path in left_out) for pointer in pointers)


def _covers(path: str, pointer: str) -> bool:
    return pointer == path or pointer.startswith(f"{path}/")


def _selects(rule: IgnoreRule, ref: Ref) -> bool:
    target = rule.target
    if target is None:
        return True
    if target.label_selector or target.annotation_selector:
        return False
    return all(_matches(pattern, value) for pattern, value in _compared(target, ref))


def _compared(target: IgnoreTarget, ref: Ref) -> tuple[tuple[str, str], ...]:
    return (
        (target.group, kind_of(ref).group),
        (target.kind, ref.kind),
        (target.namespace, ref.namespace or ""),
        (target.name, ref.name),
    )


def _matches(pattern: str, value: str) -> bool:
    try:
        return not pattern or re.fullmatch(pattern, value) is not None
    except re.error:
        return False
