"""`flux reconcile helmrelease` for many releases at once: native, in parallel, in the order of dependsOn."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from istiokit.cluster.kinds import HELM_RELEASE
from istiokit.cluster.types import Cluster, Ref, Where
from istiokit.flux.campaign import Campaign
from istiokit.flux.feed import Feed, Watched
from istiokit.flux.model import HelmRelease
from istiokit.flux.options import RECONCILE_DEFAULTS, ReconcileOptions
from istiokit.flux.order import release_ref
from istiokit.flux.progress import SILENT, Observer, Outcome
from istiokit.flux.repositories import HelmChart
from istiokit.flux.sender import Sender
from istiokit.flux.sources import SOURCE_KINDS, referenced_chart, source_chain

_TICK = 0.5
"""Seconds after which the rows are shown again though nothing happened, and time-outs are noticed."""


def reconcile(
    cluster: Cluster,
    releases: Sequence[HelmRelease],
    options: ReconcileOptions = RECONCILE_DEFAULTS,
    observer: Observer = SILENT,
) -> list[Outcome]:
    """Ask Flux to reconcile these releases and wait for each; the outcomes are sorted by release.

    A release begins when those among `releases` that it depends on are Ready. Its repository and its
    HelmChart come first where the options say so, each repository once for all that share it. Suspended
    releases are skipped, and so is what depends on a release that did not become Ready. A failure of one
    release leaves the others alone.

    Raises Forbidden, KindNotServed or another OperationFailed where the cluster cannot be worked with at
    all. An interrupt leaves nothing behind but the annotations, which Flux handles by itself.
    """
    chains = _chains(cluster, releases) if options.with_source else {}
    campaign = Campaign(options, datetime.now(UTC).isoformat())
    campaign.add(releases, chains, time.monotonic())
    with Feed(cluster, _watched(cluster, releases, chains)) as feed, Sender(cluster) as sender:
        while not campaign.over:
            for change in feed.changes(_TICK):
                campaign.observe(change.ref, change.object)
            now = time.monotonic()
            for ref, message in sender.refusals():
                campaign.refused(ref, message, now)
            if feed.complete:
                sender.send(campaign.advance(now))
            observer.update(campaign.rows(now))
    return campaign.outcomes()


def _chains(cluster: Cluster, releases: Iterable[HelmRelease]) -> dict[Ref, tuple[Ref, ...]]:
    named = {ref for release in releases if (ref := referenced_chart(release)) is not None}
    charts = {ref: chart for ref in named if (chart := cluster.get(ref, HelmChart)) is not None}
    return {release_ref(release): source_chain(release, charts) for release in releases}


def _watched(
    cluster: Cluster, releases: Sequence[HelmRelease], chains: Mapping[Ref, tuple[Ref, ...]]
) -> list[Watched]:
    """One watch per kind and namespace; a source whose kind is not served is not watched, so never asked."""
    namespaces = sorted({release.metadata.namespace or "" for release in releases})
    found = [Watched(HELM_RELEASE, HelmRelease, Where(namespace or None)) for namespace in namespaces]
    places = {(ref.kind, ref.namespace or "") for chain in chains.values() for ref in chain}
    for name, namespace in sorted(places):
        kind, as_ = SOURCE_KINDS[name]
        if cluster.served(kind):
            found.append(Watched(kind, as_, Where(namespace or None)))
    return found
