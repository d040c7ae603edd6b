"""Lists, decoded straight into the fields that a command needs while they are still coming."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from istiokit.cluster.decode import Object, TableRow, decoder
from istiokit.cluster.live_cut import Cutter
from istiokit.cluster.live_http import JSON, Body
from istiokit.cluster.types import Kind, Where, unchanged
from istiokit.errors import OperationFailed

T = TypeVar("T")
P = TypeVar("P", bound="Page[Any] | TablePage")

PAGE = 20_000
"""Objects a request: nearly every list is one page, and a huge one is still read in bounded memory.

The API server answers a first page from its watch cache. Those after it come from etcd unless they are read
within minutes of the last write: of 10,000 VirtualServices (59 MB) that took three to six times as long.
"""
EXPIRED = 410
"""The server has forgotten the state that a `continue` token or a resourceVersion belongs to."""


class Expired(Exception):
    """The server answered 410."""


class Pull(Protocol):
    """Asks for one page by its query and gives its body to `read` as it comes.

    Raises Expired, and what else an answer means that is not a good one.
    """

    def __call__(self, query: Mapping[str, str], read: Callable[[Iterable[bytes]], T], /) -> T:
        """What `read` makes of the page."""


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


def table(pull: Pull, query: Mapping[str, str], kind: Kind) -> tuple[list[str], list[TableRow]]:
    """The columns and all rows; `query` as for `items`."""
    reader = Reader("rows", decoder(list[TableRow]), unchanged)
    whole, what = decoder(TablePage), f"list {kind} as a table"

    def page(asked: Mapping[str, str]) -> TablePage:
        body, found = pull(asked, reader.read)
        rest = decoded(whole, body, what)
        return msgspec.structs.replace(rest, rows=[*found, *(rest.rows or ())])

    found = _pages(page, {**query, "includeObject": "Metadata"})
    columns = [column.name for column in found[0].column_definitions or ()]
    return columns, [row for one in found for row in one.rows or ()]


def accepted(as_: Any) -> str:
    """What to ask the server for. Where only metadata is read, Secrets' contents do not even leave the server."""
    only_metadata = (
        isinstance(as_, type) and issubclass(as_, Object) and as_.__struct_fields__ == ("metadata",)
    )
    return f"{JSON};as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,{JSON}" if only_metadata else JSON


def page_decoder(as_: Any) -> msgspec.json.Decoder[Page[Any]]:
    """A decoder for pages of `as_`, which is known only at run time."""
    generic: Any = Page
    return decoder(generic[as_])


@dataclass(frozen=True, slots=True)
class Reader(Generic[T]):
    """Decodes the elements of a list while it comes."""

    name: str
    """The field that holds them."""
    decoder: msgspec.json.Decoder[list[T]]
    keep: Callable[[T], T]
    """What is kept of each."""

    def read(self, pieces: Iterable[bytes]) -> tuple[bytearray, list[T]]:
        """What is left of the body (a list with just the elements that follow), and the elements."""
        found: list[T] = []

        def take(some: bytes) -> bool:
            try:
                found.extend(map(self.keep, self.decoder.decode(some)))
            except (msgspec.DecodeError, UnicodeDecodeError):
                return False  # whoever decodes what is left finds the same, and tells it
            return True

        return Cutter(self.name, take).rest(pieces), found


def items(
    pull: Pull, query: Mapping[str, str], kind: Kind, version: str, as_: type[T], keep: Callable[[T], T]
) -> list[T]:
    """All objects, each as `keep` leaves it."""
    generic: Any = list
    reader = Reader("items", decoder(generic[as_]), keep)
    whole, what = page_decoder(as_), f"list {kind}"

    def page(asked: Mapping[str, str]) -> Page[T]:
        body, found = pull(asked, reader.read)
        rest = decoded(whole, body, what)
        return Page(rest.metadata, [*found, *map(keep, rest.items or ())])

    found = _pages(page, query)
    return _named([item for one in found for item in one.items or ()], kind, version)


def _pages(page: Callable[[Mapping[str, str]], P], query: Mapping[str, str]) -> list[P]:
    """All pages, at least one. Where they expire under our hands, all of them again as one, which cannot expire."""
    found: list[P] = []
    token = ""
    while True:
        try:
            found.append(page(page_query(query, token)))
        except Expired:
            return [page(query)]
        token = found[-1].metadata.continue_
        if not token:
            return found


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
