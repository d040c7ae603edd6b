"""One reading of a cluster into `Facts`."""

from dataclasses import replace

from istiokit.bigbang.facts import Facts, Umbrella
from istiokit.cluster import kinds
from istiokit.cluster.types import Cluster, Where
from istiokit.flux.model import HelmRelease
from istiokit.survey import umbrella as finder
from istiokit.survey.mesh import MeshReading
from istiokit.survey.reading import Reading
from istiokit.survey.values import helm_layer, read_layers


def survey(cluster: Cluster, namespace: str | None = None) -> Facts:
    """Read the umbrella (in `namespace`, else wherever it is), its releases and values, and the mesh.

    Raises what makes the whole reading worthless: no connection, credentials refused, values that are no YAML.
    What is only missing or forbidden is listed in `Facts.unread`.
    """
    with Reading(cluster) as reading:
        mesh = MeshReading(reading)
        facts = _umbrella_facts(reading, namespace)
        return replace(
            facts,
            where=cluster.name,
            server_version=cluster.server_version(),
            zarf_packages=finder.find_zarf_packages(reading),
            mesh=mesh.result(),
            unread=reading.unread,
        )


def survey_values(cluster: Cluster, namespace: str | None = None) -> Facts:
    """Read the umbrella and its values alone. Raises Forbidden where one of their sources may not be read."""
    with Reading(cluster) as reading:
        return replace(_umbrella_facts(reading, namespace), where=cluster.name, unread=reading.unread)


def _umbrella_facts(reading: Reading, namespace: str | None) -> Facts:
    release = finder.find_release(reading, namespace)
    if release is not None:
        return _flux_facts(reading, release)
    secret = finder.find_helm_secret(reading, namespace)
    if secret is None:
        return Facts(where="")
    layer, version = helm_layer(reading.cluster, secret)
    return Facts(where="", umbrella=Umbrella(secret, version, None), layers=(layer,))


def _flux_facts(reading: Reading, release: HelmRelease) -> Facts:
    place = release.metadata.namespace or finder.NAME
    releases = reading.list(kinds.HELM_RELEASE, HelmRelease, Where(place))
    sources = finder.read_sources(reading, place)
    layers, problems = read_layers(reading, release)
    return Facts(
        where="",
        umbrella=finder.of_release(release, sources.values()),
        layers=layers,
        problems=problems,
        releases=releases.result(),
        flux_sources=sources,
    )
