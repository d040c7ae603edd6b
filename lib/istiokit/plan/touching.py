"""Touching VirtualServices: find what a policy has not reached, send empty patches, look again.

An empty merge patch makes the API server admit the object again, as it is (measured): what it changes is what the
policy would change at the next update anyway.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from enum import StrEnum

from istiokit.cluster.kinds import VIRTUAL_SERVICE
from istiokit.cluster.types import Cluster, Ref
from istiokit.errors import OperationFailed
from istiokit.istio.model import VirtualService, full_name
from istiokit.kyverno.grants import Grant, lacking

CONNECTIONS = 8
"""An API server takes about twice as many patches a second over eight connections as over one; more do not help."""
_EVERY = 1000
"""After how many objects a line tells how far it is."""


class Result(StrEnum):
    """How it stands with one VirtualService."""

    WAITING = "waiting"
    """Nothing was sent (`--dry-run`)."""
    ACCEPTED = "accepted"
    """The server would take the patch (`--dry-run=server`)."""
    CHANGED = "changed"
    """It lacks nothing any more."""
    MISSING = "missing"
    """It was touched, and lacks something still."""
    FAILED = "failed"
    """The server refused the patch."""


@dataclass(frozen=True, slots=True)
class Lacker:
    """A VirtualService and the Gateways that the policy would add to it."""

    virtual_service: VirtualService
    gateways: tuple[str, ...]

    @property
    def name(self) -> str:
        """`namespace/name`."""
        return full_name(self.virtual_service)

    @property
    def ref(self) -> Ref:
        """Its address."""
        metadata = self.virtual_service.metadata
        return Ref(VIRTUAL_SERVICE.name, metadata.name, metadata.namespace)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it stands with one VirtualService, and which Gateways it lacks now."""

    namespace: str
    name: str
    result: Result
    lacks: tuple[str, ...]
    reason: str = ""


def lackers(virtual_services: Iterable[VirtualService], grants: Sequence[Grant]) -> list[Lacker]:
    """Those that the policy would change, in the order given. What is being deleted is left alone."""
    found = (Lacker(item, lacking(item, grants)) for item in virtual_services)
    return [item for item in found if item.gateways and not item.virtual_service.metadata.deletion_timestamp]


def admit_again(cluster: Cluster, ref: Ref, *, dry_run: bool = False) -> None:
    """Make the API server admit the object again; raises what it refuses with."""
    cluster.merge_patch(ref, {}, dry_run=dry_run)


def send(
    cluster: Cluster, due: Sequence[Lacker], say: Callable[[str], None], *, dry_run: bool
) -> dict[str, str]:
    """Send the empty patches over a few connections; return the reason of each refusal by `namespace/name`.

    What fails for one object does not stop the others; an interrupt drops what was not sent yet.
    """
    errors: dict[str, str] = {}
    pool = ThreadPoolExecutor(CONNECTIONS, "touch")
    try:
        sent = {pool.submit(admit_again, cluster, item.ref, dry_run=dry_run): item for item in due}
        for number, future in enumerate(as_completed(sent), 1):
            try:
                future.result()
            except OperationFailed as error:
                errors[sent[future].name] = str(error)
            if number % _EVERY == 0:
                say(f"{number} of {len(due)}")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return errors


def judged(due: Sequence[Lacker], result: Result, errors: Mapping[str, str]) -> list[Outcome]:
    """`result` for each that is due, FAILED for those with an error."""
    return [
        _outcome(one, Result.FAILED, one.gateways, errors[one.name])
        if one.name in errors
        else _outcome(one, result, one.gateways)
        for one in due
    ]


def outcomes_of(
    due: Sequence[Lacker],
    errors: Mapping[str, str],
    after: Iterable[VirtualService],
    grants: Sequence[Grant],
) -> list[Outcome]:
    """How it ended for each, from how the cluster is now. What has been deleted meanwhile is left out."""
    now = {full_name(item): item for item in after}
    found = []
    for one in due:
        if one.name in errors:
            found += judged([one], Result.FAILED, errors)
        elif one.name in now:
            lacks = lacking(now[one.name], grants)
            found.append(_outcome(one, Result.MISSING if lacks else Result.CHANGED, lacks))
    return found


def _outcome(one: Lacker, result: Result, lacks: tuple[str, ...], reason: str = "") -> Outcome:
    return Outcome(*one.virtual_service.metadata.address, result, lacks, reason)
