"""Random configurations: the same one for the same seed."""

from __future__ import annotations

from random import Random

from tests.e2e.routing_objects import (
    APP,
    GREEDY,
    NEW_PODS,
    OLD_PODS,
    PORTED_PODS,
    Case,
    Lists,
    Object,
    gateway,
    http,
    https,
    ref_of,
    tcp,
    tcp_vs,
    tls_vs,
    vs,
)

_SELECTORS: tuple[dict[str, str], ...] = (
    APP,
    APP,
    APP,
    PORTED_PODS,
    {},
    OLD_PODS,
    NEW_PODS,
    {"istio": "ingressgateway"},
)
_HOSTS = (
    "*",
    "*.example.com",
    "*.example.com",
    "a.example.com",
    "b.example.com",
    "*.sub.example.com",
    "*.com",
)
_EXACT = ("a.example.com", "b.example.com", "c.sub.example.com", "d.test")
_PLACES = ("", "", "", "", "./", "*/", "shop/", "other/")
_DOORS = ("istio-system/public", "istio-gateway/public-ingressgateway", "shop/door", "istio-system/aaa")
_SERVICES = ("shop/a", "other/a", "shop/b", "istio-system/c", "istio-gateway/d")


def random_case(seed: int) -> Case:
    """Up to three Gateways and four VirtualServices, created in up to three seconds."""
    random = Random(seed)
    doors = [_gateway(random, ref) for ref in random.sample(_DOORS, random.randint(1, 3))]
    refs = [ref_of(door) for door in doors]
    chosen = random.sample(_SERVICES, random.randint(1, 4))
    services = [_service(random, ref, refs, number) for number, ref in enumerate(chosen)]
    everything = [*doors, *services]
    random.shuffle(everything)
    steps: list[list[Object]] = [[] for _ in range(random.randint(1, 3))]
    for item in everything:
        random.choice(steps).append(item)
    return Case(f"seed-{seed}", tuple(tuple(step) for step in steps if step))


def _gateway(random: Random, ref: str) -> Object:
    servers = [_server(random, number) for number in range(random.choice((1, 2, 2, 3)))]
    return gateway(ref, *servers, selector=random.choice(_SELECTORS))


def _server(random: Random, number: int) -> Object:
    hosts = [
        random.choice(_PLACES) + random.choice((*_HOSTS, *_EXACT)) for _ in range(random.choice((1, 1, 2)))
    ]
    hosts = sorted(set(hosts), key=lambda host: host == "*/*")  # a host after it would crash istiod 1.31
    kind = random.choices(("http", "redirect", "https", "pass", "tls", "tcp"), (8, 2, 8, 4, 1, 1))[0]
    port = random.choice((8080, 8080, 8081, 80))
    secure = random.choices((8443, 443, 9443, 8080), (8, 4, 3, 1))[0]
    if kind in ("http", "redirect"):
        return http(port, *hosts, redirect=kind == "redirect")
    if kind == "tcp":
        return tcp(random.choice((9000, 8080)), *hosts)
    protocol = random.choice(("HTTPS", "TLS")) if kind == "pass" else "TLS" if kind == "tls" else "HTTPS"
    mode = "PASSTHROUGH" if kind == "pass" else random.choice(("SIMPLE", "SIMPLE", "MUTUAL"))
    return https(secure, *hosts, mode=mode, protocol=protocol, name=f"server-{number}")


def _service(random: Random, ref: str, doors: list[str], number: int) -> Object:
    hosts = list(dict.fromkeys(random.choice((*_HOSTS, *_EXACT)) for _ in range(random.choice((1, 1, 2)))))
    top = random.sample(doors, random.randint(1, len(doors)))
    match: Lists | None = None
    if random.random() < 0.2:
        match = [_condition(random, doors) for _ in range(random.randint(1, 2))]
    top += [odd for odd in ("mesh", "shop/nothing", f"{doors[0]}") if random.random() < 0.1]
    more = {}
    if random.random() < 0.25:
        places = (".", "*", "istio-gateway", "istio-system", "other")
        more = {"exportTo": random.sample(places, random.randint(1, 2))}
    kind = random.choices(("http", "tls", "tcp"), (7, 2, 1))[0]
    if kind == "tls":
        return tls_vs(ref, hosts, top, number, match=match, **more)
    if kind == "tcp":
        return tcp_vs(ref, hosts, top, number, match=match, **more)
    uris = random.choice(
        (None, None, GREEDY, [{"prefix": "/is"}], [{"exact": "/is/it"}, {"prefix": "/is/it"}])
    )
    return vs(ref, hosts, top, match=match, uris=uris, **more)


def _condition(random: Random, doors: list[str]) -> list[str] | Object | None:
    return random.choice((None, [random.choice(doors)], ["mesh"], {"port": random.choice((443, 8080, 8443))}))
