"""What charts really make of the umbrella's values, by the `helm` on PATH; nothing reaches a cluster.

A package's chart is given the umbrella's values whole, unless the umbrella's own chart (`bigbang`) is among the charts:
then each package gets what its HelmRelease would be given by the Secrets that the umbrella renders.
"""

import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from istiokit.bigbang.merge import Values, merge_maps
from istiokit.cluster.files_read import read_text
from istiokit.errors import OperationFailed, UsageError

UMBRELLA = "bigbang"
_SECONDS = 300.0
_NO_SCHEMA = "--skip-schema-validation"
"""Istio's own gateway chart does not fit its schema under Helm 3.18 and later; older ones do not know the flag."""
_KUBERNETES = "--kube-version=1.32.0"
"""Charts ask for a recent one, and which one helm pretends to see depends on how it was built."""
_ALL_ON = {
    "istio": {"enabled": True},
    "istioOperator": {"enabled": True},
    "istiod": {"enabled": True},
    "istioCRDs": {"enabled": True},
    "istioGateway": {"enabled": True},
}
"""Both generations at once: the umbrella renders a package only where it is on."""
_OF_GATEWAYS = "istio-gateway"
"""The namespace of the new gateways."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart in a folder."""

    path: Path
    name: str
    """As its Chart.yaml says."""


def chart_at(path: str) -> Chart:
    """The chart in the folder; raises UsageError where there is none."""
    import yaml

    folder = Path(path)
    if not (folder / "Chart.yaml").is_file():
        raise UsageError(f"{path} is no chart: it has no Chart.yaml", "give the folder of a chart to --chart")
    text = read_text(str(folder / "Chart.yaml"))
    about = yaml.safe_load(text)
    if not isinstance(about, dict) or not about.get("name"):
        raise UsageError(f"{path}: its Chart.yaml names no chart", "name the folder of a chart")
    return Chart(folder, str(about["name"]))


def rendered(charts: Sequence[Chart], values: Values) -> list[tuple[Chart, list[Values]]]:
    """The manifests of each package's chart.

    Raises UsageError where there is no helm, OperationFailed with helm's words where it fails.
    """
    umbrella = next((one for one in charts if one.name == UMBRELLA), None)
    packages = [one for one in charts if one is not umbrella]
    if not packages:
        what = "the umbrella's chart says what its packages are given, and renders no gateway itself"
        raise UsageError(what, "give the charts of the packages to --chart too")
    if umbrella is None:
        return [(one, _template(one, "bigbang", values)) for one in packages]
    whole = _template(umbrella, "bigbang", merge_maps(values, _ALL_ON))
    return [(one, list(_package(one, whole))) for one in packages]


def _package(chart: Chart, umbrella: Sequence[Values]) -> Iterator[Values]:
    """The chart as each of its HelmReleases would render it."""
    secrets = {one["metadata"]["name"]: one for one in umbrella if one.get("kind") == "Secret"}
    for release in umbrella:
        if release.get("kind") == "HelmRelease" and _is_of(release, chart):
            spec = release["spec"]
            name = spec.get("releaseName") or release["metadata"]["name"]
            yield from _template(chart, name, _values(spec, secrets), spec.get("targetNamespace") or "")


def _is_of(release: Values, chart: Chart) -> bool:
    """The package istio is one release; the gateways are those of their namespace."""
    if chart.name == "gateway":
        return bool(release["spec"].get("targetNamespace") == _OF_GATEWAYS)
    return bool(release["metadata"]["name"] == chart.name)


def _values(spec: Values, secrets: Mapping[str, Values]) -> Values:
    import yaml

    merged: Values = {}
    for source in spec.get("valuesFrom") or ():
        text = (secrets.get(source["name"]) or {}).get("stringData", {}).get(source.get("valuesKey"))
        try:
            merged = merge_maps(merged, yaml.safe_load(text or "") or {})
        except yaml.YAMLError as error:
            what = f"the values that the umbrella makes for {source['name']} are not YAML"
            raise OperationFailed(what, "see what helm renders of the umbrella") from error
    return merged


def _template(chart: Chart, name: str, values: Values, namespace: str = "") -> list[Values]:
    """What `helm template` prints; the values go by stdin, since there are keys among them."""
    words = ["helm", "template", name, str(chart.path), "--values=-", _KUBERNETES]
    words += [f"--namespace={namespace}"] if namespace else []
    done = _run([*words, _NO_SCHEMA], values)
    if done.returncode and "unknown flag" in done.stderr:
        done = _run(words, values)
    if done.returncode:
        raise OperationFailed(
            f"helm cannot render {chart.path}: {_words(done.stderr)}",
            "are the charts and the values of one version?",
        )
    return list(_manifests(done.stdout))


def _words(stderr: str) -> str:
    """The line that says what is wrong."""
    lines = stderr.strip().splitlines() or ["it says nothing"]
    return next((line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")), lines[-1])


def _run(words: Iterable[str], values: Values) -> "subprocess.CompletedProcess[str]":
    text = msgspec.json.encode(values).decode()
    try:
        return subprocess.run(
            list(words), input=text, capture_output=True, encoding="utf-8", check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise OperationFailed(f"helm has not answered in {_SECONDS:.0f} s", "run it by hand") from None
    except FileNotFoundError:
        raise UsageError(
            "--chart needs helm, and there is none on PATH", "install it, or leave --chart out"
        ) from None
    except OSError as error:
        raise OperationFailed(
            f"helm cannot be run: {error.strerror}", "see what `helm version` says"
        ) from error


def _manifests(text: str) -> Iterator[Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from (one for one in yaml.load_all(text, Loader=loader) if isinstance(one, dict))
    except yaml.YAMLError as error:
        raise OperationFailed(f"what helm printed is not YAML: {error}", "run it by hand") from error
