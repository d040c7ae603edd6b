"""What every command reads first: facts from the cluster of the connection flags, or from files."""

import threading
from collections.abc import Callable, Sequence

from istiokit.bigbang.facts import Facts
from istiokit.cluster.unread import Unread
from istiokit.ui.context import Context


def read_facts(
    namespace: str,
    filenames: Sequence[str],
    recursive: bool,
    context: Context,
    meanwhile: Callable[[], None] | None = None,
) -> Facts:
    """Facts from the files if any are named (no cluster is contacted then), else from the live cluster.

    `meanwhile` is called in a thread while the cluster answers, if it is given.
    """
    if filenames:
        from istiokit.survey.files import facts_of_files

        return facts_of_files(filenames, recursive=recursive, stdin=context.stdin)
    from istiokit.cluster.kinds import VIRTUAL_SERVICE
    from istiokit.istio.model import VirtualService
    from istiokit.istio.sharing import shared

    cluster = context.cluster
    # By far the longest list: the server works while we import the rest.
    cluster.expect(VIRTUAL_SERVICE, VirtualService, keep=shared)
    from istiokit.survey.facts import survey

    if meanwhile is not None:
        threading.Thread(target=meanwhile, daemon=True).start()
    return survey(cluster, namespace or None)


def skipped_of(unread: Sequence[Unread]) -> list[dict[str, str]]:
    """What could not be read as a document's `skipped` has it: object (here a kind) and reason."""
    return [{"object": item.kind, "reason": item.reason} for item in unread]
