"""Findings as people and programs read them. Everything returns a string."""

import shlex
from collections.abc import Collection, Sequence

from istiokit.bigbang.checks import CHECKS, applicable, refusing
from istiokit.bigbang.checks.model import Check, Target
from istiokit.bigbang.facts import Facts
from istiokit.findings import Finding
from istiokit.plan.beside import file_flags
from istiokit.ui.findings import blocks, columns, counted, counts, explained
from istiokit.ui.output import Document, render
from kubectl_istio_migrate.reading import skipped_of

_GOALS = {
    Target.STEP1: "step 1",
    Target.STEP2: "step 2",
    Target.BIG_BANG_3: "Big Bang 3.0",
    Target.CORE: "the upgrade of istioCore",
}


def findings_text(
    found: Sequence[Finding],
    facts: Facts,
    target: Target,
    allowed: Collection[str],
    output: str,
    *,
    no_headers: bool = False,
) -> str:
    """The findings: a block each by default, since their sentences are too long for a table; a row with wide."""
    if output == "table":
        return blocks(found)
    summary = {
        "target": target,
        **{f"{severity}s": count for severity, count in counts(found).items()},
        "refused": bool(refusing(found, allowed)),
        "allowed": sorted(allowed),
    }
    document = Document("FindingList", found, summary=summary, skipped=skipped_of(facts.unread))
    if output == "wide" and not found:
        return ""
    return render(document, columns(found), output, name=lambda one: one.code, no_headers=no_headers)


def summary_line(
    found: Sequence[Finding],
    facts: Facts,
    target: Target,
    allowed: Collection[str],
    prog: str,
    filenames: Sequence[str] = (),
) -> str:
    """`2 errors, 3 warnings for step 1; ...`: how it stands, and the next command, about the same files."""
    left_out = sum(target in one.steps for one in CHECKS) - len(applicable(facts, target))
    lacking = "a cluster" if facts.server_version is None else "Big Bang"
    partly = f"; {left_out} checks need {lacking} and were left out" if left_out else ""
    return f"{counted(found)} for {_GOALS[target]}{partly}; {_next(found, target, allowed, prog, filenames)}"


def explanation(one: Check) -> str:
    """What a code means, for --explain."""
    goals = ", ".join(_GOALS[target] for target in Target if target in one.steps)
    return explained(one, f"checked for: {goals}")


def _next(
    found: Sequence[Finding], target: Target, allowed: Collection[str], prog: str, filenames: Sequence[str]
) -> str:
    codes = sorted({one.code for one in refusing(found, allowed)})
    if codes == ["IM027"]:
        return f"next: {prog} carry-core"
    if codes:
        return f"next: mend {', '.join(codes)} (`{prog} check --explain {codes[0]}`), or pass --allow CODE"
    if target.step is None:
        return "next: upgrade Big Bang"
    return f"next: {prog} {shlex.join([f'step{target.step}', *file_flags(filenames)])}"
