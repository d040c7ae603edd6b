"""The old packages without their gateways: what each old key becomes, and that none is left without a word."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.bigbang.layers import ENCRYPTED
from istiokit.bigbang.merge import merge_maps
from istiokit.bigbang.versions import Release, parse_version, release
from istiokit.convert.control_plane.carry import ControlPlane, control_plane
from istiokit.convert.model import Fate, KeyFate, Ledger, Path, Problem, Values, at, leaves, put
from istiokit.convert.others import say_of_others

HUB = "registry.example/istio"
VALUES = ("istio", "values")


def target(version: str = "2.54") -> Release:
    return release(parse_version(version))


OF_GATEWAYS: tuple[Path, ...] = (
    ("istio", "ingressGateways"),
    ("istio", "gateways"),
    *(("istio", "values", key) for key in ("ingressGateways", "egressGateways", "gateways")),
)


def nested(flat: Mapping[str, Any]) -> Values:
    """`{"istio.values.hub": x}` as nested values; keys with a dot are not needed here."""
    values: Values = {}
    for key, value in flat.items():
        put(values, key.split("."), value)
    return values


def flat(values: Values) -> dict[str, Any]:
    return {".".join(str(step) for step in path): value for path, value in leaves(values)}


def convert(old: Mapping[str, Any], version: str = "2.54") -> tuple[ControlPlane, dict[str, KeyFate]]:
    ledger, values = Ledger(), nested(old)
    made = control_plane(values, target(version), ledger)
    say_of_others(values, ledger)
    return made, {one.key: one for one in ledger.fates()}


CARRIED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"istio.values.istiod.replicaCount": 3}, {"replicaCount": 3}),
    ({"istio.values.istiod.resources": {"limits": {"memory": "4Gi"}}}, {"resources.limits.memory": "4Gi"}),
    ({"istio.values.istiod.podAnnotations": {"a": "b"}}, {"podAnnotations.a": "b"}),
    ({"istio.values.istiod.serviceAnnotations": {"a": "b"}}, {"serviceAnnotations.a": "b"}),
    ({"istio.values.istiod.nodeSelector": {"a": "b"}}, {"nodeSelector.a": "b"}),
    ({"istio.values.istiod.affinity": {"podAffinity": {"a": [1]}}}, {"affinity.podAffinity.a": [1]}),
    ({"istio.values.istiod.tolerations": [{"key": "a"}]}, {"tolerations": [{"key": "a"}]}),
    ({"istio.values.istiod.env": [{"name": "A", "value": "1"}, {"name": "B"}]}, {"env.A": "1", "env.B": ""}),
    (
        {"istio.values.istiod.hpaSpec": {"minReplicas": 2, "maxReplicas": 4}},
        {"autoscaleMin": 2, "autoscaleMax": 4},
    ),
    (
        {"istio.values.istiod.strategy.rollingUpdate": {"maxSurge": "50%", "maxUnavailable": 0}},
        {"rollingMaxSurge": "50%", "rollingMaxUnavailable": 0},
    ),
    ({"istio.values.hub": HUB}, {"global.hub": HUB}),
    ({"istio.values.imagePullPolicy": "Always"}, {"global.imagePullPolicy": "Always"}),
    ({"istio.values.imagePullSecrets": ["mine"]}, {"global.imagePullSecrets": ["mine"]}),
    ({"istio.values.revision": "blue"}, {"revision": "blue"}),
    (
        {"istio.values.meshConfig.meshMTLS.minProtocolVersion": "TLSV1_3"},
        {"meshConfig.meshMTLS.minProtocolVersion": "TLSV1_3"},
    ),
    ({"istio.values.defaultConfig.concurrency": 2}, {"meshConfig.defaultConfig.concurrency": 2}),
    (
        {"istio.values.values.global.proxy.resources.limits.memory": "256Mi"},
        {"global.proxy.resources.limits.memory": "256Mi"},
    ),
    ({"istio.values.values.global.network": "one"}, {"global.network": "one"}),
    ({"istio.values.values.pilot.env": {"A": True, "B": 1}}, {"env.A": "true", "env.B": "1"}),
    ({"istio.values.values.pilot.jwksResolverExtraRootCA": "pem"}, {"jwksResolverExtraRootCA": "pem"}),
    (
        {"istio.values.tracing.enabled": True, "tempo.enabled": False},
        {
            "meshConfig.enableTracing": True,
            "meshConfig.defaultConfig.tracing.zipkin.address": "jaeger-collector.jaeger.svc:9411",
            "meshConfig.defaultConfig.tracing.sampling": 10,
        },
    ),
    (
        {"istio.values.tracing": {"address": "zipkin.zipkin.svc", "port": 9412, "sampling": 1}},
        {
            "meshConfig.defaultConfig.tracing.zipkin.address": "zipkin.zipkin.svc:9412",
            "meshConfig.defaultConfig.tracing.sampling": 1,
        },
    ),
    ({"istio.enterprise": True}, {"global.hub": "registry1.dso.mil/ironbank/tetrate/istio"}),
    ({"istio.values": {"enterprise": True, "tidHub": HUB, "hub": "unused"}}, {"global.hub": HUB}),
    ({"istioCore.values.istiod.pilot.env": {"A": "1"}}, {"env.A": "1"}),
    ({"istioCore.values.istiod.defaults.global.hub": HUB}, {"global.hub": HUB}),
    ({"istioCore.values.istiod.meshConfig.trustDomain": "mine"}, {"meshConfig.trustDomain": "mine"}),
    ({"istioCore.values.istiod.autoscaleMin": 2}, {"autoscaleMin": 2}),
    ({"istioCore.values.global.hub": HUB}, {"global.hub": HUB}),
]


@pytest.mark.parametrize(("old", "expected"), CARRIED)
def test_istios_own_chart(old: dict[str, Any], expected: dict[str, Any]) -> None:
    made, _ = convert(old)
    assert flat(at(made.values, ("istiod", "values", "upstream"))) == expected


PACKAGE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"istio.mtls.mode": "PERMISSIVE"}, {"istiod.values.mtls.mode": "PERMISSIVE"}),
    ({"istio.values.mtls.mode": "PERMISSIVE"}, {"istiod.values.mtls.mode": "PERMISSIVE"}),
    ({"istio.values.monitoring.enabled": False}, {"istiod.values.monitoring.enabled": False}),
    ({"istio.values.networkPolicies.enabled": False}, {"istiod.values.networkPolicies.enabled": False}),
    (
        {"istio.values.networkPolicies.controlPlaneCidr": "10.0.0.1/32"},
        {"istiod.values.networkPolicies.controlPlaneCIDRs": ["10.0.0.1/32"]},
    ),
    (
        {"istio.values.networkPolicies.additionalPolicies": [{"name": "a", "spec": {"podSelector": {}}}]},
        {"istiod.values.networkPolicies.additionalPolicies": [{"name": "a", "spec": {"podSelector": {}}}]},
    ),
    (
        {"istio.values.defaultSecurityHeaders.enabled": False},
        {"istiod.values.defaultSecurityHeaders.enabled": False},
    ),
    (
        {"istio.values.envoyFilters": [{"name": "a", "spec": {"configPatches": []}}]},
        {"istiod.values.additionalEnvoyFilters": [{"name": "a", "spec": {"configPatches": []}}]},
    ),
    ({"istio.values.values.defaultRevision": "blue"}, {"istioCRDs.values.upstream.defaultRevision": "blue"}),
    (
        {"istio.flux.timeout": "20m"},
        {"istiod.flux.timeout": "20m", "istioGateway.flux.timeout": "20m"},
    ),
    (
        {"istioCore.flux.timeout": "20m"},
        {"istioCRDs.flux.timeout": "20m", "istiod.flux.timeout": "20m"},
    ),
    (
        {"istio.sourceType": "helmRepo", "istio.helmRepo.repoName": "mine"},
        {
            "istioCRDs.sourceType": "helmRepo",
            "istiod.sourceType": "helmRepo",
            "istioGateway.sourceType": "helmRepo",
            "istioGateway.helmRepo.chartName": "gateway",
            "istioCRDs.helmRepo.repoName": "mine",
            "istiod.helmRepo.repoName": "mine",
            "istioGateway.helmRepo.repoName": "mine",
        },
    ),
    (
        {
            "istio.sourceType": "helmRepo",
            "istio.helmRepo.cosignVerify": True,
            "istioGateway.helmRepo.chartName": "x",
        },
        {
            f"{name}.{key}": value
            for name in ("istioCRDs", "istiod", "istioGateway")
            for key, value in (("sourceType", "helmRepo"), ("helmRepo.cosignVerify", True))
        },
    ),
    (
        {"istio.git.existingSecret": "mine"},
        {f"{name}.git.existingSecret": "mine" for name in ("istioCRDs", "istiod", "istioGateway")},
    ),
    (
        {"istioCore.values.base.enableCRDTemplates": False},
        {"istioCRDs.values.upstream.enableCRDTemplates": False},
    ),
    ({"istioCore.postRenderers": [{"kustomize": {}}]}, {"istiod.postRenderers": [{"kustomize": {}}]}),
    (
        {"istio.values.authservice.enabled": True},
        {
            "istiod.values.authservice.enabled": True,
            "istiod.values.upstream.meshConfig.extensionProviders": [
                {
                    "name": "authservice",
                    "envoyExtAuthzGrpc": {
                        "service": "authservice.authservice.svc.cluster.local",
                        "port": "10003",
                    },
                }
            ],
        },
    ),
]


@pytest.mark.parametrize(("old", "expected"), PACKAGE)
def test_big_bangs_own_keys(old: dict[str, Any], expected: dict[str, Any]) -> None:
    made, _ = convert(old)
    assert flat(made.values) == expected


EACH_GATEWAY: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"istio.mtls.mode": "PERMISSIVE"}, {"mtls.mode": "PERMISSIVE"}),
    ({"istio.values.revision": "blue"}, {"upstream.revision": "blue"}),
    ({"istio.values.imagePullPolicy": "Always"}, {"upstream.imagePullPolicy": "Always"}),
    (
        {"istio.values.imagePullSecrets": ["a", {"name": "b"}]},
        {"upstream.imagePullSecrets": [{"name": "a"}, {"name": "b"}]},
    ),
    ({"istio.values.networkPolicies.enabled": False}, {"networkPolicies.enabled": False}),
    ({"istio.values.hub": HUB}, {}),
]


@pytest.mark.parametrize(("old", "expected"), EACH_GATEWAY)
def test_what_every_gateway_needs(old: dict[str, Any], expected: dict[str, Any]) -> None:
    made, _ = convert(old)
    assert flat(made.for_each_gateway) == expected


NOTHING_TO_DO: list[dict[str, Any]] = [
    {"istio.enabled": True},
    {"istio.status": "deprecated"},
    {"istio.sourceType": "git"},
    {"istio.git.tag": "1.23.6-bb.1"},
    {"istio.git.repo": "https://repo1.dso.mil/big-bang/product/packages/istio-controlplane.git"},
    {"istio.git.path": "./chart"},
    {"istio.helmRepo.repoName": "mine"},
    {"istio.sourceType": "helmRepo", "istio.helmRepo.tag": "1.23.6-bb.1"},
    {"istio.sourceType": "helmRepo", "istio.helmRepo.chartName": "istio"},
    {"istio.sourceType": "helmRepo", "istio.git.repo": "https://mine.example"},
    {"istio.postRenderers": []},
    {"istio.enterprise": False},
    {"istio.mtls.mode": "STRICT"},
    {"istio.values.profile": "default"},
    {"istio.values.hub": "registry1.dso.mil/ironbank/opensource/istio"},
    {"istio.values.tidHub": HUB},
    {"istio.values.tidTag": "1.23.6-tetratefips-v0"},
    {"istio.values.domain": "example.com"},
    {"istio.values.openshift": False},
    {"istio.values.cni": {"image": {"tag": "1.23.6"}}},
    {"istio.values.imagePullPolicy": "Always", "imagePullPolicy": "Always"},
    {"istio.values.imagePullSecrets": ["private-registry"]},
    {"istio.values.monitoring.enabled": True},
    {"istio.values.kiali.enabled": True},
    {"istio.values.authservice.enabled": True, "addons.authservice.enabled": True},
    {"istio.values.istiod.replicaCount": 1},
    {"istio.values.istiod.resources.requests.memory": "2Gi"},
    {"istio.values.istiod.env": []},
    {"istio.values.istiod.strategy.type": "RollingUpdate"},
    {"istio.values.istiod.hpaSpec": {"minReplicas": 0, "maxReplicas": 9}},
    {"istio.values.istiod.podAnnotations": {}},
    {"istio.values.tracing.max_path_tag_length": 1},
    {"istio.values.tracing": {"enabled": True}, "jaeger.enabled": True, "tempo.enabled": False},
    {"istio.values.meshConfig.accessLogFile": "/dev/stdout"},
    {"istio.values.values.global.proxy_init.resources.limits.cpu": "1"},
    {"istio.values.values.defaultRevision": "default"},
    {"istio.values.values.sidecarInjectorWebhook.reinvocationPolicy": "IfNeeded"},
    {"istio.values.envoyFilters": []},
    {
        "istio.values.networkPolicies.controlPlaneCidr": "10.0.0.1/32",
        "networkPolicies.controlPlaneCidr": "10.0.0.1/32",
    },
    {"istio.values.postInstallHook.image": HUB},
    {"istio.values.waitJob.enabled": False},
    {"istio.values.hardened": {"enabled": False, "customAuthorizationPolicies": [{"name": "a"}]}},
    {"istio.values.defaultSecurityHeaders.enabled": True},
    {"istioOperator.enabled": True},
    {"istioOperator.values.hub": HUB},
    {"istioOperator.flux.timeout": "20m"},
    {"istioCore.values.enterprise": True},
    {"istioCore.values.istiod.networkPolicies.controlPlaneCidr": "10.0.0.1/32"},
]


@pytest.mark.parametrize("old", NOTHING_TO_DO)
def test_nothing_to_do(old: dict[str, Any]) -> None:
    made, fates = convert(old)
    setting = "istio.sourceType"
    others = {key: one for key, one in fates.items() if key != setting or one.fate is Fate.DEFAULT}
    assert others
    assert all(one.fate is Fate.DEFAULT and one.why for one in others.values())
    if old.get(setting) != "helmRepo":
        assert (made.values, made.for_each_gateway) == ({}, {})


LOST: list[tuple[dict[str, Any], str, str]] = [
    ({"istio.values.tag": "1.23.6"}, "istio.values.tag", "istiod.values.upstream.global.tag"),
    (
        {"istio.values.values.global.tag": "1.23.6"},
        "istio.values.values.global.tag",
        "istiod.values.upstream.global.tag",
    ),
    (
        {"istio.values.values.pilot.tag": "1.23.6"},
        "istio.values.values.pilot.tag",
        "istiod.values.upstream.tag",
    ),
    (
        {"istio.values.values.global.proxy.image": f"{HUB}/proxyv2:1.23.6"},
        "istio.values.values.global.proxy.image",
        "proxy.image",
    ),
    (
        {"istio.enterprise": True, "istio.values.tidTag": "1.23.6-x"},
        "istio.values.tidTag",
        "istiod.values.upstream.global.tag",
    ),
    (
        {"istio.values.values.global.proxy.enableCoreDump": True},
        "istio.values.values.global.proxy.enableCoreDump",
        "annotate",
    ),
    ({"istio.values.values.global.nonsense": 1}, "istio.values.values.global.nonsense", ""),
    ({"istio.values.profile": "demo"}, "istio.values.profile", "istiod.values.upstream"),
    ({"istio.values.openshift": True}, "istio.values.openshift", "CNI"),
    ({"openshift": True, "istio.values.cni.binDir": "/opt"}, "istio.values.cni", "CNI"),
    ({"istio.values.nonsense": 1}, "istio.values.nonsense", "leave it out"),
    ({"istio.postRenderers": [{"kustomize": {}}]}, "istio.postRenderers", "istiod.postRenderers"),
    ({"istio.git.repo": "https://mine.example"}, "istio.git.repo", "istioCRDs.git.repo, istiod.git.repo"),
    ({"istio.git.branch": "mine"}, "istio.git.branch", "what was changed"),
    ({"istio.git.credentials.username": "me"}, "istio.git.credentials", "istiod.git.credentials"),
    ({"istio.flux.releaseName": "mine"}, "istio.flux.releaseName", "leave it out"),
    (
        {"istio.sourceType": "helmRepo", "istio.helmRepo.chartName": "x"},
        "istio.helmRepo.chartName",
        "istiod.helmRepo.chartName",
    ),
    ({"istio.values.istiod.strategy.type": "Recreate"}, "istio.values.istiod.strategy.type", "postRenderers"),
    (
        {
            "istio.values.istiod.env": [
                {"name": "A", "valueFrom": {"secretKeyRef": {}}},
                {"name": "B", "value": "1"},
            ]
        },
        "istio.values.istiod.env[0]",
        "istiod.values.upstream.env.A",
    ),
    ({"istio.values.istiod.env": [{"name": "A", "valueFrom": {}}]}, "istio.values.istiod.env", "each"),
    (
        {"istio.values.hardened": {"enabled": True}},
        "istio.values.hardened",
        "AuthorizationPolicies",
    ),
    (
        {
            "istio.values.networkPolicies.additionalPolicies": [
                {"name": "a", "spec": {"podSelector": {"matchLabels": {"istio": "ingressgateway"}}}}
            ]
        },
        "istio.values.networkPolicies.additionalPolicies",
        "istioGateway.values.gateways.<name>.networkPolicies.additionalPolicies",
    ),
    (
        {"istio.values.kiali.enabled": True, "monitoring.enabled": False},
        "istio.values.kiali.enabled",
        "15014",
    ),
    (
        {"istio.values.authservice.enabled": False, "addons.authservice.enabled": True},
        "istio.values.authservice.enabled",
        "addons.authservice.enabled",
    ),
    ({"istio.values.hub": ENCRYPTED}, "istio.values.hub", "istiod.values.upstream.global.hub"),
    ({"istio.values.nonsense": ENCRYPTED}, "istio.values.nonsense", "sops"),
    ({"istio.values.tracing.address": ENCRYPTED}, "istio.values.tracing.address", "zipkin.address"),
    (
        {"istio.values.meshConfig.x": [ENCRYPTED]},
        "istio.values.meshConfig.x",
        "istiod.values.upstream.meshConfig.x",
    ),
]


@pytest.mark.parametrize(("old", "key", "todo"), LOST)
def test_somebody_has_to_act(old: dict[str, Any], key: str, todo: str) -> None:
    _, fates = convert(old)
    assert fates[key].fate is Fate.LOST
    assert fates[key].why
    assert todo in fates[key].todo


@pytest.mark.parametrize("old", [one[0] for one in LOST])
def test_nothing_encrypted_is_written(old: dict[str, Any]) -> None:
    made, _ = convert(old)
    assert ENCRYPTED not in str(made)


def test_metrics_of_the_autoscaler() -> None:
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 70}}}
    memory = {"type": "Resource", "resource": {"name": "memory", "targetAverageUtilization": 75}}
    old = {"istio.values.istiod.hpaSpec": {"metrics": [cpu, memory, {"type": "Pods"}], "behavior": {"a": 1}}}
    made, fates = convert(old)
    assert flat(at(made.values, ("istiod", "values", "upstream"))) == {
        "cpu.targetAverageUtilization": 70,
        "memory.targetAverageUtilization": 75,
    }
    path = "istio.values.istiod.hpaSpec"
    assert fates[f"{path}.metrics"].fate is Fate.CARRIED
    assert fates[f"{path}.metrics[2]"].fate is Fate.LOST
    assert fates[f"{path}.behavior"].fate is Fate.DEFAULT


def test_a_variable_that_istio_dropped() -> None:
    _, fates = convert({"istio.values.istiod.env": [{"name": "PILOT_ENABLE_STATUS", "value": "1"}]})
    assert "1.25" in fates["istio.values.istiod.env[0]"].todo


def test_an_encrypted_variable_does_not_take_the_others_along() -> None:
    env = [
        {"name": "A", "value": ENCRYPTED},
        {"name": "B", "value": "1"},
        {"name": ENCRYPTED, "value": ENCRYPTED},
    ]
    made, fates = convert({"istio.values.istiod.env": env})
    assert at(made.values, ("istiod", "values", "upstream", "env")) == {"B": "1"}
    assert "istiod.values.upstream.env.A" in fates["istio.values.istiod.env[0]"].todo
    assert fates["istio.values.istiod.env[2]"].fate is Fate.LOST


@pytest.mark.parametrize(
    ("version", "expression", "fits"),
    [
        ("2.52", r"^1\.25.*", True),
        ("2.52", r"^1\.23.*", False),
        ("3.0", r"^1\.25\.2$", True),
        ("2.52", r"^1\.25\.3$", False),
        ("2.54", "(", False),
    ],
)
def test_an_envoy_filter_for_another_istio(version: str, expression: str, fits: bool) -> None:
    spec = {"configPatches": [{"match": {"proxy": {"proxyVersion": expression}}}]}
    _, fates = convert({"istio.values.envoyFilters": [{"name": "a", "spec": spec}]}, version)
    assert fates["istio.values.envoyFilters"].fate is Fate.CARRIED
    assert ("istio.values.envoyFilters[0]" not in fates) == fits


def test_an_envoy_filter_with_braces_would_be_taken_for_a_template() -> None:
    _, fates = convert({"istio.values.envoyFilters": [{"name": "a", "spec": {"code": "x = {{1}}"}}]})
    assert "templates" in fates["istio.values.envoyFilters[0]"].todo


@pytest.mark.parametrize("key", ["envoyFilters", "networkPolicies.controlPlaneCidr"])
def test_what_the_first_istiod_package_did_not_have(key: str) -> None:
    value: Any = [{"name": "a"}] if key == "envoyFilters" else "10.0.0.1/32"
    made, fates = convert({f"istio.values.{key}": value}, "2.51")
    assert made.values == {}
    assert fates[f"istio.values.{key}"].fate is Fate.LOST
    assert convert({f"istio.values.{key}": value}, "2.52")[1][f"istio.values.{key}"].fate is Fate.CARRIED


def test_hardened_from_3_0_on() -> None:
    policies = [{"name": "a", "enabled": True, "spec": {}}]
    rules: list[Any] = [{"from": []}]
    old = {
        "istio.values.hardened": {
            "enabled": True,
            "customAuthorizationPolicies": policies,
            "ingressGateway": {"authzRules": rules},
        }
    }
    made, fates = convert(old, "3.0")
    assert at(made.values, ("istiod", "values", "hardened")) == {
        "enabled": True,
        "customAuthorizationPolicies": policies,
    }
    assert fates["istio.values.hardened.ingressGateway.authzRules"].fate is Fate.LOST
    rules[:] = [{}]
    _, fates = convert(old, "3.0")
    assert fates["istio.values.hardened.ingressGateway.authzRules"].fate is Fate.DEFAULT


def test_policies_for_gateways_stay_behind() -> None:
    ours = {"name": "a", "spec": {"podSelector": {"matchLabels": {"app": "istiod"}}}}
    theirs = {"name": "b", "spec": {"podSelector": {"matchLabels": {"app": "public-ingressgateway"}}}}
    everybody = {"name": "c", "spec": {"podSelector": {}}}
    path = "istio.values.networkPolicies.additionalPolicies"
    made, fates = convert({path: [ours, theirs, everybody]})
    assert at(made.values, ("istiod", "values", "networkPolicies", "additionalPolicies")) == [ours, everybody]
    assert fates[f"{path}[1]"].fate is Fate.LOST
    assert "istio-gateway" in fates[f"{path}[2]"].todo
    assert fates[f"{path}[2]"].to == ("istiod.values.networkPolicies.additionalPolicies[1]",)


def test_a_revision_is_the_webhooks_too() -> None:
    made, fates = convert({"istio.values.revision": "1-23-6"})
    assert at(made.values, ("istioCRDs", "values", "upstream", "defaultRevision")) == "1-23-6"
    assert "istio.io/rev" in fates["istio.values.revision"].todo
    made, _ = convert({"istio.values.revision": "blue", "istio.values.values.defaultRevision": "default"})
    assert "istioCRDs" not in made.values


def test_the_stronger_of_two_old_keys_decides() -> None:
    made, fates = convert({"istio.mtls.mode": "PERMISSIVE", "istio.values.mtls.mode": "STRICT"})
    assert made.values == {}
    assert "istio.values.mtls.mode overrides it" in fates["istio.mtls.mode"].why
    old = {
        "istio.values.istiod.nodeSelector": {"a": "1"},
        "istio.values.values.pilot.nodeSelector": {"a": "2", "b": "3"},
    }
    made, fates = convert(old)
    assert at(made.values, ("istiod", "values", "upstream", "nodeSelector")) == {"a": "1", "b": "3"}
    assert fates["istio.values.values.pilot.nodeSelector.a"].fate is Fate.DEFAULT


def test_enterprise_of_the_values_has_the_last_word() -> None:
    made, fates = convert({"istio.enterprise": True, "istio.values.enterprise": False})
    assert made.values == {}
    assert "overrides" in fates["istio.enterprise"].why


def test_tracing_goes_on_where_its_details_are_set_elsewhere() -> None:
    old = {"istio.values.tracing.enabled": True, "istio.values.meshConfig.defaultConfig.tracing.sampling": 50}
    made, fates = convert({**old, "tempo.enabled": False})
    mesh = at(made.values, ("istiod", "values", "upstream", "meshConfig"))
    assert mesh["enableTracing"] is True
    assert mesh["defaultConfig"]["tracing"]["sampling"] == 50
    assert fates["istio.values.tracing.enabled"].fate is Fate.CARRIED


@pytest.mark.parametrize(("version", "fate"), [("2.53", Fate.LOST), ("2.54", Fate.CARRIED)])
def test_authservice_beside_other_providers(version: str, fate: Fate) -> None:
    old = {
        "istio.values.authservice.enabled": True,
        "istio.values.meshConfig.extensionProviders": [{"name": "a"}],
    }
    made, fates = convert(old, version)
    found = at(made.values, ("istiod", "values", "upstream", "meshConfig", "extensionProviders"))
    assert found == [{"name": "a"}]
    assert fates["istio.values.authservice.enabled"].fate is fate
    assert "extensionProviders" in fates["istio.values.authservice.enabled"].todo


def test_what_the_user_has_set_already_wins() -> None:
    old: dict[str, Any] = {
        "istio.values.meshConfig": {"trustDomain": "old", "x": 1, "y": 2},
        "istiod.values.upstream.meshConfig": {"trustDomain": "new", "x": 1},
    }
    made, fates = convert(old)
    assert at(made.values, ("istiod", "values", "upstream", "meshConfig")) == {"y": 2}
    assert fates["istio.values.meshConfig.trustDomain"].fate is Fate.LOST
    assert "says otherwise" in fates["istio.values.meshConfig.trustDomain"].why
    assert fates["istio.values.meshConfig.x"].fate is Fate.DEFAULT
    assert "already" in fates["istio.values.meshConfig.x"].why


def test_a_default_of_the_new_chart_that_the_user_has_changed() -> None:
    _, fates = convert({"istio.mtls.mode": "STRICT", "istiod.values.mtls.mode": "PERMISSIVE"})
    assert fates["istio.mtls.mode"].fate is Fate.LOST


def test_null_where_the_new_chart_has_a_default() -> None:
    ledger = Ledger()
    values = nested(
        {"istio.values.meshConfig.meshMTLS.minProtocolVersion": None, "istio.values.meshConfig.x": None}
    )
    made = control_plane(values, target(), ledger)
    say_of_others(values, ledger)
    assert made.values == {}
    assert ledger.spoken_of(("istio", "values", "meshConfig", "meshMTLS", "minProtocolVersion"))
    assert ledger.spoken_of(("istio", "values", "meshConfig", "x"))


WRONG: list[tuple[dict[str, Any], Path]] = [
    ({"istio": 1}, ("istio",)),
    ({"istio.values": []}, VALUES),
    ({"istioOperator": 1}, ("istioOperator",)),
    ({"istio.mtls.mode": 1}, ("istio", "mtls", "mode")),
    ({"istio.sourceType": "svn"}, ("istio", "sourceType")),
    ({"istio.flux": []}, ("istio", "flux")),
    ({"istio.enterprise": "yes"}, ("istio", "enterprise")),
    ({"istio.values.istiod": 1}, (*VALUES, "istiod")),
    ({"istio.values.istiod.env": {}}, (*VALUES, "istiod", "env")),
    ({"istio.values.istiod.env": [1]}, (*VALUES, "istiod", "env", 0)),
    ({"istio.values.istiod.env": [{"name": "A", "value": []}]}, (*VALUES, "istiod", "env", 0, "value")),
    ({"istio.values.istiod.resources": "a"}, (*VALUES, "istiod", "resources")),
    ({"istio.values.istiod.hpaSpec.metrics": {}}, (*VALUES, "istiod", "hpaSpec", "metrics")),
    ({"istio.values.revision": 1}, (*VALUES, "revision")),
    ({"istio.values.monitoring.enabled": "false"}, (*VALUES, "monitoring", "enabled")),
    ({"istio.values.imagePullSecrets": [1]}, (*VALUES, "imagePullSecrets", 0)),
    ({"istio.values.envoyFilters": ["a"]}, (*VALUES, "envoyFilters", 0)),
    (
        {"istio.values.networkPolicies.additionalPolicies": 1},
        (*VALUES, "networkPolicies", "additionalPolicies"),
    ),
    ({"istio.values.tracing.address": [1]}, (*VALUES, "tracing", "address")),
    ({"istio.values.meshConfig.defaultConfig": 1}, (*VALUES, "meshConfig", "defaultConfig")),
    ({"istio.mtls.mode": "PERMISSIVE", "istiod.values": 1}, ("istiod", "values")),
    (
        {"istio.values.istiod.resources.limits": "a", "istio.values.values.pilot.resources.limits.cpu": "1"},
        (*VALUES, "values", "pilot", "resources", "limits", "cpu"),
    ),
    (
        {"istio.values.istiod.resources.limits.cpu": "1", "istio.values.values.pilot.resources.limits": "a"},
        (*VALUES, "values", "pilot", "resources", "limits"),
    ),
]


@pytest.mark.parametrize(("old", "path"), WRONG)
def test_values_that_mean_nothing(old: dict[str, Any], path: Path) -> None:
    with pytest.raises(Problem) as raised:
        convert(old)
    assert raised.value.path == path
    assert raised.value.hint


def test_gateways_are_left_alone() -> None:
    ledger = Ledger()
    values = nested({".".join(str(step) for step in path): {"a": {"b": 1}} for path in OF_GATEWAYS})
    made = control_plane(values, target(), ledger)
    assert (made.values, made.for_each_gateway, ledger.fates()) == ({}, {}, ())


@pytest.mark.parametrize(
    ("old", "version", "word"),
    [
        ({}, "2.54", "tracing"),
        ({"monitoring.sso.enabled": True}, "2.54", "authservice"),
        ({"sso.certificateAuthority.cert": "pem"}, "2.54", "jwksResolverExtraRootCA"),
        ({"openshift": True}, "3.0", "CNI"),
    ],
)
def test_defaults_that_change(old: dict[str, Any], version: str, word: str) -> None:
    made, _ = convert(old, version)
    assert any(word in note for note in made.notes)
    quiet, _ = convert({"tempo.enabled": False, "addons.authservice.enabled": True}, version)
    assert quiet.notes == ()


_WORDS = (
    "istiod pilot env hpaSpec metrics minReplicas strategy rollingUpdate maxSurge type resources limits cpu hub tag "
    "tidHub enterprise revision openshift cni mtls mode meshConfig defaultConfig tracing enabled address port sampling "
    "values global proxy image proxy_init networkPolicies additionalPolicies controlPlaneCidr envoyFilters hardened "
    "customAuthorizationPolicies ingressGateway authzRules monitoring kiali authservice imagePullSecrets "
    "imagePullPolicy profile domain waitJob gateways ingressGateways x a.b git repo helmRepo tag repoName flux timeout "
    "sourceType postRenderers base nodeSelector istioCore status defaults"
)
_KEYS = st.sampled_from(_WORDS.split())
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 3),
    st.sampled_from(["", "a", "git", "helmRepo", "STRICT", "1.23.6", ENCRYPTED]),
    st.lists(
        st.fixed_dictionaries({"name": st.sampled_from(["a", ENCRYPTED])}, optional={"value": st.just("1")}),
        max_size=2,
    ),
)
_TREES = st.recursive(_LEAVES, lambda below: st.dictionaries(_KEYS, below, max_size=4), max_leaves=12)
_MAPPINGS = st.dictionaries(_KEYS, _TREES, max_size=5)
_WHOLE = st.fixed_dictionaries(
    {},
    optional={
        "istio": st.one_of(
            _MAPPINGS, st.fixed_dictionaries({"values": _MAPPINGS}, optional={"flux": _MAPPINGS})
        ),
        "istioOperator": _MAPPINGS,
        "istioCore": st.fixed_dictionaries({"values": st.fixed_dictionaries({"istiod": _MAPPINGS})}),
        "istiod": st.fixed_dictionaries({"values": st.fixed_dictionaries({"upstream": _MAPPINGS})}),
        "openshift": st.booleans(),
    },
)
_VERSIONS = st.sampled_from(["2.51", "2.52", "2.54", "3.0"])


@given(_WHOLE, _VERSIONS)
def test_no_key_without_a_word_and_nothing_changes_twice(values: Values, version: str) -> None:
    ledger = Ledger()
    try:
        made = control_plane(values, target(version), ledger)
    except Problem as problem:
        assert problem.path and problem.hint
        return
    say_of_others(values, ledger)
    for name in ("istio", "istioOperator", "istioCore"):
        for path, _ in leaves(values.get(name), (name,)) if name in values else ():
            assert ledger.spoken_of(path)
    assert ENCRYPTED not in str(made)
    whole = merge_maps(values, made.values)
    again = control_plane(whole, target(version), Ledger())
    assert merge_maps(whole, again.values) == whole
    assert again.for_each_gateway == made.for_each_gateway


@given(_WHOLE, _VERSIONS)
def test_the_users_new_values_stay(values: Values, version: str) -> None:
    try:
        made = control_plane(values, target(version), Ledger())
    except Problem:
        return
    before = dict(leaves(values.get("istiod", {}), ("istiod",)))
    after = merge_maps(values, made.values)
    for path, value in before.items():
        assert value in (None, {}) or at(after, path) == value
