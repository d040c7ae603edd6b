"""One check's two sides: facts on which it speaks, and facts on which it is silent."""

from dataclasses import dataclass

from istiokit.bigbang.checks import check
from istiokit.bigbang.checks.model import Target
from istiokit.bigbang.facts import Facts
from istiokit.findings import Finding, Severity

ONE, TWO, THREE = Target.STEP1, Target.STEP2, Target.BIG_BANG_3
ERROR, WARNING, INFO = Severity


@dataclass(frozen=True)
class Case:
    """`broken` gives `severity` with `says` in the finding; `mended` gives nothing as severe of that code."""

    code: str
    target: Target
    broken: Facts
    mended: Facts
    severity: Severity
    says: str

    def prove(self) -> None:
        """Assert both sides."""
        found = of_code(self.code, self.broken, self.target)
        assert any(one.severity is self.severity and self.says in text(one) for one in found), found
        order = list(Severity)
        rest = of_code(self.code, self.mended, self.target)
        assert all(order.index(one.severity) > order.index(self.severity) for one in rest), rest


def of_code(code: str, facts: Facts, target: Target, version: str = "") -> list[Finding]:
    """The findings with this code."""
    return [one for one in check(facts, target, version) if one.code == code]


def text(finding: Finding) -> str:
    """All that a finding says."""
    return f"{finding.object}: {finding.reason} -> {finding.remedy}"


def name(case: Case) -> str:
    """How pytest calls it."""
    return f"{case.code}-{case.target}-{case.says.replace(' ', '-')}"
