"""Lists, read page by page and decoded straight into the fields that a command needs."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from istiokit.cluster.decode import Object, TableRow
from istiokit.cluster.live_http import JSON, Body, Reply
from istiokit.cluster.types import Kind, Where
from istiokit.errors import OperationFailed

T = TypeVar("T")

PAGE = 20_000
"""Objects a request: nearly every list is one page, and a huge one is still read in bounded memory.

The API server answers a first page from its watch cache. Those after it come from etcd unless they are read
within minutes of the last write: of 10,000 VirtualServices (59 MB) that took three to six times as long.
"""
EXPIRED = 410
"""The server has forgotten the state that a `continue` token or a resourceVersion belongs to."""

FetchPage = Callable[[Mapping[str, str]], Reply]
"""One page by its query; only good answers and EXPIRED come back, everything else raises."""


class ListMeta(msgspec.Struct, frozen=True, rename="camel"):
    """metadata of a list."""

    continue_: str = msgspec.field(default="", name="continue")
    resource_version: str = ""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of any list."""

    metadata: ListMeta
    items: list[T] | None = None


class Column(msgspec.Struct, frozen=True):
    """A column of a Table."""

    name: str


class TablePage(msgspec.Struct, frozen=True, rename="camel"):
    """One page of a list as the server's Table."""

    metadata: ListMeta
    column_definitions: list[Column] | None = None
    rows: list[TableRow] | None = None


AS_TABLE = f"{JSON};as=Table;v=v1;g=meta.k8s.io"


def decoded(decoder: msgspec.json.Decoder[T], body: Body | msgspec.Raw, what: str) -> T:
    """The body in the decoder's type; raises OperationFailed where the server sent something else."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        hint = "is it an API server, and are its CRDs of a version that this program knows?"
        raise OperationFailed(f"{what}: the answer is not as expected: {error}", hint) from error


def table(fetch: FetchPage, query: Mapping[str, str], kind: Kind) -> tuple[list[str], list[TableRow]]:
    """The columns and all rows; `query` as for `items`."""
    decoder, what = msgspec.json.Decoder(TablePage), f"list {kind} as a table"
    columns: list[str] = []
    rows: list[TableRow] = []
    token = ""
    while True:
        page = decoded(decoder, fetch(page_query({**query, "includeObject": "Metadata"}, token)).body, what)
        columns = columns or [column.name for column in page.column_definitions or ()]
        rows += page.rows or []
        token = page.metadata.continue_
        if not token:
            return columns, rows


def accepted(as_: Any) -> str:
    """What to ask the server for. Where only metadata is read, Secrets' contents do not even leave the server."""
    only_metadata = (
        isinstance(as_, type) and issubclass(as_, Object) and as_.__struct_fields__ == ("metadata",)
    )
    return f"{JSON};as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,{JSON}" if only_metadata else JSON


def page_decoder(as_: Any) -> msgspec.json.Decoder[Page[Any]]:
    """A decoder for pages of `as_`, which is known only at run time."""
    generic: Any = Page
    return msgspec.json.Decoder(generic[as_])


def items(fetch: FetchPage, query: Mapping[str, str], kind: Kind, version: str, as_: type[T]) -> list[T]:
    """All objects. Where the pages expire under our hands, all of them again at once, which cannot expire."""
    decoder, what = page_decoder(as_), f"list {kind}"
    found: list[T] = []
    token = ""
    while True:
        reply = fetch(page_query(query, token))
        if reply.status == EXPIRED:
            return _named(decoded(decoder, fetch(query).body, what).items or [], kind, version)
        page = decoded(decoder, reply.body, what)
        found += page.items or []
        token = page.metadata.continue_
        if not token:
            return _named(found, kind, version)


def page_query(query: Mapping[str, str], token: str = "") -> dict[str, str]:
    """The query of one page: the first, or the one that the token of the page before leads to."""
    return {**query, "limit": str(PAGE)} | ({"continue": token} if token else {})


def selectors(where: Where) -> dict[str, str]:
    """The selectors as a query; the namespace is part of the path."""
    query = {"labelSelector": where.labels, "fieldSelector": where.fields}
    return {key: value for key, value in query.items() if value}


def _named(found: list[T], kind: Kind, version: str) -> list[T]:
    """Lists of built-in kinds leave apiVersion and kind out of their items: whole objects get them back."""
    for item in found:
        if isinstance(item, dict) and "kind" not in item:
            item["apiVersion"] = f"{kind.group}/{version}" if kind.group else version
            item["kind"] = kind.name
    return found
