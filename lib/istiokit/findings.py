"""A finding: what a check has to say about one object. Checks return findings, commands print them."""

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """ERROR blocks a step (unless `--allow CODE`), WARNING asks for attention, INFO is a fact."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One observation of a check; `code` is stable (IM, VSG, RI or PR and three digits) and has a page."""

    code: str
    severity: Severity
    object: str
    """What it is about, as kubectl would spell it: "HelmRelease bigbang/istio", "values.yaml:12"."""
    reason: str
    """What was seen, in one line."""
    remedy: str
    """What to do about it, in one line."""
    path: str = ""
    """The field that it is about: `spec.http[0].match[1].gateways[0]`; empty where it is not one field."""
