"""Values that the old chart handed on to Istio's own chart as they were: `global` and `pilot`.

Sources: manifests/charts/istio-control/istio-discovery of Istio 1.23.6 and 1.25.2 (which keys its templates and its
injection templates read); chart/templates/controlplane.yaml of istio-controlplane 1.23.6-bb.1.
"""

from collections.abc import Collection
from typing import Any

from istiokit.convert.control_plane.draft import Draft
from istiokit.convert.control_plane.places import GLOBAL, UPSTREAM
from istiokit.convert.model import Path, at, dotted, leaves


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KNOWN_PILOT = _words(
    "affinity autoscaleBehavior autoscaleEnabled autoscaleMax autoscaleMin cni configMap cpu "
    "deploymentLabels env extraContainerArgs hub image initContainers ipFamilies ipFamilyPolicy "
    "istiodRemote jwksResolverExtraRootCA keepaliveMaxServerConnectionAge memory nodeSelector "
    "podAnnotations podLabels replicaCount resources rollingMaxSurge rollingMaxUnavailable "
    "seccompProfile serviceAccountAnnotations serviceAnnotations sidecarInjectorWebhookAnnotations tag "
    "taint tolerations topologySpreadConstraints traceSampling trustedZtunnelName "
    "trustedZtunnelNamespace variant volumeMounts volumes"
)
KNOWN_GLOBAL = _words(
    "caAddress caName certSigners configCluster configValidation defaultPodDisruptionBudget "
    "defaultResources externalIstiod hub imagePullPolicy imagePullSecrets ipFamilies ipFamilyPolicy "
    "istioNamespace istiod logAsJson logging meshID meshNetworks mountMtlsCerts multiCluster network "
    "omitSidecarInjectorConfigMap operatorManageWebhooks pilotCertProvider platform priorityClassName "
    "proxy proxy_init remotePilotAddress sds sts tag tracer trustDomain variant waypoint"
)
KNOWN_TOP = _words(
    "base compatibilityVersion experimental gateways meshConfig ownerName platform profile revision "
    "revisionTags sidecarInjectorWebhook telemetry"
)
"""What else Istio's chart reads at its top."""
_NEVER_READ: dict[Path, str] = {
    ("proxy_init", "resources"): "Istio 1.23 did not read it: istio-init has the proxy's resources"
}
_NOT_ANY_MORE: dict[Path, tuple[str, str]] = {
    ("proxy", "enableCoreDump"): (
        "Istio 1.25 does not have it any more",
        "annotate the pods that need it: sidecar.istio.io/enableCoreDump",
    )
}
_IMAGES = frozenset({("image",), ("global", "proxy", "image"), ("global", "proxy_init", "image")})
_TAGS = frozenset({("tag",), ("global", "tag")})
_OLD_IMAGE = "it names the image of the old Istio"


def pass_on(draft: Draft, old: Path, new: Path, known: Collection[str]) -> None:
    """Carry a mapping leaf by leaf, as far as the new chart knows its keys; the others are left to the caller."""
    draft.below(old)
    for path, value in list(leaves(at(draft.values, old), old)) if draft.has(old) else ():
        rest = path[len(old) :]
        if rest and rest[0] in known and not draft.ledger.spoken_of(path):
            _pass(draft, path, (*new, *rest), value)


def _pass(draft: Draft, path: Path, place: Path, value: Any) -> None:
    within = place[len(GLOBAL) :] if place[: len(GLOBAL)] == GLOBAL else ()
    if within[:2] in _NEVER_READ:
        draft.ledger.default(path, _NEVER_READ[within[:2]])
    elif within in _NOT_ANY_MORE:
        draft.ledger.lost(path, *_NOT_ANY_MORE[within])
    elif _names_version(place[len(UPSTREAM) :], value):
        old_image(draft, path, place)
    else:
        draft.carry(path, place)


def old_image(draft: Draft, path: Path, place: Path) -> None:
    """An image of the old Istio must not come along."""
    todo = f"set {dotted(place)} if the new Istio's own is not the one that you want"
    draft.ledger.lost(path, _OLD_IMAGE, todo)


def _names_version(place: Path, value: Any) -> bool:
    """Whether the value is a tag, or an image with all its name (`registry/pilot:1.23.6`)."""
    full = isinstance(value, str) and any(mark in value for mark in ":/")
    return bool(value) and (place in _TAGS or (place in _IMAGES and full))
