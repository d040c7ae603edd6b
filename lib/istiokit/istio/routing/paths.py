"""Which requests a condition of an HTTP route takes, as far as paths say."""

from collections.abc import Iterable
from typing import Generic, TypeVar

from istiokit.istio.model import Match

T = TypeVar("T")


def is_bare(match: Match) -> bool:
    """Whether nothing but the path counts."""
    fields = (match.method, match.headers, match.without_headers, match.query_params, match.authority)
    return not any(fields) and match.scheme is None


def is_catch_all(match: Match) -> bool:
    """Whether it takes every request (`IsCatchAllRoute`): istiod moves such routes to the end."""
    uri = match.uri
    if not is_bare(match):
        return False
    return uri is None or uri.prefix == "/" or uri.regex == ".*" or not (uri.prefix or uri.exact or uri.regex)


class Claims(Generic[T]):
    """The paths that some routes take, with who takes them; quick however many there are."""

    __slots__ = ("_everything", "_exact", "_lengths", "_prefixes", "_regexes")

    def __init__(self) -> None:
        self._everything: list[T] = []
        self._exact: dict[str, list[T]] = {}
        self._prefixes: dict[str, list[T]] = {}
        self._regexes: dict[str, list[T]] = {}
        self._lengths: set[int] = set()

    def add(self, matches: Iterable[Match], owner: T) -> None:
        """What the conditions take entirely; those on more than a path take nothing for certain."""
        for match in matches:
            if is_bare(match):
                _claim(self._owners(match), owner)

    def taker(self, match: Match, but: T) -> T | None:
        """Somebody other than `but` who takes all that the condition would."""
        if is_catch_all(match):
            return _other(self._everything, but)
        uri = match.uri
        if uri is None:
            return None
        if uri.regex:
            return _other(self._regexes.get(uri.regex, ()), but)
        path = uri.prefix or uri.exact
        owners = [*self._exact.get(uri.exact, ())]
        for length in self._lengths:
            owners += self._prefixes.get(path[:length], ()) if length <= len(path) else ()
        return _other(owners, but)

    def _owners(self, match: Match) -> list[T]:
        uri = match.uri
        if uri is None or is_catch_all(match):
            return self._everything
        if uri.prefix:
            self._lengths.add(len(uri.prefix))
            return self._prefixes.setdefault(uri.prefix, [])
        if uri.exact:
            return self._exact.setdefault(uri.exact, [])
        return self._regexes.setdefault(uri.regex, [])


def _claim(owners: list[T], owner: T) -> None:
    """Two owners are enough: one of them is another than whoever asks."""
    if len(owners) < 2 and not any(one is owner for one in owners):
        owners.append(owner)


def _other(owners: Iterable[T], but: T) -> T | None:
    return next((one for one in owners if one is not but), None)
