"""Reads what Helm releases have rendered, a few at a time: the Secrets hold values, and are large."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from istiokit.cluster import kinds
from istiokit.cluster.decode import Object, Part
from istiokit.cluster.types import Cluster, Ref, Where
from istiokit.cluster.unread import Unread
from istiokit.errors import Forbidden, KindNotServed
from istiokit.helm.manifest import virtual_services
from istiokit.helm.release import (
    DEPLOYED,
    SELECTOR,
    NotARelease,
    Release,
    Revision,
    counting,
    revision_of,
    unpacked,
)
from istiokit.istio.model import VirtualServiceSpec
from istiokit.istio.sharing import shared_spec
from istiokit.ownership.declared import By, Declared

_AT_ONCE = 8
_MANY = 8
"""Of more namespaces than this the names of all of Helm's Secrets are asked for at once."""

Key = tuple[str, str]
"""A release by the namespace that Helm keeps its record in and its name; or a VirtualService by its own."""


class _Data(Part, frozen=True, kw_only=True):
    release: str = ""


class _Record(Object, frozen=True, kw_only=True):
    data: _Data = _Data()


@dataclass(frozen=True, slots=True)
class _Read:
    """A revision and its VirtualServices; or why they are not known."""

    revision: Revision
    rendered: Mapping[Key, VirtualServiceSpec]
    problem: str = ""
    forbidden: bool = False


@dataclass(frozen=True, slots=True)
class HelmRecords:
    """What Helm's records tell of the releases that were asked for."""

    _read: Mapping[Key, Sequence[_Read]]
    _hidden: Mapping[str, str]
    """Why the Secrets of a namespace were not read."""

    @property
    def unread(self) -> tuple[Unread, ...]:
        """That Secrets may not be read, if so."""
        reasons = [*self._hidden.values()]
        reasons += [one.problem for read in self._read.values() for one in read if one.forbidden]
        return (Unread(kinds.SECRET.name, reasons[0]),) if reasons else ()

    def declared(self, release: Key, item: Key) -> Declared:
        """What the release declares of the VirtualService; UNKNOWN with the reason where that is not to be had."""
        title = f"Helm release {'/'.join(release)}"
        found = self._read.get(release)
        if not found:
            why = self._hidden.get(release[0]) or f"there is no record of {title} in namespace {release[0]}"
            return Declared(By.UNKNOWN, why)
        for one in found:
            if one.problem:
                return Declared(
                    By.UNKNOWN, f"the record of {_worded(one.revision)} is of no use: {one.problem}"
                )
        return _agreed(found, item, title)


def read_records(cluster: Cluster, releases: Iterable[Key]) -> HelmRecords:
    """The records of these releases; one that may not be read, or is none, costs only its own release."""
    wanted = set(releases)
    revisions, hidden = _revisions(cluster, wanted)
    chosen = [one for key in wanted & revisions.keys() for one in counting(revisions[key])]
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="helm") as pool:
        read = pool.map(lambda one: _read(cluster, one), chosen)
        found: dict[Key, list[_Read]] = defaultdict(list)
        for one in read:
            found[one.revision.namespace, one.revision.release].append(one)
    return HelmRecords(found, hidden)


def _revisions(cluster: Cluster, wanted: set[Key]) -> tuple[dict[Key, list[Revision]], dict[str, str]]:
    """The revisions of the releases, by names and labels alone, and which namespaces hide them."""
    namespaces = sorted({namespace for namespace, _ in wanted})
    found: dict[Key, list[Revision]] = defaultdict(list)
    hidden: dict[str, str] = {}
    for namespace in [None] if len(namespaces) > _MANY else namespaces:
        try:
            secrets = cluster.list(kinds.SECRET, Object, Where(namespace, labels=SELECTOR), _slim)
        except KindNotServed:
            continue
        except Forbidden as error:
            hidden |= dict.fromkeys(namespaces if namespace is None else [namespace], error.what)
            continue
        for one in filter(None, map(revision_of, secrets)):
            if (one.namespace, one.release) in wanted:
                found[one.namespace, one.release].append(one)
    return found, hidden


def _slim(secret: Object) -> Object:
    metadata = secret.metadata
    status = {"status": metadata.labels.get("status", "")}
    return Object(metadata=type(metadata)(name=metadata.name, namespace=metadata.namespace, labels=status))


def _read(cluster: Cluster, revision: Revision) -> _Read:
    try:
        record = cluster.get(Ref(kinds.SECRET.name, revision.secret, revision.namespace), _Record)
        if record is None:
            return _Read(revision, {}, "it went away while it was read")
        specs = virtual_services(unpacked(record.data.release, Release))
    except Forbidden as error:
        return _Read(revision, {}, error.what, forbidden=True)
    except NotARelease as error:
        return _Read(revision, {}, str(error))
    return _Read(revision, {key: shared_spec(spec) for key, spec in specs.items()})


def _agreed(found: Sequence[_Read], item: Key, title: str) -> Declared:
    """What the newest revision has; of one that is not deployed only what the deployed one has as well."""
    newest, *older = found
    spec = newest.rendered.get(item)
    if newest.revision.status != DEPLOYED and any(one.rendered.get(item) != spec for one in older):
        what = (
            f"{_worded(newest.revision)} is {newest.revision.status}, and the deployed one has it otherwise"
        )
        return Declared(By.UNKNOWN, what)
    if spec is None:
        return Declared(By.UNKNOWN, f"{_worded(newest.revision)} does not render it")
    return Declared(By.HELM, f"revision {newest.revision.number} of {title}", spec)


def _worded(one: Revision) -> str:
    return f"revision {one.number} of Helm release {one.namespace}/{one.release}"
