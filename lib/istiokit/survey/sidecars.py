"""Reads all that decides about sidecars: pods, namespaces, injection webhooks, their ConfigMaps, control planes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from istiokit.cluster import kinds
from istiokit.cluster.types import Cluster, Ref, Where
from istiokit.cluster.unread import Unread
from istiokit.cluster.yamlload import loader
from istiokit.errors import NotDone, OperationFailed
from istiokit.istio.control_plane import ControlPlane
from istiokit.istio.control_plane import mesh as mesh_of
from istiokit.istio.injectors import (
    Injector,
    InjectorConfigMap,
    Template,
    config_map_of,
    injectors_of,
    template_of,
)
from istiokit.istio.model import full_name
from istiokit.istio.sidecars import Slimmer
from istiokit.istio.staleness import Mesh
from istiokit.istio.webhooks import WebhookConfiguration
from istiokit.istio.workloads import Deployment, Namespace, Pod
from istiokit.survey.reading import Reading

_ISTIOD = Where(labels="app=istiod")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which pods: of these namespaces (none means all), with these labels."""

    namespaces: tuple[str, ...] = ()
    labels: str = ""

    @property
    def places(self) -> tuple[Where, ...]:
        """What to list, and to watch."""
        return tuple(Where(one, self.labels) for one in self.namespaces or (None,))


@dataclass(frozen=True, slots=True)
class SidecarFacts:
    """What was read."""

    pods: tuple[Pod, ...]
    mesh: Mesh
    unread: tuple[Unread, ...] = ()
    """What may not be read, and what is not installed."""
    namespaces: tuple[Namespace, ...] = ()
    """Those that could be read; `mesh` has their labels."""


def expect(cluster: Cluster, scope: Scope) -> Slimmer:
    """Ask for the pods now: the server works on them while the rest is imported. Give the result to `read`."""
    keep = Slimmer()
    for where in scope.places:
        cluster.expect(kinds.POD, Pod, where, keep)
    return keep


def read(cluster: Cluster, scope: Scope, keep: Slimmer | None = None) -> SidecarFacts:
    """Read the scope; raises NotDone for a namespace that is not there, and what ended a request for good."""
    keep = keep or Slimmer()
    with Reading(cluster) as reading:
        pods = [reading.list(kinds.POD, Pod, where, keep) for where in scope.places]
        webhooks = reading.list(kinds.MUTATING_WEBHOOK, WebhookConfiguration)
        deployments = reading.list(kinds.DEPLOYMENT, Deployment, _ISTIOD)
        namespaces = _namespaces(reading, scope)
        planes = mesh_of(deployments.result()).control_planes
        injectors = _with_templates(reading, injectors_of(webhooks.result()), planes)
        known = namespaces()
        found = tuple(pod for future in pods for pod in future.result())
        made = {full_name(item): item.metadata.creation_timestamp or "" for item in deployments.result()}
        placed = {plane.revision: made[f"{plane.namespace}/{plane.name}"] for plane in planes}
        unread = reading.unread
    hidden = any(item.kind == kinds.MUTATING_WEBHOOK.name for item in unread)
    by_revision = {plane.revision: plane for plane in planes}
    labels = {one.metadata.name: one.metadata.labels for one in known}
    mesh = Mesh(labels, None if hidden else injectors, by_revision, placed)
    return SidecarFacts(found, mesh, unread, known)


def _namespaces(reading: Reading, scope: Scope) -> Callable[[], tuple[Namespace, ...]]:
    """The namespaces of the scope, asked for now; one that may not be read, or is not there, is missing."""
    if not scope.namespaces:
        return reading.list(kinds.NAMESPACE, Namespace).result
    asked = [reading.get(kinds.NAMESPACE, Ref("Namespace", name), Namespace) for name in scope.namespaces]
    return lambda: tuple(found for future in asked if (found := future.result()) is not None)


def refuse_missing(cluster: Cluster, scope: Scope, facts: SidecarFacts) -> None:
    """Raise NotDone for a namespace of the scope that does not exist; one that may not be read may well exist."""
    if any(item.kind == "Namespace" for item in facts.unread):
        return
    missing = [name for name in scope.namespaces if name not in facts.mesh.namespaces]
    if missing:
        raise NotDone(
            f"there is no namespace {', '.join(missing)} ({cluster.name})", "check -n, and --context"
        )


def refuse_blindness(facts: SidecarFacts) -> None:
    """Raise where pods could not be read at all: nothing stale must not be the answer."""
    for item in facts.unread:
        if item.kind == kinds.POD.name and not facts.pods:
            raise OperationFailed(item.reason, "name namespaces that you may read with -n, or see docs/rbac/")


def _with_templates(
    reading: Reading, injectors: Sequence[Injector], planes: Iterable[ControlPlane]
) -> tuple[Injector, ...]:
    """The injectors with what their ConfigMaps say; each ConfigMap is read once."""
    homes = {plane.revision: plane.namespace for plane in planes}
    places = {one: (homes.get(one.revision, one.namespace), one.revision) for one in injectors}
    asked = {
        (namespace, revision): reading.get(
            kinds.CONFIG_MAP, Ref("ConfigMap", config_map_of(revision), namespace), InjectorConfigMap
        )
        for namespace, revision in set(places.values())
    }
    templates = {place: _template(future.result()) for place, future in asked.items()}
    return tuple(replace(one, template=templates[places[one]]) for one in injectors)


def _template(found: InjectorConfigMap | None) -> Template | None:
    """What it says; None where it is not there, or damaged."""
    if found is None:
        return None
    import yaml

    try:
        values = msgspec.json.decode(found.data.get("values", "{}"), type=dict[str, Any])
        config = yaml.load(found.data.get("config", ""), Loader=loader())  # noqa: S506 - loader() is a safe one
    except (msgspec.DecodeError, yaml.YAMLError):
        return None
    return template_of(values, config)
