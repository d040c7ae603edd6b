"""The packages themselves: switches, sources, Flux settings and post-renderers of istio, istioOperator and istioCore.

Sources: chart/values.yaml, chart/values.schema.json and the templates istio, istio-operator, istio-core, istiod,
istio-crds and istio-gateway (helmrelease.yaml, gitrepository.yaml) of Big Bang 2.50.0 to 3.0.0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from istiokit.bigbang.versions import Version
from istiokit.convert.control_plane.draft import Draft
from istiokit.convert.model import Path, Problem, at, dotted

_SWITCHES = "step1 and step2 set the switches"
_VERSION = "it is a version of the old package; Big Bang knows those of the new ones"
_RELEASE_KEYS = ("releaseName", "targetNamespace", "dependsOn")
_OPERATOR = "the new packages have no operator"


@dataclass(frozen=True, slots=True)
class _Package:
    """An old package, and those that take its place."""

    name: str
    successors: tuple[str, ...]
    flux: tuple[str, ...]
    repository: str
    chart: str


_ISTIO = _Package(
    "istio",
    ("istioCRDs", "istiod", "istioGateway"),
    ("istiod", "istioGateway"),
    "https://repo1.dso.mil/big-bang/product/packages/istio-controlplane.git",
    "istio",
)
_CORE = _Package(
    "istioCore",
    ("istioCRDs", "istiod"),
    ("istioCRDs", "istiod"),
    "https://repo1.dso.mil/big-bang/product/packages/istio-core.git",
    "istio-core",
)


def packages(draft: Draft) -> None:
    """All of the old packages except their values."""
    draft.below(("istioOperator",))
    for path, why in ((("istioOperator",), _OPERATOR), (("istioOperator", "enabled"), _SWITCHES)):
        if draft.has(path):
            draft.ledger.default(path, why)
    for package in (_ISTIO, _CORE):
        draft.below((package.name,))
        _switches(draft, package)
        _sources(draft, package)
        _flux(draft, package)
    _post_renderers(draft)
    _core_post_renderers(draft)


def _switches(draft: Draft, package: _Package) -> None:
    for key, why in (("enabled", _SWITCHES), ("status", "it is a word for people")):
        if draft.has((package.name, key)):
            draft.ledger.default((package.name, key), why)


def _sources(draft: Draft, package: _Package) -> None:
    path = (package.name, "sourceType")
    kind = draft.text(path)
    if kind not in (None, "git", "helmRepo") and not draft.hidden(path):
        raise Problem(path, f"{dotted(path)} has to be git or helmRepo", "correct the values")
    places: dict[Path, str | None] = {(name, "sourceType"): kind for name in package.successors}
    if kind == "helmRepo" and "istioGateway" in package.successors:
        places |= _gateway_chart(draft)
    if draft.has(path):
        draft.write(path, places)
    for section, used in (("git", kind != "helmRepo"), ("helmRepo", kind == "helmRepo")):
        draft.below((package.name, section))
        if used:
            _git(draft, package) if section == "git" else _helm_repository(draft, package)
        elif draft.has((package.name, section)):
            why = f"it counted only with sourceType: {section}"
            draft.ledger.default((package.name, section), why)


def _gateway_chart(draft: Draft) -> dict[Path, str | None]:
    """Before 3.0 the umbrella names a chart istio-gateway, which no registry has: it is called gateway."""
    place = ("istioGateway", "helmRepo", "chartName")
    wrong = draft.release.version < Version(3, 0) and not draft.has(place)
    return {place: "gateway"} if wrong else {}


def _git(draft: Draft, package: _Package) -> None:
    path = (package.name, "git")
    usual = {"repo": package.repository, "path": "./chart"}
    for key, value in usual.items():
        if at(draft.values, (*path, key)) == value:
            draft.ledger.default((*path, key), "it is the default of the old package")
        elif draft.has((*path, key)):
            todo = f"name your copies of the new packages: {_listed(package.successors, 'git', key)}"
            draft.ledger.lost((*path, key), "it is where the old package is", todo)
    for key in ("tag", "semver"):
        if draft.has((*path, key)):
            draft.ledger.default((*path, key), _VERSION)
    for key in ("branch", "commit"):
        if draft.has((*path, key)):
            todo = "see what was changed there, and whether the new packages need it"
            draft.ledger.lost((*path, key), "it is a state of the old package's repository", todo)
    draft.carry((*path, "existingSecret"), *((name, "git", "existingSecret") for name in package.successors))
    if draft.has((*path, "credentials")):
        todo = (
            f"write them to {_listed(package.successors, 'git', 'credentials')} if the new ones are there too"
        )
        draft.ledger.lost((*path, "credentials"), "they are for the repository of the old package", todo)


def _helm_repository(draft: Draft, package: _Package) -> None:
    path = (package.name, "helmRepo")
    for key in ("repoName", "cosignVerify"):
        draft.carry((*path, key), *((name, "helmRepo", key) for name in package.successors))
    if at(draft.values, (*path, "chartName")) == package.chart:
        draft.ledger.default((*path, "chartName"), "it is the default of the old package")
    elif draft.has((*path, "chartName")):
        todo = f"name your charts: {_listed(package.successors, 'helmRepo', 'chartName')}"
        draft.ledger.lost((*path, "chartName"), "it is the name of the old chart", todo)
    if draft.has((*path, "tag")):
        draft.ledger.default((*path, "tag"), _VERSION)


def _flux(draft: Draft, package: _Package) -> None:
    path = (package.name, "flux")
    for key in _RELEASE_KEYS:
        if key in draft.below(path):
            todo = "leave it out: the new releases have their own"
            draft.ledger.lost((*path, key), "it is about the release of the old chart", todo)
    draft.carry_all(path, *((name, "flux") for name in package.flux))


def _post_renderers(draft: Draft) -> None:
    path = ("istio", "postRenderers")
    if draft.items(path) or draft.hidden(path):
        todo = "write what is still needed to istiod.postRenderers and istioGateway.postRenderers"
        draft.ledger.lost(path, "they patch objects of the old chart, an IstioOperator among them", todo)
    elif draft.has(path):
        draft.ledger.default(path, "there are none")


def _core_post_renderers(draft: Draft) -> None:
    path = ("istioCore", "postRenderers")
    if draft.items(path) or draft.hidden(path):
        todo = "what patches a CustomResourceDefinition goes to istioCRDs.postRenderers"
        draft.carry(path, ("istiod", "postRenderers"), todo=todo)
    elif draft.has(path):
        draft.ledger.default(path, "there are none")


def _listed(names: Sequence[str], *keys: str) -> str:
    return ", ".join(dotted((name, *keys)) for name in names)
