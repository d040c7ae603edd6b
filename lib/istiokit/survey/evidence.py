"""Reads all that tells whether VirtualServices still depend on the mutation policy."""

from dataclasses import dataclass, field

from istiokit.cluster import kinds
from istiokit.cluster.decode import WrittenMetadata
from istiokit.cluster.types import EVERYWHERE, Cluster, Where
from istiokit.cluster.unread import Unread
from istiokit.istio.mapping import Mapping
from istiokit.istio.model import Gateway
from istiokit.istio.sharing import shared_spec
from istiokit.kyverno.recognise import MutationPolicy
from istiokit.kyverno.reports import Observations
from istiokit.ownership.declared import DeclaredVirtualService, applied_spec, slim_writers
from istiokit.ownership.find import marks
from istiokit.ownership.model import NO_OWNERS, Owners
from istiokit.survey.declaring import Manifests
from istiokit.survey.owners import OwnerNames
from istiokit.survey.policy_reports import PolicyReading, ReportReading
from istiokit.survey.reading import Reading


@dataclass(frozen=True, slots=True)
class Question:
    """Which VirtualServices it is about, and what is known beforehand."""

    where: Where = EVERYWHERE
    names: tuple[str, ...] = ()
    """`namespace/name`, or `name` in the namespace `home`; none means all."""
    home: str | None = None
    """None: any."""
    policies: tuple[str, ...] = ()
    """Only these, by name; none means all that add to the gateways of VirtualServices."""
    mapping: Mapping | None = None
    """The pairs, if people gave them."""
    manifests: Manifests = field(default_factory=dict)
    """Manifests that people have named as the source, for what left no copy in the cluster."""
    files: bool = False
    """Whether it is about files: reports may then be of VirtualServices that are elsewhere."""
    fast: bool = False
    """Whether to go by the reports alone: neither VirtualServices nor their owners and sources are read."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was read, before anything is judged."""

    virtual_services: tuple[DeclaredVirtualService, ...]
    policies: tuple[MutationPolicy, ...]
    observations: Observations
    gateways: tuple[Gateway, ...]
    owners: Owners
    unread: tuple[Unread, ...]


def kept(item: DeclaredVirtualService) -> DeclaredVirtualService:
    """Of a VirtualService what is judged: `Cluster.list` keeps this of each."""
    found = item.metadata
    applied = applied_spec(found.annotations)
    return DeclaredVirtualService(
        metadata=WrittenMetadata(
            name=found.name,
            namespace=found.namespace,
            creation_timestamp=found.creation_timestamp,
            deletion_timestamp=found.deletion_timestamp,
            labels=marks(found.labels),
            annotations=marks(found.annotations),
            managed_fields=slim_writers(found.managed_fields),
        ),
        spec=shared_spec(item.spec),
        applied=None if applied is None else shared_spec(applied),
    )


def read_evidence(cluster: Cluster, question: Question) -> Evidence:
    """Read all of it, many lists at once; what may not be read is in `unread`."""
    with Reading(cluster) as reading:
        if question.fast:
            return _reports_alone(reading, question)
        routes = reading.list(kinds.VIRTUAL_SERVICE, DeclaredVirtualService, question.where, kept)
        reports = ReportReading(reading, Where(question.where.namespace))
        policies = PolicyReading(reading)
        gateways = reading.list(kinds.GATEWAY, Gateway)
        owners = OwnerNames(reading)
        return Evidence(
            routes.result(),
            policies.result(question.policies),
            reports.result(),
            gateways.result(),
            owners.result(),
            reading.unread,
        )


def _reports_alone(reading: Reading, question: Question) -> Evidence:
    """Neither VirtualServices nor owners: five times less to read."""
    reports = ReportReading(reading, Where(question.where.namespace))
    policies = PolicyReading(reading)
    gateways = reading.list(kinds.GATEWAY, Gateway)
    found = policies.result(question.policies)
    return Evidence((), found, reports.result(), gateways.result(), NO_OWNERS, reading.unread)
