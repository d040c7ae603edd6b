"""What `step1` and `step2` share: whether they work on files or on a cluster."""

from typing import Literal

from istiokit.ui.context import Context
from kubectl_istio_migrate.step_options import Options


def run(step: Literal[1, 2], given: Options, context: Context) -> int:
    """Work on the files if any are named, else on the cluster; raises UsageError for a code that no check has."""
    from istiokit.bigbang.checks import find_check

    for code in given.allow:
        find_check(code)
    if given.filenames:
        from kubectl_istio_migrate.step_files import run_on_files

        return run_on_files(step, given, context)
    from kubectl_istio_migrate.moving import run_on_cluster
    from kubectl_istio_migrate.step_cluster import move_of

    return run_on_cluster(move_of(step, given, context), given, context)
