"""Named configurations of several Gateways on one workload: ports, selectors, redirects."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e.routing_objects import (
    NEW,
    NEW_PODS,
    OLD,
    OLD_PODS,
    WEB,
    WILD,
    Case,
    both_servers,
    gateway,
    http,
    https,
    vs,
    web,
)


def ports() -> Iterator[Case]:
    """Several Gateways on one workload."""
    one, two = "istio-system/one", "istio-system/two"
    services = (vs("shop/a", ["a.example.com"], [one]), vs("shop/b", ["b.example.com"], [two]))
    different = (gateway(one, http(8080, WILD)), gateway(two, http(8081, WILD)))
    yield Case("two-gateways-different-http-ports", ((*different, *services),))
    same = (gateway(one, http(8080, WILD)),), (gateway(two, http(8080, WILD)), *services)
    yield Case("two-gateways-same-http-port-and-hosts", same)
    apart = (
        (gateway(one, http(8080, "a.example.com")),),
        (gateway(two, http(8080, "b.example.com")), *services),
    )
    yield Case("two-gateways-same-http-port-different-hosts", apart)
    https_apart = (both_servers(one, "a.example.com"),), (both_servers(two, "b.example.com"), *services)
    yield Case("two-gateways-same-https-port-different-hosts", https_apart)
    overlap = (both_servers(one, WILD),), (both_servers(two, "b.example.com"), *services)
    yield Case("two-gateways-https-wildcard-older-than-exact", overlap)
    reverse = (both_servers(two, "b.example.com"),), (both_servers(one, WILD), *services)
    yield Case("two-gateways-https-exact-older-than-wildcard", reverse)
    partly = (gateway(one, https(8443, "a.example.com", "c.example.com")),)
    later = (gateway(two, https(8443, "b.example.com", "c.example.com")), *services)
    yield Case("two-gateways-https-one-common-host-loses-the-whole-server", (partly, later))
    everything = vs("shop/all", ["a.example.com", "b.example.com"], [one, two])
    yield Case("two-gateways-same-port-one-service-on-both", (*same, (everything,)))
    mixed = (gateway(one, http(8080, WILD)),), (gateway(two, https(8080, WILD)), *services)
    yield Case("http-older-than-https-on-one-port", mixed)
    turned = (gateway(two, https(8080, WILD)),), (gateway(one, http(8080, WILD)), *services)
    yield Case("https-older-than-http-on-one-port", turned)
    kinds = (gateway(one, http(8080, WILD)),), (gateway(two, http(8080, WILD, protocol="HTTP2")), *services)
    yield Case("http-and-http2-on-one-port", kinds)
    grpc = (gateway(one, http(8080, WILD)),), (gateway(two, http(8080, WILD, protocol="GRPC")), *services)
    yield Case("http-and-grpc-on-one-port", grpc)
    split = gateway(one, http(8080, "a.example.com"), http(8081, "b.example.com"))
    yield Case("service-of-two-hosts-each-on-a-port", ((split, vs("shop/ab", ["*.example.com"], [one])),))
    named = gateway(
        one, https(8443, "a.example.com", name="https"), https(8443, "b.example.com", name="https")
    )
    on_named = (services[0], vs("shop/b", ["b.example.com"], [one]))
    yield Case("one-gateway-two-https-servers-of-one-port-name", ((named, *on_named),))
    low = gateway(one, http(80, WILD), https(443, WILD))
    yield Case("well-known-ports", ((low, *services),))


def services() -> Iterator[Case]:
    """Pods with a Service: a Gateway may mean its port, or the one behind it."""
    any_pods: dict[str, str] = {}
    outer = gateway("shop/outer", http(80, WILD), https(443, WILD), selector=any_pods)
    inner = gateway("shop/inner", http(8080, WILD), https(8443, WILD), selector=any_pods)
    pair = (vs("shop/o", [WEB], ["outer"]), vs("shop/i", [WEB], ["inner"]))
    yield Case("service-port", ((outer, *pair),))
    yield Case("port-behind-a-service", ((inner, *pair),))
    yield Case("service-port-older-than-the-one-behind", ((outer,), (inner, *pair)))
    yield Case("port-behind-older-than-service-port", ((inner,), (outer, *pair)))
    for port in (80, 443, 8080, 8443):
        narrow = vs("shop/web", [WEB], ["outer", "inner"], match=[{"port": port}])
        yield Case(f"service-port-match-{port}", ((outer,), (inner, narrow)))
    other = gateway("shop/other", http(443, WILD), selector=any_pods)
    yield Case("service-port-of-another-kind", ((inner,), (other, *pair, vs("shop/x", [WEB], ["other"]))))


def addresses() -> Iterator[Case]:
    """`bind`."""
    here = {"bind": "127.0.0.1"}
    one, two = "istio-system/one", "istio-system/two"
    first, second = ({**https(8443, WILD), **here}, {**http(8080, WILD), **here})
    pair = (vs("shop/a", [WEB], [one]), vs("shop/b", [WEB], [two]))
    yield Case("bind-one-gateway", ((gateway(one, first, second), pair[0]),))
    yield Case(
        "bind-two-gateways-same-address",
        ((gateway(one, first, second),), (gateway(two, first, second), *pair)),
    )


def selectors() -> Iterator[Case]:
    for name, selector in {
        "empty": {},
        "shared-label": {"istio": "ingressgateway"},
        "two-labels": NEW_PODS,
        "old-only": OLD_PODS,
        "nobody": {"app": "nobody"},
        "one-label-of-two-wrong": {"app": "public-ingressgateway", "istio": "egressgateway"},
    }.items():
        door = both_servers("shop/door", selector=selector)
        yield Case(f"selector-{name}", ((door, web("door")),))
    narrow, wide = both_servers(NEW, selector=NEW_PODS), both_servers(OLD, selector={})
    yield Case("selector-empty-older-than-exact", ((wide,), (narrow, web(NEW))))
    yield Case("selector-exact-older-than-empty", ((narrow,), (wide, web(NEW), vs("shop/w2", [WEB], [OLD]))))


def redirects() -> Iterator[Case]:
    redirecting = gateway(OLD, http(8080, WILD, redirect=True), https(8443, WILD))
    plain = both_servers(NEW)
    yield Case("redirect", ((redirecting, web(OLD)),))
    yield Case("redirect-and-no-service", ((redirecting, vs("shop/x", ["x.test"], [OLD])),))
    yield Case("redirect-older-than-plain", ((redirecting,), (plain, web(OLD, NEW))))
    yield Case("plain-older-than-redirect", ((plain,), (redirecting, web(OLD, NEW))))
    yield Case("redirect-older-than-plain-bound-new", ((redirecting,), (plain, web(NEW))))
    exact = gateway(OLD, http(8080, WEB, redirect=True), https(8443, WEB))
    yield Case(
        "redirect-of-one-host-beside-plain-wildcard",
        ((exact,), (plain, web(NEW), vs("shop/o", ["o.example.com"], [NEW]))),
    )


PORTS: tuple[Case, ...] = (*ports(), *services(), *addresses(), *selectors(), *redirects())
