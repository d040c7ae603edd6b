"""Whom a connection trusts, and the certificate that it shows."""

import ssl
from collections.abc import Iterable

from istiokit.cluster.files_private import private_file

_PROTOCOLS = ("http/1.1",)


class _Shared:
    """For a context whose connections several threads open at the same time.

    urllib3 sets the ALPN protocols anew for every connection. OpenSSL then frees the list that another thread's
    new connection may be copying, whose greeting the server refuses with "decode error" (measured).
    """

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Leave them as they were set first."""


class _Own(_Shared, ssl.SSLContext):
    """Trusts the certificates that it is given."""


def tls_context(authority: bytes, pem: bytes, *, unchecked: bool) -> ssl.SSLContext:
    """Trust the authority (PEM), else those of the system, or with `unchecked` anybody; show the certificate of `pem`.

    Raises ValueError and ssl.SSLError, which is one of OSError, for what is not PEM.
    """
    context = _of_ours(authority, unchecked=unchecked) if authority or unchecked else _of_system()
    if pem.strip():
        with private_file(pem) as file:  # Python reads a client certificate from a file only
            context.load_cert_chain(file)
    return context


def _of_ours(authority: bytes, *, unchecked: bool) -> ssl.SSLContext:
    context = _Own(ssl.PROTOCOL_TLS_CLIENT)
    ssl.SSLContext.set_alpn_protocols(context, _PROTOCOLS)
    if unchecked:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if authority:
        context.load_verify_locations(cadata=authority.decode())
    return context


def _of_system() -> ssl.SSLContext:
    """By the store of macOS or Windows, or the bundle of the distribution, as kubectl does it.

    The archive's OpenSSL looks where the system has it on which it was built, and macOS has no such place at all.
    """
    import truststore  # few kubeconfigs leave the authority out

    class _System(_Shared, truststore.SSLContext):
        pass

    context = _System(ssl.PROTOCOL_TLS_CLIENT)
    truststore.SSLContext.set_alpn_protocols(context, _PROTOCOLS)
    return context
