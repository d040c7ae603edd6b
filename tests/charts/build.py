"""Makes the charts to publish: an umbrella per Big Bang version, and the packages that it installs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).parent
_OLD = ("istioOperator", "istio")
_CORE = ("istioCore", "istioGateway")
_NEW = ("istioCRDs", "istiod", "istioGateway")

# The Istio packages of each version that the tests use (the keys in that version's chart/values.yaml).
PACKAGES = {
    "2.50.0": _OLD + _CORE,
    "2.53.0": _OLD + _NEW,
    "2.54.0": _OLD + _NEW,
    "3.0.0": _NEW,
}


def build_all(folder: Path, crds: Path) -> Iterator[Path]:
    """All charts, made in FOLDER: every version of the umbrella, then every package. CRDS has Istio's CRDs."""
    for version in PACKAGES:
        yield build_umbrella(version, folder)
    yield from build_packages(folder, crds)


def build_umbrella(version: str, folder: Path) -> Path:
    """The umbrella as of VERSION (a key of PACKAGES), made in FOLDER; returns the chart's folder."""
    chart = folder / f"bigbang-{version}"
    shutil.copytree(_HERE / "umbrella", chart)
    metadata = _read(chart / "Chart.yaml")
    _write(chart / "Chart.yaml", {**metadata, "version": version})
    left_out = {*_OLD, *_CORE, *_NEW} - set(PACKAGES[version])
    values = {key: value for key, value in _read(chart / "values.yaml").items() if key not in left_out}
    if "istio" in left_out:
        _turn_on(values, PACKAGES[version])
    _write(chart / "values.yaml", values)
    _drop_properties(chart / "values.schema.json", left_out)
    return chart


def build_packages(folder: Path, crds: Path) -> Iterator[Path]:
    """The package charts, made in FOLDER; CRDS goes into istio-crds. istio-core is istiod with the CRDs."""
    packages = [shutil.copytree(one, folder / one.name) for one in sorted((_HERE / "packages").iterdir())]
    new_crds = folder / "istio-crds"
    (new_crds / "files").mkdir()
    shutil.copyfile(crds, new_crds / "files" / "crds.yaml")
    yield from (*packages, _core(folder, new_crds))


def _core(folder: Path, new_crds: Path) -> Path:
    core = shutil.copytree(folder / "istiod", folder / "istio-core")
    shutil.copytree(new_crds / "files", core / "files")
    shutil.copyfile(new_crds / "templates" / "crds.yaml", core / "templates" / "crds.yaml")
    _write(core / "values.yaml", {**_read(core / "values.yaml"), **_read(new_crds / "values.yaml")})
    metadata = _read(core / "Chart.yaml")
    _write(
        core / "Chart.yaml",
        {**metadata, "name": "istio-core", "version": "1.24.2-bb.0", "appVersion": "1.24.2"},
    )
    return core


def _turn_on(values: dict[str, Any], packages: tuple[str, ...]) -> None:
    """From 3.0 on the new packages are on by default, and the gateway's chart name is right."""
    for package in packages:
        values[package]["enabled"] = True
    values["istioGateway"]["helmRepo"]["chartName"] = "gateway"


def _drop_properties(path: Path, names: set[str]) -> None:
    schema = json.loads(path.read_text())
    for name in names:
        del schema["properties"][name]
    path.write_text(json.dumps(schema, indent=2))


def _read(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text())
    assert isinstance(content, dict)
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False))
