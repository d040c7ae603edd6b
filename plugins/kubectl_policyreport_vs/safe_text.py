"""Whether the policy may go, as people and programs read it. Everything returns strings."""

from collections import Counter
from collections.abc import Sequence

from istiokit.findings import Finding, Severity
from istiokit.kyverno.dependents import summary_of
from istiokit.kyverno.removal import find_rule
from istiokit.ownership.declared import By
from istiokit.survey.dependence import DependenceReading
from istiokit.ui import findings, unread
from istiokit.ui.output import Document, render
from kubectl_policyreport_vs.list_text import counts_line

_BLOCKS = 20
"""So many findings people read; -o wide has them all."""
_BY = {
    By.HELM: "by Helm's record of the release",
    By.APPLIED: "by kubectl's last-applied annotation",
    By.FILE: "by the manifest that --source names",
    By.WRITER: "with no copy of the source, by who wrote the list and in which order",
    By.ITSELF: "by the object itself, which nobody else declares",
    By.UNKNOWN: "without knowing the source",
}


def findings_text(found: Sequence[Finding], read: DependenceReading, output: str, *, no_headers: bool) -> str:
    """The findings in the format `output`; a block each for people."""
    if output == "table":
        rest = len(found) - _BLOCKS
        more = f"\nand {rest} more findings (-o wide shows all)\n" if rest > 0 else ""
        return findings.blocks(found[:_BLOCKS]) + more
    if output == "wide" and not found:
        return ""
    summary = {
        **{f"{severity}s": number for severity, number in findings.counts(found).items()},
        "safe": not any(one.severity is Severity.ERROR for one in found),
        "verdicts": summary_of(read.rows),
        "evidence": {str(by): number for by, number in _sources(read).items()},
        "policies": [str(policy) for policy in read.policies],
        "pairs": [str(pair) for pair in read.mapping.pairs],
    }
    document = Document("RemovalFindingList", found, summary, unread.skips(read.unread))
    return render(document, findings.columns(found), output, name=lambda one: one.code, no_headers=no_headers)


def evidence(read: DependenceReading) -> list[str]:
    """What the verdicts rest on."""
    policies = ", ".join(str(policy) for policy in read.policies) or "none was found"
    pairs = ", ".join(str(pair) for pair in read.mapping.pairs) or "none is known"
    lines = [f"policies: {policies}", f"pairs: {pairs}", counts_line(read)]
    return lines + [f"{number} judged {_BY[by]}" for by, number in _sources(read).items()]


def verdict(found: Sequence[Finding], read: DependenceReading, prog: str) -> str:
    """The answer in a line."""
    errors = sorted({one.code for one in found if one.severity is Severity.ERROR})
    if errors:
        told = f"{prog} safe-to-remove --explain {errors[0]}"
        return f"not safe to remove: {findings.counted(found)}; mend {', '.join(errors)} first ({told})"
    if read.policies:
        return "safe to remove: nobody depends on the policy"
    return "nothing stands in the way: no policy was found, and no VirtualService needs one"


def explanation(code: str) -> str:
    """What a code means, for --explain; raises UsageError for one that there is not."""
    return findings.explained(find_rule(code))


def _sources(read: DependenceReading) -> dict[By, int]:
    counts = Counter(one.source for one in read.rows)
    return {by: counts[by] for by in By if counts[by]}
