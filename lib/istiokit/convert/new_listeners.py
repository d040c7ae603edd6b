"""The listeners that the new values mean: a model of its own, which knows nothing of how they came about. Pure.

Sources: chart/templates/_helpers.tpl (enabledGateways) and istio-gateway/ of Big Bang 2.51.0 to 3.0.0,
chart/values.yaml and templates/gateway.yaml of istio-gateway 1.25.2, manifests/charts/gateway of Istio 1.25.2.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from istiokit.bigbang.merge import merge_maps
from istiokit.convert.listeners import Exposure, Listener, ServicePort
from istiokit.convert.model import Path, Problem, Values, at, dotted, mapping

_HOME: Path = ("istioGateway", "values", "gateways")
_TYPES = ("ingressgateway", "egressgateway")
_DOMAIN = "dev.bigbang.mil"
_USUAL: Values = {
    "service": {
        "type": "LoadBalancer",
        "ports": [
            {"port": 15021, "targetPort": 15021},
            {"port": 80, "targetPort": 8080},
            {"port": 443, "targetPort": 8443},
        ],
    },
    "autoscaling": {"enabled": True, "minReplicas": 1, "maxReplicas": 5},
    "resources": {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"cpu": "2000m", "memory": "1024Mi"},
    },
}
_OF_SPEC = (
    "loadBalancerIP",
    "loadBalancerSourceRanges",
    "externalTrafficPolicy",
    "externalIPs",
    "ipFamilyPolicy",
    "ipFamilies",
)
_OF_LOAD_BALANCER = ("allocateLoadBalancerNodePorts",)
"""The chart writes it only into a Service of type LoadBalancer; a loadBalancerClass it does not know."""


def new_exposures(values: Values) -> tuple[Exposure, ...]:
    """Each gateway of these umbrella values. Raises Problem for what the charts refuse."""
    domain = values.get("domain") or _DOMAIN
    own = mapping(values, _HOME)
    usual = {"public": _secure("public-cert", domain), "passthrough": _secure("", domain)}
    found = []
    for name in {**usual, **own}:
        if name in own and not own[name]:
            continue  # an empty entry switches a gateway off
        entry = merge_maps(usual.get(name, _of_chart()), mapping(values, (*_HOME, name)))
        exposure = _exposure(name, entry, list(_patches(values, name)))
        found.append(msgspec.structs.replace(exposure, secrets=_secrets(name, entry)))
    return tuple(found)


def _secrets(name: str, entry: Values) -> tuple[str, ...]:
    """By either key; which of the two a version reads, its certificate_key says."""
    names = {str(one.get("name")) for one in entry.get("gatewayCerts") or ()}
    return tuple(sorted(names | ({f"{name}-cert"} if entry.get("tls") else set())))


def post_rendered(exposure: Exposure, values: Values) -> Exposure:
    """What Flux makes of a rendered gateway by `istioGateway.postRenderers`, which helm does not run."""
    patches = list(_patches(values, exposure.name.rpartition("-")[0]))
    return msgspec.structs.replace(exposure, service=_patched(dict(exposure.service), patches, "Service"))


def _secure(secret: str, domain: str) -> Values:
    """What the umbrella gives to public and passthrough."""
    tls = {"mode": "SIMPLE", "credentialName": secret} if secret else {"mode": "PASSTHROUGH"}
    return {
        "gateway": {"servers": _servers(f"*.{domain}", tls)},
        "upstream": {"labels": {"istio": _TYPES[0]}},
    }


def _of_chart() -> Values:
    """What the package's chart has for any other that names no servers."""
    tls = {"mode": "SIMPLE", "credentialName": "public-cert"}
    return {"gateway": {"servers": _servers("*.dev.bigbang.mil", tls)}}


def _servers(host: str, tls: Values) -> list[Values]:
    return [
        {"hosts": [host], "port": {"number": 8080, "protocol": "HTTP"}, "tls": {"httpsRedirect": True}},
        {"hosts": [host], "port": {"number": 8443, "protocol": "HTTPS"}, "tls": tls},
    ]


def _exposure(name: str, entry: Values, patches: list[Values]) -> Exposure:
    upstream = merge_maps(_USUAL, entry.get("upstream") or {})
    kind = at(upstream, ("labels", "istio"))
    if kind not in _TYPES:
        path = (*_HOME, name, "upstream", "labels", "istio")
        raise Problem(
            path, f"{dotted(path)} has to be one of {' and '.join(_TYPES)}", "the chart fails without it"
        )
    scale = _patched(upstream["autoscaling"], patches, "HorizontalPodAutoscaler")
    service = upstream["service"]
    return Exposure(
        name=f"{name}-{kind}",
        listeners=tuple(sorted({_listener(one) for one in entry["gateway"]["servers"]})),
        service_type=service["type"],
        ports=tuple(sorted(map(_port, service["ports"] or ()))),
        annotations={**(upstream.get("annotations") or {}), **(service.get("annotations") or {})},
        service=_patched(_spec(service), patches, "Service"),
        min_replicas=_replicas(upstream, scale, "minReplicas"),
        max_replicas=_replicas(upstream, scale, "maxReplicas"),
        resources=upstream["resources"],
    )


def _spec(service: Values) -> Values:
    keys = (*_OF_SPEC, *(_OF_LOAD_BALANCER if service["type"] == "LoadBalancer" else ()))
    return {key: service[key] for key in keys if service.get(key) not in (None, "", [], {})}


def _replicas(upstream: Values, scale: Values, key: str) -> int | None:
    """Without an autoscaler there are as many as replicaCount says."""
    found: int | None = scale[key] if scale.get("enabled") else upstream.get("replicaCount") or 1
    return found


def _listener(server: Values) -> Listener:
    tls = server.get("tls") or {}
    return Listener(
        port=int(server["port"]["number"]),
        protocol=server["port"]["protocol"],
        hosts=tuple(sorted(set(server.get("hosts") or ()))),
        tls_mode=tls.get("mode") or "",
        credential=tls.get("credentialName") or "",
        min_protocol_version=tls.get("minProtocolVersion") or "",
        https_redirect=bool(tls.get("httpsRedirect")),
    )


def _port(one: Values) -> ServicePort:
    return ServicePort(
        port=int(one["port"]),
        protocol=one.get("protocol") or "TCP",
        target_port=str(one.get("targetPort") or one["port"]),
        node_port=int(one.get("nodePort") or 0),
    )


def _patched(values: Values, patches: list[Values], kind: str) -> Values:
    """With what strategic merge patches of this kind say of the spec."""
    for patch in patches:
        if patch.get("kind") == kind and isinstance(patch.get("spec"), dict):
            values = merge_maps(values, patch["spec"])
    return values


def _patches(values: Values, name: str) -> Iterator[Values]:
    """The patches that postRenderers make of this gateway: a list is for all of them, a mapping by name."""
    found = at(values, ("istioGateway", "postRenderers"))
    renderers = found.get(name) if isinstance(found, dict) else found
    for renderer in renderers or ():
        for patch in at(renderer, ("kustomize", "patches")) or ():
            parsed = _parsed(str(patch.get("patch") or ""))
            if isinstance(parsed, dict):
                yield parsed


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        pass
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None
