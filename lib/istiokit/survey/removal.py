"""Says of a reading of the whole cluster what stands in the way of removing the mutation policy."""

from istiokit.findings import Finding
from istiokit.kyverno import removal
from istiokit.kyverno.reports import Source
from istiokit.survey.dependence import DependenceReading


def findings_of(read: DependenceReading) -> tuple[Finding, ...]:
    """What stands in the way, errors first, from a reading of everything."""
    unreadable = [(one.kind, one.reason) for one in read.unread if not one.missing]
    of_kyverno = [
        str(policy)
        for policy in read.policies
        if any(key[0] == Source.KYVERNO for key, _ in policy.reported_rules())
    ]
    return removal.removal_findings(
        read.rows, unreadable=unreadable, lost=read.lost, strange=read.puzzling, policies=of_kyverno
    )
