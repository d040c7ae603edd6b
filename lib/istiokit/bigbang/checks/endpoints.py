"""What the new gateways need around them: free NodePorts, certificates, pull Secrets."""

from collections.abc import Iterator, Mapping
from typing import Any

from istiokit.bigbang.checks.model import Check, Subject, Target, Values, mapping
from istiokit.bigbang.facts import GATEWAY_SECRETS
from istiokit.bigbang.layers import ENCRYPTED
from istiokit.bigbang.versions import CertificateKey, Family
from istiokit.findings import Finding, Severity
from istiokit.istio.bindings import NEW_NAMESPACE, OLD_NAMESPACE
from istiokit.istio.control_plane import OWNING_RESOURCE
from istiokit.istio.model import full_name
from istiokit.istio.workloads import Service

_REGISTRY = "private-registry"
"""The pull Secret that Big Bang makes in each namespace from its registryCredentials."""
_DEFAULT_CERTIFICATES = {"public": ("public-cert",)}
"""The credentials of the gateways that Big Bang itself defines; passthrough has none."""


def _node_ports(subject: Subject) -> Iterator[Finding]:
    taken: dict[int, str] = {}
    for service in subject.facts.mesh.services:
        if not (subject.target is Target.STEP1 and _goes_with_step1(service)):
            taken |= {port.node_port: full_name(service) for port in service.spec.ports if port.node_port}
    for gateway, port in _wanted_ports(subject):
        own = f"{NEW_NAMESPACE}/{gateway}-{subject.gateways[gateway]}"
        user = taken.setdefault(port, own)
        if user != own:
            reason = f"gateway {gateway} wants nodePort {port}, which Service {user} has"
            remedy = f"give one of them another nodePort (istioGateway.values.gateways.{gateway})"
            yield Finding("IM007", subject.ahead, f"Service {own}", reason, remedy)


def _goes_with_step1(service: Service) -> bool:
    """Whether the operator made it: the operator deletes it once the old package is off."""
    return service.metadata.namespace == OLD_NAMESPACE and OWNING_RESOURCE in service.metadata.labels


def _wanted_ports(subject: Subject) -> Iterator[tuple[str, int]]:
    for gateway in subject.gateways:
        ports = mapping(_chart_values(subject, gateway).get("service")).get("ports")
        for entry in ports if isinstance(ports, list) else []:
            port = mapping(entry).get("nodePort")
            if isinstance(port, int) and port:
                yield gateway, port


def _certificates(subject: Subject) -> Iterator[Finding]:
    made = _made_certificates(subject)
    present = {secret.metadata.name for secret in subject.facts.mesh.gateway_secrets}
    if ENCRYPTED in made:
        return
    for gateway in subject.gateways:
        for name in _credentials(subject, gateway):
            if name not in made and name not in present:
                yield _no_certificate(subject, gateway, name)


def _no_certificate(subject: Subject, gateway: str, name: str) -> Finding:
    about = f"Secret {NEW_NAMESPACE}/{name}"
    key = subject.about.certificate_key if subject.about else CertificateKey.GATEWAY_CERTS
    made = f"istioGateway.values.gateways.{gateway}.{key}"
    remedy = f"set {made}, or create the Secret in namespace {NEW_NAMESPACE} before step 2"
    doubt = _doubt(subject)
    if doubt:
        reason = f"gateway {gateway} needs it and {made} does not make it; cannot tell whether it is there: {doubt}"
        return Finding("IM008", Severity.WARNING, about, reason, remedy)
    reason = f"gateway {gateway} needs it for TLS, it does not exist, and nothing in the values makes it"
    return Finding("IM008", subject.ahead, about, reason, remedy)


def _doubt(subject: Subject) -> str:
    """Why we cannot know that a Secret is missing; empty if we can."""
    if not subject.live:
        return "only files were read"
    unread = [item.reason for item in subject.facts.unread if item.kind == GATEWAY_SECRETS]
    opaque = [f"{layer.origin} is encrypted" for layer in subject.layers if layer.opaque]
    return next(iter(unread + opaque), "")


def _credentials(subject: Subject, gateway: str) -> list[str]:
    """The Secrets that the gateway's servers name, as the values have them or by default."""
    servers = mapping(mapping(_gateways(subject).get(gateway)).get("gateway")).get("servers")
    if not isinstance(servers, list):
        return list(_DEFAULT_CERTIFICATES.get(gateway, ()))
    named = [mapping(mapping(server).get("tls")).get("credentialName") for server in servers]
    return [name for name in dict.fromkeys(named) if isinstance(name, str) and name and name != ENCRYPTED]


def _made_certificates(subject: Subject) -> set[str]:
    """The Secrets that the umbrella makes from the values; by both keys where the version is not known."""
    key = subject.about.certificate_key if subject.about else None
    found: set[str] = set()
    for name, gateway in _gateways(subject).items():
        if key is not CertificateKey.GATEWAY_CERTS and mapping(gateway).get("tls"):
            found.add(f"{name}-cert")
        listed = mapping(gateway).get("gatewayCerts")
        if key is not CertificateKey.TLS and isinstance(listed, list):
            found |= {str(mapping(entry).get("name", "")) for entry in listed}
    return found


def _pull_secrets(subject: Subject) -> Iterator[Finding]:
    namespaces = {namespace.metadata.name for namespace in subject.facts.mesh.namespaces}
    if NEW_NAMESPACE not in namespaces:
        return
    present = {secret.metadata.name for secret in subject.facts.mesh.gateway_secrets}
    made = {_REGISTRY} if _has_registry_credentials(subject.values) else set()
    for gateway in subject.gateways:
        for name in _named_pull_secrets(subject, gateway):
            if name not in present | made:
                reason = f"gateway {gateway} pulls its image with it, and it is not there"
                remedy = f"set registryCredentials, or create the Secret in namespace {NEW_NAMESPACE}"
                yield Finding("IM018", Severity.WARNING, f"Secret {NEW_NAMESPACE}/{name}", reason, remedy)


def _named_pull_secrets(subject: Subject, gateway: str) -> list[str]:
    given = _chart_values(subject, gateway).get("imagePullSecrets")
    entries = given if isinstance(given, list) else [{"name": _REGISTRY}]
    names = (mapping(entry).get("name") for entry in entries)
    return [name for name in names if isinstance(name, str) and name and name != ENCRYPTED]


def _has_registry_credentials(values: Values) -> bool:
    given = values.get("registryCredentials")
    if isinstance(given, Mapping):
        return bool(given.get("username") and given.get("password"))
    return bool(given)


def _gateways(subject: Subject) -> Values:
    return mapping(mapping(mapping(subject.values.get("istioGateway")).get("values")).get("gateways"))


def _chart_values(subject: Subject, gateway: str) -> Mapping[str, Any]:
    """The values of the upstream gateway chart; 2.49 and 2.50 have them at the top."""
    given = mapping(_gateways(subject).get(gateway))
    return given if subject.family is Family.CORE else mapping(given.get("upstream"))


CHECKS = (
    Check(
        code="IM007",
        title="A NodePort that is in use",
        severity=Severity.ERROR,
        why="A NodePort belongs to one Service in the whole cluster. The new gateway's Service would be refused with "
        "`provided port is already allocated`, and its release would not become Ready.",
        remedy="Give the new gateway ports of its own, or free the old ones first.",
        run=_node_ports,
        live=True,
        needs=frozenset({"Service"}),
    ),
    Check(
        code="IM008",
        title="No certificate for a new gateway",
        severity=Severity.ERROR,
        why="The old certificates were in istio-system and go with step 1. A gateway whose credentialName names no "
        "Secret in istio-gateway is Ready, and refuses every TLS connection.",
        remedy="Set gatewayCerts (before 2.54: tls) of the gateway, or create the Secret in istio-gateway.",
        run=_certificates,
    ),
    Check(
        code="IM018",
        title="A pull Secret is missing for the new gateways",
        severity=Severity.WARNING,
        why="The gateways' pods run in istio-gateway, where the pull Secrets of istio-system are not seen. Without "
        "one of their own they stay in ImagePullBackOff.",
        remedy="Set registryCredentials, from which Big Bang makes private-registry, or create the Secret there.",
        run=_pull_secrets,
        live=True,
        needs=frozenset({"Namespace", GATEWAY_SECRETS}),
    ),
)
