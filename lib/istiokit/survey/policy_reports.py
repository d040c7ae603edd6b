"""Reads the mutation policies of a migration, whoever wrote them, and all reports about VirtualServices."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace

from istiokit.cluster import kinds
from istiokit.cluster.decode import Raw
from istiokit.cluster.types import Where
from istiokit.kyverno.recognise import MutationPolicy, recognise
from istiokit.kyverno.reports import Observations, PolicyReport, observations, slim
from istiokit.survey.reading import Reading

POLICY_KINDS = (
    kinds.CLUSTER_POLICY,
    kinds.KYVERNO_POLICY,
    # Kyverno 1.15 and 1.16 have it in versions that we read and do not write.
    replace(kinds.MUTATING_POLICY, versions=("v1", "v1beta1", "v1alpha1")),
    kinds.NAMESPACED_MUTATING_POLICY,
    kinds.MUTATING_ADMISSION_POLICY,
)
REPORT_KINDS = (
    kinds.POLICY_REPORT,
    kinds.OPEN_REPORT,
    kinds.CLUSTER_POLICY_REPORT,
    kinds.OPEN_CLUSTER_REPORT,
)
"""Reports of the whole cluster are what the kyverno command prints of cluster-wide policies."""


class PolicyReading:
    """Begun at once; policies are few and read whole, since what they do is in their texts."""

    def __init__(self, reading: Reading) -> None:
        self._begun = [(kind, reading.list(kind, Raw)) for kind in POLICY_KINDS]

    def result(self, named: Sequence[str] = ()) -> tuple[MutationPolicy, ...]:
        """Those that add to the gateways of VirtualServices; with `named` only those of these names."""
        found = (one for one in self._recognised() if not named or one.name in named)
        return tuple(sorted(found, key=str))

    def _recognised(self) -> Iterator[MutationPolicy]:
        for kind, items in self._begun:
            for item in items.result():
                policy = recognise(kind.name, item)
                if policy is not None:
                    yield policy


class ReportReading:
    """Begun at once; of tens of thousands of reports just what speaks of VirtualServices is kept."""

    def __init__(self, reading: Reading, where: Where) -> None:
        lists = [
            reading.list(kind, PolicyReport, where if kind.namespaced else Where(), slim)
            for kind in REPORT_KINDS
        ]

        def joined() -> Observations:
            return observations(report for items in lists for report in items.result())

        # In a thread of its own: longer lists are still coming then.
        self._joined: Future[Observations] = reading.start(kinds.POLICY_REPORT, joined, {})

    def result(self) -> Observations:
        """What they say of VirtualServices, each thing once."""
        return self._joined.result()
