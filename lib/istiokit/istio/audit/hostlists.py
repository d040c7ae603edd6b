"""Servers of Gateways whose list of hosts istiod itself cannot take."""

from collections.abc import Iterator

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.model import Rule, Subject, at_source
from istiokit.istio.model import full_name

_ALL = "*/*"


def _panics(subject: Subject) -> Iterator[Finding]:
    for gateway in subject.facts.gateways or ():
        for at, server in enumerate(gateway.spec.servers or ()):
            number = _deadly(server.hosts)
            if number is None:
                continue
            host = server.hosts[number]
            reason = (
                f"{host} stands behind {_ALL}: istiod 1.26.5, 1.27.2, 1.28.0 and later panics on it as soon as one of "
                "the Gateway's pods connects, and again after every restart"
            )
            remedy = f"take {host} out, which {_ALL} covers, or take {_ALL} out{at_source(gateway.metadata, 'Gateway')}"
            about = f"Gateway {full_name(gateway)}"
            path = f"spec.servers[{at}].hosts[{number}]"
            yield Finding("VSG025", Severity.ERROR, about, reason, remedy, path)


def _deadly(hosts: tuple[str, ...]) -> int | None:
    """The first host that is written back by its number into a list that has become `["*"]`.

    Source: sanitizeServerHostNamespace in pilot/pkg/model/gateway.go of istio/istio. At `*/*` the list of hosts becomes
    one entry, and from 1.26.5, 1.27.2 and 1.28.0 on the loop goes on over the old list: the next `./host` or `*/host`
    is set beyond the end of the new one. `namespace/host`, `host` and what stands before `*/*` do no harm. Up to
    1.25, and in 1.26.4 and 1.27.1, the loop ends there. Nothing recovers the panic, and validation lets it pass.
    """
    if _ALL not in hosts:
        return None
    first = hosts.index(_ALL)
    for number, host in enumerate(hosts):
        place, slash, _ = host.partition("/")
        if number > first and slash and place in (".", "*") and host != _ALL:
            return number
    return None


RULES = (
    Rule(
        code="VSG025",
        title="A list of hosts that istiod panics on",
        severity=Severity.ERROR,
        why="Behind `*/*` a host such as `./a.example.com` makes istiod 1.26.5, 1.27.2, 1.28.0 and later end with a "
        "panic when a pod of the Gateway connects. It restarts, the pod connects again, and so on: no proxy of the "
        "mesh gets any configuration from it.",
        remedy="Take the other hosts out of the server: `*/*` covers them all.",
        run=_panics,
    ),
)
