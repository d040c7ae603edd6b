"""What a check is, and what it looks at. Pure: facts in, findings out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from istiokit.bigbang.core import carried
from istiokit.bigbang.facts import Facts
from istiokit.bigbang.layers import Layer, merge
from istiokit.bigbang.place import known_release
from istiokit.bigbang.releases import Expected, expected, gateways
from istiokit.bigbang.switches import Step, defaults, family_of, wanted
from istiokit.bigbang.versions import Family, Release
from istiokit.errors import UsageError
from istiokit.findings import Finding, Severity
from istiokit.istio.control_plane import Mesh, mesh

Values = Mapping[str, Any]


class Target(StrEnum):
    """What the mesh is to be carried to."""

    STEP1 = "1"
    STEP2 = "2"
    BIG_BANG_3 = "3.0"
    CORE = "2.54"
    """An istioCore installation, carried on to istioCRDs and istiod by an upgrade to 2.51 or later."""

    @property
    def acts(self) -> bool:
        """Whether there is a command with a plan for it."""
        return self is not Target.BIG_BANG_3

    @property
    def step(self) -> Step | None:
        """The step of the migration; None for an upgrade of Big Bang."""
        steps: dict[Target, Step] = {Target.STEP1: 1, Target.STEP2: 2}
        return steps.get(self)


STEPS = frozenset({Target.STEP1, Target.STEP2})
EVERY = frozenset(Target)


@dataclass(frozen=True)
class Subject:
    """The facts, and what several checks would otherwise work out again."""

    facts: Facts
    target: Target
    version: str
    """The Big Bang version: the one given, else the one found; may be empty."""

    @property
    def live(self) -> bool:
        """Whether a cluster was read, not files."""
        return self.facts.server_version is not None

    @cached_property
    def about(self) -> Release | None:
        """What is known about the Big Bang version."""
        return known_release(self.version)

    @cached_property
    def misfit(self) -> str:
        """Why a targetPath does not fit the values; empty if all do."""
        return _complaint(lambda: merge(self.facts.layers))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that can be merged."""
        return tuple(layer for layer in self.facts.layers if not (self.misfit and layer.target_path))

    @cached_property
    def values(self) -> Values:
        """The effective values."""
        return merge(self.layers)

    @cached_property
    def contradiction(self) -> str:
        """How the keys contradict each other or the version; empty if they do not."""
        return _complaint(lambda: family_of(self.values, self.about))

    @cached_property
    def family(self) -> Family:
        """The family of packages; where the keys contradict each other, the version's, else the usual one."""
        if not self.contradiction:
            return family_of(self.values, self.about)
        return self.about.family if self.about else Family.SPLIT

    @cached_property
    def wanted(self) -> dict[str, bool]:
        """The switches of the target; of Big Bang 3.0 (and of a step on it, which cannot be) its defaults."""
        step = self.target.step
        if self.target is Target.CORE:
            return carried(self.values)
        if step is None or self.family is Family.HELM_ONLY:
            return defaults(Family.HELM_ONLY)
        return wanted(step, self.family)

    @cached_property
    def goal(self) -> Expected:
        """The Istio releases that the target has, and those that it has not."""
        return expected(self.wanted, self.values, self.family)

    @cached_property
    def gateways(self) -> dict[str, str]:
        """The new gateways, each with its type."""
        return gateways(self.values, self.family)

    @cached_property
    def mesh(self) -> Mesh:
        """The control planes that run."""
        return mesh(self.facts.mesh.deployments, self.facts.mesh.operators)

    @property
    def ahead(self) -> Severity:
        """How bad a trap of step 2 is: an error now, a warning while step 1 comes first."""
        return Severity.WARNING if self.target is Target.STEP1 else Severity.ERROR


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `run` yields findings of this code alone."""

    code: str
    title: str
    severity: Severity
    """The worst that it can say."""
    why: str
    """What goes wrong without it, for --explain."""
    remedy: str
    """What to do in general, for --explain; a finding says it for the object at hand."""
    run: Callable[[Subject], Iterable[Finding]]
    steps: frozenset[Target] = STEPS
    """The targets for which it runs."""
    live: bool = False
    """Whether it needs a cluster, so that there is nothing to say about files."""
    needs: frozenset[str] = frozenset()
    """Kinds (as `Unread.kind` spells them) without which nothing can be said."""


def shortened(names: Iterable[str], most: int = 10) -> str:
    """`a, b, c and 7 more`."""
    listed = list(names)
    rest = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {rest} more" if rest > 0 else "")


def counted(number: int, noun: str) -> str:
    """`1 pod`, `2 pods`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def mapping(value: object) -> Values:
    """The value if it is a mapping, else an empty one: values come from people."""
    return value if isinstance(value, Mapping) else {}


def _complaint(work: Callable[[], object]) -> str:
    try:
        work()
    except UsageError as error:
        return error.what
    return ""
