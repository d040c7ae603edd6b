"""Istio's own samples, audited: manifests that many people begin with, and that nobody wrote for this test.

istio_samples.txt has what is found, in the suite's own words. SAMPLES_UPDATE=1 writes it anew, to be read.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_vs_gateways.main import APP
from tests.run import run
from tests.tools.build import tool_dir
from tests.unit.test_yamlread import same

EXPECTED = Path(__file__).with_name("istio_samples.txt")
ROUTES = "bookinfo/networking"


@pytest.fixture(scope="module")
def samples() -> Path:
    return tool_dir("istio-samples") / "samples"


def audited(*names: str) -> Iterator[str]:
    """Every finding in a line; all are named as they are from the folder of the samples."""
    result = run("--audit", "-o", "json", *(part for name in names for part in ("-f", name)), "-R", app=APP)
    for one in json.loads(result.out)["items"]:
        yield f"{one['severity']} {one['code']} {one['object']} {one['path']}: {one['reason']}".replace(
            " :", ":"
        )
    counts = {word: json.loads(result.out)["summary"][word] for word in ("errors", "warnings", "infos")}
    yield f"exit code {result.code}; {', '.join(f'{number} {word}' for word, number in counts.items())}"


def listed(name: str) -> Iterator[str]:
    result = run("-f", name, "-R", "-o", "json", app=APP)
    for one in json.loads(result.out)["items"]:
        yield f"{one['namespace']}/{one['name']}: {', '.join(one['gateways'])}: {one['state']}"


def test_what_is_found_in_istios_samples(samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(samples)
    routes = sorted(str(path) for path in Path(ROUTES).glob("*.yaml"))
    assert len(routes) > 15, "the samples are not where they were"
    gateway = f"{ROUTES}/bookinfo-gateway.yaml"
    parts = [
        ("all samples at once", audited(".")),
        ("their VirtualServices", listed(".")),
        *((name, audited(*dict.fromkeys((name, gateway)))) for name in routes),
    ]
    text = "".join(f"# {title}\n" + "".join(f"{line}\n" for line in lines) + "\n" for title, lines in parts)
    if os.environ.get("SAMPLES_UPDATE"):
        EXPECTED.write_text(text)
    assert text == EXPECTED.read_text()


def test_every_sample_reads_in_pieces_as_it_reads_as_a_whole(samples: Path) -> None:
    texts = [path.read_text() for path in samples.rglob("*.yaml")]
    assert len(texts) > 100
    for text in texts:
        same(text)


def test_moving_a_sample_to_another_gateway_and_back_keeps_every_byte(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = {path.name: path.read_bytes() for path in (samples / ROUTES).glob("*.yaml")}
    for name, data in before.items():
        (tmp_path / name).write_bytes(data)
    flags = ["--map", "default/bookinfo-gateway=istio-gateway/public-ingressgateway", "-f", ".", "--yes"]
    assert run("swap", *flags, app=APP).code == 0
    after = {path.name: path.read_bytes() for path in tmp_path.glob("*.yaml")}
    changed = {name for name, data in after.items() if data != before[name]}
    assert changed == {"bookinfo-gateway.yaml"}
    old, new = b"  - bookinfo-gateway\n", b"  - istio-gateway/public-ingressgateway\n"
    assert after["bookinfo-gateway.yaml"] == before["bookinfo-gateway.yaml"].replace(old, new)
    assert run("rollback", "-f", ".", "--yes", app=APP).code == 0
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.yaml")} == before
