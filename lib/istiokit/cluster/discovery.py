"""Which version of a kind the API server serves, and the paths of its objects."""

from collections.abc import Callable
from urllib.parse import quote

import msgspec

from istiokit.cluster.kinds import KINDS
from istiokit.cluster.live_read import decoded
from istiokit.cluster.types import Kind
from istiokit.errors import KindNotServed

_BUILT_IN = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apps",
        "authorization.k8s.io",
        "coordination.k8s.io",
        "networking.k8s.io",
        "rbac.authorization.k8s.io",
    }
)
"""Groups of Kubernetes itself, whose v1 every server has: no question needed."""
_YOUNG = frozenset({"mutatingadmissionpolicies", "mutatingadmissionpolicybindings"})
"""Resources that these groups got later (these in 1.36): older servers do not have them."""


class Resource(msgspec.Struct, frozen=True):
    """A line of an APIResourceList; `name` is the plural, with a slash for subresources."""

    name: str
    kind: str
    namespaced: bool


class ResourceList(msgspec.Struct, frozen=True):
    """The answer to GET /apis/GROUP/VERSION."""

    resources: tuple[Resource, ...] = ()


_RESOURCES = msgspec.json.Decoder(ResourceList)

Fetch = Callable[[str], bytes | bytearray | None]
"""GET of a path: the body, or None for 404."""


class Discovery:
    """Asks once for each group and version and remembers the answer as long as the process lives."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._known: dict[tuple[str, str], tuple[Resource, ...]] = {}

    def version(self, kind: Kind) -> str | None:
        """The first of the kind's versions that is served, or None."""
        if kind.group in _BUILT_IN and kind.versions[0] == "v1" and kind.plural not in _YOUNG:
            return "v1"
        for version in kind.versions:
            if any(resource.name == kind.plural for resource in self._resources(kind.group, version)):
                return version
        return None

    def kind(self, name: str, group: str, version: str) -> Kind:
        """The kind of a manifest, known to us or not; raises KindNotServed."""
        known = KINDS.get(name)
        if known and known.group == group and version in known.versions:
            return known
        for resource in self._resources(group, version):
            if resource.kind == name and "/" not in resource.name:
                return Kind(name, group, resource.name, (version,), resource.namespaced)
        raise KindNotServed(f"{group}/{version} {name}" if group else f"{version} {name}")

    def _resources(self, group: str, version: str) -> tuple[Resource, ...]:
        if (group, version) not in self._known:
            where = root(group, version)
            body = self._fetch(where)
            found = ResourceList() if body is None else decoded(_RESOURCES, body, f"read {where}")
            self._known[group, version] = found.resources
        return self._known[group, version]


def root(group: str, version: str) -> str:
    """Where a group's version lives: `/apis/apps/v1`, and `/api/v1` for the core group."""
    return f"/apis/{quote(group)}/{quote(version)}" if group else f"/api/{quote(version)}"


def path(kind: Kind, version: str, namespace: str | None, name: str = "") -> str:
    """The path of a collection (all namespaces for None) or of one object."""
    place = f"/namespaces/{quote(namespace, safe='')}" if kind.namespaced and namespace else ""
    return (
        root(kind.group, version) + place + f"/{kind.plural}" + (f"/{quote(name, safe='')}" if name else "")
    )
