"""`curl` of the very requests that a command sends: what it would take if there were nothing to decode and to judge."""

from collections.abc import Iterable

from tests.bench.measure import Command
from tests.tools.rig import Rig

_METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
_AT_ONCE = 8
"""Connections, where it may take several: as many as our readings have threads."""


def curl(
    rig: Rig, name: str, paths: Iterable[str], metadata: Iterable[str] = (), *, at_once: bool = False
) -> Command:
    """Reads all the paths, and of the lists METADATA just that, over one connection or over eight.

    By HTTP/1.1, as we do. To a client that calls itself curl the API server sends indented JSON, which would be more
    bytes than we get.
    """
    options = ["silent", "show-error", "fail", "http1.1", "user-agent = bench", f"cacert = {rig.ca_file}"]
    options.append(f'header = "Authorization: Bearer {rig.admin_token}"')
    groups = [
        [*options, f'header = "Accept: {accept}"', *_urls(rig, some)]
        for accept, some in (("application/json", paths), (_METADATA, metadata))
    ]
    file = rig.dir / f"{name}.curl"
    file.write_text("\nnext\n".join("\n".join(lines) for lines in groups if len(lines) > len(options) + 1))
    many = ("--parallel", "--parallel-max", str(_AT_ONCE)) if at_once else ()
    return Command(("curl", *many, "--config", str(file)), rig.env)


def _urls(rig: Rig, paths: Iterable[str]) -> list[str]:
    return [line for path in paths for line in (f'url = "{rig.server_url}{path}"', "output = /dev/null")]
