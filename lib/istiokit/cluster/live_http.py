"""Requests to the API server: a pool of connections, patience with a busy server, one-line errors."""

import ipaddress
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3 import exceptions as failures

from istiokit.cluster.live_access import Access
from istiokit.errors import OperationFailed, UsageError

T = TypeVar("T")

CONNECTIONS = 16
"""Kept open for callers with threads."""
CONNECT_SECONDS, READ_SECONDS = 10.0, 120.0
_PIECE = 1 << 20
"""Bytes of a body that are read at a time."""
_BUSY, _BUSY_TRIES, _BUSY_SECONDS = (429, 503), 5, 1.0
"""The server says "later": how often we come back, and after how long if it does not say."""


class NoAnswer(OperationFailed):
    """The network or a server in trouble: the same request may well succeed later."""


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


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    body: Body


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
    ) -> Reply:
        """One request, repeated while the server is busy; raises NoAnswer if there is none."""
        for turn in range(_BUSY_TRIES):
            headers = self._headers(content_type if body is not None else "", accept)
            response, answer = self._once(method, path, query, body, headers, self._timeout, _whole_body)
            if response.status not in _BUSY or turn == _BUSY_TRIES - 1 or not _may_repeat(method, response):
                break
            time.sleep(_delay(response.headers.get("Retry-After")))
        return Reply(response.status, answer)

    def stream(self, path: str, query: Mapping[str, str], seconds: float) -> urllib3.BaseHTTPResponse:
        """The open answer of a watch; a read waits at most `seconds` for the next bytes."""
        headers = self._headers("", JSON)
        return self._once("GET", path, query, None, headers, seconds, lambda response: None)[0]

    def _once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: bytes | None,
        headers: urllib3.HTTPHeaderDict,
        seconds: float,
        read: Callable[[urllib3.BaseHTTPResponse], T],
    ) -> tuple[urllib3.BaseHTTPResponse, T]:
        """The answer, and what `read` makes of its body while failures of the connection are still told as such."""
        url = self.access.server + path + ("?" + urlencode(query) if query else "")
        timeout = urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds)

        def request() -> tuple[urllib3.BaseHTTPResponse, T]:
            response = self._pool.request(
                method, url, body=body, headers=headers, timeout=timeout, retries=False,
                redirect=False, preload_content=False,
            )  # fmt: skip
            return response, read(response)

        try:
            try:
                return request()
            except failures.ProtocolError:
                if method != "GET":
                    raise
                return request()  # a kept connection may have been closed while it was idle
        except failures.HTTPError as error:
            raise unreachable(self.access.server, error) from error

    def _headers(self, content_type: str, accept: str) -> urllib3.HTTPHeaderDict:
        headers = urllib3.HTTPHeaderDict({"Accept": accept, "User-Agent": "istio-migrate"})
        headers.update(self._accept)
        if content_type:
            headers["Content-Type"] = content_type
        if authorization := self.access.authorization():
            headers["Authorization"] = authorization
        for name, value in self._who.headers():
            headers.add(name, value)
        return headers


def unreachable(server: str, error: Exception) -> NoAnswer:
    """Why there was no answer, in one line that names the server."""
    cause = getattr(error, "reason", None) or error
    match cause:
        case failures.NameResolutionError():
            why, hint = "its name is not known", "check the server address in the kubeconfig, or the VPN"
        case failures.NewConnectionError():
            why, hint = (
                _last_words(cause).lower(),
                "check that it runs and that the kubeconfig is the right one",
            )
        case failures.TimeoutError():
            why, hint = "it does not answer in time", "check the network, or raise --request-timeout"
        case failures.SSLError():
            why, hint = f"TLS: {_last_words(cause)}", "check certificate-authority and the client certificate"
        case failures.ProxyError():
            why, hint = f"the proxy: {_last_words(cause)}", "check proxy-url, HTTPS_PROXY and NO_PROXY"
        case _:
            why, hint = f"the connection broke: {_last_words(cause)}", "try again"
    return NoAnswer(f"cannot reach the API server {server}: {why}", hint)


def _whole_body(response: urllib3.BaseHTTPResponse) -> bytearray:
    """All of the body in one growing buffer: to read it at once would keep its pieces and their sum in memory."""
    body = bytearray()
    while piece := response.read(_PIECE):
        body += piece
    return body


def _last_words(error: Any) -> str:
    """The innermost cause in its own words, without errno and addresses of Python objects."""
    inner = error
    while isinstance(inner.__cause__ or inner.__context__, OSError | failures.HTTPError):
        inner = inner.__cause__ or inner.__context__
    text = getattr(inner, "strerror", None) or getattr(inner, "verify_message", None) or str(inner)
    return " ".join(str(text).split())


def _may_repeat(method: str, response: urllib3.BaseHTTPResponse) -> bool:
    """A 429 was not carried out; of a 503 that is sure only for reading."""
    return response.status == 429 or method == "GET"


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
