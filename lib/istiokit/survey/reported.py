"""VirtualServices of which nothing but reports is known."""

from datetime import datetime

from istiokit.kyverno.dependence import Forward, told
from istiokit.kyverno.dependents import DependentRow, unseen
from istiokit.kyverno.reports import Observations
from istiokit.ownership.declared import DeclaredVirtualService

_UNSEEN = DeclaredVirtualService()


def reported_rows(observations: Observations, rules: Forward, now: datetime) -> list[DependentRow]:
    """A row for each that a rule of the migration was reported about."""
    said = ((name, told(_UNSEEN, found, rules, now)) for name, found in observations.items())
    return [unseen(*name, found) for name, found in said if found]
