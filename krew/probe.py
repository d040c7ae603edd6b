"""Tells what an environment holds, as JSON; run by the Python of that environment, so it imports nothing of ours.

build/venv/bin/python krew/probe.py
"""

from __future__ import annotations

import json
import platform
import ssl
import sys
import zlib
from importlib.metadata import Distribution, distributions


def top_names(dist: Distribution) -> list[str]:
    """What DIST puts into site-packages, without what lies in folders below: yaml, yaml/_yaml.so is left out."""
    names = {file.parts[0] for file in dist.files or () if file.parts[0] != ".."}
    return sorted(names - {"__pycache__"})


def inside() -> dict[str, dict[str, str]]:
    """{package: {library: version}} of the C libraries that wheels have linked in, so that no file shows them."""
    import yaml
    from cryptography.hazmat.backends.openssl.backend import backend

    libyaml = ".".join(map(str, yaml._yaml.get_version()))
    return {
        "cryptography": {"openssl": backend.openssl_version_text().split()[1]},
        "pyyaml": {"libyaml": libyaml},
    }


def report() -> dict[str, object]:
    """Everything that is asked: Python and the libraries that it names, its modules, the packages."""
    return {
        "python": platform.python_version(),
        "modules": sorted(sys.stdlib_module_names),
        "libraries": {"openssl": ssl.OPENSSL_VERSION.split()[1], "zlib": zlib.ZLIB_RUNTIME_VERSION},
        "packages": [
            {"name": dist.metadata["Name"], "version": dist.version, "files": top_names(dist)}
            for dist in distributions()
        ],
        "inside": inside(),
    }


if __name__ == "__main__":
    print(json.dumps(report(), sort_keys=True))
