"""What clients notice: hosts that stop being served, and VirtualServices that nothing new serves."""

from collections.abc import Iterator
from dataclasses import replace

from istiokit.bigbang.checks.model import STEPS, Check, Subject, Target, counted, shortened
from istiokit.bigbang.switches import GATEWAY, OLD, switches
from istiokit.bigbang.versions import Family
from istiokit.findings import Finding, Severity
from istiokit.istio.bindings import Binding, classify_wording, sides_by, sides_of
from istiokit.istio.hosts import stops_serving
from istiokit.istio.model import full_name
from istiokit.istio.wording import worded


def _stops(subject: Subject) -> Iterator[Finding]:
    found = subject.facts.mesh
    old = sides_of(found.gateways).successors.keys()
    hosts = stops_serving(found.virtual_services, found.gateways, old)
    if not hosts:
        return
    reason = (
        "from the moment this step takes the old gateways away until step 2's gateways are Ready nothing serves "
        f"{counted(len(hosts), 'host')}: {shortened(hosts)}"
    )
    remedy = "plan an outage, or run old and new gateways side by side first (the blue-green way)"
    yield Finding("IM013", Severity.WARNING, shortened(sorted(old), 3), reason, remedy)


def _backwards(subject: Subject) -> Iterator[Finding]:
    now = switches(subject.layers, subject.family).states
    if subject.family is Family.HELM_ONLY or not now[GATEWAY].on:
        return
    if now[OLD].on:
        reason = (
            "it is on, and this step turns it off: new gateways that serve already go, with their addresses"
        )
        yield Finding("IM026", Severity.WARNING, GATEWAY, reason, "move clients to the old gateways first")
        return
    reason = "it is on and the old gateways are off: this step would turn off the gateways that serve now"
    remedy = "go on with step 2, or back with kubectl istio-migrate rollback --to step1; --allow IM026 if you mean it"
    yield Finding("IM026", Severity.ERROR, GATEWAY, reason, remedy)


def _left_behind(subject: Subject) -> Iterator[Finding]:
    wordings = worded(subject.facts.mesh.virtual_services)
    # Old and new as references have them: after step 1 the old Gateways are gone, the references are not.
    sides = replace(sides_by(subject.facts.mesh.gateways, wordings), known=None)
    behind = sorted(
        full_name(item)
        for one, items in wordings.items()
        if classify_wording(one, sides) is Binding.OLD_ONLY
        for item in items
    )
    if behind:
        reason = f"bound to old gateways alone, so the new ones do not serve them: {shortened(behind)}"
        remedy = (
            "bind them to the new gateways, in spec.gateways and in route conditions, where they are made"
        )
        about = counted(len(behind), "VirtualService")
        yield Finding("IM024", Severity.WARNING, about, reason, remedy)


CHECKS = (
    Check(
        code="IM013",
        title="Hosts stop being served with this step",
        severity=Severity.WARNING,
        why="With the package istio off, Helm removes the old Gateways, their certificates and the IstioOperator at "
        "once. Nothing serves until the gateways of step 2 are Ready: the outage begins with step 1.",
        remedy="Do both steps in one maintenance window, or bring the new gateways up beside the old ones first.",
        run=_stops,
        steps=STEPS,
        live=True,
        needs=frozenset({"Gateway", "VirtualService"}),
    ),
    Check(
        code="IM024",
        title="VirtualServices bound to old gateways alone",
        severity=Severity.WARNING,
        why="Big Bang moves its own VirtualServices to the new gateways. Those of your applications still name "
        "istio-system gateways, and answer 404 (or nothing) on the new ones.",
        remedy="Add the new gateway to spec.gateways, and to the gateways of route conditions, at their source.",
        run=_left_behind,
        steps=frozenset({Target.STEP2, Target.BIG_BANG_3}),
        live=True,
        needs=frozenset({"Gateway", "VirtualService"}),
    ),
    Check(
        code="IM026",
        title="Step 1 would turn the new gateways off",
        severity=Severity.ERROR,
        why="Step 1 ends with istioGateway.enabled false. On a mesh that has the new gateways it is a step back: the "
        "operator returns, the new gateways and their addresses go, and nothing serves from outside.",
        remedy="After step 2 do not run step 1 again; the way back is kubectl istio-migrate rollback.",
        run=_backwards,
        steps=frozenset({Target.STEP1}),
    ),
)
