"""The new gateways' charts: their name, their schema, their type."""

from collections.abc import Iterator

from istiokit.bigbang.checks.model import EVERY, Check, Subject, Target, mapping
from istiokit.bigbang.layers import ENCRYPTED
from istiokit.bigbang.versions import Family
from istiokit.cluster.yamlvalues import read_at
from istiokit.findings import Finding, Severity
from istiokit.istio.versions import Version, of_image
from istiokit.istio.workloads import Deployment

_CHART = "gateway"
"""What the chart is called in a registry, and the default from Big Bang 3.0 on."""
_STRICT = Version(1, 4, 0)
"""The first helm-controller with a Helm (3.19) that refuses the gateway chart's schema; 1.3 has Helm 3.17."""
_TYPES = ("ingressgateway", "egressgateway")
_SKIP = ("disableSchemaValidation",)


def _chart_name(subject: Subject) -> Iterator[Finding]:
    package = mapping(subject.values.get("istioGateway"))
    if package.get("sourceType", "git") != "helmRepo":
        return
    default = _CHART if subject.family is Family.HELM_ONLY else "istio-gateway"
    name = mapping(package.get("helmRepo")).get("chartName", default)
    if name in (_CHART, ENCRYPTED):
        return
    reason = f'sourceType is helmRepo and the chart is "{name}"; in a registry it is called {_CHART}'
    remedy = f"set istioGateway.helmRepo.chartName: {_CHART}"
    severity = subject.ahead if name == "istio-gateway" else Severity.WARNING
    yield Finding("IM005", severity, "istioGateway.helmRepo.chartName", reason, remedy)


def _schema(subject: Subject) -> Iterator[Finding]:
    if all(_skips_validation(subject, action) for action in ("install", "upgrade")):
        return
    for controller in filter(_is_helm_controller, subject.facts.mesh.deployments):
        version = of_image(next(iter(controller.images.values()), ""))
        about = f"Deployment {controller.metadata.namespace}/{controller.metadata.name}"
        remedy = (
            "set istioGateway.flux.install.disableSchemaValidation: true and "
            "istioGateway.flux.upgrade.disableSchemaValidation: true"
        )
        if version is None:
            reason = (
                "cannot tell its version by its image; from 1.4.0 on it refuses the gateway chart's schema"
            )
            yield Finding("IM006", Severity.INFO, about, reason, remedy)
        elif version >= _STRICT:
            reason = f"helm-controller {version} has a Helm that refuses the gateway chart's schema"
            yield Finding("IM006", Severity.WARNING, about, reason, remedy)


def _skips_validation(subject: Subject, action: str) -> bool:
    """The package's flux settings go over Big Bang's own."""
    own = read_at(subject.values, ("istioGateway", "flux", action, *_SKIP))
    common = read_at(subject.values, ("flux", action, *_SKIP))
    return bool(own[1] if own[0] else common[1])


def _is_helm_controller(deployment: Deployment) -> bool:
    return deployment.metadata.name == "helm-controller"


def _types(subject: Subject) -> Iterator[Finding]:
    upstream = "" if subject.family is Family.CORE else "upstream."
    for name, type_ in subject.gateways.items():
        if type_ in (*_TYPES, ENCRYPTED):
            continue
        path = f"istioGateway.values.gateways.{name}.{upstream}labels.istio"
        seen = f'"{type_}"' if type_ else "not set"
        reason = f"it is {seen}; the chart fails unless it is {' or '.join(_TYPES)}"
        yield Finding("IM017", subject.ahead, path, reason, f"set {path}: ingressgateway")


CHECKS = (
    Check(
        code="IM005",
        title="The name of the gateway chart",
        severity=Severity.ERROR,
        why="Big Bang before 3.0 asks the registry for a chart istio-gateway; there it is called gateway. The "
        "gateway releases then stay Ready=False with `no chart name found`, while the umbrella says it is Ready.",
        remedy="Set istioGateway.helmRepo.chartName: gateway.",
        run=_chart_name,
    ),
    Check(
        code="IM006",
        title="Helm refuses the gateway chart's schema",
        severity=Severity.WARNING,
        why="Helm from 3.18 on says `additional properties not allowed` about values that Big Bang itself gives to "
        "the gateway chart. helm-controller has such a Helm from 1.4.0 on.",
        remedy="Set disableSchemaValidation: true under istioGateway.flux.install and istioGateway.flux.upgrade.",
        run=_schema,
        steps=frozenset({Target.STEP1, Target.STEP2}),
        live=True,
        needs=frozenset({"Deployment"}),
    ),
    Check(
        code="IM017",
        title="A gateway without a valid type",
        severity=Severity.ERROR,
        why="The label istio of a gateway decides whether it is an ingress or an egress gateway and ends its name. "
        "Without it the chart stops with an error, and no package is rendered at all.",
        remedy="Set upstream.labels.istio (2.49 and 2.50: labels.istio) to ingressgateway or egressgateway.",
        run=_types,
        steps=EVERY,
    ),
)
