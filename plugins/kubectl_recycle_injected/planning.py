"""From a reading to the plan of a restart: what is stale, how it is restarted, what the injectors really do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from istiokit.errors import NotDone, OperationFailed
from istiokit.findings import Finding, Severity
from istiokit.istio.owners import ROLLED
from istiokit.istio.proofs import Probe, Sample, judged, unproved
from istiokit.istio.served_revisions import UNREACHABLE, UNSERVED, findings_of, served, server_of
from istiokit.istio.sidecars import Workload, workloads
from istiokit.istio.staleness import Mesh
from istiokit.plan.actions.recycling import Recycle
from istiokit.plan.actions.relabel import RelabelNamespace
from istiokit.plan.model import Plan, Skip
from istiokit.plan.recycle import How, plan_recycle, rolled_kinds
from istiokit.plan.relabel import moved, owned, parse_relabel, relabellings, with_relabelling
from istiokit.plan.waves import strays
from istiokit.survey.controllers import read_controllers
from istiokit.survey.origins import with_sources
from istiokit.survey.owners import OwnerNames
from istiokit.survey.probing import probe, probe_label
from istiokit.survey.reading import Reading
from istiokit.survey.sidecars import SidecarFacts
from istiokit.ui.context import Context
from kubectl_recycle_injected import scope
from kubectl_recycle_injected.restart import Options


@dataclass(frozen=True, slots=True)
class Made:
    """The plan, and what it was made from."""

    facts: SidecarFacts
    workloads: tuple[Workload, ...]
    plan: Plan


def plan(given: Options, how: How, context: Context) -> Made:
    """Read the cluster and make the plan, with the findings about labels; raises what makes a plan impossible."""
    facts, found = scope.read(given.scope, context)
    mesh = facts.mesh
    actions: list[RelabelNamespace] = []
    held: list[Skip] = []
    if given.relabel:
        actions, held, found, mesh = _relabelled(given, facts, context)
    controllers, unread = read_controllers(
        context.cluster, scope.scope_of(given.scope, context), rolled_kinds(found)
    )
    for item in unread:
        if not item.missing:
            raise OperationFailed(item.reason, "ask for the role docs/rbac/recycle-injected.yaml")
    made = plan_recycle(found, controllers, how)
    if given.relabel:
        made = with_relabelling(made, actions, how.pause)
        made = replace(made, skipped=(*held, *made.skipped))
    for line in strays([one for one in found if one.stale], how.waves, how.first):
        context.say(line)
    findings = findings_of(found, mesh, whole=given.scope.whole)
    return Made(facts, found, replace(made, findings=findings, notes=scope.notes(given.scope)))


def _relabelled(
    given: Options, facts: SidecarFacts, context: Context
) -> tuple[list[RelabelNamespace], list[Skip], tuple[Workload, ...], Mesh]:
    """The namespaces to move, those whose owner would move them back, and workloads and mesh as they will be then.

    Raises NotDone where no injector serves the new revision.
    """
    wanted = parse_relabel(given.relabel)
    injectors = facts.mesh.injectors
    if injectors is not None and server_of(injectors, wanted.after) is None:
        known = ", ".join(served(injectors)) or "none"
        raise NotDone(
            f"no injector serves revision {wanted.new}: the pods would come back without a sidecar (served: {known})",
            f"install istiod of revision {wanted.new}, or its tag, first",
        )
    actions, held = _unowned(relabellings(facts.mesh.namespaces, wanted), given, facts, context)
    mesh: Mesh = moved(facts.mesh, actions)
    inside = [pod for pod in facts.pods if (pod.metadata.namespace or "default") in mesh.namespaces]
    return actions, held, workloads(inside, mesh, scope.question_of(given.scope)), mesh


def _unowned(
    actions: Sequence[RelabelNamespace], given: Options, facts: SidecarFacts, context: Context
) -> tuple[list[RelabelNamespace], list[Skip]]:
    """What nobody takes back, and what Flux, Argo CD or another owner would."""
    if not actions:
        return [], []
    with Reading(context.cluster) as reading:
        owners = OwnerNames(reading).result()
    found = {one.metadata.name: one for one in facts.namespaces}
    items = [("Namespace", found[one.namespace]) for one in actions]
    owners, _ = with_sources(context.cluster, owners, items)
    return owned(actions, {name: one.metadata for name, one in found.items()}, owners, given.allow)


def proved(made: Plan, facts: SidecarFacts, context: Context) -> Plan:
    """The plan with what stands in its way by a try: the API server admits a pod for each revision that it relies on.

    What is seen to work needs no other sign of life.
    """
    tries = [*probe(context.cluster, _samples(made)), *_moves(made, facts, context)]
    for reason in unproved(tries):
        context.say(f"not proved that new pods get their sidecars: {reason}")
    works = {facts.mesh.planes[one.revision].title for one in tries if one.revision in facts.mesh.planes}
    kept = [one for one in made.findings if one.code != UNREACHABLE or one.object not in works]
    found = [one for tried in tries if (one := judged(tried)) is not None]
    return replace(made, findings=(*kept, *found))


def _samples(made: Plan) -> list[Sample]:
    """One workload for each revision, of those whose namespace is not about to move."""
    moving = {one.namespace for one in made.actions() if isinstance(one, RelabelNamespace)}
    found: dict[str, Recycle] = {}
    for action in made.actions():
        if not isinstance(action, Recycle) or not action.revision or action.lane() in moving:
            continue
        if found.setdefault(action.revision, action).ref.kind not in ROLLED:  # those have a template to try
            found[action.revision] = action
    return [Sample(one.owner, one.revision, one.version) for one in found.values()]


def _moves(made: Plan, facts: SidecarFacts, context: Context) -> list[Probe]:
    """One try for the revision that namespaces move to."""
    labels = next((one.after for one in made.actions() if isinstance(one, RelabelNamespace)), None)
    injector = server_of(facts.mesh.injectors or (), labels) if labels else None
    if labels is None or injector is None:
        return []
    version = injector.template.version if injector.template else None
    (label,) = labels.values()
    cluster, known = context.cluster, facts.mesh.namespaces
    return [probe_label(cluster, label, injector.revision, str(version or ""), known)]


def refusing(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those that stand in the way: workloads of a revision that nobody serves are left alone, the others go on."""
    return tuple(one for one in findings if one.severity is Severity.ERROR and one.code != UNSERVED)
