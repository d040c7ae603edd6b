"""Says of which commit the files of a release were made, as in-toto and SLSA have it. It is not signed.

    python -m krew.provenance dist --homepage URL

A dry run shows by it what will be stated of the same files, which are all of a release: those that checksums.txt names,
checksums.txt itself, and the manifests. GitHub makes such statements itself and signs them (release.yml), and only
those prove something. So this file has "unsigned" in its name, and is not among the files of a release.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from istiokit import __version__
from krew.checksums import CHECKSUMS, read_checksums, sha256
from krew.command import Parser, command
from krew.files import attached, verify
from krew.platforms import this_platform
from krew.ready import git
from krew.release import check_url

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


@command
def main(argv: Sequence[str]) -> int:
    """Writes DIST/provenance/ for all files of the release in DIST; returns 0, or 1 with the one reason on stderr."""
    parser = Parser(prog="python -m krew.provenance", description="Say what files were made of.")
    parser.add_argument("dist", type=Path)
    parser.add_argument("--homepage", required=True, help="the https:// URL of the project")
    arguments = parser.parse_args(argv)
    check_url("--homepage", arguments.homepage)
    sums = read_checksums(arguments.dist / CHECKSUMS)
    verify(arguments.dist, sums)
    subjects = {path.name: sha256(path) for path in attached(arguments.dist, sums)}
    (commit,) = git("rev-parse", "HEAD")
    lock = sha256(_ROOT / "uv.lock")
    made = statement(subjects, commit, lock, arguments.homepage, str(this_platform()))
    target = arguments.dist / "provenance" / f"istio-migrate_v{__version__}.unsigned.intoto.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
