"""What a try on the API server says about injectors, as findings. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from istiokit.findings import Finding, Severity
from istiokit.istio.owners import Owner
from istiokit.istio.served_revisions import REFUSED, SURPRISE, UNREACHABLE


@dataclass(frozen=True, slots=True)
class Sample:
    """A pod that a run would let be made."""

    owner: Owner
    revision: str
    """What is to inject it."""
    version: str = ""
    """What it should get; empty where that is not known."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of one sample."""

    sample: Sample
    unreachable: str = ""
    """The API server's words where a webhook has not answered."""
    refused: str = ""
    """Its words where such a pod would not be taken for another reason: a quota, a policy."""
    unproved: str = ""
    """Why nothing can be said."""
    injected: bool = False
    revision: str = ""
    version: str = ""
    """What injected it, and the version that it got."""


def judged(tried: Probe) -> Finding | None:
    """What stands in the way by this try; None where all is as it should be."""
    subject, revision = str(tried.sample.owner), tried.sample.revision
    if tried.unreachable:
        return Finding(
            UNREACHABLE,
            Severity.ERROR,
            subject,
            f"no new pod of it would be made: {tried.unreachable}",
            "see that what serves the webhook runs and can be reached, then run the command again",
        )
    if tried.refused:
        return Finding(
            REFUSED,
            Severity.ERROR,
            subject,
            f"the API server would refuse its new pods: {tried.refused}",
            "make room, or mend the pod's template, then run the command again",
        )
    if tried.unproved:
        return None
    if not tried.injected:
        return Finding(
            UNREACHABLE,
            Severity.ERROR,
            subject,
            f"a new pod of it would have no sidecar, though revision {revision} should inject one",
            f"see that istiod of revision {revision} answers its webhook, which fails open",
        )
    return _different(tried)


def _different(tried: Probe) -> Finding | None:
    revision, version = tried.sample.revision, tried.sample.version
    got = f"revision {tried.revision} with {tried.version or 'a version that its image does not tell'}"
    if tried.revision and revision and tried.revision != revision:
        expected = f"not revision {revision}"
    elif tried.version and version and tried.version != version:
        expected = f"not {version}"
    else:
        return None
    return Finding(
        SURPRISE,
        Severity.ERROR,
        str(tried.sample.owner),
        f"a new pod of it would get a sidecar of {got}, {expected}",
        "see whether istiod has taken over its ConfigMap, and which webhooks take the pod",
    )


def unproved(tries: Sequence[Probe]) -> list[str]:
    """Why something could not be proved, each reason once."""
    return list(dict.fromkeys(one.unproved for one in tries if one.unproved))
