"""What every command reads first: facts from the cluster of the connection flags, or from files."""

from collections.abc import Sequence

from istiokit.bigbang.facts import Facts
from istiokit.ui.context import Context


def read_facts(namespace: str, filenames: Sequence[str], recursive: bool, context: Context) -> Facts:
    """Facts from the files if any are named (no cluster is contacted then), else from the live cluster."""
    if filenames:
        from istiokit.survey.files import facts_of_files

        return facts_of_files(filenames, recursive=recursive, stdin=context.stdin)
    from istiokit.survey.facts import survey

    return survey(context.cluster, namespace or None)
