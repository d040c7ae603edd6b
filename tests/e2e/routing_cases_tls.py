"""Named configurations for TLS that is passed through or terminated, and for TCP."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e.routing_objects import (
    NEW_PODS,
    OLD_PODS,
    Case,
    Lists,
    gateway,
    http,
    https,
    tcp,
    tcp_vs,
    tls_vs,
    vs,
)

OLD, NEW = "istio-system/passthrough", "istio-gateway/passthrough-ingressgateway"
WILD, WEB = "*.example.com", "web.example.com"


def passthrough() -> Iterator[Case]:
    """Servers that look at the name (SNI) only."""
    door = gateway(OLD, https(8443, WILD, mode="PASSTHROUGH"))
    tls_door = gateway(OLD, https(8443, WILD, mode="PASSTHROUGH", protocol="TLS"))
    web = tls_vs("shop/web", [WEB], [OLD], 0)
    yield Case("passthrough-https", ((door, web),))
    yield Case("passthrough-tls", ((tls_door, web),))
    yield Case("passthrough-wild-service", ((door, tls_vs("shop/web", [WILD], [OLD], 0)),))
    yield Case("passthrough-sni-narrower", ((door, tls_vs("shop/web", [WILD], [OLD], 0, sni=[WEB])),))
    yield Case("passthrough-wider-service", ((door, tls_vs("shop/web", ["*.com"], [OLD], 0, sni=[WEB])),))
    yield Case("passthrough-not-covered", ((door, tls_vs("shop/web", ["web.example.org"], [OLD], 0)),))
    yield Case("passthrough-service-for-all", ((door, tls_vs("shop/web", ["*"], [OLD], 0, sni=[WEB])),))
    yield Case("passthrough-http-service", ((door, vs("shop/web", [WEB], [OLD])),))
    yield Case("passthrough-tcp-service", ((door, tcp_vs("shop/web", [WEB], [OLD], 0)),))
    two = (tls_vs("shop/b", [WEB], [OLD], 0), tls_vs("shop/a", [WEB], [OLD], 1))
    yield Case("passthrough-same-host-in-turn", ((door, two[0]), (two[1],)))
    yield Case("passthrough-same-host-same-second", ((door, *two),), same_second=True)
    both = tls_vs("shop/web", [WEB], [OLD, NEW], 0)
    new = gateway(NEW, https(8443, WILD, mode="PASSTHROUGH"))
    narrow = gateway(OLD, https(8443, WILD, mode="PASSTHROUGH"), selector=OLD_PODS)
    for name, service in {"old": web, "new": tls_vs("shop/web", [WEB], [NEW], 0), "both": both}.items():
        yield Case(f"passthrough-{name}-bound-old-older", ((door,), (new, service)))
        yield Case(f"passthrough-{name}-bound-new-older", ((new,), (door, service)))
        yield Case(f"passthrough-{name}-bound-isolated", ((narrow,), (new, service)))
    own = gateway(NEW, https(8443, WILD, mode="PASSTHROUGH"), selector=NEW_PODS)
    conditions: dict[str, Lists] = {
        "old": [[OLD]],
        "new": [[NEW]],
        "outside": [["shop/none"]],
        "mesh": [["mesh"]],
        "port": [{"port": 8443}],
        "other-port": [{"port": 443}],
    }
    for name, match in conditions.items():
        service = tls_vs("shop/web", [WEB], [OLD, NEW], 0, match=match)
        yield Case(f"passthrough-match-{name}", ((narrow,), (own, service)))
    apart = tls_vs("shop/web", [WEB], [OLD], 0), tls_vs("shop/wild", [WILD], [OLD], 1)
    yield Case("passthrough-exact-beside-wild", ((door, *apart),))
    yield Case("passthrough-upper-case", ((door, tls_vs("shop/web", ["Web.example.com"], [OLD], 0)),))
    namespaced = gateway(OLD, https(8443, f"other/{WILD}", mode="PASSTHROUGH"))
    yield Case("passthrough-other-namespace-server", ((namespaced, web),))
    private = tls_vs("shop/web", [WEB], [OLD], 0, exportTo=["istio-gateway"])
    yield Case("passthrough-exported-to-new-pods", ((door, private),))


def terminated() -> Iterator[Case]:
    """Terminated TLS beside passthrough, and its other modes."""
    mixed = gateway(
        OLD, https(443, "pass.example.com", mode="PASSTHROUGH", name="pass"), https(443, WEB, name="web")
    )
    pass_vs, web = tls_vs("shop/pass", ["pass.example.com"], [OLD], 0), vs("shop/web", [WEB], [OLD])
    yield Case("passthrough-beside-simple", ((mixed, pass_vs, web),))
    one, two = "istio-system/one", "istio-system/two"
    simple, through = gateway(one, https(8443, WILD)), gateway(two, https(8443, WILD, mode="PASSTHROUGH"))
    services = (vs("shop/web", [WEB], [one]), tls_vs("shop/pass", [WEB], [two], 0))
    yield Case("simple-older-than-passthrough-same-host", ((simple,), (through, *services)))
    yield Case("passthrough-older-than-simple-same-host", ((through,), (simple, *services)))
    exact = gateway(two, https(8443, "pass.example.com", mode="PASSTHROUGH"))
    under = (vs("shop/web", [WEB], [one]), tls_vs("shop/pass", ["pass.example.com"], [two], 0))
    yield Case("simple-wildcard-beside-passthrough-exact", ((simple,), (exact, *under)))
    wide = gateway(two, https(8443, "*", mode="PASSTHROUGH"))
    inner = gateway(one, https(8443, WEB))
    sni = (vs("shop/web", [WEB], [one]), tls_vs("shop/pass", [WEB], [two], 0))
    yield Case("simple-exact-and-passthrough-route-for-the-same-name", ((inner,), (wide, *sni)))
    yield Case("passthrough-route-older-than-simple-exact", ((wide,), (inner, *sni)))
    yield Case("mutual", ((gateway(OLD, https(8443, WILD, mode="MUTUAL")), web),))
    modes = gateway(OLD, https(8443, WEB, mode="MUTUAL", name="m"), https(8443, "b.example.com", name="s"))
    yield Case("mutual-beside-simple", ((modes, web, vs("shop/b", ["b.example.com"], [OLD])),))
    tls_simple = gateway(OLD, https(8443, WILD, protocol="TLS"))
    yield Case("tls-terminated-http-service", ((tls_simple, web),))
    yield Case("tls-terminated-tcp-service", ((tls_simple, tcp_vs("shop/t", [WEB], [OLD], 1)),))
    yield Case("tls-terminated-tls-service", ((tls_simple, tls_vs("shop/t", [WEB], [OLD], 1)),))
    yield Case(
        "https-terminated-tls-service",
        ((gateway(OLD, https(8443, WILD)), tls_vs("shop/t", [WEB], [OLD], 1)),),
    )
    everything = gateway(OLD, https(8443, "*"))
    yield Case("https-for-any-name", ((everything, web),))
    sni_and_host = (
        (gateway(one, https(8443, WEB)),),
        (gateway(two, https(8443, "*")), vs("shop/web", [WEB], [two])),
    )
    yield Case("https-bound-to-the-wider-server-only", sni_and_host)
    pair = (
        gateway(one, https(8443, WEB, name="a"), https(9443, WEB, name="b")),
        vs("shop/web", [WEB], [one]),
    )
    yield Case("https-one-host-two-ports", (pair,))


def plain_tcp() -> Iterator[Case]:
    door = gateway(OLD, tcp(9000, "*"))
    web = tcp_vs("shop/web", [WEB], [OLD], 0)
    yield Case("tcp", ((door, web),))
    yield Case("tcp-not-covered", ((gateway(OLD, tcp(9000, WILD)), tcp_vs("shop/w", ["a.test"], [OLD], 0)),))
    yield Case("tcp-http-service", ((door, vs("shop/web", [WEB], [OLD])),))
    two = (tcp_vs("shop/b", [WEB], [OLD], 0), tcp_vs("shop/a", ["a.example.com"], [OLD], 1))
    yield Case("tcp-two-services-in-turn", ((door, two[0]), (two[1],)))
    yield Case("tcp-two-services-same-second", ((door, *two),), same_second=True)
    new = gateway(NEW, tcp(9000, "*"))
    both = tcp_vs("shop/web", [WEB], [OLD, NEW], 0)
    for name, service in {"old": web, "new": tcp_vs("shop/web", [WEB], [NEW], 0), "both": both}.items():
        yield Case(f"tcp-{name}-bound-old-older", ((door,), (new, service)))
    conditions: dict[str, Lists] = {
        "old": [[OLD]],
        "new": [[NEW]],
        "free-after-new": [[NEW], None],
        "other-port": [{"port": 9001}],
    }
    for name, match in conditions.items():
        service = tcp_vs("shop/web", [WEB], [OLD, NEW], 0, match=match)
        yield Case(f"tcp-match-{name}", ((door,), (gateway(NEW, tcp(9001, "*")), service)))
    http_door = gateway(NEW, http(9000, WILD))
    services = (web, vs("shop/h", [WEB], [NEW]))
    yield Case("tcp-older-than-http-on-one-port", ((door,), (http_door, *services)))
    yield Case("http-older-than-tcp-on-one-port", ((http_door,), (door, *services)))


TLS: tuple[Case, ...] = (*passthrough(), *terminated(), *plain_tcp())
