"""The gateways of Big Bang's values, old and new, through Helm: `generations` has a small chart for each."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.tools import build

_CHARTS = Path(__file__).parent / "generations"
OLD, NEW = "istio-controlplane", "istio-gateway"


class RenderError(Exception):
    """Helm's words for why there is nothing."""


def render(chart: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the chart, OLD or NEW, makes of the umbrella's values; raises RenderError where it fails."""
    command = [str(build.tool("helm")), "template", "bigbang", str(_CHARTS / chart), "--values=-"]
    done = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RenderError(done.stderr)
    return [one for one in yaml.safe_load_all(done.stdout) if one]
