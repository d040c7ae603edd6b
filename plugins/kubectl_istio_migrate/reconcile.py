"""`kubectl istio-migrate reconcile`: ask Flux to reconcile HelmReleases, all at once, in dependsOn order."""

import argparse
from dataclasses import dataclass

from istiokit.errors import UsageError
from istiokit.ui import options
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser


@dataclass(frozen=True, slots=True)
class Options:
    """Which releases, and how."""

    names: tuple[str, ...]
    namespace: str
    with_source: bool
    reset: bool
    force: bool
    concurrency: int
    timeout: float
    output: str
    no_headers: bool


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = "Reconcile HelmReleases in parallel, in the order of dependsOn, and wait for each."
    parser.exit_one = "a HelmRelease is not Ready, or there is none"
    parser.examples = (
        ("All of the umbrella's namespace, sources first", "--with-source"),
        ("Two of them", "istiod public-ingressgateway"),
        ("One whose retries are exhausted", "istiod --reset"),
    )
    names = parser.add_argument(
        "names", metavar="NAME", nargs="*", help="HelmReleases (default: all of the namespace)."
    )
    completed_by(names, Source.HELM_RELEASES)
    options.add_namespace(parser, "bigbang", "Namespace of the HelmReleases (default: bigbang).")
    for flag, text in (
        ("--with-source", "Reconcile the repositories and charts first, each once."),
        ("--reset", "Clear failure counts, so that exhausted retries begin anew."),
        ("--force", "Install or upgrade once even if nothing changed (Flux's forceAt)."),
    ):
        parser.add_argument(flag, action="store_true", help=text)
    options.add_concurrency(parser, 20)
    options.add_timeout(parser, "5m")
    options.add_output(parser)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    return Options(
        names=tuple(namespace.names),
        namespace=namespace.namespace,
        with_source=namespace.with_source,
        reset=namespace.reset,
        force=namespace.force,
        concurrency=namespace.concurrency,
        timeout=namespace.timeout,
        output=namespace.output,
        no_headers=namespace.no_headers,
    )


def run(given: Options, context: Context) -> int:
    """Ask, wait, show."""
    from istiokit.cluster.kinds import HELM_RELEASE
    from istiokit.cluster.types import Where
    from istiokit.flux.model import HelmRelease
    from istiokit.flux.options import ReconcileOptions
    from istiokit.flux.reconcile import reconcile
    from kubectl_istio_migrate.driving import Table
    from kubectl_istio_migrate.outcomes import finish, refuse_none

    found = context.cluster.list(HELM_RELEASE, HelmRelease, Where(given.namespace))
    missing = sorted(set(given.names) - {release.metadata.name for release in found})
    if missing:
        hint = f"see `kubectl -n {given.namespace} get helmreleases`"
        raise UsageError(f"no HelmRelease {', '.join(missing)} in namespace {given.namespace}", hint)
    refuse_none(found, given.namespace)
    releases = [release for release in found if not given.names or release.metadata.name in given.names]
    how = ReconcileOptions(
        with_source=given.with_source,
        reset=given.reset,
        force=given.force,
        concurrency=given.concurrency,
        timeout=given.timeout,
    )
    with context.progress() as progress:
        outcomes = reconcile(context.cluster, releases, how, Table(progress))
    return finish(outcomes, given.output, context, no_headers=given.no_headers)
