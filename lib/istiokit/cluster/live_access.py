"""How to get in: TLS and credentials of a kubeconfig selection.

Certificates and plain tokens are read here. Credentials that a program has to give (exec plugins, auth
providers) come from the `kubernetes` package, which is imported for them alone: importing it takes several
times as long as everything else that a command loads.
"""

import base64
import binascii
import ssl
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import which
from typing import Any

from istiokit.cluster.live_kubeconfig import Entry, Selection
from istiokit.cluster.live_tls import tls_context
from istiokit.errors import OperationFailed, SuiteError, UsageError

_TOKEN_FILE_SECONDS = 60.0
_EARLY_SECONDS = 60.0
"""A credential is renewed this long before it runs out."""

Header = Callable[[], str | None]
"""Gives the Authorization header of the next request, or None."""


@dataclass(frozen=True, slots=True)
class Access:
    """Everything that a connection needs."""

    context: str
    server: str
    tls: ssl.SSLContext | None
    """None for a plain http server."""
    tls_server_name: str | None
    proxy: str | None
    """`proxy-url` of the kubeconfig; None leaves it to HTTPS_PROXY and NO_PROXY."""
    authorization: Header
    namespace: str


def access(selection: Selection) -> Access:
    """Resolve it all; raises UsageError for a broken entry, OperationFailed where a login program fails."""
    cluster = selection.cluster.value
    server = str(cluster.get("server") or "").rstrip("/")
    if not server.startswith(("https://", "http://")):
        raise UsageError(
            f"the cluster of context {selection.context} has no usable server address: {server!r}"
        )
    header, pem = _credentials(selection)
    return Access(
        context=selection.context,
        server=server,
        tls=_tls(selection, pem) if server.startswith("https://") else None,
        tls_server_name=cluster.get("tls-server-name"),
        proxy=cluster.get("proxy-url"),
        authorization=header,
        namespace=selection.namespace,
    )


def _credentials(selection: Selection) -> tuple[Header, bytes]:
    """The header's source and the client certificate with its key (PEM, may be empty)."""
    user = selection.user.value
    pem = _pem(selection.user, "client-certificate") + b"\n" + _pem(selection.user, "client-key")
    if path := user.get("tokenFile"):
        return _Renewed(lambda: _token_file(selection.user.folder / path)), pem
    if token := user.get("token"):
        return (lambda: f"Bearer {token}"), pem
    if "exec" in user:
        return _from_exec(selection)
    if "auth-provider" in user:
        return _from_provider(selection), pem
    if "username" in user:
        pair = base64.b64encode(f"{user['username']}:{user.get('password', '')}".encode()).decode()
        return (lambda: f"Basic {pair}"), pem
    return (lambda: None), pem


class _Renewed:
    """A header that is fetched again when its time is over; `fetch` gives it and its end (Unix seconds)."""

    def __init__(self, fetch: Callable[[], tuple[str | None, float]]) -> None:
        self._fetch, self._lock = fetch, threading.Lock()
        self._header, self._until = fetch()

    def __call__(self) -> str | None:
        with self._lock:
            if time.time() >= self._until:
                self._header, self._until = self._fetch()
            return self._header


def _token_file(path: Path) -> tuple[str, float]:
    return f"Bearer {_read(path).decode().strip()}", time.time() + _TOKEN_FILE_SECONDS


def _from_exec(selection: Selection) -> tuple[Header, bytes]:
    status = _run_exec(selection)
    pem = "\n".join(str(status.get(key, "")) for key in ("clientCertificateData", "clientKeyData"))
    first = [status]

    def fetch() -> tuple[str | None, float]:
        now = first.pop() if first else _run_exec(selection)
        end = now.get("expirationTimestamp")
        until = datetime.fromisoformat(end).timestamp() - _EARLY_SECONDS if end else float("inf")
        return (f"Bearer {now['token']}" if now.get("token") else None), until

    return _Renewed(fetch), pem.encode()


def _run_exec(selection: Selection) -> dict[str, Any]:
    """What the credential plugin answers; raises OperationFailed with its complaint."""
    from kubernetes.config import ConfigException, exec_provider, kube_config

    provider: Any = exec_provider.ExecProvider  # the package is untyped
    node: Any = kube_config.ConfigNode
    plugin = selection.user.value["exec"]
    cluster = node("cluster", dict(selection.cluster.value))
    command = str(plugin.get("command"))
    # A shell starts it on Windows, whose complaint nobody recognises. With a folder it is beside the kubeconfig.
    if sys.platform == "win32" and Path(command).name == command and not which(command):
        raise _not_installed(selection, plugin)
    try:
        status = provider(node("exec", plugin), str(selection.user.folder), cluster).run()
    except (FileNotFoundError, NotADirectoryError) as error:  # the latter where PATH ends with a file
        raise _not_installed(selection, plugin) from error
    except AttributeError as error:  # on a terminal: it looks into what the program has written there itself
        raise _login_failed(selection, f"{plugin.get('command')} failed; above is what it said") from error
    except (ConfigException, OSError) as error:
        raise _login_failed(selection, f"{plugin.get('command')}: {_first_line(error)}") from error
    if not (status.get("token") or status.get("clientCertificateData")):
        raise _login_failed(selection, f"{plugin.get('command')} gave neither a token nor a certificate")
    return dict(status)


def _from_provider(selection: Selection) -> Header:
    """`auth-provider: oidc` and its like, refreshed by the kubernetes package."""
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, kube_config
    from oauthlib.oauth2 import OAuth2Error
    from urllib3.exceptions import HTTPError

    load: Any = kube_config.KubeConfigLoader  # the package is untyped
    config = {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": dict(selection.cluster.value)}],
        "users": [{"name": "it", "user": dict(selection.user.value)}],
    }
    try:
        loader = load(config_dict=config, config_base_path=str(selection.user.folder))
        loader.load_and_set(Configuration())
    except (ConfigException, KeyError, ValueError, OSError, HTTPError, OAuth2Error) as error:
        raise _login_failed(selection, _first_line(error)) from error
    token = getattr(loader, "token", None)
    if not token:
        raise _login_failed(selection, "its auth-provider gave no token")
    return lambda: str(token)


def _not_installed(selection: Selection, plugin: Mapping[str, Any]) -> SuiteError:
    """The kubeconfig may say how to get the program; its first line is enough for an error."""
    hint = str(plugin.get("installHint") or "").strip().partition("\n")[0]
    return OperationFailed(
        f"no credentials for context {selection.context}: {plugin.get('command')} was not found",
        hint.rstrip(".") or "install it, or use a kubeconfig that does without",
    )


def _login_failed(selection: Selection, why: str) -> SuiteError:
    return OperationFailed(f"no credentials for context {selection.context}: {why}", "log in again")


def _tls(selection: Selection, pem: bytes) -> ssl.SSLContext:
    """Trust the cluster's own authority (else the system's); show the client certificate, if there is one."""
    authority = _pem(selection.cluster, "certificate-authority")
    unchecked = bool(selection.cluster.value.get("insecure-skip-tls-verify"))
    try:
        return tls_context(authority, pem, unchecked=unchecked)
    except (ssl.SSLError, ValueError) as error:
        raise UsageError(f"the certificates of context {selection.context} are not PEM: {error}") from error


def _pem(entry: Entry, key: str) -> bytes:
    """The entry's `<key>-data` (base64), else the content of the file `<key>`, else nothing."""
    if data := entry.value.get(f"{key}-data"):
        try:
            return base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError, TypeError) as error:
            raise UsageError(f"{key}-data of the kubeconfig is not base64") from error
    return _read(entry.folder / entry.value[key]) if entry.value.get(key) else b""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "the kubeconfig names this file") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
