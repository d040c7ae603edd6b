"""Threads that open their first connections at the same time, as those of a survey do."""

import socket
from urllib.parse import urlsplit

from istiokit.cluster.live_access import access
from istiokit.cluster.live_kubeconfig import ConnectOptions, select
from tests.tools.rig import Rig


def test_connections_do_not_change_the_context_that_they_share(rig: Rig) -> None:
    """urllib3 sets the protocols for each connection; while another thread greets the server, that spoils it."""
    shared = access(select(ConnectOptions(kubeconfig=str(rig.kubeconfig))))
    assert shared.tls
    shared.tls.set_alpn_protocols(["h2"])

    server = urlsplit(shared.server)
    with (
        socket.create_connection((server.hostname, server.port)) as plain,
        shared.tls.wrap_socket(plain, server_hostname=server.hostname) as connection,
    ):
        assert connection.selected_alpn_protocol() == "http/1.1"
