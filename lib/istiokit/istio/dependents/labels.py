"""Label selectors on labels that may be known only in part: yes, no, or (None) nobody can tell. Pure.

Meaning of the operators: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ and
staging/src/k8s.io/apimachinery/pkg/labels/selector.go (NotIn also holds where the key is absent).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from istiokit.cluster.decode import Part

Verdict = bool | None
"""None where nobody can tell."""


class Requirement(Part, frozen=True, kw_only=True):
    """One of matchExpressions; `operator` is In, NotIn, Exists or DoesNotExist."""

    key: str = ""
    operator: str = ""
    values: tuple[str, ...] | None = None


class LabelSelector(Part, frozen=True, kw_only=True):
    """The selector of Kubernetes; one that is empty matches everything."""

    match_labels: dict[str, str] | None = None
    match_expressions: tuple[Requirement, ...] | None = None

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing."""
        return not (self.match_labels or self.match_expressions)


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of pods, of a Service or of a Namespace."""

    known: Mapping[str, str]
    complete: bool = True
    """Whether there are no others; a Gateway's selector, for instance, tells only some labels of its pods."""
    without: tuple[str, ...] = ()
    """How keys begin that are not among the others."""
    likely: Mapping[str, str] = field(default_factory=dict)
    """Labels that may well be among the others."""

    def have(self, wanted: Mapping[str, str] | None) -> Verdict:
        """Whether all of these are among them."""
        return every(self._is(key, value) for key, value in (wanted or {}).items())

    def match(self, selector: LabelSelector | None) -> Verdict:
        """Whether the selector matches; one that is absent matches, as an empty one does."""
        if selector is None:
            return True
        holds = every(self._holds(one) for one in selector.match_expressions or ())
        return every((self.have(selector.match_labels), holds))

    def share(self, wanted: Mapping[str, str] | None) -> bool:
        """Whether at least one of these is among them, or may well be."""
        each = (wanted or {}).items()
        return any(self.known.get(key) == value or self.likely.get(key) == value for key, value in each)

    def _is(self, key: str, value: str) -> Verdict:
        if key in self.known:
            return self.known[key] == value
        return False if self._lack(key) else None

    def _lack(self, key: str) -> bool:
        """Whether a key that is not known is not there."""
        return self.complete or key.startswith(self.without)

    def _holds(self, one: Requirement) -> Verdict:
        values = one.values or ()
        if key_known := one.key in self.known:
            within = self.known[one.key] in values
        elif self._lack(one.key):
            within = False
        else:
            return None
        return {"In": within, "NotIn": not within, "Exists": key_known, "DoesNotExist": not key_known}.get(
            one.operator
        )


def every(verdicts: Iterable[Verdict]) -> Verdict:
    """Whether all hold: no beats unknown, unknown beats yes."""
    unknown = False
    for one in verdicts:
        if one is False:
            return False
        unknown = unknown or one is None
    return None if unknown else True


def some(verdicts: Iterable[Verdict]) -> Verdict:
    """Whether one holds: yes beats unknown, unknown beats no."""
    unknown = False
    for one in verdicts:
        if one:
            return True
        unknown = unknown or one is None
    return None if unknown else False


def negated(verdict: Verdict) -> Verdict:
    """The opposite; unknown stays unknown."""
    return None if verdict is None else not verdict


def less(new: Verdict, old: Verdict) -> bool:
    """Whether `new` is further from yes than `old`."""
    return _RANKS[new] < _RANKS[old]


_RANKS: dict[Verdict, int] = {False: 0, None: 1, True: 2}
