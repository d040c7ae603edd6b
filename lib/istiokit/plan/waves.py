"""In which order workloads are restarted: waves, one after the other. Pure."""

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass

from istiokit.errors import UsageError
from istiokit.istio.owners import Owner, kind_of_word
from istiokit.istio.sidecars import Workload

_NUMBER = re.compile(r"(\d+)")
_LAST = "\uffff"
"""Sorts behind every name: the wave of those that have no place in any other."""


@dataclass(frozen=True, slots=True)
class WaveBy:
    """What makes the waves: nothing, `namespace`, a `label` of the pods, or the lines of a `file`."""

    kind: str = ""
    label: str = ""
    lines: tuple[tuple[str, ...], ...] = ()
    """Of a file: the patterns of each wave."""


def waves_of_lines(text: str, place: str) -> tuple[tuple[str, ...], ...]:
    """The patterns of each wave: a line each, an empty line ends a wave, # begins a comment.

    A pattern is a namespace or namespace/Kind/name, with * for anything. Raises UsageError for another line.
    """
    waves: list[list[str]] = [[]]
    for number, line in enumerate(text.splitlines(), 1):
        word = line.partition("#")[0].strip()
        if not word and not line.strip():
            waves.append([])
        elif word and (len(word.split()) > 1 or word.count("/") not in (0, 2)):
            raise UsageError(
                f"{place}:{number}: {word!r} is no pattern", "write NAMESPACE or NAMESPACE/KIND/NAME"
            )
        elif word:
            waves[-1].append(normal(word))
    return tuple(tuple(wave) for wave in waves if wave)


def normal(pattern: str) -> str:
    """The pattern with its kind as the API spells it: `shop/deploy/web` means `shop/Deployment/web`."""
    namespace, slash, rest = pattern.partition("/")
    kind, _, name = rest.partition("/")
    return f"{namespace}/{kind if '*' in kind else kind_of_word(kind)}/{name}" if slash else pattern


def in_waves(workloads: Sequence[Workload], by: WaveBy, first: Sequence[str]) -> list[list[Workload]]:
    """The workloads in their waves; `first` are the names of waves, namespaces or workloads that go before others."""
    waves: dict[tuple[object, ...], list[Workload]] = {}
    for workload in workloads:
        waves.setdefault(_place(workload, by, first), []).append(workload)
    return [sorted(waves[key], key=lambda one: _rank(one.owner, first)) for key in sorted(waves)]


def _place(workload: Workload, by: WaveBy, first: Sequence[str]) -> tuple[object, ...]:
    """What sorts the waves."""
    owner = workload.owner
    if by.kind == "file":
        found = (at for at, wave in enumerate(by.lines) if any(_fits(owner, pattern) for pattern in wave))
        return (next(found, len(by.lines)),)
    name = ""
    if by.kind == "namespace":
        name = owner.namespace
    elif by.kind == "label":
        name = _label(workload, by.label)
    rank = first.index(name) if name in first else _rank(owner, first) if not by.kind else len(first)
    return (rank, *_natural(name)) if by.kind or first else ()


def _rank(owner: Owner, first: Sequence[str]) -> int:
    fitting = (at for at, pattern in enumerate(first) if _fits(owner, pattern))
    return next(fitting, len(first))


def _fits(owner: Owner, pattern: str) -> bool:
    """Whether a pattern, `namespace` or `namespace/Kind/name`, means the workload."""
    full = f"{owner.namespace}/{owner.kind}/{owner.name}".lower()
    if "/" not in pattern:
        return fnmatch.fnmatchcase(owner.namespace, pattern)
    return fnmatch.fnmatchcase(full, pattern.lower())


def _label(workload: Workload, key: str) -> str:
    values = {one.pod.metadata.labels.get(key, "") for one in workload.pods}
    return min(values) or _LAST


def _natural(name: str) -> tuple[object, ...]:
    """`wave-10` behind `wave-9`."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in _NUMBER.split(name))


def strays(workloads: Sequence[Workload], by: WaveBy, first: Sequence[str]) -> list[str]:
    """What was asked for and means nothing here, most likely mistyped: a sentence each."""
    owners = [one.owner for one in workloads]
    names = {_label(one, by.label) for one in workloads} if by.kind == "label" else set()
    asked = [*first, *(pattern for wave in by.lines for pattern in wave)]
    lost = [one for one in asked if one not in names and not any(_fits(owner, one) for owner in owners)]
    told = [f"no stale workload is meant by {pattern!r}: is it mistyped?" for pattern in dict.fromkeys(lost)]
    if by.kind == "label" and names <= {_LAST}:
        told.append(f"no stale workload has the label {by.label}: all are in one wave")
    if by.kind == "file" and not by.lines:
        told.append("the file of --wave-by names nothing: all are in one wave")
    return told if workloads else []
