"""Where files lie in their repository, as code scanners name them."""

import os
import re
from pathlib import Path
from urllib.parse import quote

_PLACE = re.compile(r"(?P<file>.+?)(?::(?P<line>\d+)(?::(?P<column>\d+))?)?")


def location(place: str) -> dict[str, object] | None:
    """The physicalLocation of SARIF for `apps/web.yaml:12`, or with a column or without a line; None for stdin."""
    found = _PLACE.fullmatch(place)
    if found is None or found["file"] == "-":
        return None
    region = {"startLine": int(found["line"] or 1)}
    if found["column"]:
        region["startColumn"] = int(found["column"])
    return {"artifactLocation": {"uri": uri_of(found["file"])}, "region": region}


def uri_of(file: str) -> str:
    """The file as a URI: relative to the top of its Git repository, else to the working folder, else absolute.

    SARIF wants a valid URI reference (3.4.3), so it is percent-encoded; GitHub takes a relative one from the top.
    """
    path = Path(os.path.abspath(file))  # noqa: PTH100 - a symbolic link stays one: so it is in the repository
    top = next((folder for folder in path.parents if (folder / ".git").exists()), Path.cwd())
    return quote(path.relative_to(top).as_posix()) if path.is_relative_to(top) else path.as_uri()
