"""The codes of findings, with their titles: what `--allow` and `--explain` are completed by."""

from collections.abc import Iterable
from typing import Protocol

Codes = Iterable[tuple[str, str]]


class _Ruled(Protocol):
    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...


def checks() -> Codes:
    """Of `kubectl istio-migrate check`."""
    from istiokit.bigbang.checks import CHECKS

    return _titled(CHECKS)


def audit() -> Codes:
    """Of `kubectl vs-gateways list --audit`, and of what stops a change of bindings."""
    from istiokit.istio.audit import RULES

    return (*_titled(RULES), *changes())


def changes() -> Codes:
    """Of what stops a change of bindings."""
    from istiokit.istio.audit.changes import RULES

    return _titled(RULES)


def removal() -> Codes:
    """Of what stops the removal of a policy."""
    from istiokit.kyverno.removal import RULES

    return _titled(RULES)


def policies() -> Codes:
    """Of what stops a change of the policy."""
    from istiokit.kyverno.loops import TOO_LARGE
    from istiokit.plan.owned import UNSURE

    unsure = [(code, title) for code, title in changes() if code == UNSURE]
    return (*removal(), (TOO_LARGE, ""), *unsure)


def restarts() -> Codes:
    """Of what is to be mended before anything is restarted."""
    from istiokit.istio import served_revisions as found

    codes = (found.UNSERVED, found.UNREACHABLE, found.BOTH_LABELS, found.SURPRISE, found.REFUSED)
    return [(code, "") for code in codes]


def _titled(rules: Iterable[_Ruled]) -> Codes:
    return [(rule.code, rule.title) for rule in rules]
