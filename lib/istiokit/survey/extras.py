"""What only `check` and the steps have to know: Istio's CRDs, the gateways' Secrets, our permissions."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from istiokit.bigbang.checks.crds import SERVED_VERSIONS
from istiokit.bigbang.checks.model import Subject, Target
from istiokit.bigbang.checks.permissions import needed
from istiokit.bigbang.facts import GATEWAY_SECRETS, CustomResource, Facts
from istiokit.cluster import kinds
from istiokit.cluster.decode import Object, Part
from istiokit.cluster.types import Cluster, Ref, Where
from istiokit.cluster.unread import Unread
from istiokit.istio.bindings import NEW_NAMESPACE
from istiokit.istio.control_plane import helm_release
from istiokit.survey.reading import Reading

_THREADS = 8


class CrdVersion(Part, frozen=True, kw_only=True):
    """A version of a CustomResourceDefinition."""

    name: str = ""
    served: bool = False


class CrdSpec(Part, frozen=True, kw_only=True):
    """spec of a CustomResourceDefinition, without its schemas."""

    versions: tuple[CrdVersion, ...] = ()


class CrdStatus(Part, frozen=True, kw_only=True):
    """`stored_versions` are those in which objects may lie in etcd."""

    stored_versions: tuple[str, ...] | None = None


class Crd(Object, frozen=True, kw_only=True):
    """A CustomResourceDefinition."""

    spec: CrdSpec = CrdSpec()
    status: CrdStatus = CrdStatus()


def survey_for_check(cluster: Cluster, facts: Facts, target: Target) -> Facts:
    """The facts of `survey`, with what the checks of this target need besides.

    Facts that come from files are given back as they are: there is no cluster to ask.
    """
    if facts.server_version is None:
        return facts
    with Reading(cluster) as reading:
        names = [Ref(kinds.CRD.name, name) for name in SERVED_VERSIONS]
        crds = [reading.get(kinds.CRD, ref, Crd) for ref in names]
        secrets = reading.list(kinds.SECRET, Object, Where(NEW_NAMESPACE))
        denied = _denied(cluster, facts, target)
        found = tuple(_custom_resource(crd) for future in crds if (crd := future.result()) is not None)
        mesh = replace(facts.mesh, crds=found, gateway_secrets=secrets.result())
        unread = _united(facts.unread, reading.unread)
    return replace(facts, mesh=mesh, denied=denied, unread=unread)


def _custom_resource(crd: Crd) -> CustomResource:
    owner = helm_release(crd)
    return CustomResource(
        name=crd.metadata.name,
        stored_versions=crd.status.stored_versions or (),
        served_versions=tuple(version.name for version in crd.spec.versions if version.served),
        kept=crd.metadata.annotations.get("helm.sh/resource-policy") == "keep",
        release=owner[1] if owner else "",
        uid=crd.metadata.uid,
    )


def _denied(cluster: Cluster, facts: Facts, target: Target) -> tuple[str, ...]:
    """The permissions of the step's plan that the server does not grant, asked for in parallel."""
    version = facts.umbrella.version if facts.umbrella else ""
    wanted = needed(Subject(facts, target, version))
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="permissions") as pool:
        granted = pool.map(lambda one: cluster.allowed(one.verb, one.kind, one.namespace), wanted)
        return tuple(str(one) for one, may in zip(wanted, granted, strict=True) if not may)


def _united(before: Iterable[Unread], now: Iterable[Unread]) -> tuple[Unread, ...]:
    """Both, without a word said twice; the Secrets read here are just those of the new gateways."""
    renamed = (replace(item, kind=GATEWAY_SECRETS) if item.kind == "Secret" else item for item in now)
    return tuple({item.kind: item for item in (*before, *renamed)}.values())
