"""Certificates of cert-manager whose Secret only the old gateway's pods can read.

cert-manager writes the Secret beside the Certificate (https://cert-manager.io/docs/usage/certificate/), and istiod
takes it from the namespace of the gateway's pods (pilot/pkg/xds/sds.go of istio/istio).
"""

from collections.abc import Iterator

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.certificates import named
from istiokit.istio.audit.model import Rule, Subject, at_source
from istiokit.istio.dependents.model import Certificate
from istiokit.istio.dependents.moves import Move
from istiokit.istio.model import full_name

_COPIERS = (
    "reflector.v1.k8s.emberstack.com/",
    "replicator.v1.mittwald.de/",
    "kubed.appscode.com/",
    "config-syncer.appscode.com/",
)
"""Annotations by which well-known tools copy a Secret to other namespaces, and keep the copies fresh."""


def _renewals(subject: Subject) -> Iterator[Finding]:
    for item in subject.dependents.certificates:
        for move in subject.moves:
            missing = _missing(item, move, subject)
            if missing:
                yield _finding(item, move, missing, subject)
                break


def _missing(item: Certificate, move: Move, subject: Subject) -> list[str]:
    """The namespaces of new pods that need the Secret and into which no Certificate writes it."""
    place, secret = item.metadata.namespace or "default", item.spec.secret_name
    if place not in {pods.namespace for pods in move.before} or place in move.new_namespaces:
        return []
    gateway = subject.gateways.get(move.new) or subject.gateways.get(move.old)
    if gateway is None or secret not in {name for _, name in named(gateway)} or _is_copied(item):
        return []
    there = {
        one.metadata.namespace or "default"
        for one in subject.dependents.certificates
        if one.spec.secret_name == secret
    }
    return [space for space in move.new_namespaces if space not in there]


def _is_copied(item: Certificate) -> bool:
    template = item.spec.secret_template
    keys = (template.annotations or {}) if template else {}
    return any(key.startswith(_COPIERS) for key in keys)


def _finding(item: Certificate, move: Move, missing: list[str], subject: Subject) -> Finding:
    secret, known = item.spec.secret_name, subject.facts.secrets
    spaces = ", ".join(missing)
    where = f"it writes Secret {secret} into namespace {item.metadata.namespace or 'default'}"
    severity = Severity.WARNING
    if known is None or not move.seen or move.new not in subject.gateways:
        rest = f"and the pods of {move.new} take it from {spaces}, where no Certificate writes it"
    elif all(f"{space}/{secret}" in known for space in missing):
        rest = (
            f"and what lies in {spaces} for {move.new} is a copy that it does not renew: https ends with it"
        )
    else:
        severity = Severity.ERROR
        rest = f"and the pods of {move.new} look for it in {spaces}, where there is none: https is dead there"
    source = at_source(item.metadata, "Certificate")
    remedy = f"make a Certificate with the same secretName in namespace {spaces}{source}"
    about = f"Certificate {full_name(item)}"
    return Finding("VSG024", severity, about, f"{where}, {rest}", remedy, "spec.secretName")


RULES = (
    Rule(
        code="VSG024",
        title="A Certificate writes its Secret where only the old pods can read it",
        severity=Severity.ERROR,
        why="cert-manager writes the Secret into the Certificate's own namespace, and istiod takes it from that of the "
        "gateway's pods. In the new namespace there is none, and https is dead, or there is a copy that nobody "
        "renews, and https ends some weeks after the migration.",
        remedy="Make a Certificate with the same secretName in the new pods' namespace.",
        run=_renewals,
    ),
)
