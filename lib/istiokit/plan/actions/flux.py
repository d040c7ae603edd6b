"""What a plan asks of Flux, and what it waits for. Nothing here changes a spec, so there is nothing to undo."""

from collections.abc import Sequence

from istiokit.cluster import kinds
from istiokit.cluster.types import Where
from istiokit.errors import NotDone
from istiokit.flux.model import HelmRelease
from istiokit.flux.options import ReconcileOptions, WaitOptions
from istiokit.flux.order import release_ref
from istiokit.flux.progress import Outcome, Result
from istiokit.flux.reconcile import reconcile
from istiokit.flux.wait import wait_ready
from istiokit.plan.model import Action, State, World


class ReconcileReleases(Action, frozen=True, kw_only=True):
    """Ask Flux to reconcile HelmReleases, in dependsOn order, and wait until they are Ready."""

    passive = True

    namespace: str
    names: tuple[str, ...] = ()
    """Which ones; none named means all of the namespace as they are when the action runs."""
    but: tuple[str, ...] = ()
    """Left out where all are meant: the umbrella, which went before."""
    with_source: bool = True

    def target(self) -> str:
        return f"HelmRelease {self.namespace}/{','.join(self.names) or '*'}"

    def change(self) -> str:
        return "reconcile with source" if self.with_source else "reconcile"

    def state(self, world: World) -> State:
        return State.TODO  # Asking again is harmless, and only Flux knows whether it is needed.

    def do(self, world: World, *, dry_run: bool = False) -> None:
        if dry_run:
            return
        releases = [item for item in self._listed(world) if item.metadata.deletion_timestamp is None]
        self._bring(world, releases)

    def undo(self, world: World) -> None:
        """Flux acts on the values as they are; what undoes the edit reconciles again."""

    def _bring(self, world: World, releases: Sequence[HelmRelease]) -> None:
        """Reconcile; those that fail once more with force, and then those that were left out because of them."""
        outcomes = {item.ref: item for item in self._reconciled(world, releases, force=False)}
        failed = [release for release in releases if outcomes[release_ref(release)].result is Result.FAILED]
        left_out = [
            release for release in releases if outcomes[release_ref(release)].result is Result.SKIPPED
        ]
        if failed:
            # helm-controller keeps Ready=False when the values are turned back to what is deployed after an
            # upgrade that failed while rendering ("release in-sync"): only forceAt makes it look again.
            world.say(f"{len(failed)} failed; trying once more with force")
            outcomes |= {item.ref: item for item in self._reconciled(world, failed, force=True)}
        refuse_failures(list(outcomes.values()))
        if failed and left_out:
            self._bring(world, left_out)

    def _reconciled(self, world: World, releases: Sequence[HelmRelease], *, force: bool) -> Sequence[Outcome]:
        options = ReconcileOptions(
            with_source=self.with_source, reset=force, force=force, timeout=world.timeout
        )
        return reconcile(world.cluster, releases, options, world.observer)

    def _listed(self, world: World) -> Sequence[HelmRelease]:
        found = world.cluster.list(kinds.HELM_RELEASE, HelmRelease, Where(self.namespace))
        if self.names:
            return [release for release in found if release.metadata.name in self.names]
        return [release for release in found if release.metadata.name not in self.but]


class WaitForReleases(Action, frozen=True, kw_only=True):
    """Wait until every HelmRelease of the namespace is Ready, some exist and some are gone."""

    passive = True

    namespace: str
    expected: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    def target(self) -> str:
        return f"HelmRelease {self.namespace}/*"

    def change(self) -> str:
        there = f", with {','.join(self.expected)}" if self.expected else ""
        gone = f", without {','.join(self.absent)}" if self.absent else ""
        return f"wait until all are Ready{there}{gone}"

    def state(self, world: World) -> State:
        return State.TODO  # Waiting for what is already so takes one request.

    def do(self, world: World, *, dry_run: bool = False) -> None:
        if dry_run:
            return
        outcomes = wait_ready(
            world.cluster,
            Where(self.namespace),
            WaitOptions(timeout=world.timeout),
            world.observer,
            expected=self.expected,
            absent=self.absent,
        )
        refuse_failures(outcomes)

    def undo(self, world: World) -> None:
        """There is nothing to take back."""


def refuse_failures(outcomes: Sequence[Outcome]) -> None:
    """Raise NotDone, with its remedy, for the first release that failed, else for the first that took too long.

    A skipped release (suspended) is no failure: the checks have told of it.
    """
    failed = [item for item in outcomes if item.result is Result.FAILED]
    late = [item for item in outcomes if item.result in (Result.TIMEOUT, Result.STOPPED)]
    for word, found in (("has failed", failed), ("is not Ready in time", late)):
        if found:
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            told = f"{found[0].ref} {word}: {found[0].reason}: {found[0].message}{more}"
            raise NotDone(told, found[0].remedy)
