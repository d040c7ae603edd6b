"""In which order HelmReleases may be reconciled: the graph of spec.dependsOn. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from istiokit.cluster.types import Ref
from istiokit.flux.model import HelmRelease

Graph = Mapping[Ref, frozenset[Ref]]
"""Each release and those among the others that it depends on."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A dependency that is not among the releases given."""

    release: Ref
    dependency: Ref


@dataclass(frozen=True, slots=True)
class Order:
    """The outcome of sorting. Every release is in a wave, in a cycle or blocked."""

    waves: tuple[tuple[Ref, ...], ...]
    """Those of a wave depend on earlier waves only; each wave is sorted."""
    cycles: tuple[tuple[Ref, ...], ...]
    """Releases that wait for each other, each cycle once, in the order of who waits for whom."""
    blocked: tuple[Ref, ...]
    """Not in a cycle themselves, but behind one."""
    missing: tuple[Missing, ...]


def release_ref(release: HelmRelease) -> Ref:
    """The address of a HelmRelease."""
    return Ref("HelmRelease", release.metadata.name, release.metadata.namespace)


def dependencies(release: HelmRelease) -> tuple[Ref, ...]:
    """What the release depends on; no namespace means its own."""
    return tuple(
        Ref("HelmRelease", entry.name, entry.namespace or release.metadata.namespace)
        for entry in release.spec.depends_on
    )


def graph(releases: Iterable[HelmRelease]) -> dict[Ref, frozenset[Ref]]:
    """The dependencies among these releases; what is not among them is left out."""
    wanted = {release_ref(release): dependencies(release) for release in releases}
    return {ref: frozenset(needs) & wanted.keys() for ref, needs in wanted.items()}


def order(releases: Collection[HelmRelease]) -> Order:
    """Sort the releases into waves; cycles and missing dependencies are part of the answer."""
    needs = graph(releases)
    waves: list[tuple[Ref, ...]] = []
    done: set[Ref] = set()
    while wave := startable(needs, done, started=done):
        waves.append(tuple(wave))
        done.update(wave)
    left = {ref: needs[ref] - done for ref in sorted(needs.keys() - done)}
    cycles = _cycles(left)
    in_cycle = {ref for cycle in cycles for ref in cycle}
    return Order(
        waves=tuple(waves),
        cycles=cycles,
        blocked=tuple(ref for ref in left if ref not in in_cycle),
        missing=_missing(releases),
    )


def startable(needs: Graph, done: Collection[Ref], *, started: Collection[Ref]) -> list[Ref]:
    """Those whose dependencies are all done and that are not started yet, sorted."""
    ready = set(done)
    return sorted(ref for ref, wanted in needs.items() if ref not in started and wanted <= ready)


def _missing(releases: Iterable[HelmRelease]) -> tuple[Missing, ...]:
    releases = list(releases)
    present = {release_ref(release) for release in releases}
    return tuple(
        Missing(release_ref(release), dependency)
        for release in sorted(releases, key=release_ref)
        for dependency in dependencies(release)
        if dependency not in present
    )


def _cycles(left: Mapping[Ref, frozenset[Ref]]) -> tuple[tuple[Ref, ...], ...]:
    """Walk from each release along its first unmet dependency until a release comes up again."""
    cycles: list[tuple[Ref, ...]] = []
    walked: set[Ref] = set()
    for start in left:
        path: list[Ref] = []
        ref = start
        while ref not in walked:
            walked.add(ref)
            path.append(ref)
            ref = min(left[ref])
        if ref in path:
            cycles.append(tuple(path[path.index(ref) :]))
    return tuple(cycles)
