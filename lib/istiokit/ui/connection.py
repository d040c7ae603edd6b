"""Which cluster, and as whom: kubectl's connection flags as a value."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the client behind it is heavy, and --help needs none of it
    from istiokit.cluster.live_kubeconfig import ConnectOptions


@dataclass(frozen=True, slots=True)
class Connection:
    """Which cluster, and as whom: kubectl's connection flags. Empty means: as the kubeconfig says."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    user: str = ""
    as_user: str = ""
    as_groups: tuple[str, ...] = ()
    request_timeout: float = 0.0
    """Seconds for one request; 0 waits for as long as it takes."""
    namespace: str = ""

    def connect_options(self) -> "ConnectOptions":
        """The same values as cluster/live.py takes them."""
        from istiokit.cluster.live_kubeconfig import ConnectOptions

        return ConnectOptions(
            kubeconfig=self.kubeconfig or None,
            context=self.context or None,
            cluster=self.cluster or None,
            user=self.user or None,
            as_user=self.as_user or None,
            as_groups=self.as_groups,
            request_timeout=self.request_timeout,
            namespace=self.namespace or None,
        )

    def flags(self) -> str:
        """` --context prod`: what leads to the same cluster, to stand before a command; without the namespace."""
        named = (
            ("--kubeconfig", self.kubeconfig),
            ("--context", self.context),
            ("--cluster", self.cluster),
            ("--user", self.user),
            ("--as", self.as_user),
            *(("--as-group", group) for group in self.as_groups),
        )
        import shlex  # --help needs none of it

        return "".join(f" {flag} {shlex.quote(value)}" for flag, value in named if value)


NO_FLAGS = Connection()
"""Everything as the kubeconfig says."""


def connection(namespace: argparse.Namespace) -> Connection:
    """What `add_connection` (and `add_namespace`, if the command has it) brought; defaults for the rest."""
    given: Mapping[str, object] = vars(namespace)
    return Connection(
        kubeconfig=str(given.get("kubeconfig", "")),
        context=str(given.get("context", "")),
        cluster=str(given.get("cluster", "")),
        user=str(given.get("user", "")),
        as_user=str(given.get("as_user", "")),
        as_groups=tuple(getattr(namespace, "as_groups", ())),
        request_timeout=float(getattr(namespace, "request_timeout", 0.0)),
        namespace=str(given.get("namespace", "")),
    )
