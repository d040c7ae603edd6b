"""All of the old packages but their gateways, as values of istioCRDs, istiod and istioGateway. Pure.

Each topic has a module of its own: istiod, mesh, guards, packages, core_values. Here is their order, which decides
where two old keys mean the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from istiokit.bigbang.versions import Release, Version
from istiokit.convert.control_plane import guards, istiod, mesh
from istiokit.convert.control_plane.core_values import core_values
from istiokit.convert.control_plane.draft import Draft
from istiokit.convert.control_plane.new_defaults import is_on
from istiokit.convert.control_plane.packages import packages
from istiokit.convert.control_plane.places import OLD_VALUES
from istiokit.convert.model import Ledger, Values, at

_NO_JOB = "the new packages have no such job"
_WITHOUT_EFFECT = {
    "postInstallHook": _NO_JOB,
    "waitJob": _NO_JOB,
    "domain": "it only filled in the hosts of gateways",
}
"""Keys of istio.values that the new packages need nothing for, whatever they say."""
_PASSED_ON = ("global", "pilot", "defaultRevision")
_TOPICS = (
    packages,
    istiod.pod,
    istiod.pilot,
    mesh.images,
    mesh.pulling,
    mesh.revision,
    mesh.mesh_config,
    mesh.tracing,
    mesh.authservice,
    mesh.mutual_tls,
    guards.switches,
    guards.network_policies,
    guards.kiali,
    guards.envoy_filters,
    guards.hardened,
    guards.openshift,
    core_values,
)


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """What the old packages mean without their gateways."""

    values: Values
    """Of the umbrella, to be merged over the user's: istioCRDs, istiod, and of istioGateway what is for all."""
    for_each_gateway: Values
    """What every gateway's values must have, `mtls` or `upstream.revision`; there is no one place for them."""
    notes: tuple[str, ...] = ()
    """What changes although no old key says a word about it."""


def control_plane(values: Values, release: Release, ledger: Ledger) -> ControlPlane:
    """Carry the old packages' keys; each of them has its fate in the ledger then.

    Raises Problem for values that mean nothing. What the user has set at a new place stays as it is.
    """
    draft = Draft(values, release, ledger)
    draft.below(OLD_VALUES)
    _settled(draft)
    for topic in _TOPICS:
        topic(draft)
    return ControlPlane(draft.new, draft.for_each_gateway, tuple(_notes(values, release)))


def _settled(draft: Draft) -> None:
    """Keys that need nothing, whatever they say."""
    for key, why in _WITHOUT_EFFECT.items():
        if draft.has((*OLD_VALUES, key)):
            draft.ledger.default((*OLD_VALUES, key), why)
    profile = (*OLD_VALUES, "profile")
    if draft.text(profile) == "default":
        draft.ledger.default(profile, "the new charts do the same without one")
    elif draft.has(profile) and not draft.hidden(profile):
        todo = "set what it changed key by key under istiod.values.upstream"
        draft.ledger.lost(profile, "it is a profile of the operator", todo)
    for key in draft.below((*OLD_VALUES, "values")):
        if key not in _PASSED_ON:
            why = f"the old chart handed on only {', '.join(_PASSED_ON)}"
            draft.ledger.default((*OLD_VALUES, "values", str(key)), why)


def _notes(values: Values, release: Release) -> Iterator[str]:
    """Defaults of the umbrella that are other ones with the new packages."""
    if is_on(values, "tempo", "enabled", usual=True) and release.version < Version(3, 0):
        yield (
            "tracing: with tempo on the old package had proxies trace to it, and write trace IDs to their access logs; "
            "the istiod package of this Big Bang knows jaeger only. Set enableTracing, defaultConfig.tracing and "
            "accessLogFormat below istiod.values.upstream.meshConfig"
        )
    if _single_sign_on(values) and not is_on(values, "addons", "authservice", "enabled"):
        yield (
            "authservice: the single sign-on of monitoring, jaeger or tempo brought istiod's provider authservice with "
            "the old package; the new one asks only for addons.authservice.enabled: set it to true"
        )
    older = at(values, ("sso", "certificate_authority"))
    certificate = older or at(values, ("sso", "certificateAuthority", "cert"))
    authservice = is_on(values, "addons", "authservice", "enabled")
    if certificate and (older or release.version < Version(2, 54) or not authservice):
        key = "sso.certificate_authority" if older else "sso.certificateAuthority.cert"
        yield (
            f"{key}: the old package had istiod trust it when it fetches JWKS keys; set "
            "istiod.values.upstream.jwksResolverExtraRootCA to it"
        )
    if is_on(values, "openshift"):
        yield (
            "openshift: the old package brought Istio's CNI and bound its service accounts to a security context "
            "constraint; the new ones do not: see to both before step 1, for the namespace istio-gateway too"
        )


def _single_sign_on(values: Values) -> bool:
    usual = {"monitoring": True, "jaeger": False, "tempo": True}
    return any(
        is_on(values, name, "enabled", usual=on) and is_on(values, name, "sso", "enabled")
        for name, on in usual.items()
    )
