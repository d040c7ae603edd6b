"""The messages that stop a HelmRelease: which of them are final, and what to do about each.

The texts are those of helm-controller, source-controller, fluxcd/pkg's chartutil, Helm and the API server.
The first entry that matches decides, so what is special stands before what is general.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """A message that we know. Remedies have no full stop; `{dependency}` and the like are filled in."""

    pattern: re.Pattern[str]
    remedy: str
    final: bool = False
    """Waiting does not help: the controllers will say the same again until somebody changes something."""
    gateway_remedy: str = ""
    """Said instead of `remedy` for a release of an Istio gateway chart."""
    umbrella_remedy: str = ""
    """Said instead of `remedy` for the release of the Big Bang umbrella."""


def _known(pattern: str, remedy: str, *, final: bool = False, gateway: str = "", umbrella: str = "") -> Known:
    return Known(re.compile(pattern, re.DOTALL), remedy, final, gateway, umbrella)


_CHART_NAME = "correct the name of the chart: its repository has none called {chart}"
_GATEWAY_CHART_NAME = "set istioGateway.helmRepo.chartName to the chart's name in its repository (gateway)"
_SEE_PODS = "look at its pods, Services and their events: kubectl -n {namespace} get pods,services,events"

KNOWN: tuple[Known, ...] = (
    _known(r"no chart name found", _CHART_NAME, final=True, gateway=_GATEWAY_CHART_NAME),
    _known(
        r"unable to locate any tags in provided repository"
        r"|could not (get|fetch) tags for .*(NAME_UNKNOWN|MANIFEST_UNKNOWN|not found|404)",
        _CHART_NAME,
        final=True,
        gateway=_GATEWAY_CHART_NAME,
    ),
    _known(
        r"no '[^']*' chart with version matching|no chart version found"
        r"|could not locate a version matching provided version string",
        "ask for a version of the chart {chart} that its repository has, or put {version} there",
        final=True,
    ),
    _known(r"invalid chart name '", "correct the name of the chart in spec.chart", final=True),
    _known(
        r"specifications of the schema|[Aa]dditional propert(y|ies) .*not allowed",
        "correct the values that the message names, or set disableSchemaValidation under spec.install and "
        "spec.upgrade",
        final=True,
        gateway="set disableSchemaValidation: true under istioGateway.flux.install and "
        "istioGateway.flux.upgrade (Helm from 3.18 on refuses the schema of the gateway chart)",
        umbrella="remove the keys that the message names from every source of the values "
        "(Big Bang 3.0 and later refuse istio and istioOperator)",
    ),
    _known(
        r"could not resolve .*chart values reference|could not find (ConfigMap|Secret) '"
        r"|missing key '[^']*' in (ConfigMap|Secret)",
        "create the ConfigMap or Secret, with the key, that spec.valuesFrom names, or correct that entry",
        final=True,
    ),
    _known(
        r"unable to (read|merge) values? from key",
        "correct the YAML in the ConfigMap or Secret that the message names",
        final=True,
    ),
    _known(
        r"failed calling webhook|failed to call webhook",
        "bring the service behind the webhook back (istiod for sidecar-injector and validation.istio.io, "
        "Kyverno for kyverno), or delete the webhook configuration if its owner is gone",
    ),
    _known(
        r"denied the request",
        "satisfy the admission policy that the message names, or make an exception for the release",
    ),
    _known(
        r"FailedCreate",
        "read what refuses the pods, and correct it: "
        "kubectl -n {namespace} get events --field-selector reason=FailedCreate",
    ),
    _known(
        r'namespaces "[^"]*" not found',
        "make the umbrella render the namespace again: kubectl istio-migrate reconcile bigbang --force",
    ),
    _known(
        r"provided port is already allocated",
        "give the Service another nodePort, or free the one that the message names",
    ),
    _known(
        r"cannot be imported into the current release|invalid ownership metadata",
        "wait until the old owner has removed the object that the message names, or remove it",
    ),
    _known(
        r"no matches for kind|resource mapping not found|ensure CRDs are installed first",
        "install the CustomResourceDefinitions first (Istio's come with istioCRDs, before it istioCore)",
    ),
    _known(
        r"execution error at|error calling|executing \"[^\"]*\" at|YAML parse error on|parse error at \(",
        "correct the values that the message names: the chart's templates refuse them",
        final=True,
    ),
    _known(
        r"another operation \(install/upgrade/rollback\) is in progress",
        "wait for the other Helm operation; if there is none: kubectl istio-migrate reconcile {name} --force",
    ),
    _known(
        r"unable to get '[^']*' dependency",
        "install HelmRelease {dependency}, or take it out of spec.dependsOn",
    ),
    _known(r"dependency '[^']*' is not ready", "make HelmRelease {dependency} Ready first"),
    _known(
        r"timed out waiting for the condition|context deadline exceeded|timeout waiting for",
        _SEE_PODS,
        gateway=f"{_SEE_PODS}; a LoadBalancer Service holds the release until it has an external address",
    ),
    _known(
        r"Running '(install|upgrade)' action",
        "wait: Helm waits for pods and Services of the release",
        gateway="wait: Helm waits for the pods and for the external address of a LoadBalancer Service; "
        "without a load balancer in this cluster make it NodePort or ClusterIP",
    ),
    _known(
        r"failed to authenticate|authentication required|[Uu]nauthorized|\b401\b",
        "correct the credentials (secretRef) of the source that the message names",
    ),
    _known(r"is forbidden:", "give the service account of the release the permission that the message names"),
    # Said by controllers of v2beta1; newer ones say it with the condition Stalled.
    _known(r"(install|upgrade|rollback|uninstall) retries exhausted", "remove the cause", final=True),
)


def known(message: str) -> Known | None:
    """The entry for a status message, or None."""
    return next((entry for entry in KNOWN if entry.pattern.search(message)), None)


def is_final(message: str) -> bool:
    """Whether the controllers will say this again until somebody changes something."""
    entry = known(message)
    return entry is not None and entry.final
