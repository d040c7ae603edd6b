"""Which Python packages are in a frozen folder, and their licences, which have to go with them.

`python -m krew.bundled SITE_PACKAGES FOLDER` writes FOLDER/LICENSE and FOLDER/THIRD-PARTY-LICENSES.
"""

import platform
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from krew.command import Parser, command
from krew.frozen import INTERNAL, OURS
from krew.platforms import ReleaseError

_LICENCES = ("LICENSE", "LICENCE", "COPYING", "NOTICE")
_RULE = "-" * 100


@command
def main() -> int:
    """Puts the licences into the folder; returns the exit code."""
    parser = Parser(prog="python -m krew.bundled", description=__doc__)
    parser.add_argument("site_packages", type=Path, help="Where the packages were frozen from.")
    parser.add_argument("folder", type=Path, help="What they were frozen into.")
    given = parser.parse_args()
    text = licences(bundled(given.site_packages, given.folder))
    shutil.copyfile("LICENSE", given.folder / "LICENSE")
    (given.folder / "THIRD-PARTY-LICENSES").write_text(text, encoding="utf-8", newline="\n")
    return 0


def bundled(site_packages: Path, folder: Path) -> list[Distribution]:
    """The distributions of which at least one module is in the frozen folder, sorted; without our own.

    Raises ReleaseError if there are none, since then one of the two paths is wrong.
    """
    inside = folder / INTERNAL
    found = [
        one
        for one in distributions(path=[str(site_packages)])
        if one.metadata["Name"] != OURS and _is_in(one, inside)
    ]
    if not found:
        raise ReleaseError(f"nothing of {site_packages} is in {inside}: give the environment of the build")
    return sorted(found, key=lambda one: one.metadata["Name"].lower())


def licences(packages: list[Distribution]) -> str:
    """The licences of Python and of these packages, one after the other.

    Raises ReleaseError for a package that brings no licence: it cannot be passed on unseen.
    """
    parts = [_part("Python", platform.python_version(), [_of_python()])]
    for package in packages:
        texts = [text for text in map(str.strip, _texts(package)) if text]
        if not texts:
            raise ReleaseError(f"the package {package.metadata['Name']} has no licence file")
        parts.append(_part(package.metadata["Name"], package.version, texts))
    return "\n".join(parts)


def _is_in(package: Distribution, inside: Path) -> bool:
    modules = (path for path in package.files or () if path.suffix in (".py", ".so", ".pyd"))
    return any((inside / path).exists() or (inside / path.with_suffix(".pyc")).exists() for path in modules)


def _texts(package: Distribution) -> Iterator[str]:
    for path in package.files or ():
        if path.name.upper().startswith(_LICENCES) and path.suffix not in (".py", ".pyc"):
            yield Path(str(path.locate())).read_text(encoding="utf-8", errors="replace")


def _of_python() -> str:
    """Python's own licence: a file beside its library, on Windows one above, where it came as its makers pack it."""
    for path in (Path(sysconfig.get_path("stdlib"), "LICENSE.txt"), Path(sys.base_prefix, "LICENSE.txt")):
        if path.is_file():
            return path.read_text(encoding="utf-8").strip()
    return "Python Software Foundation License Version 2: https://docs.python.org/3/license.html"


def _part(name: str, version: str, texts: list[str]) -> str:
    return "\n".join((_RULE, f"{name} {version}", _RULE, "", "\n\n".join(texts), ""))


if __name__ == "__main__":
    sys.exit(main())
