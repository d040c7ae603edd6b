"""Helm's records as its secrets driver writes them."""

import base64
import gzip
import json
from collections.abc import Sequence
from typing import Any

import yaml

Manifest = dict[str, Any]


def payload(
    name: str,
    revision: int,
    manifests: Sequence[Manifest] | str,
    *,
    namespace: str = "shop",
    status: str = "deployed",
) -> str:
    """The key `release` of a Secret, as the API sends it."""
    text = (
        manifests
        if isinstance(manifests, str)
        else "".join(
            f"---\n# Source: {name}/templates/{one['metadata']['name']}.yaml\n{yaml.safe_dump(one)}"
            for one in manifests
        )
    )
    record = {
        "name": name,
        "namespace": namespace,
        "version": revision,
        "info": {"status": status, "last_deployed": "2026-11-20T10:00:00Z"},
        "chart": {"metadata": {"name": name, "version": "1.0.0"}, "templates": [{"data": "YWJj"}]},
        "config": {"password": "hunter2"},
        "manifest": text,
    }
    return base64.b64encode(base64.b64encode(gzip.compress(json.dumps(record).encode(), mtime=0))).decode()


def secret(
    name: str,
    revision: int,
    manifests: Sequence[Manifest] | str,
    *,
    namespace: str = "shop",
    status: str = "deployed",
    data: str | None = None,
) -> Manifest:
    """The Secret of one revision."""
    packed = payload(name, revision, manifests, namespace=namespace, status=status)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {
            "name": f"sh.helm.release.v1.{name}.v{revision}",
            "namespace": namespace,
            "labels": {"owner": "helm", "name": name, "status": status, "version": str(revision)},
        },
        "data": {"release": packed if data is None else data},
    }
