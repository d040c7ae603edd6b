"""Says of which commit the files of a release were made, as in-toto and SLSA have it. It is not signed.

    python -m krew.provenance dist --homepage URL

A dry run shows by it what will be stated: GitHub makes such a statement itself and signs it (release.yml), and only
that one proves something. So this file has "unsigned" in its name, and is not among the files of a release.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from istiokit import __version__
from krew.files import read_checksums
from krew.platforms import this_platform

_ROOT = Path(__file__).parent.parent


def statement(
    subjects: Mapping[str, str], commit: str, lock: str, homepage: str, platform: str
) -> dict[str, Any]:
    """The statement that SUBJECTS ({file name: SHA-256}) were made of COMMIT, with the packages of uv.lock.

    LOCK is the SHA-256 of uv.lock, HOMEPAGE the URL of the project.
    """
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": name, "digest": {"sha256": digest}} for name, digest in sorted(subjects.items())
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": f"{homepage}#release-dry-run",
                "externalParameters": {"source": {"uri": f"git+{homepage}", "digest": {"gitCommit": commit}}},
                "internalParameters": {"platform": platform},
                "resolvedDependencies": [
                    {"uri": f"git+{homepage}", "digest": {"gitCommit": commit}},
                    {"name": "uv.lock", "digest": {"sha256": lock}},
                ],
            },
            "runDetails": {"builder": {"id": f"{homepage}#unsigned"}},
        },
    }


def main(argv: Sequence[str]) -> int:
    """Writes DIST/provenance/ for the files of DIST's checksums; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m krew.provenance", description="Say what files were made of."
    )
    parser.add_argument("dist", type=Path)
    parser.add_argument("--homepage", required=True, help="the https:// URL of the project")
    arguments = parser.parse_args(argv)
    subjects = read_checksums(arguments.dist)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=_ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    lock = hashlib.sha256((_ROOT / "uv.lock").read_bytes()).hexdigest()
    made = statement(subjects, commit, lock, arguments.homepage, str(this_platform()))
    target = arguments.dist / "provenance" / f"istio-migrate_v{__version__}.unsigned.intoto.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
