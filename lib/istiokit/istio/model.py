"""Istio's own resources, as far as the suite reads them. Everything not named here is skipped while decoding.

Field names and meanings: https://istio.io/latest/docs/reference/config/networking/

A VirtualService is kept from the garbage collector (`gc=False`): it holds strings and tuples and can be in no
cycle, and walking the routes of 10,000 of them again and again took eight times as long as decoding them.
"""

from istiokit.cluster.decode import Object, Part, WrittenMetadata


class StringMatch(Part, frozen=True, kw_only=True, gc=False):
    """A condition on a string; one of the three is set."""

    exact: str = ""
    prefix: str = ""
    regex: str = ""


class Present(Part, frozen=True, kw_only=True, gc=False):
    """Something that is there; what it says is not read."""


class Match(Part, frozen=True, kw_only=True, gc=False):
    """One condition of a route: where it applies, and whether it takes every request there."""

    gateways: tuple[str, ...] | None = None
    """Its own list, which narrows the one of the VirtualService; None where it has none."""
    port: int | None = None
    """The number of the server's port."""
    sni_hosts: tuple[str, ...] | None = None
    """Of `tls` only: the names that clients ask for."""
    source_labels: dict[str, str] | None = None
    source_namespace: str | None = None
    uri: StringMatch | None = None
    method: Present | None = None
    headers: Present | None = None
    without_headers: Present | None = None
    query_params: Present | None = None
    authority: Present | None = None
    scheme: Present | None = None


class Delegate(Part, frozen=True, kw_only=True, gc=False):
    """The VirtualService that holds the routes; without a namespace it is in the same one."""

    name: str = ""
    namespace: str = ""


class Route(Part, frozen=True, kw_only=True, gc=False):
    """One entry of `http`, `tls` or `tcp`; without conditions it applies to everything."""

    match: tuple[Match, ...] | None = None
    delegate: Delegate | None = None


class VirtualServiceSpec(Part, frozen=True, kw_only=True, gc=False):
    """What decides where a VirtualService is bound. A list that is absent (or null in a file) is None."""

    hosts: tuple[str, ...] | None = None
    gateways: tuple[str, ...] | None = None
    """As spelled; None means the mesh alone."""
    export_to: tuple[str, ...] | None = None
    """Namespaces that see it: `.`, `*`, `~` or names; None means all of them."""
    http: tuple[Route, ...] | None = None
    tls: tuple[Route, ...] | None = None
    tcp: tuple[Route, ...] | None = None


class VirtualService(Object, frozen=True, kw_only=True, gc=False):
    """networking.istio.io VirtualService."""

    spec: VirtualServiceSpec = VirtualServiceSpec()


class WrittenVirtualService(VirtualService, frozen=True, kw_only=True, gc=False):
    """A VirtualService with who wrote which of its fields."""

    metadata: WrittenMetadata = WrittenMetadata()


class Port(Part, frozen=True, kw_only=True):
    """The port of a Gateway's server."""

    number: int = 0
    protocol: str = ""
    name: str = ""


class ServerTls(Part, frozen=True, kw_only=True):
    """How a server terminates TLS; `credential_name` is a Secret in the namespace of the gateway's pods.

    An absent `mode` is PASSTHROUGH, the enum's zero value.
    """

    mode: str = ""
    credential_name: str = ""
    https_redirect: bool = False


class Server(Part, frozen=True, kw_only=True):
    """One listener of a Gateway. `hosts` may be limited to namespaces: `ns/host`, `./host`, `*/host`."""

    port: Port = Port()
    hosts: tuple[str, ...] = ()
    tls: ServerTls | None = None
    bind: str = ""
    """The address that it listens on; empty means all."""


class GatewaySpec(Part, frozen=True, kw_only=True):
    """Which pods serve (by label, in any namespace) and what."""

    selector: dict[str, str] | None = None
    servers: tuple[Server, ...] | None = None


class Gateway(Object, frozen=True, kw_only=True):
    """networking.istio.io Gateway (not the one of the Kubernetes Gateway API)."""

    spec: GatewaySpec = GatewaySpec()


class WrittenGateway(Gateway, frozen=True, kw_only=True):
    """A Gateway with who wrote which of its fields."""

    metadata: WrittenMetadata = WrittenMetadata()


class IstioOperatorSpec(Part, frozen=True, kw_only=True):
    """`revision` is empty for the default control plane."""

    revision: str = ""


class IstioOperatorStatus(Part, frozen=True, kw_only=True):
    """`status` is the operator's own word: HEALTHY, RECONCILING, ERROR..."""

    status: str = ""


class IstioOperator(Object, frozen=True, kw_only=True):
    """install.istio.io IstioOperator: the order that the in-cluster operator carries out."""

    spec: IstioOperatorSpec = IstioOperatorSpec()
    status: IstioOperatorStatus = IstioOperatorStatus()


def full_name(item: Object) -> str:
    """`namespace/name`, as references to Gateways and messages spell it."""
    return f"{item.metadata.namespace or 'default'}/{item.metadata.name}"
