"""What -f and --gateways name: manifests, read once."""

from collections.abc import Iterable, Sequence

from istiokit.cluster.files import FilesCluster
from istiokit.cluster.files_read import STDIN, read_stdin
from istiokit.cluster.kinds import GATEWAY
from istiokit.cluster.types import EVERYWHERE, Cluster, Kind
from istiokit.survey.routes import FILE_KINDS, RouteReading, read_files
from istiokit.ui.context import Context
from kubectl_vs_gateways.scope import Scope, where_of


def read_manifests(
    scope: Scope, place: str | None, context: Context, kinds: Sequence[Kind] = ()
) -> tuple[RouteReading, RouteReading]:
    """All that the files hold, and what of it the selectors leave. What comes by stdin does not come again."""
    files, others = files_of(scope, context, kinds), other_place(scope, context)
    everything = read_files(files, EVERYWHERE, others)
    if not (scope.selector or scope.field_selector):
        return everything, everything
    return everything, read_files(files, where_of(scope, place), others)


def files_of(scope: Scope, context: Context, kinds: Iterable[Kind] = ()) -> FilesCluster:
    """The files, with what the routing depends on and those `kinds`."""
    return FilesCluster(
        scope.filenames,
        recursive=scope.recursive,
        stdin=read_stdin(context.stdin) if STDIN in scope.filenames else b"",
        kinds=(*FILE_KINDS, *kinds),
        lenient=True,
        say=context.say,
    )


def other_place(scope: Scope, context: Context) -> Cluster | None:
    """Where the Gateways are that the files may lack; says so where not all of it can be read."""
    if scope.gateways in ("", "cluster"):
        return context.cluster if scope.gateways else None
    found = FilesCluster([scope.gateways], recursive=True, kinds=[GATEWAY], lenient=True)
    if any(one.broken and not one.twice for one in found.skipped):
        what = "not all of it could be read, so a Gateway that is not there counts as unknown, not as missing"
        context.say(f"--gateways {scope.gateways}: {what}")
    return found
