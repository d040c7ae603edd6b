"""A release as users meet it: archives and manifests behind https on 127.0.0.1, and no way to the internet."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from krew.manifests import manifests
from krew.platforms import Platform
from krew.release import Release, parse_checksums
from krew.render import templates
from tests.e2e.cli import Result
from tests.tools.certs import make_ca, make_server

HERE = Platform("linux", "amd64")
"""What is built and run here."""
HOMEPAGE = "https://git.example.com/mesh/istio-migrate"


class Site:
    """A folder that is served at `url`; who takes the CA in `env` trusts it."""

    def __init__(self, folder: Path, url: str, ca_file: Path) -> None:
        self.folder, self.url = folder, url
        # krew and flux are Go programs, which take their only CA from here; nothing may go by a proxy.
        self.env = {"SSL_CERT_FILE": str(ca_file), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}

    def publish(self, archives: Path, version: str, built: str) -> dict[str, str]:
        """Puts up the archives BUILT as VERSION, and returns their manifests, by path as the release has them.

        The content is that of BUILT, whatever VERSION is called: an upgrade needs no other program, but another name.
        """
        checksums = parse_checksums((archives / "checksums.txt").read_text())
        renamed = {}
        for name_of in (HERE.archive, HERE.flux_archive):
            target = self.folder / name_of(version)
            if not target.exists():
                target.symlink_to(archives / name_of(built))
            renamed[name_of(version)] = checksums[name_of(built)]
        return manifests(Release(version, self.url, HOMEPAGE, renamed, (HERE,)), templates())


def run(program: Path, *words: str, folder: Path, env: Mapping[str, str]) -> Result:
    """Runs a command in FOLDER, in just this environment and without a terminal."""
    done = subprocess.run(
        [str(program), *words],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


@contextmanager
def served(folder: Path) -> Iterator[Site]:
    """A Site of a new folder in FOLDER, until the end of the block."""
    root = folder / "site"
    root.mkdir()
    ca = make_ca("release-ca")
    pair = make_server(ca, "release", ["localhost"], ["127.0.0.1"])
    (folder / "ca.crt").write_bytes(ca.cert_pem())
    (folder / "server.pem").write_bytes(pair.cert_pem() + pair.key_pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root))) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Site(root, f"https://127.0.0.1:{server.server_port}", folder / "ca.crt")
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """pytest would show it among the output of a test."""
