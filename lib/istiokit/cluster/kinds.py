"""The kinds that the suite knows, by the group and versions their owners publish."""

from istiokit.cluster.types import Kind

_ISTIO = ("v1", "v1beta1", "v1alpha3")

NAMESPACE = Kind("Namespace", "", "namespaces", ("v1",), namespaced=False)
POD = Kind("Pod", "", "pods", ("v1",))
SERVICE = Kind("Service", "", "services", ("v1",))
SECRET = Kind("Secret", "", "secrets", ("v1",))
CONFIG_MAP = Kind("ConfigMap", "", "configmaps", ("v1",))
DEPLOYMENT = Kind("Deployment", "apps", "deployments", ("v1",))
STATEFUL_SET = Kind("StatefulSet", "apps", "statefulsets", ("v1",))
DAEMON_SET = Kind("DaemonSet", "apps", "daemonsets", ("v1",))
EVENT = Kind("Event", "", "events", ("v1",))
LEASE = Kind("Lease", "coordination.k8s.io", "leases", ("v1",))
CRD = Kind(
    "CustomResourceDefinition", "apiextensions.k8s.io", "customresourcedefinitions", ("v1",), namespaced=False
)
MUTATING_WEBHOOK = Kind(
    "MutatingWebhookConfiguration",
    "admissionregistration.k8s.io",
    "mutatingwebhookconfigurations",
    ("v1",),
    namespaced=False,
)
VALIDATING_WEBHOOK = Kind(
    "ValidatingWebhookConfiguration",
    "admissionregistration.k8s.io",
    "validatingwebhookconfigurations",
    ("v1",),
    namespaced=False,
)

MUTATING_ADMISSION_POLICY = Kind(
    "MutatingAdmissionPolicy",
    "admissionregistration.k8s.io",
    "mutatingadmissionpolicies",
    ("v1",),
    namespaced=False,
)
MUTATING_ADMISSION_POLICY_BINDING = Kind(
    "MutatingAdmissionPolicyBinding",
    "admissionregistration.k8s.io",
    "mutatingadmissionpolicybindings",
    ("v1",),
    namespaced=False,
)
CLUSTER_ROLE = Kind("ClusterRole", "rbac.authorization.k8s.io", "clusterroles", ("v1",), namespaced=False)
SUBJECT_ACCESS_REVIEW = Kind(
    "SubjectAccessReview", "authorization.k8s.io", "subjectaccessreviews", ("v1",), namespaced=False
)
MUTATING_POLICY = Kind("MutatingPolicy", "policies.kyverno.io", "mutatingpolicies", ("v1",), namespaced=False)
CLUSTER_POLICY = Kind("ClusterPolicy", "kyverno.io", "clusterpolicies", ("v1",), namespaced=False)

KYVERNO_POLICY = Kind("Policy", "kyverno.io", "policies", ("v1",))
NAMESPACED_MUTATING_POLICY = Kind(
    "NamespacedMutatingPolicy", "policies.kyverno.io", "namespacedmutatingpolicies", ("v1", "v1beta1")
)
POLICY_REPORT = Kind("PolicyReport", "wgpolicyk8s.io", "policyreports", ("v1alpha2", "v1beta1", "v1alpha1"))
CLUSTER_POLICY_REPORT = Kind(
    "ClusterPolicyReport", "wgpolicyk8s.io", "clusterpolicyreports", POLICY_REPORT.versions, namespaced=False
)
OPEN_REPORT = Kind("Report", "openreports.io", "reports", ("v1alpha1",))
OPEN_CLUSTER_REPORT = Kind(
    "ClusterReport", "openreports.io", "clusterreports", ("v1alpha1",), namespaced=False
)

VIRTUAL_SERVICE = Kind("VirtualService", "networking.istio.io", "virtualservices", _ISTIO)
GATEWAY = Kind("Gateway", "networking.istio.io", "gateways", _ISTIO)
ISTIO_OPERATOR = Kind("IstioOperator", "install.istio.io", "istiooperators", ("v1alpha1",))
SIDECAR = Kind("Sidecar", "networking.istio.io", "sidecars", _ISTIO)
ENVOY_FILTER = Kind("EnvoyFilter", "networking.istio.io", "envoyfilters", ("v1alpha3",))
PROXY_CONFIG = Kind("ProxyConfig", "networking.istio.io", "proxyconfigs", ("v1beta1",))
AUTHORIZATION_POLICY = Kind(
    "AuthorizationPolicy", "security.istio.io", "authorizationpolicies", ("v1", "v1beta1")
)
REQUEST_AUTHENTICATION = Kind(
    "RequestAuthentication", "security.istio.io", "requestauthentications", ("v1", "v1beta1")
)
PEER_AUTHENTICATION = Kind(
    "PeerAuthentication", "security.istio.io", "peerauthentications", ("v1", "v1beta1")
)
TELEMETRY = Kind("Telemetry", "telemetry.istio.io", "telemetries", ("v1", "v1alpha1"))
WASM_PLUGIN = Kind("WasmPlugin", "extensions.istio.io", "wasmplugins", ("v1alpha1",))
TRAFFIC_EXTENSION = Kind("TrafficExtension", "extensions.istio.io", "trafficextensions", ("v1alpha1",))

NETWORK_POLICY = Kind("NetworkPolicy", "networking.k8s.io", "networkpolicies", ("v1",))
SERVICE_MONITOR = Kind("ServiceMonitor", "monitoring.coreos.com", "servicemonitors", ("v1",))
POD_MONITOR = Kind("PodMonitor", "monitoring.coreos.com", "podmonitors", ("v1",))
CERTIFICATE = Kind("Certificate", "cert-manager.io", "certificates", ("v1",))

HELM_RELEASE = Kind("HelmRelease", "helm.toolkit.fluxcd.io", "helmreleases", ("v2", "v2beta2", "v2beta1"))
KUSTOMIZATION = Kind("Kustomization", "kustomize.toolkit.fluxcd.io", "kustomizations", ("v1", "v1beta2"))
HELM_CHART = Kind("HelmChart", "source.toolkit.fluxcd.io", "helmcharts", ("v1", "v1beta2"))
HELM_REPOSITORY = Kind("HelmRepository", "source.toolkit.fluxcd.io", "helmrepositories", ("v1", "v1beta2"))
GIT_REPOSITORY = Kind("GitRepository", "source.toolkit.fluxcd.io", "gitrepositories", ("v1", "v1beta2"))
OCI_REPOSITORY = Kind("OCIRepository", "source.toolkit.fluxcd.io", "ocirepositories", ("v1", "v1beta2"))
BUCKET = Kind("Bucket", "source.toolkit.fluxcd.io", "buckets", ("v1", "v1beta2"))

ROLLOUT = Kind("Rollout", "argoproj.io", "rollouts", ("v1alpha1",))
CLONE_SET = Kind("CloneSet", "apps.kruise.io", "clonesets", ("v1alpha1",))
# Kinds with the names of Kubernetes' own: a Ref tells them apart by the group, as kubectl does.
KRUISE_STATEFUL_SET = Kind(
    "StatefulSet.apps.kruise.io", "apps.kruise.io", "statefulsets", ("v1beta1", "v1alpha1")
)
KRUISE_DAEMON_SET = Kind("DaemonSet.apps.kruise.io", "apps.kruise.io", "daemonsets", ("v1alpha1",))

APPLICATION = Kind("Application", "argoproj.io", "applications", ("v1alpha1",))

KINDS: dict[str, Kind] = {kind.name: kind for kind in list(globals().values()) if isinstance(kind, Kind)}
"""By name, as `Ref.kind` and manifests spell it."""
