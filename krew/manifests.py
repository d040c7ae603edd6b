"""Fills the templates of manifests; values in, values out.

A template is a manifest with placeholders of string.Template. What follows its line `platforms:` is written once and
repeated for each platform.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template

from krew.checksums import Gap, check_archives
from krew.platforms import SUPPORTED, Platform

_VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}")
# No user and no query, which may be secrets, and nothing that means something to YAML or to a shell.
_URL = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~%+@-]+)*")
_PLATFORMS = re.compile(r"(?m)^ *platforms:\n")
_LEFT = re.compile(r"\$|\{\{")
_ONCE, _EACH = {"version", "homepage"}, {"os", "arch", "url", "sha256"}


@dataclass(frozen=True)
class Release:
    """What the templates are filled with."""

    version: str
    """As istiokit says it, without a v."""
    base_url: str
    """Where the archives lie, without a last slash."""
    homepage: str
    checksums: Mapping[str, str]
    """{file name: SHA-256 in hex}."""
    platforms: tuple[Platform, ...] = SUPPORTED

    def check(self) -> None:
        """Raises Gap for a version that is not X.Y.Z, a URL that is not plain https, or strange archives."""
        if not _VERSION.fullmatch(self.version):
            raise Gap(f"version {self.version} is not X.Y.Z, as krew wants it (lib/istiokit/__init__.py)")
        for flag, url in (("--base-url", self.base_url), ("--homepage", self.homepage)):
            if not _URL.fullmatch(url):
                raise Gap(f"{flag} is not a plain https:// URL without user, query and last slash")
        check_archives(self.checksums, self.version)


def manifests(release: Release, templates: Mapping[str, str]) -> dict[str, str]:
    """{path in the output: manifest} of TEMPLATES, {path under krew/: text}. Raises Gap."""
    release.check()
    rendered = {}
    for path, template in templates.items():
        flux = path.startswith("flux/")
        try:
            rendered[path if flux else f"plugins/{path}"] = manifest(release, template, flux=flux)
        except Gap as gap:
            raise Gap(f"krew/{path}: {gap}") from gap
    return rendered


def manifest(release: Release, template: str, *, flux: bool) -> str:
    """TEMPLATE filled in, with the archives of Flux or with those of krew.

    Raises Gap for a checksum that is missing, a placeholder that is unknown or left, and a template that leaves out
    something a manifest must say.
    """
    marker = _PLATFORMS.search(template)
    if marker is None:
        raise Gap("there is no line 'platforms:'")
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
        raise Gap(f"there is no checksum of {name}; --only renders for the platforms that it names")
    return {
        "os": platform.os,
        "arch": platform.arch,
        "url": f"{release.base_url}/{name}",
        "sha256": release.checksums[name],
        "exe": platform.exe,
    }


def _filled(text: str, values: Mapping[str, str], wanted: set[str]) -> str:
    template = Template(text)
    if not template.is_valid():
        raise Gap("there is a $ that begins no placeholder")
    used = set(template.get_identifiers())
    for name in sorted(used - set(values)):
        raise Gap(f"${{{name}}} is unknown here; known are {', '.join(values)}")
    for name in sorted(wanted - used):
        raise Gap(f"${{{name}}} is used nowhere")
    filled = template.substitute(values)
    if left := _LEFT.search(filled):
        line = filled[: left.start()].count("\n")
        raise Gap(f"a placeholder is left: {filled.splitlines()[line].strip()}")
    return filled
