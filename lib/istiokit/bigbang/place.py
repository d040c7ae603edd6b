"""The place of a mesh in the migration: its switches and what really runs, taken together."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from istiokit.bigbang.facts import Facts
from istiokit.bigbang.layers import Layer, merge
from istiokit.bigbang.switches import Phase, Switches, family_of, phase, rejected, switches
from istiokit.bigbang.versions import Release, parse_version, release
from istiokit.errors import UsageError
from istiokit.istio.control_plane import Mesh, MeshKind, mesh


class Place(StrEnum):
    """What this mesh is."""

    OPERATOR = "operator"
    STEP1 = "step 1 done"
    STEP2 = "step 2 done"
    MIXED = "mixed"
    """The switches are those of no step, or what runs is not what they say."""
    PLAIN = "plain Istio"
    """Istio without Big Bang."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a mesh stands, and why we think so."""

    place: Place
    why: str
    """A sentence without the full stop."""
    switches: Switches | None
    """None without Big Bang."""
    release: Release | None
    """What is known about the Big Bang version; None where the version is not known."""
    mesh: Mesh


_PLACES = {
    Phase.OPERATOR: Place.OPERATOR,
    Phase.STEP1: Place.STEP1,
    Phase.STEP2: Place.STEP2,
    Phase.NONE: Place.NONE,
}


def known_release(version: str) -> Release | None:
    """What is known about a Big Bang version; None where it is not one, or outside the range that we know."""
    try:
        return release(parse_version(version)) if version else None
    except UsageError:
        return None


def switches_of(layers: Sequence[Layer], about: Release | None) -> Switches:
    """The switches of these layers; raises UsageError where the keys are those of different versions."""
    return switches(layers, family_of(merge(layers), about))


def standing(facts: Facts, version: str = "") -> Standing:
    """Judge the facts; `version` overrides the one found. Raises UsageError for contradicting values of files."""
    running = mesh(facts.mesh.deployments, facts.mesh.operators)
    about = known_release(version or (facts.umbrella.version if facts.umbrella else ""))
    if facts.umbrella is None and not facts.layers:
        return _without_big_bang(running)
    try:
        found = switches_of(facts.layers, about)
    except UsageError as error:
        if facts.umbrella is None:
            raise
        return Standing(Place.MIXED, error.what, None, about, running)
    refused = rejected(merge(facts.layers), found.family)
    if refused:
        why = f"Big Bang 3.0 refuses values with {' and '.join(refused)}"
        return Standing(Place.MIXED, why, found, about, running)
    place, why = _place(found, running, live=facts.umbrella is not None)
    return Standing(place, why, found, about, running)


def _without_big_bang(running: Mesh) -> Standing:
    if running.kind is MeshKind.NONE:
        return Standing(Place.NONE, "there is no control plane and no Big Bang", None, None, running)
    if running.kind is MeshKind.MIXED:
        return Standing(Place.MIXED, "different installers made its control planes", None, None, running)
    why = f"there is no Big Bang; its control plane comes from {running.kind}"
    return Standing(Place.PLAIN, why, None, None, running)


def _place(found: Switches, running: Mesh, *, live: bool) -> tuple[Place, str]:
    step = phase(found)
    if step not in _PLACES:
        odd = ", ".join(f"{path}={_word(state.on)}" for path, state in found.states.items())
        return Place.MIXED, f"the switches are those of no step: {odd}"
    place = _PLACES[step]
    wrong = _contradiction(place, running) if live else ""
    if wrong:
        return Place.MIXED, f"the switches say {place}, but {wrong}"
    return place, "the switches say so" + (" and so does what runs" if live else "")


def _contradiction(place: Place, running: Mesh) -> str:
    """What runs that should not, or is missing; empty where all fits."""
    if place is Place.STEP2 and running.operators:
        return f"the operator still runs ({', '.join(running.operators)})"
    if place in (Place.STEP1, Place.STEP2) and running.kind in (MeshKind.OPERATOR, MeshKind.MIXED):
        return "a control plane of the operator is still there"
    if place in (Place.STEP1, Place.STEP2) and running.kind is MeshKind.NONE:
        return "no control plane runs yet"
    return ""


def _word(on: bool | None) -> str:
    return {True: "on", False: "off", None: "encrypted"}[on]
