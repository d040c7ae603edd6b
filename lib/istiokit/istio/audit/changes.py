"""What stops a change of bindings: the codes of `add`, `swap`, `remove` and `isolate`, for --explain.

The findings themselves come with the plans (plan/rebind.py, plan/owned.py, plan/isolate.py): they depend on what is
to change.
"""

from istiokit.findings import Severity
from istiokit.istio.audit.model import Rule

RULES = (
    Rule(
        code="VSG050",
        title="A new Gateway that does not exist yet",
        severity=Severity.ERROR,
        why="Nothing is served through a Gateway that is not there, and one missing Gateway may disable the whole "
        "VirtualService, its other Gateways and the mesh included.",
        remedy="Create the Gateway first. To bind ahead of the migration use `add`, never `swap`.",
        run=lambda subject: (),
    ),
    Rule(
        code="VSG051",
        title="A VirtualService would stop answering",
        severity=Severity.ERROR,
        why="While the old Gateway selects the new pods and is older it wins there, so a VirtualService without a "
        "reference to it answers 404 over https, although the new Gateway exists and is bound.",
        remedy="Isolate the old Gateway first, or keep its reference until it is gone.",
        run=lambda subject: (),
    ),
    Rule(
        code="VSG052",
        title="The new pods would lose what the old Gateway serves there",
        severity=Severity.ERROR,
        why="Narrowing the old Gateway's selector to its own pods ends what it serves on the new ones: clients that "
        "already come by these would get 404.",
        remedy="Bind the VirtualServices to the new Gateway as well (`kubectl vs-gateways add`), then isolate.",
        run=lambda subject: (),
    ),
    Rule(
        code="VSG053",
        title="Nobody can tell whether its owner puts the change back",
        severity=Severity.ERROR,
        why="What its owner undoes is served by the old Gateway again within minutes, unseen, and what was built on "
        "the change (a `remove`, a Gateway deleted) then answers 404.",
        remedy="Change it where its owner has it from. If the owner is known to leave it alone: --allow VSG053.",
        run=lambda subject: (),
    ),
    Rule(
        code="VSG054",
        title="The mutation policy gives the old Gateway back",
        severity=Severity.ERROR,
        why="A policy that works both ways binds to the old Gateway again whatever is bound to the new one, while it "
        "is written: the server accepts every change, and none lasts.",
        remedy="Make it one-way first (`kubectl istio-migrate policy narrow`), or remove it.",
        run=lambda subject: (),
    ),
)
"""Sorted by code; none of them finds anything in an audit."""
