"""Cuts the elements out of a long JSON list while it is still coming, so that the whole of it is never in memory."""

import re
from collections.abc import Callable, Iterable

_ELEMENT = re.compile(rb'\{(?:"[^"\\]*":"[^"\\]*",)*"[^"\\]*":[\[{]')
"""How an element begins: fields of text, then the first that holds others (`"metadata":{`, `"cells":[`)."""
_BEGINNING = 1024
"""Bytes in which that is found, or never."""

Take = Callable[[bytes], bool]
"""Given some elements as a JSON array, says whether it could take them."""


class Cutter:
    """The body of a list, without the elements that were taken out of it already.

    Elements are told apart by how the first one begins: the API server writes all of them with the same fields in the
    same order, and inside a string no quote stands without a backslash. Where a cut was wrong all the same (an object
    may hold a list of its own kind) the brackets do not match, so `take` refuses it, and the rest stays as it is.
    """

    def __init__(self, name: str, take: Take) -> None:
        """`name` is the list's field: `items`."""
        self._name, self._take = f'"{name}":['.encode(), take
        self._mark: bytes | None = None
        """What stands between two elements; empty where nothing is to be cut (any more)."""
        self._from = 0

    def rest(self, pieces: Iterable[bytes]) -> bytearray:
        """What is left of the body: a valid list, with just those elements that were not taken."""
        body = bytearray()
        for piece in pieces:
            body += piece
            if self._mark is None:
                self._look(body)
            if self._mark:
                self._cut(body)
        return body

    def _look(self, body: bytearray) -> None:
        """Find where the elements begin, and how."""
        at = body.find(self._name)
        if at < 0:
            return
        self._from = at + len(self._name)
        if found := _ELEMENT.match(body, self._from):
            self._mark = b"}," + found.group()
        elif len(body) > self._from + _BEGINNING:
            self._mark = b""

    def _cut(self, body: bytearray) -> None:
        assert self._mark, "asked only where there is one"
        end = body.rfind(self._mark, self._from)
        if end < 0:
            return
        if self._take(b"[" + body[self._from : end + 1] + b"]"):
            del body[self._from : end + 2]
        else:
            self._mark = b""
