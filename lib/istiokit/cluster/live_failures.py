"""Why there was no answer at all: failures of the network, in one line."""

from typing import Any

from urllib3 import exceptions as failures

from istiokit.errors import OperationFailed


class NoAnswer(OperationFailed):
    """The network or a server in trouble: the same request may well succeed later."""


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


def _last_words(error: Any) -> str:
    """The innermost cause in its own words, without errno and addresses of Python objects."""
    inner = error
    while isinstance(inner.__cause__ or inner.__context__, OSError | failures.HTTPError):
        inner = inner.__cause__ or inner.__context__
    text = getattr(inner, "strerror", None) or getattr(inner, "verify_message", None) or str(inner)
    return " ".join(str(text).split())
