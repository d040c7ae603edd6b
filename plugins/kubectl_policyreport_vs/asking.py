"""Which cluster or files, which policies and pairs: the flags that all commands share, and the reading."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.errors import UsageError
from istiokit.ui import options, pairs, sources
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.context import Context
from istiokit.ui.sources import manifests_of

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.cluster.files import FilesCluster
    from istiokit.cluster.types import Where
    from istiokit.survey.dependence import DependenceReading
    from istiokit.survey.evidence import Question


@dataclass(frozen=True, slots=True)
class Given:
    """The shared flags."""

    policies: tuple[str, ...]
    pairs: pairs.Given
    filenames: tuple[str, ...]
    recursive: bool
    names: tuple[str, ...] = ()
    namespace: str = ""
    all_namespaces: bool = False
    selector: str = ""
    sources: tuple[str, ...] = ()
    fast: bool = False
    """Whether to go by the reports alone."""


DETAILS = (
    "Without `--policy` it is about all policies that add to the gateways of VirtualServices.",
    pairs.DETAILS,
    sources.DETAILS,
)
"""What the help of these flags has no room for."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """--policy, --map, --map-file, --source, -f, -R, and how to connect."""
    policy = parser.add_argument(
        "--policy",
        dest="policies",
        metavar="NAME",
        action="append",
        default=[],
        help="Only this policy (repeatable; default: all that add gateways).",
    )
    completed_by(policy, Source.POLICIES)
    pairs.add_flags(parser)
    sources.add_source(parser)
    options.add_files(parser)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Given:
    """The flags as a value; raises UsageError for contradicting ones."""
    all_namespaces = getattr(namespace, "all_namespaces", False)
    if namespace.filenames and all_namespaces:
        raise UsageError("-A is about a cluster, and -f reads files", "leave one of them out")
    return Given(
        policies=tuple(namespace.policies),
        pairs=pairs.parse(namespace),
        filenames=tuple(namespace.filenames),
        recursive=namespace.recursive,
        names=tuple(getattr(namespace, "names", ())),
        namespace=getattr(namespace, "namespace", ""),
        all_namespaces=all_namespaces,
        selector=getattr(namespace, "selector", ""),
        sources=tuple(namespace.sources),
        fast=_fast(namespace),
    )


def _fast(namespace: argparse.Namespace) -> bool:
    """Raises UsageError beside flags about what --fast does not read."""
    if not getattr(namespace, "fast", False):
        return False
    if namespace.names or namespace.selector or namespace.sources or namespace.wait or namespace.filenames:
        what = "--fast goes by the reports of a cluster alone"
        raise UsageError(what, "leave out --fast, or NAME, -l, --source, --wait and -f")
    return True


def scope_words(given: Given) -> list[str]:
    """Which VirtualServices the flags are about, as flags for a command to run next."""
    namespace = [] if given.all_namespaces or not given.namespace else ["-n", given.namespace]
    return [
        *given.names,
        *(["-A"] if given.all_namespaces else namespace),
        *(["-l", given.selector] if given.selector else []),
    ]


def words(given: Given) -> list[str]:
    """The rest of the flags, which all commands have."""
    return [
        *(word for name in given.filenames for word in ("-f", name)),
        *(["-R"] if given.recursive else []),
        *(word for name in given.policies for word in ("--policy", name)),
        *(word for pair in given.pairs.maps for word in ("--map", pair)),
        *(word for name in given.pairs.filenames for word in ("--map-file", name)),
        *(word for name in given.sources for word in ("--source", name)),
    ]


def expect(given: Given, context: Context) -> None:
    """Ask a cluster for the longest answers now: the server works on them while the rest is imported."""
    if given.filenames:
        return
    from istiokit.cluster.kinds import POLICY_REPORT
    from istiokit.cluster.types import Where
    from istiokit.kyverno.reports import PolicyReport, slim

    place = _place(given, context)
    if not given.fast:
        _expect_objects(Where(place, given.selector), context)
    context.cluster.expect(POLICY_REPORT, PolicyReport, Where(place), slim)


def _expect_objects(where: "Where", context: Context) -> None:
    from istiokit.cluster.kinds import VIRTUAL_SERVICE
    from istiokit.ownership.declared import DeclaredVirtualService
    from istiokit.survey.evidence import kept

    context.cluster.expect(VIRTUAL_SERVICE, DeclaredVirtualService, where, kept)


def read(given: Given, context: Context, *, changes: bool = True) -> "DependenceReading":
    """Read and judge what the flags are about; what of the files is of no use is told."""
    from istiokit.survey.dependence import present, read_dependence

    cluster = _files(given, context) if given.filenames else context.cluster
    return read_dependence(cluster, question(given, context), present(), changes=changes)


def question(given: Given, context: Context) -> "Question":
    """What the flags ask."""
    from istiokit.cluster.types import Where
    from istiokit.istio.naming import plain
    from istiokit.survey.evidence import Question

    names = tuple(plain(name) for name in given.names)
    place = None if any("/" in name for name in names) else _place(given, context)
    return Question(
        where=Where(place, given.selector),
        names=names,
        home=_place(given, context),
        policies=given.policies,
        mapping=pairs.told_mapping(given.pairs, context),
        manifests=manifests_of(given.sources, context),
        files=bool(given.filenames),
        fast=given.fast,
    )


def _place(given: Given, context: Context) -> str | None:
    """The namespace that a name without one means; None for any."""
    return context.namespace_of(given.namespace, everywhere=given.all_namespaces, files=bool(given.filenames))


def _files(given: Given, context: Context) -> "FilesCluster":
    """The dumps, with all that may be evidence; what is of no use is told."""
    from istiokit.cluster import kinds
    from istiokit.cluster.files import FilesCluster
    from istiokit.cluster.files_read import STDIN, read_stdin
    from istiokit.survey.policy_reports import POLICY_KINDS, REPORT_KINDS

    wanted = (
        kinds.VIRTUAL_SERVICE,
        kinds.GATEWAY,
        kinds.HELM_RELEASE,
        kinds.KUSTOMIZATION,
        kinds.APPLICATION,
        kinds.SECRET,
    )
    files = FilesCluster(
        given.filenames,
        recursive=given.recursive,
        stdin=read_stdin(context.stdin) if STDIN in given.filenames else b"",
        kinds=(*wanted, *POLICY_KINDS, *REPORT_KINDS),
        lenient=True,
        say=context.say,
    )
    _tell_skipped(files, context)
    return files


def _tell_skipped(files: "FilesCluster", context: Context) -> None:
    for one in files.skipped:
        if one.broken:
            context.say(f"left out: {one.place}: {one.reason}")
