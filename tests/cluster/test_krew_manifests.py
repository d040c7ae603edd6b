"""krew's own validator accepts what is rendered, for every platform of a release."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from istiokit import __version__
from krew.manifests import manifests
from krew.release import Release, parse_checksums
from krew.render import templates
from tests.krew_release import BASE_URL, HOMEPAGE, checksums_txt
from tests.tools import build

RENDERED = manifests(Release(__version__, BASE_URL, HOMEPAGE, parse_checksums(checksums_txt())), templates())
KREW = [path for path in RENDERED if path.startswith("plugins/")]


def validate(manifest: Path) -> subprocess.CompletedProcess[str]:
    """What validate-krew-manifest says; it reads the name of the plugin off the file name, too."""
    command = [str(build.tool("validate-krew-manifest")), "-manifest", str(manifest), "-skip-install"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", KREW)
def test_the_validator_accepts_it(path: str, tmp_path: Path) -> None:
    manifest = tmp_path / Path(path).name
    manifest.write_text(RENDERED[path])
    done = validate(manifest)
    assert done.returncode == 0, done.stderr
    assert "no overlapping spec.platform[].selector" in done.stderr


def test_the_validator_would_refuse_a_gap(tmp_path: Path) -> None:
    manifest = tmp_path / "vs-gateways.yaml"
    manifest.write_text(RENDERED["plugins/vs-gateways.yaml"].replace("windows", "linux"))
    done = validate(manifest)
    assert done.returncode != 0
    assert "overlapping platform selectors found" in done.stderr
