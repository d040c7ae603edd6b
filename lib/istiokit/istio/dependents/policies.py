"""Istio's policies that apply to pods by label, as far as they are read.

What a rule does not look into is kept as it is (`Any`): two policies are alike if all of it is the same.
Fields: https://istio.io/latest/docs/reference/config/security/, .../telemetry/, .../proxy_extensions/wasm-plugin/.
"""

from typing import Any

import msgspec

from istiokit.cluster.decode import Object, Part

Names = tuple[str, ...] | None

_DRY_RUN = "istio.io/dry-run"
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
"""What Go's strconv.ParseBool takes for true."""
_ACTIONS = {"": "ALLOW", "0": "ALLOW", "1": "DENY", "2": "AUDIT", "3": "CUSTOM"}
"""The numbers of the enum, which YAML may have too."""


class WorkloadSelector(Part, frozen=True, kw_only=True):
    """Labels of pods: `matchLabels`, or `labels` in an EnvoyFilter."""

    match_labels: dict[str, str] | None = None
    labels: dict[str, str] | None = None


class Attached(Part, frozen=True, kw_only=True):
    """The part of a spec that says which pods it is for; `targetRefs` are for the Kubernetes Gateway API."""

    selector: WorkloadSelector | None = None
    workload_selector: WorkloadSelector | None = None
    target_ref: Any = None
    target_refs: tuple[Any, ...] | None = None

    @property
    def wanted(self) -> dict[str, str]:
        """The labels that pods must have; empty for all pods."""
        one = self.selector or self.workload_selector
        return (one.match_labels or one.labels or {}) if one else {}

    @property
    def targets(self) -> tuple[Any, ...]:
        """The targetRefs, the older single form included."""
        return self.target_refs or ((self.target_ref,) if self.target_ref else ())

    @property
    def place(self) -> str:
        """The field that says which pods: for findings."""
        if self.workload_selector:
            return "spec.workloadSelector.labels"
        return "spec.selector.matchLabels" if self.selector else "metadata.namespace"

    def content(self) -> "Attached":
        """The same for no pods in particular: what two of them are compared by."""
        return msgspec.structs.replace(
            self, selector=None, workload_selector=None, target_ref=None, target_refs=None
        )


class Policy(Object, frozen=True, kw_only=True):
    """Any of the kinds below."""

    spec: Attached = Attached()

    @property
    def place(self) -> str:
        """Its namespace."""
        return self.metadata.namespace or "default"


class Source(Part, frozen=True, kw_only=True):
    """Who a request comes from; all fields must hold, in each one entry."""

    principals: Names = None
    not_principals: Names = None
    namespaces: Names = None
    not_namespaces: Names = None
    service_accounts: Names = None
    not_service_accounts: Names = None
    trust_domains: Names = None
    not_trust_domains: Names = None
    request_principals: Names = None
    not_request_principals: Names = None
    ip_blocks: Names = None
    not_ip_blocks: Names = None
    remote_ip_blocks: Names = None
    not_remote_ip_blocks: Names = None


class From(Part, frozen=True, kw_only=True):
    """One of the sources of a rule."""

    source: Source | None = None


class When(Part, frozen=True, kw_only=True):
    """A condition on an attribute: `source.principal`, `request.headers[x]`."""

    key: str = ""
    values: Names = None
    not_values: Names = None


class AccessRule(Part, frozen=True, kw_only=True):
    """One rule; without `from` for every source, without `to` for every operation."""

    sources: tuple[From, ...] | None = msgspec.field(default=None, name="from")
    to: Any = None
    when: tuple[When, ...] | None = None


class AuthorizationSpec(Attached, frozen=True, kw_only=True):
    """`action` is ALLOW (also where it is absent), DENY, CUSTOM or AUDIT."""

    rules: tuple[AccessRule, ...] | None = None
    action: str | int = "ALLOW"
    provider: Any = None


class AuthorizationPolicy(Policy, frozen=True, kw_only=True):
    """security.istio.io AuthorizationPolicy."""

    spec: AuthorizationSpec = AuthorizationSpec()

    @property
    def action(self) -> str:
        """ALLOW, DENY, CUSTOM or AUDIT."""
        word = str(self.spec.action)
        return _ACTIONS.get(word, word)

    @property
    def dry_run(self) -> bool:
        """Whether it is only logged what it would do (pilot/pkg/security/authz/builder/builder.go, isDryRun)."""
        return self.metadata.annotations.get(_DRY_RUN, "") in _TRUE

    def does_as(self, other: "AuthorizationPolicy") -> bool:
        """Whether both do the same with what their rules fit, for the same kind of target."""
        mine = (self.action, self.spec.provider, self.spec.targets, self.dry_run)
        return mine == (other.action, other.spec.provider, other.spec.targets, other.dry_run)


class RequestAuthenticationSpec(Attached, frozen=True, kw_only=True):
    """spec of a RequestAuthentication."""

    jwt_rules: Any = None


class RequestAuthentication(Policy, frozen=True, kw_only=True):
    """security.istio.io RequestAuthentication."""

    spec: RequestAuthenticationSpec = RequestAuthenticationSpec()


class PeerAuthenticationSpec(Attached, frozen=True, kw_only=True):
    """spec of a PeerAuthentication."""

    mtls: Any = None
    port_level_mtls: Any = None


class PeerAuthentication(Policy, frozen=True, kw_only=True):
    """security.istio.io PeerAuthentication."""

    spec: PeerAuthenticationSpec = PeerAuthenticationSpec()


class ExtensionSpec(Attached, frozen=True, kw_only=True):
    """spec of a WasmPlugin or TrafficExtension, with what makes two of them alike."""

    url: str = ""
    sha256: str = ""
    plugin_name: str = ""
    plugin_config: Any = None
    phase: str | int = ""
    priority: Any = None
    match: Any = None
    wasm: Any = None
    lua: Any = None


class WasmPlugin(Policy, frozen=True, kw_only=True):
    """extensions.istio.io WasmPlugin."""

    spec: ExtensionSpec = ExtensionSpec()


class TrafficExtension(WasmPlugin, frozen=True, kw_only=True):
    """extensions.istio.io TrafficExtension, which takes the place of WasmPlugin from Istio 1.30 on."""


class TelemetrySpec(Attached, frozen=True, kw_only=True):
    """spec of a Telemetry."""

    tracing: Any = None
    metrics: Any = None
    access_logging: Any = None


class Telemetry(Policy, frozen=True, kw_only=True):
    """telemetry.istio.io Telemetry."""

    spec: TelemetrySpec = TelemetrySpec()


class ProxyConfigSpec(Attached, frozen=True, kw_only=True):
    """spec of a ProxyConfig."""

    concurrency: Any = None
    environment_variables: Any = None
    image: Any = None


class ProxyConfig(Policy, frozen=True, kw_only=True):
    """networking.istio.io ProxyConfig."""

    spec: ProxyConfigSpec = ProxyConfigSpec()
