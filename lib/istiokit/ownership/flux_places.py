"""Where Kustomizations and HelmReleases have their objects from. Pure."""

from collections.abc import Iterator

from istiokit.bigbang.packages import is_rendered, values_key
from istiokit.cluster.decode import Object
from istiokit.cluster.types import Ref
from istiokit.cluster.urls import masked
from istiokit.flux.git import git_source, reference_target, revision
from istiokit.flux.model import HelmRelease, SourceReference
from istiokit.flux.repositories import HelmChart, Repository
from istiokit.flux.values import reference_ref, values_references
from istiokit.ownership.home import folder_of, git_place, holder_of, home, listed
from istiokit.ownership.model import Origin, Owner, OwnerKind, Owners
from istiokit.ownership.spots import Wanted, of_kustomization, of_post_renderers, of_text, of_values, spots


def kustomization_origin(found: Owner, owners: Owners, wanted: Wanted) -> Origin | None:
    """A folder of a repository; what the Kustomization patches or puts in itself comes before it."""
    item = owners.kustomizations.get(found.ref) if found.ref else None
    if item is None:
        return None
    place, folder = git_source(item, owners.sources), folder_of(item, owners)
    own = spots(of_kustomization(item), wanted)
    return Origin(
        text=folder,
        edit=f"at {listed(own)} of {found.ref}{home(item, 'Kustomization', owners)}"
        if own
        else f"in {folder}",
        url=masked(place.url) if place else "",
        revision=place.revision if place else "",
        path=place.path if place else "",
        values=tuple(f"{found.ref} {spot}" for spot in own),
    )


def helm_release_origin(found: Owner, owners: Owners, wanted: Wanted) -> Origin | None:
    """A chart with values; the values are in the HelmRelease, which lies in Git itself, or in what it names."""
    release = owners.releases.get(found.ref) if found.ref else None
    if release is None or found.ref is None:
        return None
    place = git_place(release, "HelmRelease", owners)
    chart, version, chart_text = _chart(release, owners)
    named = [(item, kind, own) for item, kind, own in _holders(release, found.ref, owners, wanted) if own]
    return Origin(
        text=f"{chart_text}{home(release, 'HelmRelease', owners, str(found.ref))}".strip(),
        edit=_big_bang(release, owners, wanted) or _edit(release, found.ref, owners, named, chart_text),
        url=masked(place.url) if place else "",
        revision=place.revision if place else "",
        path=place.path if place else "",
        chart=chart,
        version=version,
        values=tuple(spot for _, _, own in named for spot in own),
    )


_Named = tuple[Object, str, tuple[str, ...]]
"""An object that holds values, its kind, and the places in it that name the Gateways."""


def _holders(release: HelmRelease, ref: Ref, owners: Owners, wanted: Wanted) -> Iterator[_Named]:
    """In the order of merging: what comes last wins. Secrets, and what could not be read, are not among them."""
    for entry in values_references(release):
        held = reference_ref(entry, release)
        item = owners.config_maps.get(held)
        text = item.data.get(entry.values_key) if item else None
        if item is None or text is None:
            continue
        leaves = [(entry.target_path, text)] if entry.target_path else of_text(text, "")
        yield item, held.kind, _prefixed(f"{held} key {entry.values_key}: ", spots(leaves, wanted))
    for leaves in (of_values(release.spec.values, "spec.values"), of_post_renderers(release)):
        yield release, ref.kind, _prefixed(f"{ref} ", spots(leaves, wanted))


def _prefixed(prefix: str, own: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{prefix}{spot}" for spot in own)


def _edit(release: HelmRelease, ref: Ref, owners: Owners, named: list[_Named], chart: str) -> str:
    if named:
        item, kind, own = named[-1]
        return f"at {listed(own)}{home(item, kind, owners)}"
    entries = [reference_ref(entry, release) for entry in values_references(release)]
    words = [f"{one}{' (not read)' if one.kind == 'Secret' else ''}" for one in dict.fromkeys(entries)]
    sources = [*words, "spec.values"] if release.spec.values else words
    told = f": {listed(sources)}" if words else ""
    of = f", or in its {chart}" if chart else ""
    return f"in the values of {ref}{told}{home(release, 'HelmRelease', owners)}{of}"


def _chart(release: HelmRelease, owners: Owners) -> tuple[str, str, str]:
    """The chart, its version, and both in words with the source: `chart shop 1.0.0 of HelmRepository apps/charts`."""
    spec, namespace = release.spec, release.metadata.namespace
    if spec.chart_ref is not None:
        ref = reference_target(spec.chart_ref, namespace)
        item = owners.sources.get(ref)
        if isinstance(item, HelmChart):
            of = _source(item.spec.source_ref, ref.namespace, owners)
            return item.spec.chart, item.spec.version, f"chart {item.spec.chart} {item.spec.version}{of}"
        return "", "", f"chart{_source(spec.chart_ref, namespace, owners)}"
    if spec.chart is None:
        return "", "", ""
    wanted = spec.chart.spec
    version = "" if wanted.version == "*" else wanted.version
    words = " ".join(word for word in ("chart", wanted.chart, version) if word)
    return wanted.chart, version, f"{words}{_source(wanted.source_ref, namespace, owners)}"


def _source(reference: SourceReference | None, namespace: str | None, owners: Owners) -> str:
    if reference is None:
        return ""
    ref = reference_target(reference, namespace)
    item = owners.sources.get(ref)
    if not isinstance(item, Repository):
        return f" of {ref}"
    at = "" if ref.kind == "HelmRepository" else f", {revision(ref.kind, item.spec.ref)}"
    return f" of {ref} ({masked(item.spec.url)}{at})"


def _big_bang(release: HelmRelease, owners: Owners, wanted: Wanted) -> str:
    """Where the umbrella renders the HelmRelease the edit belongs in its values, under the package's key.

    The umbrella tells its own packages which gateway to use (helper getGatewayName, 2.49 to 2.54): the new ones as
    soon as istioGateway is enabled.
    """
    parent = holder_of(release, "HelmRelease", owners)
    if not is_rendered(release.metadata) or parent.kind not in (OwnerKind.FLUX_HELM_RELEASE, OwnerKind.HELM):
        return ""
    umbrella = parent.ref.namespace if parent.ref else release.metadata.namespace
    itself = owners.releases.get(parent.ref) if parent.ref else None
    at_home = home(itself, "HelmRelease", owners) if itself else ""
    key = values_key(release.metadata.name, release.metadata.namespace, umbrella)
    where = f"in the values of {parent.title}, Big Bang{at_home}"
    if key.startswith("packages.") or not wanted.gateways:
        return f"{where}, under {key}"
    return f"{where}: istioGateway.enabled moves its own packages to the new gateways, {key} is the key of this one"
