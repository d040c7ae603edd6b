"""Whom a connection trusts, against a server with a certificate of its own authority."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from istiokit.cluster.live import connect
from istiokit.cluster.live_kubeconfig import ConnectOptions
from istiokit.errors import OperationFailed
from tests.tools.certs import make_ca, make_server

CA = make_ca("their-ca")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"gitVersion": "v1.31.4"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Silence."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the server."""
    pair = make_server(CA, "server", [], ["127.0.0.1"])
    (folder / "server.pem").write_bytes(pair.cert_pem() + pair.key_pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def version(folder: Path, **cluster: Any) -> str | None:
    """What the server says, asked by a kubeconfig with these fields."""
    with served(folder) as address:
        path = folder / "kubeconfig"
        entry = {"name": "c", "cluster": {"server": address, **cluster}}
        context = {"name": "c", "context": {"cluster": "c"}}
        path.write_text(json.dumps({"current-context": "c", "clusters": [entry], "contexts": [context]}))
        return connect(ConnectOptions(kubeconfig=str(path))).server_version()


def bundle(folder: Path) -> Path:
    (folder / "ca.crt").write_bytes(CA.cert_pem())
    return folder / "ca.crt"


def test_the_authority_of_the_kubeconfig_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert version(tmp_path, **{"certificate-authority": str(bundle(tmp_path))}) == "v1.31.4"
    (tmp_path / "other.crt").write_bytes(make_ca("another").cert_pem())
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle(tmp_path)))
    with pytest.raises(OperationFailed, match="TLS"):
        version(tmp_path, **{"certificate-authority": "other.crt"})


def test_without_one_those_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OperationFailed, match="TLS"):
        version(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle(tmp_path)))
    assert version(tmp_path) == "v1.31.4"


def test_nobody_is_asked_where_the_kubeconfig_says_so(tmp_path: Path) -> None:
    assert version(tmp_path, **{"insecure-skip-tls-verify": True}) == "v1.31.4"
