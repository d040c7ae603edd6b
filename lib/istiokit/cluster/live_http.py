"""Requests to the API server: a pool of connections, patience with a busy server, one-line errors."""

import ipaddress
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3 import exceptions as failures

from istiokit.cluster.live_access import Access
from istiokit.cluster.live_failures import unreachable
from istiokit.errors import UsageError

T = TypeVar("T")

CONNECTIONS = 16
"""Kept open for callers with threads."""
CONNECT_SECONDS, READ_SECONDS = 10.0, 120.0
_PIECE = 1 << 20
"""Bytes of a body that are read at a time."""
_BUSY, _BUSY_TRIES, _BUSY_SECONDS = (429, 503), 5, 1.0
"""The server says "later": how often we come back, and after how long if it does not say."""


@dataclass(frozen=True, slots=True)
class Impersonation:
    """`--as` and `--as-group`."""

    user: str | None = None
    groups: tuple[str, ...] = ()

    def headers(self) -> list[tuple[str, str]]:
        """Group is one header line for each."""
        user = [("Impersonate-User", self.user)] if self.user else []
        return user + [("Impersonate-Group", group) for group in self.groups]


JSON = "application/json"

Body = bytes | bytearray
Response = urllib3.BaseHTTPResponse


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    body: Body


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked for, without what the transport adds."""

    method: str
    path: str
    query: Mapping[str, str]
    accept: str
    body: bytes | None = None
    content_type: str = ""

    @property
    def target(self) -> str:
        """The path with its query."""
        return self.path + ("?" + urlencode(self.query) if self.query else "")

    def may_repeat(self, response: Response) -> bool:
        """Whether a busy server has not carried it out: a 429 says so, of a 503 it is sure only for reading."""
        return response.status == 429 or self.method == "GET"


class Transport:
    """Sends requests; knows addresses and credentials, nothing about objects. Safe to share by threads."""

    def __init__(self, access: Access, who: Impersonation, request_timeout: float) -> None:
        """`request_timeout` in seconds; 0 for the default patience."""
        self.access, self._who, self._timeout = access, who, request_timeout or READ_SECONDS
        self._pool = _pool(access)
        self._accept = {} if _is_local(access.server) else {"Accept-Encoding": "gzip"}

    def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        content_type: str = "application/json",
        accept: str = JSON,
        patient: bool = True,
    ) -> Reply:
        """One request, repeated while the server is busy if `patient`; raises NoAnswer if there is no answer."""
        request = _Request(method, path, query or {}, accept, body, content_type if body is not None else "")
        if patient:
            response, answer = self._patiently(request, _whole_body)
        else:
            response, answer = self._once(request, self._timeout, _whole_body)
        return Reply(response.status, answer)

    def pull(
        self, path: str, query: Mapping[str, str], accept: str, read: Callable[[Iterator[bytes]], T]
    ) -> T | Reply:
        """A GET whose good answer goes piece by piece to `read` while it comes; any other is a Reply.

        Where the connection breaks off it is asked for again, and `read` begins anew. Raises NoAnswer.
        """

        def good(response: Response) -> T | Reply:
            if response.status < 300:
                return read(_pieces(response))
            return Reply(response.status, _whole_body(response))

        return self._patiently(_Request("GET", path, query, accept), good)[1]

    def stream(self, path: str, query: Mapping[str, str], seconds: float) -> Response:
        """The open answer of a watch; a read waits at most `seconds` for the next bytes."""
        return self._once(_Request("GET", path, query, JSON), seconds, lambda response: None)[0]

    def _patiently(self, request: "_Request", read: Callable[[Response], T]) -> tuple[Response, T]:
        """The answer of a server that was given time while it was busy."""
        for turn in range(_BUSY_TRIES):
            response, answer = self._once(request, self._timeout, read)
            is_last = turn == _BUSY_TRIES - 1
            if response.status not in _BUSY or is_last or not request.may_repeat(response):
                break
            time.sleep(_delay(response.headers.get("Retry-After")))
        return response, answer

    def _once(self, request: "_Request", seconds: float, read: Callable[[Response], T]) -> tuple[Response, T]:
        """The answer, and what `read` makes of its body while failures of the connection are still told as such."""
        timeout = urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds)
        headers = self._headers(request)

        def answer() -> tuple[Response, T]:
            response = self._pool.request(
                request.method, self.access.server + request.target, body=request.body, headers=headers,
                timeout=timeout, retries=False, redirect=False, preload_content=False,
            )  # fmt: skip
            return response, read(response)

        try:
            try:
                return answer()
            except failures.ProtocolError:
                if request.method != "GET":
                    raise
                return answer()  # a kept connection may have been closed while it was idle
        except failures.HTTPError as error:
            raise unreachable(self.access.server, error) from error

    def _headers(self, request: "_Request") -> urllib3.HTTPHeaderDict:
        headers = urllib3.HTTPHeaderDict({"Accept": request.accept, "User-Agent": "istio-migrate"})
        headers.update(self._accept)
        if request.content_type:
            headers["Content-Type"] = request.content_type
        if authorization := self.access.authorization():
            headers["Authorization"] = authorization
        for name, value in self._who.headers():
            headers.add(name, value)
        return headers


def _whole_body(response: Response) -> bytearray:
    """All of the body in one growing buffer: to read it at once would keep its pieces and their sum in memory."""
    body = bytearray()
    for piece in _pieces(response):
        body += piece
    return body


def _pieces(response: Response) -> Iterator[bytes]:
    while piece := response.read(_PIECE):
        yield piece


def _delay(retry_after: str | None) -> float:
    asked = float(retry_after) if retry_after and retry_after.isdigit() else _BUSY_SECONDS
    return min(asked, 30.0)


def _pool(access: Access) -> urllib3.PoolManager:
    if access.tls is not None and access.tls.verify_mode.value == 0:
        urllib3.disable_warnings(failures.InsecureRequestWarning)  # the kubeconfig asks for it
    options: dict[str, Any] = {"maxsize": CONNECTIONS, "ssl_context": access.tls}
    if access.tls_server_name:
        options["server_hostname"] = access.tls_server_name
    proxy = access.proxy or _proxy_of_environment(access.server)
    if not proxy:
        return urllib3.PoolManager(**options)
    if proxy.startswith("socks"):
        raise UsageError(f"the proxy {proxy} is a SOCKS proxy", "use an http proxy, or a tunnel")
    return urllib3.ProxyManager(proxy, **options)


def _proxy_of_environment(server: str) -> str | None:
    """HTTPS_PROXY and NO_PROXY, in either case; most people have none and need not wait for the import."""
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(server)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)


def _is_local(server: str) -> bool:
    """A server on this machine: there compressing costs more time than it saves."""
    host = urlsplit(server).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
