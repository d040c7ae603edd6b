"""Named configurations of Gateways and VirtualServices, each of them a question about istiod's rules."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e.routing_cases_hosts import HOSTS
from tests.e2e.routing_cases_ports import PORTS
from tests.e2e.routing_cases_tls import TLS
from tests.e2e.routing_objects import (
    NEW,
    NEW_PODS,
    OLD,
    OLD_PODS,
    WEB,
    Case,
    Lists,
    both_servers,
    gateway,
    http,
    https,
    vs,
    web,
)


def trap() -> Iterator[Case]:
    """Old and new Gateway on both deployments (facts.md, "The 404 trap")."""
    old, new = both_servers(OLD), both_servers(NEW)
    bindings = {"old": [OLD], "new": [NEW], "both": [OLD, NEW], "both-turned": [NEW, OLD]}
    for name, refs in bindings.items():
        yield Case(f"trap-{name}-bound-old-older", ((old,), (new, web(*refs))))
        yield Case(f"trap-{name}-bound-new-older", ((new,), (old, web(*refs))))
        yield Case(f"trap-{name}-bound-old-gone", ((new, web(*refs)),))
        yield Case(f"trap-{name}-bound-new-missing", ((old, web(*refs)),))
        yield Case(f"trap-{name}-bound-same-second", ((old, new, web(*refs)),), same_second=True)
        narrow = both_servers(OLD, selector=OLD_PODS)
        yield Case(f"isolated-{name}-bound-old-older", ((narrow,), (new, web(*refs))))
        narrow_new = both_servers(NEW, selector=NEW_PODS)
        yield Case(f"isolated-{name}-bound-both-narrow", ((narrow,), (narrow_new, web(*refs))))
    early = web(NEW)
    yield Case("trap-virtual-service-older-than-its-gateway", ((early,), (old,), (new,)))


def ties() -> Iterator[Case]:
    """Gateways of one creation time: their names decide, and not the order in which they were written."""
    for one, other in (("a/z", "b/a"), ("b/a", "a/z"), ("a/a", "a/b"), ("a/b", "a/a"), ("a/same", "b/same")):
        first, second = (ref.replace("a/", "shop/").replace("b/", "other/") for ref in (one, other))
        name = f"tie-{one}-{other}".replace("/", ".")
        services = (vs("shop/v", [WEB], [first]), vs("shop/w", [WEB], [second]))
        yield Case(name, ((both_servers(first), both_servers(second), *services),), same_second=True)


def references() -> Iterator[Case]:
    doors = (both_servers(OLD), both_servers("shop/door", "door.example.com"))
    spellings = {
        "bare": "door",
        "dot": "./door",
        "full": "shop/door",
        "name-namespace": "door.shop",
        "name-namespace-svc": "door.shop.svc",
        "name-namespace-svc-domain": "door.shop.svc.cluster.local",
        "missing": "shop/nothing",
        "upper-case": "shop/Door",
    }
    for name, spelled in spellings.items():
        service = vs("shop/web", [WEB, "door.example.com"], [spelled])
        yield Case(f"reference-{name}", ((*doors, service),))
    yield Case("reference-bare-from-elsewhere", ((*doors, vs("other/web", ["door.example.com"], ["door"])),))
    yield Case("reference-missing-beside-existing", ((*doors, web("shop/nothing", OLD)),))
    yield Case("reference-twice", ((*doors, web(OLD, OLD)),))
    yield Case("reference-mesh-and-gateway", ((*doors, web("mesh", OLD)),))
    yield Case("reference-mesh-only", ((*doors, web("mesh")),))
    yield Case("reference-none", ((*doors, vs("shop/web", [WEB], None)),))
    yield Case(
        "reference-dotted-gateway-name", ((both_servers("shop/my.door"), vs("shop/web", [WEB], ["my.door"])),)
    )
    yield Case(
        "reference-dotted-gateway-name-full",
        ((both_servers("shop/my.door"), vs("shop/web", [WEB], ["shop/my.door"])),),
    )


def conditions() -> Iterator[Case]:
    """Lists of gateways in the conditions of http routes."""
    doors = ((both_servers(OLD),), (both_servers(NEW, selector=NEW_PODS),))
    table: dict[str, tuple[list[str], Lists]] = {
        "narrow-to-old": ([OLD, NEW], [[OLD]]),
        "narrow-to-new": ([OLD, NEW], [[NEW]]),
        "narrow-to-both": ([OLD, NEW], [[OLD, NEW]]),
        "wider-than-list": ([OLD], [[OLD, NEW]]),
        "outside-list": ([OLD], [[NEW]]),
        "one-narrow-one-free": ([OLD, NEW], [[NEW], None]),
        "two-conditions": ([OLD, NEW], [[OLD], [NEW]]),
        "mesh": (["mesh", OLD], [["mesh"]]),
        "empty": ([OLD, NEW], [[]]),
        "port": ([OLD, NEW], [{"port": 8080}]),
        "other-port": ([OLD, NEW], [{"port": 80}]),
        "source-namespace": ([OLD, NEW], [{"sourceNamespace": "istio-gateway"}]),
        "source-labels": ([OLD, NEW], [{"sourceLabels": {"istio": "ingressgateway"}}]),
        "gateways-and-source-namespace": ([OLD, NEW], [{"sourceNamespace": "other", "gateways": [OLD]}]),
    }
    for name, (top, narrowed) in table.items():
        yield Case(f"match-{name}", (*doors, (vs("shop/web", [WEB], top, match=narrowed),)))
    short = vs("istio-system/web", [WEB], ["public"], match=[["public"]])
    yield Case("match-bare-name", (*doors, (short,)))


def delegates() -> Iterator[Case]:
    delegated = {"delegate": {"name": "child", "namespace": "other"}, "match": [{"uri": {"prefix": "/"}}]}
    door = both_servers(OLD)
    root = vs("shop/root", [WEB], [OLD])
    root = {**root, "spec": {**root["spec"], "http": [delegated]}}
    child = vs("other/child", [], None)
    child["spec"].pop("hosts")
    bound = {**child, "spec": {**child["spec"], "gateways": [OLD]}}
    yield Case("delegate", ((door, root, child),))
    yield Case("delegate-missing", ((door, root),))
    yield Case("delegate-with-gateways", ((door, root, bound),))
    yield Case("delegate-without-root", ((door, child),))
    narrowed = {**child, "spec": {**child["spec"], "exportTo": ["istio-system"]}}
    yield Case("delegate-not-exported", ((door, root, narrowed),))
    with_both = {**root, "spec": {**root["spec"], "gateways": [OLD, NEW]}}
    yield Case("delegate-through-two-gateways", ((door,), (both_servers(NEW), with_both, child)))


def found() -> Iterator[Case]:
    """What random objects have shown: the place for every configuration that the model was once wrong about."""
    one = gateway("shop/one", https(8443, f"shop/{WEB}"))
    two = gateway("other/two", https(8443, f"other/{WEB}"))
    pair = (vs("shop/a", [WEB], ["one"]), vs("other/b", [WEB], ["two"]))
    yield Case("found-one-name-for-two-namespaces-is-refused-by-envoy", ((one,), (two, *pair)))
    any_host = gateway("shop/one", http(8080, WEB, "*/*"))
    yield Case("found-everything-beside-a-host", ((any_host, *pair),))


CASES: tuple[Case, ...] = (
    *trap(),
    *ties(),
    *references(),
    *conditions(),
    *delegates(),
    *PORTS,
    *HOSTS,
    *TLS,
    *found(),
)
