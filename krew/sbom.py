"""Lists what is in a frozen folder, as CycloneDX has it: the packages, Python, the C libraries.

    python -m krew.sbom dist/istio-migrate --python build/venv/bin/python

cyclonedx-py tells of the packages of the environment that was frozen; those of which nothing was frozen are left out,
and what it cannot know is added. Every file of the folder has an owner among the components, or there is no list. The
same folder gives the same bytes: nothing random in it, and no time but SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from istiokit import __version__
from krew.checksums import sha256
from krew.command import Parser, command
from krew.files import bill_name
from krew.frozen import INTERNAL, OURS, PYTHON, Environment, environment, normal, owners
from krew.libraries import origin
from krew.platforms import ReleaseError, this_platform

_ROOT = Path(__file__).parent.parent

Component = dict[str, Any]


def bill(environment_bom: Mapping[str, Any], env: Environment, folder: Path) -> dict[str, Any]:
    """The bill of materials of FOLDER, out of ENVIRONMENT_BOM, the one of what it was frozen from.

    Raises ReleaseError for a file without an owner.
    """
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    if not files:
        raise ReleaseError(f"{folder} is empty or not there; `make build` makes it")
    found = owners(files, env)
    known = {normal(it["name"]): it for it in environment_bom["components"]}
    components = [_component(who, places, known, env, folder) for who, places in found.items() if who != OURS]
    refs = {it["bom-ref"] for it in components}
    main = {**environment_bom["metadata"]["component"], "version": __version__, "bom-ref": OURS}
    main["purl"] = f"pkg:pypi/{OURS}@{__version__}"
    return {
        **environment_bom,
        "metadata": {**environment_bom["metadata"], "component": main},
        "components": components,
        "dependencies": [{"ref": OURS, "dependsOn": sorted(refs)}, *_dependencies(environment_bom, refs)],
    }


def _dependencies(bom: Mapping[str, Any], refs: set[str]) -> list[dict[str, Any]]:
    """Which of the packages in REFS needs which, as far as both are there."""
    return [
        {"ref": it["ref"], "dependsOn": needed} if needed else {"ref": it["ref"]}
        for it in bom["dependencies"]
        if it["ref"] in refs
        for needed in [[ref for ref in it.get("dependsOn", ()) if ref in refs]]
    ]


def _component(
    who: str, places: Sequence[str], known: Mapping[str, Component], env: Environment, folder: Path
) -> Component:
    if who == PYTHON:
        made = _python(env.python)
    elif who in known:
        made = {**known[who], **_linked(who, env)}
    else:
        made = _library(who, env, folder)
    return {**made, "evidence": {"occurrences": [{"location": place} for place in places]}}


def _python(version: str) -> Component:
    return {
        "bom-ref": f"{PYTHON}=={version}",
        "type": "platform",
        "name": PYTHON,
        "version": version,
        "cpe": f"cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*",
        "purl": f"pkg:generic/{PYTHON}@{version}",
    }


def _linked(package: str, env: Environment) -> Component:
    """What is linked into the extension modules of PACKAGE, as components of it."""
    linked = [
        {
            "bom-ref": f"{package}/{name}=={version}",
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:generic/{name}@{version}",
        }
        for name, version in sorted(env.inside.get(package, {}).items())
    ]
    return {"components": linked} if linked else {}


def _library(file: str, env: Environment, folder: Path) -> Component:
    made = {
        "bom-ref": file,
        "type": "library",
        "name": file,
        "hashes": [{"alg": "SHA-256", "content": sha256(folder / INTERNAL / file)}],
    }
    where = origin(file, env.libraries)
    return {**made, "version": where.version, "purl": where.purl} if where else made


def _environment_bom(python: Path) -> dict[str, Any]:
    words = [
        "environment",
        str(python),
        "--pyproject",
        str(_ROOT / "pyproject.toml"),
        "--mc-type",
        "application",
    ]
    return _json([sys.executable, "-m", "cyclonedx_py", *words, "--output-reproducible", "--of", "JSON"])


def _json(command: Sequence[str]) -> dict[str, Any]:
    """What COMMAND prints. Raises ReleaseError with its last words if it fails."""
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise ReleaseError(f"{Path(command[0]).name} failed: {last[0]}")
    parsed: dict[str, Any] = json.loads(done.stdout)
    return parsed


def text_of(bom: Mapping[str, Any]) -> str:
    """BOM as a file has it. Raises ReleaseError if it is none by the schema of CycloneDX 1.6."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = json.dumps(bom, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong is not None:
        raise ReleaseError(f"the list of components is not CycloneDX 1.6: {wrong}")
    return text


@command
def main(argv: Sequence[str]) -> int:
    """Writes the list beside the folder; returns 0, or 1 with the one reason on stderr."""
    parser = Parser(prog="python -m krew.sbom", description="List what a frozen folder holds.")
    parser.add_argument("folder", type=Path, help="what PyInstaller made: dist/istio-migrate")
    parser.add_argument("--python", type=Path, required=True, help="the Python of the frozen environment")
    arguments = parser.parse_args(argv)
    for needed in (arguments.folder, arguments.python):
        if not needed.exists():
            raise ReleaseError(f"{needed} is not there; `make build` makes it")
    env = environment(_json([str(arguments.python), str(Path(__file__).with_name("probe.py"))]))
    text = text_of(bill(_environment_bom(arguments.python), env, arguments.folder))
    target = arguments.folder.parent / bill_name(__version__, this_platform())
    target.write_text(text, encoding="utf-8", newline="\n")
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
