"""Why a VirtualService answers at a gateway, or does not: stable words for programs, sentences for people."""

from enum import StrEnum


class Reason(StrEnum):
    """The order matters: of several reasons on one port the first counts, for it is the closest to an answer.

    Sentences speak of `{gateway}`, the Gateway meant, and of `{other}`, the Gateway or VirtualService in the way.
    """

    sentence: str

    def __new__(cls, value: str, sentence: str) -> "Reason":
        """A member is its word; the sentence is an attribute."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member

    ANSWERS = "answers", "answers through {gateway}"
    REDIRECTS = "redirects", "httpsRedirect of {gateway} answers 301 to https"
    UNKNOWN_ORDER = "unknown-order", "it depends on whether {gateway} or {other} is older, which is not known"
    DELEGATE_UNKNOWN = "delegate-unknown", "its routes are in {other}, which was not read"
    REJECTED = (
        "listener-rejected",
        "Envoy refuses the listener: {gateway} and {other} ask for the same connections",
    )
    OLDER_VIRTUAL_SERVICE = "older-virtual-service", "{other} comes first and takes all that its routes match"
    CLOSER_HOST = "closer-host", "{other} has a closer host"
    CLOSER_SERVER = "closer-server", "a server of {other} has a closer host, so TLS connections go there"
    OLDER_GATEWAY = "older-gateway", "istiod skips the server of {gateway}: {other} is older and has the host"
    PORT_CONFLICT = (
        "port-conflict",
        "istiod skips the server of {gateway}: {other} has the port with another protocol",
    )
    NARROWED = "narrowed", "the conditions of its routes keep it from {gateway} (gateways, port or source)"
    NO_SNI = "no-sni", "none of its sniHosts is this host"
    HIDDEN = "hidden", "exportTo hides it from the pods' namespace"
    NO_ROUTE = "no-route", "it has no route for this protocol"
    NOT_ADMITTED = "not-admitted", "no server of {gateway} on this port admits the host"
    NOT_SELECTED = "not-selected", "no Gateway of its list selects these pods"
    NO_PODS = "no-pods", "{gateway} selects no pods"
    GATEWAY_MISSING = "gateway-missing", "{gateway} does not exist"
    KUBERNETES_GATEWAY = (
        "kubernetes-gateway",
        "{gateway} belongs to the Kubernetes Gateway API, which is not judged",
    )
    GATEWAYS_UNKNOWN = "gateways-unknown", "nobody can tell whether {gateway} exists, or what it serves"
    MESH_ONLY = "mesh-only", "it names no Gateway"
    DELEGATE = "delegate", "it has no hosts: other VirtualServices route to it"


UNKNOWN = frozenset(
    {
        Reason.UNKNOWN_ORDER,
        Reason.DELEGATE_UNKNOWN,
        Reason.REJECTED,
        Reason.KUBERNETES_GATEWAY,
        Reason.GATEWAYS_UNKNOWN,
    }
)
"""With these nobody can tell from here whether it answers. (A refused listener leaves Envoy with what it had.)"""

INTENDED = UNKNOWN | {
    Reason.ANSWERS,
    Reason.REDIRECTS,
    Reason.OLDER_VIRTUAL_SERVICE,
    Reason.CLOSER_HOST,
    Reason.CLOSER_SERVER,
    Reason.OLDER_GATEWAY,
    Reason.PORT_CONFLICT,
    Reason.NARROWED,
    Reason.HIDDEN,
}
"""With these its author meant it to answer on that port; the others just say that the port is not for it."""

RANK = {reason: number for number, reason in enumerate(Reason)}
