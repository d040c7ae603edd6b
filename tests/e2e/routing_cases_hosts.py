"""Named configurations about hosts, and who sees a VirtualService."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.e2e.routing_objects import GREEDY, NEW, OLD, WEB, WILD, Case, Object, both_servers, vs


def hosts() -> Iterator[Case]:
    """Which hosts of a VirtualService a server takes."""
    table = {
        "wild-server-exact-service": ([WILD], [WEB]),
        "wild-server-wild-service": ([WILD], [WILD]),
        "wild-server-wider-service": ([WILD], ["*.com"]),
        "wild-server-narrower-wild-service": ([WILD], ["*.sub.example.com"]),
        "wild-server-service-for-all": ([WILD], ["*"]),
        "exact-server-wild-service": ([WEB], [WILD]),
        "exact-server-service-for-all": ([WEB], ["*"]),
        "any-server-exact-service": (["*"], [WEB]),
        "any-server-service-for-all": (["*"], ["*"]),
        "any-server-wild-service": (["*"], [WILD]),
        "server-does-not-cover": ([WILD], ["web.example.org"]),
        "server-covers-one-of-two": ([WILD], [WEB, "web.example.org"]),
        "wildcard-does-not-cover-its-own-domain": ([WILD], ["example.com"]),
        "wildcard-covers-two-levels": ([WILD], ["a.b.example.com"]),
        "two-exact-servers-wild-service": ([WEB, "b.example.com"], [WILD]),
        "upper-case-service": ([WILD], ["Web.Example.com"]),
        "upper-case-server": (["*.Example.com"], [WEB]),
        "upper-case-both": (["Web.Example.com"], ["Web.Example.com"]),
        "own-namespace-server": (["./*"], [WEB]),
        "any-namespace-server": ([f"*/{WILD}"], [WEB]),
        "services-namespace-server": ([f"shop/{WILD}"], [WEB]),
        "other-namespace-server": ([f"other/{WILD}"], [WEB]),
        "two-namespaces-server": ([f"other/{WILD}", f"shop/{WEB}"], [WEB, "b.example.com"]),
        "short-name-service": (["*"], ["web"]),
    }
    for name, (offered, wanted) in table.items():
        objects = (both_servers(OLD, *offered), vs("shop/web", wanted, [OLD]))
        yield Case(f"hosts-{name}", (objects,), hosts=("web.shop.svc.cluster.local",))
    own = both_servers("shop/door", f"./{WILD}")
    services = (vs("shop/web", [WEB], ["door"]), vs("other/web", ["b.example.com"], ["shop/door"]))
    yield Case("hosts-own-namespace-server-two-services", ((own, *services),))
    lists = (both_servers(OLD, WILD), vs("shop/w", [WILD], [OLD]), vs("shop/e", [WEB], [OLD]))
    yield Case("hosts-exact-service-takes-from-wild-one", (lists,))
    everything = (both_servers(OLD, "*"), vs("shop/all", ["*"], [OLD]), vs("shop/e", [WEB], [OLD]))
    yield Case("hosts-exact-service-takes-from-all", (everything,))
    layers = (
        (both_servers(OLD, WILD),),
        (both_servers(NEW, WEB), vs("shop/w", [WILD], [OLD]), vs("shop/n", [WEB], [NEW])),
    )
    yield Case("hosts-server-for-one-beside-wildcard", layers)


def same_host() -> Iterator[Case]:
    """Two VirtualServices for one host."""
    door = both_servers(OLD)
    for name, first, second in (
        ("one-namespace", "shop/b", "shop/a"),
        ("two-namespaces", "shop/b", "other/a"),
        ("one-name", "shop/a", "other/a"),
    ):
        pair = (vs(first, [WEB], [OLD]), vs(second, [WEB], [OLD]))
        yield Case(f"same-host-{name}-in-turn", ((door, pair[0]), (pair[1],)))
        yield Case(f"same-host-{name}-same-second", ((door, *pair),), same_second=True)
    old, new = both_servers(OLD), both_servers(NEW)
    split = (vs("shop/a", [WEB], [OLD]), vs("other/b", [WEB], [NEW]))
    yield Case("same-host-on-old-and-new", ((old,), (new, *split)))
    yield Case("same-host-on-new-and-old", ((new,), (old, *split)))
    wild = (vs("shop/a", [WEB, WILD], [OLD]), vs("shop/b", [WILD], [OLD]))
    yield Case("same-host-twice-wild", ((door, wild[0]), (wild[1],)))


def shadows() -> Iterator[Case]:
    """Two VirtualServices for one host: what the paths of the older leave to the younger."""
    door = both_servers(OLD)
    own: list[Object] = [{"exact": "/it"}]
    table: dict[str, tuple[Sequence[Object], Sequence[Object]]] = {
        "all-all": (GREEDY, GREEDY),
        "all-some": (GREEDY, own),
        "some-all": (own, GREEDY),
        "same-exact": (own, own),
        "other-exact": (own, [{"exact": "/other"}]),
        "prefix-exact": ([{"prefix": "/it"}], own),
        "exact-prefix": (own, [{"prefix": "/it"}]),
        "prefix-longer-prefix": ([{"prefix": "/it"}], [{"prefix": "/it/is"}]),
        "prefix-shorter-prefix": ([{"prefix": "/it/is"}], [{"prefix": "/it"}]),
        "prefix-prefix-and-all": ([{"prefix": "/it"}], [{"prefix": "/it"}, *GREEDY]),
        "all-first-then-some": ([*GREEDY, *own], own),
        "all-first-then-own": (own, [*GREEDY, {"exact": "/never"}]),
    }
    for name, (older, younger) in table.items():
        first, second = vs("shop/b", [WEB], [OLD], uris=older), vs("other/a", [WEB], [OLD], uris=younger)
        yield Case(f"shadow-{name}", ((door, first), (second,)))
    hidden = vs("shop/b", [WEB], [OLD], uris=GREEDY, exportTo=["istio-gateway"])
    yield Case("shadow-exported-to-some", ((door, hidden), (vs("other/a", [WEB], [OLD], uris=GREEDY),)))
    inside = vs("istio-gateway/own", [WEB], [OLD], uris=GREEDY, exportTo=["."])
    yield Case(
        "shadow-own-namespace-before-older", ((door, vs("shop/b", [WEB], [OLD], uris=GREEDY)), (inside,))
    )
    narrow = vs("shop/b", [WEB], [OLD], uris=GREEDY, match=[[NEW]])
    yield Case("shadow-narrowed-older", ((door, narrow), (vs("other/a", [WEB], [OLD], uris=GREEDY),)))
    new = both_servers(NEW)
    pair = (vs("shop/b", [WEB], [NEW], uris=GREEDY), vs("other/a", [WEB], [OLD], uris=GREEDY))
    yield Case("shadow-through-the-older-gateway", ((door, pair[0]), (new, pair[1])))


def visibility() -> Iterator[Case]:
    """exportTo."""
    for name, exported in {
        "own": ["."],
        "all": ["*"],
        "nobody": ["~"],
        "old-pods": ["istio-system"],
        "new-pods": ["istio-gateway"],
        "both-pods": ["istio-system", "istio-gateway"],
        "elsewhere": ["other"],
        "own-and-new": [".", "istio-gateway"],
        "empty": [],
    }.items():
        service = vs("shop/web", [WEB], [OLD, NEW], exportTo=exported)
        yield Case(f"export-{name}", ((both_servers(OLD),), (both_servers(NEW), service)))
    inside = vs("istio-gateway/web", [WEB], [OLD, NEW], exportTo=["."])
    yield Case("export-own-of-the-pods-namespace", ((both_servers(OLD), both_servers(NEW), inside),))


HOSTS: tuple[Case, ...] = (*hosts(), *same_host(), *shadows(), *visibility())
