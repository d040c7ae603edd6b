"""Fills the templates of manifests; values in, values out.

A template is a manifest with placeholders of string.Template. What follows its line `platforms:` is written once and
repeated for each platform.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Template

from krew.platforms import Platform, ReleaseError
from krew.release import Release

_PLATFORMS = re.compile(r"(?m)^ *platforms:\n")
_LEFT = re.compile(r"\$|\{\{")
_ONCE, _EACH = {"version", "homepage"}, {"os", "arch", "url", "sha256"}


def manifests(release: Release, templates: Mapping[str, str]) -> dict[str, str]:
    """{path in the output: manifest} of TEMPLATES, {path under krew/: text}. Raises ReleaseError."""
    release.check()
    rendered = {}
    for path, template in templates.items():
        flux = path.startswith("flux/")
        try:
            rendered[path if flux else f"plugins/{path}"] = manifest(release, template, flux=flux)
        except ReleaseError as error:
            raise ReleaseError(f"krew/{path}: {error}") from error
    return rendered


def manifest(release: Release, template: str, *, flux: bool) -> str:
    """TEMPLATE filled in, with the archives of Flux or with those of krew.

    Raises ReleaseError for a checksum that is missing, a placeholder that is unknown or left, and a template that
    leaves out something a manifest must say.
    """
    marker = _PLATFORMS.search(template)
    if marker is None:
        raise ReleaseError("there is no line 'platforms:'")
    common = {"version": release.version, "homepage": release.homepage}
    once = _filled(template[: marker.end()], common, _ONCE)
    blocks = [
        _filled(template[marker.end() :], common | _values(release, platform, flux), _EACH)
        for platform in release.platforms
    ]
    return "".join([once, *blocks])


def _values(release: Release, platform: Platform, flux: bool) -> dict[str, str]:
    name = platform.flux_archive(release.version) if flux else platform.archive(release.version)
    if name not in release.checksums:
        raise ReleaseError(f"there is no checksum of {name}; --only renders for the platforms that it names")
    return {
        "os": platform.os,
        "arch": platform.arch,
        "url": f"{release.base_url}/{name}",
        "sha256": release.checksums[name],
        "exe": ".exe" if platform.os == "windows" else "",
    }


def _filled(text: str, values: Mapping[str, str], wanted: set[str]) -> str:
    template = Template(text)
    if not template.is_valid():
        raise ReleaseError("there is a $ that begins no placeholder")
    used = set(template.get_identifiers())
    for name in sorted(used - set(values)):
        raise ReleaseError(f"${{{name}}} is unknown here; known are {', '.join(values)}")
    for name in sorted(wanted - used):
        raise ReleaseError(f"${{{name}}} is used nowhere")
    filled = template.substitute(values)
    if left := _LEFT.search(filled):
        line = filled[: left.start()].count("\n")
        raise ReleaseError(f"a placeholder is left: {filled.splitlines()[line].strip()}")
    return filled
