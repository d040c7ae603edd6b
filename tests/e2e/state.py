"""How a cluster stands, as the tests compare it."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.charts.values import LAYERS
from tests.e2e.bigbang import not_ready
from tests.e2e.bigbang_objects import NAMESPACE
from tests.e2e.cli import migrate
from tests.tools.rig import Rig


def place(rig: Rig) -> str:
    """What `status` calls this mesh: `operator`, `step 1 done`, ..."""
    return str(status(rig)["place"])


def status(rig: Rig) -> dict[str, Any]:
    """The one item of `status -o json`."""
    found = json.loads(migrate(rig, "status", "--output=json").done().out)
    item: dict[str, Any] = found["items"][0]
    return item


def journal(rig: Rig) -> list[dict[str, Any]]:
    """The runs of `journal -o json`, oldest first."""
    found: list[dict[str, Any]] = json.loads(migrate(rig, "journal", "--output=json").done().out)["items"]
    return found


def values(rig: Rig) -> dict[str, str]:
    """The text of each layer of values in the cluster, as it is."""
    return {name: _text(rig, kind, name) for name, kind in LAYERS.items()}


def assert_ready(rig: Rig) -> None:
    """Every HelmRelease is Ready, but for the moments in which Flux looks at one again."""
    rig.until(lambda: not not_ready(rig), "every HelmRelease to be Ready still", 15)


def _text(rig: Rig, kind: str, name: str) -> str:
    text = str(rig.get(kind.lower(), name, f"--namespace={NAMESPACE}")["data"]["values.yaml"])
    return base64.b64decode(text).decode() if kind == "Secret" else text
