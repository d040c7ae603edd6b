"""Whether the gateways' pods can get the certificates that their Gateways name."""

from collections.abc import Iterator

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.model import Rule, Subject
from istiokit.istio.model import Gateway, full_name
from istiokit.istio.workloads import selects

_TERMINATING = frozenset({"SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL"})


def _missing(subject: Subject) -> Iterator[Finding]:
    known = subject.facts.secrets
    if known is None:
        return
    for gateway in subject.facts.gateways or ():
        for path, name in named(gateway):
            for place in _places(gateway, subject):
                if f"{place}/{name}" not in known:
                    reason = f"its pods are in namespace {place}, and there is no Secret {name} there"
                    remedy = (
                        f"create it there: istiod takes it from {place}, not from the Gateway's namespace"
                    )
                    about = f"Gateway {full_name(gateway)}"
                    yield Finding("VSG017", Severity.ERROR, about, reason, remedy, path)


def named(gateway: Gateway) -> Iterator[tuple[str, str]]:
    """Each server's credentialName with its path; one of another kind (`kubernetes-gateway://`) is left out."""
    for at, server in enumerate(gateway.spec.servers or ()):
        name = server.tls.credential_name if server.tls and server.tls.mode in _TERMINATING else ""
        if name and "://" not in name:
            yield f"spec.servers[{at}].tls.credentialName", name


def _places(gateway: Gateway, subject: Subject) -> list[str]:
    """The namespaces of the pods that it selects."""
    selector = gateway.spec.selector or {}
    found = (one for one in subject.facts.workloads or () if selects(selector, dict(one.labels)))
    return sorted({one.namespace for one in found})


RULES = (
    Rule(
        code="VSG017",
        title="The certificate is not where the pods are",
        severity=Severity.ERROR,
        why="istiod takes the Secret that credentialName names from the namespace of the gateway's pods, not from "
        "the Gateway's own. Without it the listener has no certificate, and https is dead although the Gateway and "
        "the VirtualServices are right.",
        remedy="Create the Secret in the namespace of the pods (with Big Bang: istioGateway.values.gateways).",
        run=_missing,
    ),
)
