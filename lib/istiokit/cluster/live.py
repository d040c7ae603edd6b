"""A live cluster: the `Cluster` protocol on the API server."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from istiokit.cluster import live_read
from istiokit.cluster.decode import TableRow, decoder
from istiokit.cluster.discovery import Discovery, path
from istiokit.cluster.kinds import POD
from istiokit.cluster.live_access import access
from istiokit.cluster.live_early import Early
from istiokit.cluster.live_errors import is_unknown_path, refusal
from istiokit.cluster.live_evict import evict
from istiokit.cluster.live_http import Body, Impersonation, Reply, Transport
from istiokit.cluster.live_kubeconfig import ConnectOptions, select
from istiokit.cluster.live_watch import Watch
from istiokit.cluster.manifests import group_and_version, kind_of, ref_of
from istiokit.cluster.types import EVERYWHERE, FIELD_MANAGER, Event, Kind, Ref, Where, nothing, unchanged
from istiokit.errors import Conflict, KindNotServed, OperationFailed, SuiteError, UsageError

T = TypeVar("T")

_MERGE, _JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class _Version(msgspec.Struct, rename="camel"):
    """The answer to GET /version."""

    git_version: str


class _Verdict(msgspec.Struct):
    """status of a review."""

    allowed: bool


class _Review(msgspec.Struct):
    """A SelfSubjectAccessReview that was answered."""

    status: _Verdict


def connect(options: ConnectOptions) -> "LiveCluster":
    """A cluster by the kubeconfig; nothing is sent yet. Raises UsageError where that leads nowhere."""
    if options.as_groups and not options.as_user:
        raise UsageError("--as-group needs --as", "name the user too")
    who = Impersonation(options.as_user, options.as_groups)
    return LiveCluster(Transport(access(select(options)), who, options.request_timeout))


class LiveCluster:
    """Objects of an API server. May be shared by threads."""

    def __init__(self, transport: Transport) -> None:
        self._transport, self._early = transport, Early()
        self._discovery = Discovery(self._fetch)

    @property
    def name(self) -> str:
        """The context and its server."""
        return f"{self._transport.access.context} ({self._transport.access.server})"

    @property
    def namespace(self) -> str:
        """The namespace that commands mean where they name none."""
        return self._transport.access.namespace

    def server_version(self) -> str | None:
        """`v1.32.4`."""
        what = "read the server's version"
        reply = self._checked(self._transport.send("GET", "/version"), what)
        return live_read.decoded(decoder(_Version), reply.body, what).git_version

    def served(self, kind: Kind) -> bool:
        """Whether the server knows the kind in a version that we can read."""
        return self._discovery.version(kind) is not None

    def expect(
        self, kind: Kind, as_: type[T], where: Where = EVERYWHERE, keep: Callable[[T], T] = unchanged
    ) -> None:
        """Begin to read them now, in the hope that the server's version is the preferred one."""
        version = kind.versions[0]
        work = partial(self._listed, kind, version, as_, where, keep)
        self._early.begin((kind, version, where, as_), work)

    def list(
        self, kind: Kind, as_: type[T], where: Where = EVERYWHERE, keep: Callable[[T], T] = unchanged
    ) -> Sequence[T]:
        """All objects of the kind, decoded while they come."""
        version = self._version(kind)
        work = partial(self._listed, kind, version, as_, where, keep)
        return self._early.get((kind, version, where, as_), work)

    def _listed(
        self, kind: Kind, version: str, as_: type[T], where: Where, keep: Callable[[T], T]
    ) -> Sequence[T]:
        pull = self._pull(kind, version, where, live_read.accepted(as_), f"list {kind}")
        return live_read.items(pull, live_read.selectors(where), kind, version, as_, keep)

    def expect_table(self, kind: Kind, where: Where = EVERYWHERE) -> None:
        """Begin to read it now, as `expect` does."""
        version = kind.versions[0]
        self._early.begin((kind, version, where), partial(self._tabled, kind, version, where))

    def table(self, kind: Kind, where: Where = EVERYWHERE) -> tuple[Sequence[str], Sequence[TableRow]]:
        """The server's Table of the kind, with each object's metadata."""
        version = self._version(kind)
        return self._early.get((kind, version, where), partial(self._tabled, kind, version, where))

    def _tabled(self, kind: Kind, version: str, where: Where) -> tuple[Sequence[str], Sequence[TableRow]]:
        pull = self._pull(kind, version, where, live_read.AS_TABLE, f"list {kind} as a table")
        return live_read.table(pull, live_read.selectors(where), kind)

    def _pull(self, kind: Kind, version: str, where: Where, accept: str, what: str) -> live_read.Pull:
        """How pages of the collection are asked for."""
        collection = path(kind, version, where.namespace)

        def pull(query: Mapping[str, str], read: Callable[[Iterable[bytes]], T]) -> T:
            found = self._transport.pull(collection, query, accept, read)
            if not isinstance(found, Reply):
                return found
            if found.status == live_read.EXPIRED:
                raise live_read.Expired
            raise self._refusal(found, what, kind)

        return pull

    def get(self, ref: Ref, as_: type[T]) -> T | None:
        """The object, or None."""
        kind = kind_of(ref)
        version = self._discovery.version(kind)
        if version is None:
            return None
        reply = self._transport.send("GET", self._path(kind, version, ref))
        if reply.status == 404:
            return None
        body = self._checked(reply, f"get {ref}", kind).body
        return live_read.decoded(decoder(as_), body, f"get {ref}")

    def watch(
        self, kind: Kind, as_: type[T], where: Where = EVERYWHERE, *, seconds: float,
        synced: Callable[[], None] = nothing,
    ) -> Iterator[Event[T]]:  # fmt: skip
        """List, then follow for at most `seconds`, whatever breaks in between."""
        collection = path(kind, self._version(kind), where.namespace)
        check = partial(self._checked, what=f"watch {kind}", kind=kind)
        return Watch(self._transport, check, collection, where, as_, seconds, synced).events()

    def create(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """POST; raises Conflict where the object exists."""
        return self._put("POST", manifest, dry_run=dry_run)

    def replace(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """PUT; raises Conflict for an old resourceVersion."""
        return self._put("PUT", manifest, dry_run=dry_run)

    def merge_patch(self, ref: Ref, patch: Mapping[str, Any], *, dry_run: bool = False) -> None:
        """An empty patch is sent too: it makes admission look at the object again."""
        self._patch(ref, patch, _MERGE, dry_run=dry_run)

    def json_patch(self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, dry_run: bool = False) -> None:
        """Raises Conflict where a `test` fails (or a path is not there: the server does not tell which)."""
        self._patch(ref, operations, _JSON_PATCH, dry_run=dry_run)

    def delete(self, ref: Ref, *, uid: str = "") -> None:
        """DELETE; with `uid`, another object of the same name stays."""
        kind = kind_of(ref)
        version = self._discovery.version(kind)
        if version is None:
            return
        body = msgspec.json.encode({"preconditions": {"uid": uid}}) if uid else None
        reply = self._transport.send("DELETE", self._path(kind, version, ref), body=body)
        is_another = bool(uid) and reply.status == 409
        if reply.status != 404 and not is_another:
            self._checked(reply, f"delete {ref}", kind)

    def evict(self, ref: Ref, *, uid: str = "", dry_run: bool = False) -> str:
        """POST pods/eviction."""
        where = self._path(POD, self._version(POD), ref)
        return evict(self._transport, where, ref, uid, self._checked, dry_run=dry_run)

    def allowed(self, verb: str, kind: Kind, namespace: str | None = None, *, subresource: str = "") -> bool:
        """A SelfSubjectAccessReview; no namespace asks for all of them."""
        attributes = {"verb": verb, "group": kind.group, "resource": kind.plural, "subresource": subresource}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes | {"namespace": namespace or ""}},
        }
        reply = self._transport.send("POST", _REVIEWS, body=msgspec.json.encode(review))
        what = f"ask whether we may {verb} {kind}"
        answer = live_read.decoded(decoder(_Review), self._checked(reply, what).body, what)
        return answer.status.allowed

    def _put(self, method: str, manifest: Mapping[str, Any], *, dry_run: bool) -> dict[str, Any]:
        ref, (group, version) = ref_of(manifest), group_and_version(manifest)
        kind = self._discovery.kind(ref.kind, group, version)
        name = ref.name if method == "PUT" else ""
        where = path(kind, version, ref.namespace or self.namespace, name)
        reply = self._transport.send(method, where, _query(dry_run), body=msgspec.json.encode(manifest))
        if reply.status == 404 and method == "PUT":
            raise Conflict(f"{ref} is no longer there", "run the command again")
        what = f"{'create' if method == 'POST' else 'replace'} {ref}"
        body = self._checked(reply, what, kind).body
        return live_read.decoded(decoder(dict[str, Any]), body, what)

    def _patch(self, ref: Ref, patch: Any, content_type: str, *, dry_run: bool) -> None:
        kind = kind_of(ref)
        where = self._path(kind, self._version(kind), ref)
        body = msgspec.json.encode(patch)
        reply = self._transport.send("PATCH", where, _query(dry_run), body=body, content_type=content_type)
        if reply.status == 404:
            raise OperationFailed(f"patch {ref}: it is not there")
        self._checked(reply, f"patch {ref}", kind)

    def _version(self, kind: Kind) -> str:
        version = self._discovery.version(kind)
        if version is None:
            raise KindNotServed(kind.name)
        return version

    def _path(self, kind: Kind, version: str, ref: Ref) -> str:
        return path(kind, version, ref.namespace or self.namespace, ref.name)

    def _fetch(self, where: str) -> Body | None:
        reply = self._transport.send("GET", where)
        return None if reply.status == 404 else self._checked(reply, f"read {where}").body

    def _checked(self, reply: Reply, what: str, kind: Kind | None = None) -> Reply:
        """The reply if it is good; raises what it means otherwise."""
        if reply.status < 300:
            return reply
        raise self._refusal(reply, what, kind)

    def _refusal(self, reply: Reply, what: str, kind: Kind | None) -> SuiteError:
        if kind is not None and is_unknown_path(reply):
            return KindNotServed(kind.name)
        place = self._transport.access
        return refusal(reply, what, place.server, place.context)


def _query(dry_run: bool) -> dict[str, str]:
    return {"fieldManager": FIELD_MANAGER} | ({"dryRun": "All"} if dry_run else {})
