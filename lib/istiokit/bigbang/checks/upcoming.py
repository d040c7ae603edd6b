"""Which target to check for where nobody says. Pure."""

from istiokit.bigbang.checks.model import Target
from istiokit.bigbang.core import release_of
from istiokit.bigbang.facts import Facts
from istiokit.bigbang.place import Place, Standing, standing
from istiokit.bigbang.switches import GATEWAY, OPERATOR, wanted
from istiokit.bigbang.versions import Family
from istiokit.errors import UsageError


def next_target(facts: Facts, version: str = "") -> Target:
    """The step that comes next, Big Bang 3.0 after both (before it 2.54 for an istioCore installation).

    Step 1 where the values do not tell.
    """
    try:
        found = standing(facts, version)
    except UsageError:
        return Target.STEP1
    if found.switches is None and release_of(facts) is not None:
        return Target.CORE  # The values are ahead of the version: the upgrade that splits it is half done.
    if found.place is Place.STEP2:
        return Target.CORE if _is_core(found) else Target.BIG_BANG_3
    return Target.STEP2 if found.place is Place.STEP1 or _is_past_step1(found) else Target.STEP1


def _is_core(found: Standing) -> bool:
    """Whether the mesh is on istioCore, so that an upgrade of Big Bang splits it."""
    return found.switches is not None and found.switches.family is Family.CORE


def _is_past_step1(found: Standing) -> bool:
    """Whether all that step 1 switches over is switched over (gateways are step 2's, so is the operator)."""
    if found.place is not Place.MIXED or found.switches is None or found.switches.family is Family.HELM_ONLY:
        return False
    states = found.switches.states
    after = wanted(1, found.switches.family)
    return all(states[path].on is on for path, on in after.items() if path not in (OPERATOR, GATEWAY))
