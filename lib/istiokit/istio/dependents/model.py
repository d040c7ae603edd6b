"""The kinds that select pods or namespaces from outside of Istio, and Sidecar, as far as they are read.

Fields: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/,
https://prometheus-operator.dev/docs/api-reference/api/, https://cert-manager.io/docs/reference/api-docs/ and
https://istio.io/latest/docs/reference/config/networking/sidecar/
"""

import msgspec

from istiokit.cluster.decode import Object, Part
from istiokit.istio.dependents.labels import LabelSelector


class IpBlock(Part, frozen=True, kw_only=True):
    """Addresses; whether those of pods are among them is not judged."""

    cidr: str = ""


class Peer(Part, frozen=True, kw_only=True):
    """Who a NetworkPolicy lets in or out; without a namespaceSelector pods of its own namespace."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IpBlock | None = None


class PolicyPort(Part, frozen=True, kw_only=True):
    """A port, or a range up to `end_port`; 0 and empty mean any."""

    protocol: str = "TCP"
    port: int | str = 0
    end_port: int = 0


class Opening(Part, frozen=True, kw_only=True):
    """One rule of ingress (`from`) or egress (`to`); an absent or empty list of peers means everybody."""

    sources: tuple[Peer, ...] | None = msgspec.field(default=None, name="from")
    to: tuple[Peer, ...] | None = None
    ports: tuple[PolicyPort, ...] | None = None


class NetworkPolicySpec(Part, frozen=True, kw_only=True):
    """`policy_types` says which of the two lists count."""

    pod_selector: LabelSelector | None = None
    policy_types: tuple[str, ...] | None = None
    ingress: tuple[Opening, ...] | None = None
    egress: tuple[Opening, ...] | None = None


class NetworkPolicy(Object, frozen=True, kw_only=True):
    """networking.k8s.io NetworkPolicy."""

    spec: NetworkPolicySpec = NetworkPolicySpec()


class EgressListener(Part, frozen=True, kw_only=True):
    """What the pods may see: `namespace/dnsName`."""

    hosts: tuple[str, ...] | None = None


class SidecarSpec(Part, frozen=True, kw_only=True):
    """spec of a Sidecar; without `egress` everything that is exported is seen."""

    egress: tuple[EgressListener, ...] | None = None


class Sidecar(Object, frozen=True, kw_only=True):
    """networking.istio.io Sidecar. istiod takes none of them for gateways (`doGetSidecarScope`)."""

    spec: SidecarSpec = SidecarSpec()


class NamespaceSelector(Part, frozen=True, kw_only=True):
    """Where a monitor looks; without it in its own namespace."""

    any: bool = False
    match_names: tuple[str, ...] | None = None


class MonitorSpec(Part, frozen=True, kw_only=True):
    """spec of a ServiceMonitor (labels of Services) or PodMonitor (labels of pods)."""

    selector: LabelSelector | None = None
    namespace_selector: NamespaceSelector | None = None


class ServiceMonitor(Object, frozen=True, kw_only=True):
    """monitoring.coreos.com ServiceMonitor."""

    spec: MonitorSpec = MonitorSpec()


class PodMonitor(Object, frozen=True, kw_only=True):
    """monitoring.coreos.com PodMonitor."""

    spec: MonitorSpec = MonitorSpec()


class SecretTemplate(Part, frozen=True, kw_only=True):
    """Annotations of the Secret to be: tools that copy Secrets look for theirs."""

    annotations: dict[str, str] | None = None


class CertificateSpec(Part, frozen=True, kw_only=True):
    """spec of a Certificate: its Secret lies in its own namespace."""

    secret_name: str = ""
    secret_template: SecretTemplate | None = None


class Certificate(Object, frozen=True, kw_only=True):
    """cert-manager.io Certificate."""

    spec: CertificateSpec = CertificateSpec()
