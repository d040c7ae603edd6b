"""The shapes of the old values as far as they are converted: what has another one is refused before anything is read.

Sources: chart/values.yaml of Big Bang 2.54.0 with its comments, istio-controlplane 1.23.6, and the IstioOperator API of
Istio 1.23 (operator/pkg/apis). Keys that are not here are nobody's business here. Pure.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from istiokit.convert.model import Path, Problem, Values, at, dotted, mapping

Number = int | str | None
"""Or a template, or a text of digits."""
_WORDS = {
    "array": "list",
    "object": "mapping",
    "str": "string",
    "int": "number",
    "float": "number",
    "bool": "true or false",
}
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[\.\.\.\]")


class _Part(msgspec.Struct, rename="camel"):
    """Any mapping; further keys are allowed."""


class _Switch(_Part):
    enabled: bool | str | None = None


class _Tls(_Part):
    mode: str | None = None
    credential_name: str | None = None
    min_protocol_version: str | None = None
    https_redirect: bool | None = None
    key: str | None = None
    cert: str | None = None
    ca: str | None = None


class _Port(_Part):
    name: str | None = None
    number: Number = None
    protocol: str | None = None


class _Server(_Part):
    hosts: list[str] | None = None
    port: _Port | None = None
    tls: _Tls | None = None
    auto_http_redirect: _Switch | None = None


class _Gateway(_Part):
    enabled: bool | None = None
    ingress_gateway: str | None = None
    selector: dict[str, str | None] | None = None
    hosts: list[str] | None = None
    ports: list[_Port] | None = None
    servers: list[_Server] | None = None
    tls: _Tls | None = None
    auto_http_redirect: _Switch | None = None


class _ServicePort(_Part):
    port: Number = None
    target_port: Number = None
    node_port: Number = None
    protocol: str | None = None
    name: str | None = None


class _Service(_Part):
    type: str | None = None
    selector: dict[str, str | None] | None = None
    ports: list[_ServicePort] | None = None


class _Resources(_Part):
    requests: dict[str, int | float | str | None] | None = None
    limits: dict[str, int | float | str | None] | None = None


class _Metric(_Part):
    type: str | None = None
    resource: dict[str, Any] | None = None


class _Autoscaler(_Part):
    min_replicas: int | None = None
    max_replicas: int | None = None
    metrics: list[_Metric] | None = None


class _Variable(_Part):
    name: str
    value: str | int | float | bool | None = None


class _OverlayPatch(_Part):
    path: str
    value: Any = None


class _Overlay(_Part):
    kind: str | None = None
    name: str | None = None
    patches: list[_OverlayPatch] | None = None


class _Spec(_Part, rename={"hpa_spec": "hpaSpec"}):
    service: _Service | None = None
    resources: _Resources | None = None
    hpa_spec: _Autoscaler | None = None
    env: list[_Variable] | None = None
    overlays: list[_Overlay] | None = None
    pod_disruption_budget: dict[str, Any] | None = msgspec.field(name="podDisruptionBudget", default=None)
    service_annotations: dict[str, str | int | bool | None] | None = msgspec.field(
        name="serviceAnnotations", default=None
    )


class _Workload(_Part, rename={"kubernetes_resource_spec": "kubernetesResourceSpec"}):
    enabled: bool | None = None
    type: str | None = None
    node_port_base: Number = msgspec.field(name="nodePortBase", default=None)
    kubernetes_resource_spec: _Spec | None = None
    k8s: _Spec | None = None
    extra_labels: dict[str, str | int | bool | None] | None = msgspec.field(name="extraLabels", default=None)


_SHAPES: tuple[tuple[Path, type[_Part]], ...] = (
    (("istio", "ingressGateways"), _Workload),
    (("istio", "gateways"), _Gateway),
    (("istio", "values", "ingressGateways"), _Workload),
    (("istio", "values", "egressGateways"), _Workload),
    (("istio", "values", "gateways"), _Gateway),
)


_NEW: tuple[Path, ...] = (
    ("istioGateway",),
    ("istioGateway", "values"),
    ("istioGateway", "values", "gateways"),
)
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
"""Of a Service or a Gateway, as the API server has it."""


def check_shapes(values: Values) -> None:
    """Raise Problem for the first value of the gateways, old or new, that has another shape than it must."""
    for path in (("istio",), ("istio", "values"), *_NEW):
        mapping(values, path)
    for name in mapping(values, _NEW[-1]):
        mapping(values, (*_NEW[-1], name))
    for home, shape in _SHAPES:
        for name in mapping(values, home):
            entry = at(values, (*home, name))
            if not _NAME.fullmatch(name):
                raise Problem((*home, name), f'"{name}" is no name of an object', "write a-z, 0-9 and -")
            if entry is not None:
                _check((*home, name), entry, shape)


def _check(home: Path, entry: Any, shape: type[_Part]) -> None:
    try:
        msgspec.convert(entry, shape)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `")
        path = (*home, *_steps(where.rstrip("`")))
        raise Problem(path, f"{dotted(path)}: {_plain(what)}", "correct the values") from None


def _plain(what: str) -> str:
    """The decoder's words in those of YAML; a key may always be null."""
    text = what.replace(" | null", "")
    for word, plain in _WORDS.items():
        text = re.sub(rf"\b{word}\b", plain, text)
    return text[0].lower() + text[1:]


def _steps(where: str) -> Iterator[str | int]:
    """`$.servers[0].port` as a path; a key of a free mapping is not told, so the path ends before it."""
    for found in _STEP.finditer(where):
        if found[0] == "[...]":
            return
        yield int(found[2]) if found[2] else found[1]
