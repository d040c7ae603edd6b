"""A Big Bang to test on: the umbrella stand-in of tests/charts under the real Flux controllers of a rig.

    umbrella = install_umbrella(flux_rig)
    wait_ready(flux_rig)
    set_layer(flux_rig, umbrella, "environment", switches("step1"))
    wait_ready(flux_rig)
    uninstall(flux_rig)

The rig needs the parts istio_crds, flux, loadbalancer and charts, and git for `git_umbrella`. The namespaces
have their real names, so a rig holds one umbrella at a time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tests.charts.build import build_all
from tests.charts.values import LAYERS, default_layers
from tests.e2e.bigbang_objects import (
    APPLICATIONS,
    NAMESPACE,
    applications,
    chart_repository,
    generator,
    git_sources,
    name_reference,
    namespace,
    release,
    source,
)
from tests.tools.rig import CommandError, Rig

_RELEASES = "helmreleases.helm.toolkit.fluxcd.io"
_KUSTOMIZATION = "kustomizations.kustomize.toolkit.fluxcd.io/environment"
_GIT_REPOSITORY = "gitrepositories.source.toolkit.fluxcd.io/environment"
# With finalizers of Flux: a namespace that has to wait for them takes seconds longer.
_SOURCES = "helmrepositories.source.toolkit.fluxcd.io,gitrepositories.source.toolkit.fluxcd.io"
_NAMESPACES = (NAMESPACE, "istio-operator", "istio-system", "istio-gateway", "fillers", APPLICATIONS)
_HERE = (f"--namespace={NAMESPACE}",)
_WEBHOOKS = (
    "mutatingwebhookconfiguration/istio-sidecar-injector",
    "validatingwebhookconfiguration/istiod-default-validator",
)


@dataclass(frozen=True)
class GitValues:
    """Where Git keeps the values of an umbrella."""

    repo: str
    """The repository's name for `rig.git`."""
    path: str
    """`spec.path` of the Kustomization."""
    files: Mapping[str, str]
    """The file of each layer, from the repository's root."""


@dataclass(frozen=True)
class Umbrella:
    """An umbrella as it was installed. `layers` is the text of each layer of values."""

    version: str
    layers: Mapping[str, str]
    git: GitValues | None = None
    namespace: str = NAMESPACE
    name: str = "bigbang"


def install_umbrella(
    rig: Rig,
    version: str = "2.54.0",
    layers: Mapping[str, str] | None = None,
    fillers: int = 0,
    apps: int = 1,
) -> Umbrella:
    """Installs the umbrella VERSION with values in ConfigMaps and Secrets; does not wait for it.

    LAYERS replaces layers of `default_layers`, FILLERS is the number of packages besides Istio, and
    APPS that of VirtualServices and of Deployments with an old sidecar in the namespace `shop`.
    """
    umbrella = Umbrella(version, {**default_layers(rig.charts.url, version, fillers), **(layers or {})})
    _prepare(rig, apps)
    sources = [source(name, umbrella.layers[name]) for name in LAYERS]
    rig.apply([*sources, chart_repository(rig.charts.url), release(version)], field_manager="admin")
    return umbrella


def git_umbrella(
    rig: Rig,
    version: str = "2.54.0",
    layers: Mapping[str, str] | None = None,
    fillers: int = 0,
    apps: int = 1,
    hashed: bool = True,
) -> Umbrella:
    """Like `install_umbrella`, but a Kustomization makes everything from the Git repository `environment`.

    Names of ConfigMaps and Secrets get Kustomize's hash suffix if HASHED. Without it a change of values
    changes nothing in the HelmRelease, which then sees it only when it is reconciled next.
    """
    folder = "clusters/dev"
    names = {name: f"{name.removesuffix('-bb')}{'-secrets' * name.endswith('-bb')}.yaml" for name in LAYERS}
    git = GitValues("environment", f"./{folder}", {name: f"{folder}/{file}" for name, file in names.items()})
    umbrella = Umbrella(version, {**default_layers(rig.charts.url, version, fillers), **(layers or {})}, git)
    _prepare(rig, apps)
    objects = [chart_repository(rig.charts.url), release(version)]
    files = {
        **{git.files[name]: text for name, text in umbrella.layers.items()},
        f"{folder}/bigbang.yaml": yaml.safe_dump_all(objects, sort_keys=False),
        f"{folder}/kustomization.yaml": yaml.safe_dump(generator(names, hashed), sort_keys=False),
        f"{folder}/namereference.yaml": yaml.safe_dump(name_reference(), sort_keys=False),
    }
    revision = rig.git.commit(git.repo, files, "The environment")
    rig.apply(git_sources(rig.git.repo_url(git.repo), git.path), field_manager="admin")
    _wait_applied(rig, revision)
    return umbrella


def set_layer(rig: Rig, umbrella: Umbrella, layer: str, text: str) -> None:
    """Replaces the values of LAYER where they are kept, and has the umbrella look at them."""
    if umbrella.git:
        revision = rig.git.commit(umbrella.git.repo, {umbrella.git.files[layer]: text}, f"Change {layer}")
        request(rig, _GIT_REPOSITORY)
        _wait_applied(rig, revision)
    else:
        rig.apply([source(layer, text)], field_manager="admin")
    request(rig, f"{_RELEASES}/{umbrella.name}")


def request(rig: Rig, *resources: str, force: bool = False) -> None:
    """Asks Flux to reconcile RESOURCES (kind/name in the umbrella's namespace) now, with FORCE even if in sync."""
    keys = ["requestedAt", "forceAt"] if force else ["requestedAt"]
    now = time.time_ns()
    values = [f"reconcile.fluxcd.io/{key}={now}" for key in keys]
    rig.kubectl("annotate", "--overwrite", *_HERE, *resources, *values)


def wait_ready(rig: Rig, timeout: float = 60) -> float:
    """Waits (at most TIMEOUT seconds) until all HelmReleases are Ready and current; how long it took."""
    started = time.monotonic()
    rig.until(lambda: not not_ready(rig), "every HelmRelease to be Ready", timeout)
    return time.monotonic() - started


def not_ready(rig: Rig) -> dict[str, str]:
    """The HelmReleases that are not Ready, not up to date or on their way out, with the message of Ready."""
    releases = rig.get(_RELEASES, *_HERE)["items"]
    if not releases:
        return {"bigbang": "there is no HelmRelease yet"}
    return {item["metadata"]["name"]: ready_message(item) for item in releases if not _is_ready(item)}


def ready_message(helm_release: dict[str, Any]) -> str:
    """`reason: message` of the condition Ready; empty if there is none yet."""
    condition = _ready(helm_release)
    return f"{condition['reason']}: {condition['message']}" if condition else ""


def release_names(rig: Rig) -> set[str]:
    """The HelmReleases in the umbrella's namespace."""
    return {item["metadata"]["name"] for item in rig.get(_RELEASES, *_HERE)["items"]}


def wait_settled(rig: Rig, timeout: float = 60) -> None:
    """Waits until no namespace is on its way out.

    Helm takes a namespace that is still there for granted: an umbrella that is turned back at once succeeds,
    and its releases then fail for ever in a namespace that has gone after all.
    """
    rig.until(lambda: not _leaving_namespaces(rig), "the removed namespaces to go", timeout)


def uninstall(rig: Rig) -> None:
    """Takes the umbrella, all that it installed and the applications away, whatever state they are in."""
    rig.loadbalancer.release()
    rig.kubectl("delete", "namespace", APPLICATIONS, "--ignore-not-found", "--wait=false")
    for operator in rig.get("istiooperators", "--all-namespaces")["items"]:
        _drop_finalizers(rig, operator)
    _delete_if_served(rig, _KUSTOMIZATION, *_HERE)
    if "bigbang" in release_names(rig):
        # Helm would wait for one namespace after the other; all are waited for together at the end.
        patch = json.dumps({"spec": {"uninstall": {"disableWait": True}}})
        rig.kubectl("patch", _RELEASES, "bigbang", *_HERE, "--type=merge", f"--patch={patch}")
        rig.kubectl("delete", _RELEASES, "bigbang", *_HERE, "--ignore-not-found")
    rig.until(lambda: not release_names(rig), "the child HelmReleases to go", 60)
    rig.kubectl("delete", "--all", _SOURCES, *_HERE)
    rig.kubectl("delete", "--ignore-not-found", *_WEBHOOKS)
    rig.kubectl("delete", "namespaces", "--ignore-not-found", *_NAMESPACES)


def _prepare(rig: Rig, apps: int) -> None:
    """Publishes the charts, once per rig, and makes what is there before the umbrella."""
    folder = rig.dir / "umbrella-charts"
    if not folder.exists():
        crds = rig.tool_dir("istio-crds") / "crds" / "istio.yaml"
        rig.charts.publish(*build_all(folder, crds))
    rig.apply([namespace(NAMESPACE), *applications(apps)], field_manager="admin")


def _wait_applied(rig: Rig, revision: str) -> None:
    path = "--output=jsonpath={.status.lastAppliedRevision}"
    rig.until(
        lambda: rig.kubectl("get", _KUSTOMIZATION, *_HERE, path).endswith(revision),
        f"the Kustomization to apply {revision}",
    )


def _delete_if_served(rig: Rig, *words: str) -> None:
    """Deletes what may be of a kind that this rig does not have."""
    try:
        rig.kubectl("delete", "--ignore-not-found", *words)
    except CommandError as error:
        if "doesn't have a resource type" not in error.stderr:
            raise


def _drop_finalizers(rig: Rig, item: dict[str, Any]) -> None:
    name, where = item["metadata"]["name"], item["metadata"]["namespace"]
    patch = json.dumps({"metadata": {"finalizers": None}})
    rig.kubectl("patch", "istiooperators", name, f"--namespace={where}", "--type=merge", f"--patch={patch}")


def _leaving_namespaces(rig: Rig) -> list[str]:
    namespaces = rig.get("namespaces")["items"]
    return [item["metadata"]["name"] for item in namespaces if "deletionTimestamp" in item["metadata"]]


def _is_ready(item: dict[str, Any]) -> bool:
    metadata, status = item["metadata"], item.get("status", {})
    asked = metadata.get("annotations", {}).get("reconcile.fluxcd.io/requestedAt")
    return (
        "deletionTimestamp" not in metadata
        and (_ready(item) or {}).get("status") == "True"
        and status.get("observedGeneration") == metadata["generation"]
        and asked in (None, status.get("lastHandledReconcileAt"))
    )


def _ready(item: dict[str, Any]) -> dict[str, Any] | None:
    conditions = item.get("status", {}).get("conditions", [])
    return next((condition for condition in conditions if condition["type"] == "Ready"), None)
