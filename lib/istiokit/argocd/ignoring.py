"""Which differences the comparison of an Application leaves out. Pure.

Sources in argoproj/argo-cd: util/argo/normalizers/diff_normalizer.go (group and kind are globs, name and namespace
match as they are or not at all; a pointer that is not there, or an expression that fails, is passed over),
util/argo/managedfields (fields that a trusted manager wrote), controller/sync.go (what a sync makes of it). Rules of
the whole installation (ConfigMap argocd-cm) are not read: without them a change is refused that would have stayed.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from istiokit.argocd.model import Application, IgnoreDifferences
from istiokit.cluster.manifests import kind_of
from istiokit.cluster.types import FIELD_MANAGER, Ref

RESPECT = "RespectIgnoreDifferences=true"
_KEEPING = (RESPECT, "ApplyOutOfSyncOnly=true")
"""With these a sync too leaves alone what is ignored: the first takes the live value, the second the whole object."""
_STEP = re.compile(
    r"""\.(?P<word>[A-Za-z_]\w*)\??|\.?\["(?P<quoted>[^"\\]+)"\]\??|\[(?P<number>\d+)\]\??|(?P<each>\[\]\?)"""
)


def ignores(application: Application, ref: Ref, pointers: Iterable[str]) -> bool:
    """Whether a difference at all of these JSON pointers of the object does not count.

    Of jq expressions only plain paths are understood, and `[]` only as `[]?`: without the question mark it fails
    where one route has no conditions, and then nothing is ignored.
    """
    rules = [rule for rule in application.spec.ignore_differences if _selects(rule, ref)]
    return all(any(_covers(rule, pointer) for rule in rules) for pointer in pointers)


def keeps(application: Application) -> bool:
    """Whether a sync that happens for another reason leaves alone what is ignored."""
    return any(application.has_option(option) for option in _KEEPING)


def _selects(rule: IgnoreDifferences, ref: Ref) -> bool:
    return (
        fnmatchcase(kind_of(ref).group, rule.group)
        and fnmatchcase(ref.kind, rule.kind)
        and rule.name in ("", ref.name)
        and rule.namespace in ("", ref.namespace or "")
    )


def _covers(rule: IgnoreDifferences, pointer: str) -> bool:
    if FIELD_MANAGER in rule.managed_fields_managers:
        return True
    if any(path and f"{pointer}/".startswith(f"{path}/") for path in rule.json_pointers):
        return True
    steps = pointer.strip("/").split("/")
    return any(_leads_to(expression, steps) for expression in rule.jq_path_expressions)


def _leads_to(expression: str, steps: list[str]) -> bool:
    """Whether the path names the field of these steps, or something that holds it."""
    at, text = 0, expression.strip()
    wanted = iter(steps)
    while at < len(text):
        found = _STEP.match(text, at)
        step = next(wanted, None)
        if found is None or step is None:
            return False
        name = found["word"] or found["quoted"] or found["number"]
        if found["each"] is None and name != step:
            return False
        at = found.end()
    return bool(text)
