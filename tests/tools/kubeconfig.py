"""Writes kubeconfig files (as JSON, which is YAML too)."""

from __future__ import annotations

import base64
import json
from pathlib import Path


def write_kubeconfig(
    path: Path, server: str, ca: Path, user: dict[str, str], namespace: str = "default"
) -> None:
    """A kubeconfig with the one context "rig"; USER is what the format calls `users[].user`."""
    cluster = {"server": server, "certificate-authority-data": _base64(ca)}
    context = {"cluster": "rig", "user": "rig", "namespace": namespace}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "rig", "cluster": cluster}],
        "users": [{"name": "rig", "user": user}],
        "contexts": [{"name": "rig", "context": context}],
        "current-context": "rig",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=1) + "\n")


def client_certificate(cert: Path, key: Path) -> dict[str, str]:
    """The user that this certificate names."""
    return {"client-certificate-data": _base64(cert), "client-key-data": _base64(key)}


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
