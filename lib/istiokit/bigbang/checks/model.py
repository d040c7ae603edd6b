"""What a check is, and what it looks at."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from istiokit.bigbang.facts import Facts
from istiokit.bigbang.layers import merge
from istiokit.bigbang.place import known_release
from istiokit.bigbang.releases import Expected, expected
from istiokit.bigbang.switches import Step, family_of, wanted
from istiokit.bigbang.versions import Family, Release
from istiokit.cluster.types import Kind
from istiokit.errors import UsageError
from istiokit.findings import Finding, Severity
from istiokit.istio.control_plane import Mesh, mesh


class Target(StrEnum):
    """What the mesh is to be carried to."""

    STEP1 = "1"
    STEP2 = "2"
    BIG_BANG_3 = "3.0"

    @property
    def step(self) -> Step | None:
        """The step of the migration; None for the way to Big Bang 3.0."""
        return {"1": 1, "2": 2}.get(self.value)  # type: ignore[return-value]


STEPS = frozenset({Target.STEP1, Target.STEP2})
ALL = frozenset(Target)


@dataclass(frozen=True, slots=True)
class Subject:
    """The facts, and what several checks would otherwise work out again."""

    facts: Facts
    target: Target
    values: Mapping[str, Any]
    """The effective values; without those of a targetPath where one does not fit."""
    family: Family
    about: Release | None
    """What is known about the Big Bang version."""
    contradiction: str
    """Why the values cannot be understood; empty if they can."""
    mesh: Mesh

    @property
    def live(self) -> bool:
        """Whether a cluster was read, not just files."""
        return self.facts.server_version is not None
