"""Whether a pod has the sidecar that it would get if it were created now. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from istiokit.istio.control_plane import ControlPlane
from istiokit.istio.injection import (
    DEFAULT_REVISION,
    PROXY,
    STATUS_ANNOTATION,
    expected_revision,
    is_injected,
    is_own_component,
    proxy_image,
    proxy_version,
    revision_of,
)
from istiokit.istio.injectors import Injector, last_of
from istiokit.istio.versions import Version
from istiokit.istio.workloads import Pod

PROXY_IMAGE = "sidecar.istio.io/proxyImage"
OVERRIDES = "proxy.istio.io/overrides"
"""Where the injector notes what the pod's own `istio-proxy` container asked for."""
CONTROL_PLANE = "control-plane"
"""As the moment of --before: when the control plane of the pod was put in place."""


class Standing(StrEnum):
    """How a pod's sidecar stands to the one it would get."""

    OUTSIDE = "outside"
    """Not in the mesh, or part of Istio itself: nothing to say."""
    CURRENT = "current"
    STALE = "stale"
    PINNED = "pinned"
    """Current but for its image, which the pod chooses by itself: a restart brings the same."""
    UNKNOWN = "unknown"
    """One of the two versions cannot be told."""
    UNSERVED = "unserved"
    """Its labels ask for an injector that does not exist: a restart starts it without a sidecar."""


class Reason(StrEnum):
    """Why a sidecar is stale, the weightiest first."""

    MISSING = "missing"
    UNWANTED = "unwanted"
    REVISION = "revision"
    VERSION = "version"
    BEFORE = "before"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Mesh:
    """What decides about sidecars, from one reading."""

    namespaces: Mapping[str, Mapping[str, str]]
    """The labels of each namespace that could be read."""
    injectors: tuple[Injector, ...] | None
    """None where webhooks may not be read: then labels alone decide."""
    planes: Mapping[str, ControlPlane] = field(default_factory=dict)
    """By revision."""
    placed: Mapping[str, str] = field(default_factory=dict)
    """When the control plane of each revision was put in place, RFC 3339 in UTC."""
    _serving: dict[str, tuple[Injector, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    """Of this very mesh: one that is made from it by `replace` begins with none."""

    def taking(self, pod: Pod) -> list[Injector]:
        """The injectors that take the pod; those of its namespace are worked out once."""
        name = pod.metadata.namespace or "default"
        if name not in self._serving:
            labels = self.namespaces.get(name, {})
            self._serving[name] = tuple(one for one in self.injectors or () if one.serves(labels))
        return [one for one in self._serving[name] if one.wants(pod)]


@dataclass(frozen=True, slots=True)
class Question:
    """What counts as stale beside what differs."""

    proxy_version: Version | None = None
    """What the sidecars should be, in place of what the injector's configuration says."""
    before: str = ""
    """RFC 3339 in UTC as the API server writes it, or CONTROL_PLANE; empty for no limit."""
    all: bool = False
    gateways: bool = False
    """Whether Istio's own proxies (gateways, ztunnel) count as workloads."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said about one pod."""

    standing: Standing
    reason: Reason | None = None
    """Of a stale one."""
    detail: str = ""
    """`1.23.2 -> 1.25.1`, or a sentence."""
    revision: str = ""
    """The revision that would inject it; empty where none would."""
    version: Version | None = None
    """The version that it would get, where that is known."""


OUTSIDE = Judgement(Standing.OUTSIDE)


def judge(pod: Pod, mesh: Mesh, question: Question) -> Judgement:
    """The standing of one pod. A pod that has run to its end, or is leaving, is outside."""
    own = is_own_component(pod)
    if pod.finished or pod.leaving or (own and not question.gateways):
        return OUTSIDE
    if own and STATUS_ANNOTATION not in pod.metadata.annotations:
        return _of_its_template(pod, mesh, question)
    labels = mesh.namespaces.get(pod.metadata.namespace or "default")
    if labels is None:
        noted = revision_of(pod) or DEFAULT_REVISION
        return _compared(pod, noted if is_injected(pod) else None, None, mesh, question)
    asked = expected_revision(pod, labels)
    if mesh.injectors is None:
        return _compared(pod, asked, None, mesh, question)
    taking = mesh.taking(pod)
    if asked is not None and not taking:
        return Judgement(Standing.UNSERVED, detail=f"asks for revision {asked}, which no webhook serves")
    injector = last_of(taking, pod)
    return _compared(pod, injector.revision if injector else None, injector, mesh, question)


def _of_its_template(pod: Pod, mesh: Mesh, question: Question) -> Judgement:
    """A gateway or ztunnel whose image its own template names: only age or --all is a reason to restart it."""
    if proxy_image(pod) is None and not (question.all or question.before):
        return OUTSIDE
    told = (Standing.PINNED, None, "has its image from its own template")
    return Judgement(*(_by_age(pod, DEFAULT_REVISION, mesh, question) or told))


def _compared(
    pod: Pod, revision: str | None, injector: Injector | None, mesh: Mesh, question: Question
) -> Judgement:
    if revision is None:
        if not is_injected(pod):
            return OUTSIDE
        return Judgement(Standing.STALE, Reason.UNWANTED, "has a sidecar, and nothing would inject one now")
    version = _version(revision, injector, mesh, question)
    if not is_injected(pod):
        return Judgement(Standing.STALE, Reason.MISSING, "has no sidecar", revision, version)
    standing, reason, detail = _difference(pod, revision, version, injector, question)
    if standing is not Standing.STALE:
        standing, reason, detail = _by_age(pod, revision, mesh, question) or (standing, reason, detail)
    return Judgement(standing, reason, detail, revision, version)


_Found = tuple[Standing, Reason | None, str]


def _difference(
    pod: Pod, revision: str, version: Version | None, injector: Injector | None, question: Question
) -> _Found:
    """What of the sidecar itself differs."""
    noted = revision_of(pod)
    if noted and injector is not None and noted != revision:
        return Standing.STALE, Reason.REVISION, f"{noted} -> {revision}"
    if has_own_image(pod):
        return Standing.PINNED, None, f"chooses its own image {proxy_image(pod)}"
    has = proxy_version(pod)
    if has is not None and version is not None:
        if has == version:
            return Standing.CURRENT, None, ""
        return Standing.STALE, Reason.VERSION, f"{has} -> {version}"
    template = injector.template if injector else None
    if template and not question.proxy_version and proxy_image(pod) == template.image:
        return Standing.CURRENT, None, ""
    return Standing.UNKNOWN, None, _untold(pod, has, version)


def _untold(pod: Pod, has: Version | None, version: Version | None) -> str:
    if has is None:
        return f"its image {proxy_image(pod) or '(none)'} tells no version"
    return f"runs {has}, and what would be injected now is not known: --proxy-version tells it"


def _by_age(pod: Pod, revision: str, mesh: Mesh, question: Question) -> _Found | None:
    """Stale by the pod's age, or because all were asked for."""
    limit = mesh.placed.get(revision, "") if question.before == CONTROL_PLANE else question.before
    created = pod.metadata.creation_timestamp or ""
    if limit and created and created < limit:
        return Standing.STALE, Reason.BEFORE, f"made at {created}, before {limit}"
    return (Standing.STALE, Reason.ALL, "asked for by --all") if question.all else None


def _version(revision: str, injector: Injector | None, mesh: Mesh, question: Question) -> Version | None:
    """What would be injected: as given, as the ConfigMap says, else the control plane's own version."""
    if question.proxy_version:
        return question.proxy_version
    if injector and injector.template and injector.template.version:
        return injector.template.version
    plane = mesh.planes.get(revision)
    return plane.version if plane else None


class _Override(msgspec.Struct):
    """A container as the pod's author wrote it."""

    name: str = ""
    image: str = ""


class _Overrides(msgspec.Struct, rename="camel"):
    """The annotation OVERRIDES."""

    containers: tuple[_Override, ...] = ()
    init_containers: tuple[_Override, ...] = ()


def has_own_image(pod: Pod) -> bool:
    """Whether the pod names the image of its sidecar, so that no injector changes it."""
    annotations = pod.metadata.annotations
    if PROXY_IMAGE in annotations:
        return True
    try:
        found = msgspec.json.decode(annotations.get(OVERRIDES, "{}"), type=_Overrides)
    except msgspec.DecodeError:
        return False
    written = (*found.containers, *found.init_containers)
    return any(one.name == PROXY and one.image not in ("", "auto") for one in written)
