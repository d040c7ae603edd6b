"""Asks a gateway as clients do: over HTTP, over TLS with a name (SNI), over plain TCP."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.tools.parts.envoy import Gateway

_TIMEOUTS = {"HTTP": 5, "TLS": 5, "TCP": 0.5}
"""In seconds. A backend speaks at once, and an HTTP listener that is asked for TCP never does."""
_TLS_RECORDS = (0x15, 0x16)
"""The first byte of an alert and of a handshake; what a backend says in plain text starts with a letter."""


@dataclass(frozen=True)
class Reply:
    """What came back. `status` is 0 where no HTTP was spoken; `body` is then a backend's word, if any."""

    status: int = 0
    body: str = ""
    error: str = ""

    def named(self, owners: Mapping[str, str]) -> Reply:
        """With what was said replaced by the name of the VirtualService that stands behind it."""
        return replace(self, body=owners.get(self.body, self.body))


class Probe:
    """Questions to one gateway."""

    def __init__(self, gateway: Gateway, pki: Path) -> None:
        self._gateway = gateway
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.check_hostname, self._context.verify_mode = False, ssl.CERT_NONE
        self._context.load_cert_chain(pki / "client.pem")

    def ask(self, port: int, kind: str, host: str, paths: Sequence[str]) -> list[Reply]:
        """One reply for each path; KIND is HTTP, TLS or TCP. For a backend, all replies are alike."""
        try:
            with contextlib.closing(self._gateway.connect(port, _TIMEOUTS[kind])) as end:
                if kind == "TCP":
                    return [_banner(end)] * len(paths)
                if kind == "HTTP":
                    return _get_all(Plain(end), host, paths)
                hello = Hello(end, self._context, host)
                if hello.banner:
                    return [Reply(body=hello.banner)] * len(paths)
                return _get_all(hello, host, paths)
        except OSError as error:
            return [Reply(error=_kind(error))] * len(paths)

    def http(self, port: int, host: str, path: str) -> Reply:
        """The reply to one plain request."""
        return self.ask(port, "HTTP", host, [path])[0]


class Plain:
    """A connection as it is."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def send(self, data: bytes) -> None:
        self._end.sendall(data)

    def receive(self) -> bytes:
        return _some(self._end)


class Hello:
    """A connection with TLS, by hand: whoever gets the first packet may be a backend that speaks none."""

    def __init__(self, end: socket.socket, context: ssl.SSLContext, host: str) -> None:
        self._end, self.banner = end, ""
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                data = _some(end)
                if data[0] not in _TLS_RECORDS and not self._tls.version():
                    self.banner = data.decode(errors="replace").strip()
                    return
                self._incoming.write(data)
            else:
                self._flush()
                return

    def send(self, data: bytes) -> None:
        self._tls.write(data)
        self._flush()

    def receive(self) -> bytes:
        while True:
            try:
                data = self._tls.read(65536)
            except ssl.SSLWantReadError:
                self._incoming.write(_some(self._end))
            else:
                if not data:
                    raise ConnectionResetError("closed")
                return data

    def _flush(self) -> None:
        if data := self._outgoing.read():
            self._end.sendall(data)


def _get_all(connection: Plain | Hello, host: str, paths: Sequence[str]) -> list[Reply]:
    replies = [_get(connection, host, path) for path in paths[:1]]
    if replies and replies[0].status == 0:
        return replies * len(paths)  # a backend, which says its word and closes
    return replies + [_get(connection, host, path) for path in paths[1:]]


def _get(connection: Plain | Hello, host: str, path: str) -> Reply:
    with contextlib.suppress(OSError):  # a backend may have said its word already, and gone
        connection.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    data = b""
    while b"\r\n\r\n" not in data:
        if data and not data.startswith(b"HTTP/"):
            return Reply(body=data.decode(errors="replace").strip())
        data += connection.receive()
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next((int(line.split(":")[1]) for line in lines if line.startswith("content-length:")), 0)
    while len(body) < length:
        body += connection.receive()
    return Reply(
        int(lines[0].split()[1]), body.decode(errors="replace") if lines[0].split()[1] == "200" else ""
    )


def _banner(end: socket.socket) -> Reply:
    return Reply(body=_some(end).decode(errors="replace").strip())


def _some(end: socket.socket) -> bytes:
    data = end.recv(65536)
    if not data:
        raise ConnectionResetError("closed")
    return data


def _kind(error: OSError) -> str:
    """Short and always the same for the same cause, so that two rounds can be compared."""
    return {ConnectionRefusedError: "refused", TimeoutError: "timeout"}.get(type(error), "closed")
