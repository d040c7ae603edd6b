"""What to write beside an entry that names the old gateway, so that the new one is meant as well. Pure."""

from collections.abc import Iterable

from istiokit.istio.dependents.identity import LOCAL, PARTS
from istiokit.istio.dependents.moves import Move, Place
from istiokit.istio.dependents.sources import NAMESPACES, PRINCIPALS

_MARK = "/sa/"


def names_account(value: str) -> bool:
    """Whether a principal means one service account, and not whatever runs in a namespace."""
    return _MARK in value and not value.endswith("*")


def beside(field: str, values: Iterable[str], move: Move) -> tuple[str, ...]:
    """The entries to add to the list `field` beside those of `values` that fit the old gateway, sorted."""
    if field == NAMESPACES:
        return move.new_namespaces
    found: set[str] = set()
    for value in values:
        for pods in move.after:
            accounts = sorted(pods.accounts or (expected_account(move),))
            if field == PRINCIPALS:
                found.update(_principals(value, pods, accounts, move))
            else:
                found.update(f"{pods.namespace}/{one}" for one in accounts)
    return tuple(sorted(found))


def expected_account(move: Move) -> str:
    """The gateway chart calls its service account after the release, and Big Bang its releases after Gateways."""
    return move.new.partition("/")[2]


def _principals(value: str, pods: Place, accounts: list[str], move: Move) -> list[str]:
    if names_account(value):
        domain = value.split("/")[0] if value.count("/") == PARTS - 1 else LOCAL
        return [f"{domain}/ns/{pods.namespace}/sa/{one}" for one in accounts]
    for old in {one.namespace for one in move.before}:
        if f"/ns/{old}" in value:
            return [value.replace(f"/ns/{old}", f"/ns/{pods.namespace}")]
    return [f"{LOCAL}/ns/{pods.namespace}/sa/{one}" for one in accounts]
