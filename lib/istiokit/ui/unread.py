"""What a command was not allowed to read, for people and in documents: what hangs on it is unknown."""

from collections.abc import Collection, Iterable

from istiokit.cluster.unread import Unread


def lines(unread: Iterable[Unread], told: Collection[Unread] = ()) -> list[str]:
    """A line for each kind, without those of `told`; what is not installed is no news."""
    return [
        f"not read: {item.kind}: {item.reason}" for item in unread if not item.missing and item not in told
    ]


def skips(unread: Iterable[Unread]) -> list[dict[str, str]]:
    """The same as a document's `skipped` has it."""
    return [{"object": item.kind, "reason": item.reason} for item in unread if not item.missing]


def row(unread: Iterable[Unread]) -> tuple[str, str]:
    """The kinds as a row of an overview; empty where all was read."""
    return "not read", ", ".join(dict.fromkeys(item.kind for item in unread if not item.missing))
