"""The plan that carries an istioCore installation on to istioCRDs and istiod. Pure: `Facts` in, `Plan` out."""

from istiokit.bigbang import core
from istiokit.bigbang.facts import Facts, Umbrella
from istiokit.cluster.types import Ref
from istiokit.errors import NotDone
from istiokit.flux.order import release_ref
from istiokit.plan.actions.bigbang import AwaitUpgrade
from istiokit.plan.actions.crds import ProveCrds
from istiokit.plan.actions.releases import SuspendRelease
from istiokit.plan.bigbang import MIGRATION, converge, is_converged
from istiokit.plan.model import Action, Group, Plan

NAME = "carry-core"


def plan_core(facts: Facts, umbrella: Umbrella) -> Plan:
    """The plan; empty where the upgrade is done and every release is as it should be.

    The upgrade itself is people's: it changes Big Bang's version at its source. The plan makes it harmless,
    waits for it, and proves that nothing was lost. Raises NotDone where there is no istioCore installation,
    or no CRD could be read.
    """
    release = core.release_of(facts)
    upgraded = core.is_split(umbrella.version)
    if release is None and not (upgraded and core.has_successors(facts)):
        raise NotDone(
            "there is no istioCore installation here, so there is nothing to carry on",
            "kubectl istio-migrate status names the next command",
        )
    if not facts.mesh.crds:
        hint = "ask for the role docs/rbac/step.yaml"
        raise NotDone("Istio's CRDs cannot be read, so it could not be proved that none is lost", hint)
    if upgraded and is_converged(facts, core.GOAL):
        return Plan(MIGRATION, NAME, ())
    ahead: list[Action] = []
    if release is not None and not release.spec.suspend:
        why = "a suspended release is not uninstalled when the umbrella takes it away"
        ahead.append(SuspendRelease(why=why, ref=release_ref(release)))
    if not upgraded:
        guard = Ref("HelmRelease", core.RELEASE, umbrella.namespace)
        ahead.append(
            AwaitUpgrade(why="upgrade Big Bang and its values now", umbrella=umbrella.ref, guard=guard)
        )
    crds = {crd.name: crd.uid for crd in facts.mesh.crds}
    proof = ProveCrds(why="a CRD takes every object of its kind with it", crds=crds)
    groups = [*(Group((action,)) for action in ahead), *converge(umbrella, core.GOAL), Group((proof,))]
    return Plan(MIGRATION, NAME, tuple(groups))
