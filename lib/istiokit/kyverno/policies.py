"""The mutation policy for a mapping of Gateways, as manifests for each of three engines.

All of them have the same name and labels, and say in an annotation which mapping they were made of, so that they
can be found again, by whatever name they have then. A request that cannot be judged is refused (failurePolicy Fail,
the default of all three): a change let through unmutated would drop the new Gateway from a VirtualService that is
served through it by now, and nothing would tell.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from istiokit.istio.mapping import Mapping
from istiokit.kyverno import cel, jmespath
from istiokit.kyverno.grants import Grant, grants_of

NAME = "istio-migrate-gateways"
LABELS = {"app.kubernetes.io/managed-by": "istio-migrate", "app.kubernetes.io/component": "gateway-mutation"}
MAPPING = "istio-migrate.dev/mapping"
"""The annotation with the pairs: `OLD=NEW`, with commas in between."""
DIRECTION = "istio-migrate.dev/direction"
"""The annotation with `both-ways` or `one-way`."""
ONE_WAY = "one-way"

Manifest = dict[str, Any]

_GROUP, _RESOURCE = "networking.istio.io", "virtualservices"
_VERSIONS = ("v1", "v1beta1", "v1alpha3")
_OPERATIONS = ("CREATE", "UPDATE")


class Engine(StrEnum):
    """Who carries the policy out."""

    KYVERNO = "kyverno"
    """Kyverno's ClusterPolicy: deprecated since 1.17, and what most clusters with Kyverno have."""
    KYVERNO_MUTATING = "kyverno-mutating"
    """Kyverno's MutatingPolicy, v1 since 1.17."""
    ADMISSION = "admission"
    """Kubernetes' own MutatingAdmissionPolicy, v1 since 1.36."""


def policy(engine: Engine, mapping: Mapping, *, one_way: bool = False) -> list[Manifest]:
    """The manifests to apply, in this order. Raises UsageError where the mapping has no pairs or names `mesh`."""
    grants = grants_of(mapping, one_way=one_way)
    metadata = {
        "name": NAME,
        "labels": dict(LABELS),
        "annotations": {
            MAPPING: ",".join(str(pair) for pair in mapping.pairs),
            DIRECTION: ONE_WAY if one_way else "both-ways",
        },
    }
    match engine:
        case Engine.KYVERNO:
            return [_cluster_policy(metadata, grants)]
        case Engine.KYVERNO_MUTATING:
            return [_mutating("policies.kyverno.io/v1", "MutatingPolicy", metadata, grants)]
        case Engine.ADMISSION:
            kind = "MutatingAdmissionPolicy"
            api = "admissionregistration.k8s.io/v1"
            binding = {"apiVersion": api, "kind": f"{kind}Binding", "metadata": metadata}
            return [_mutating(api, kind, metadata, grants), {**binding, "spec": {"policyName": NAME}}]


def _mutating(api: str, kind: str, metadata: Manifest, grants: Sequence[Grant]) -> Manifest:
    """A policy in CEL. It is one mutation on purpose: several would each see what the one before has left."""
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": metadata,
        "spec": {
            "failurePolicy": "Fail",
            "reinvocationPolicy": "IfNeeded",
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": [_GROUP],
                        "apiVersions": list(_VERSIONS),
                        "operations": list(_OPERATIONS),
                        "resources": [_RESOURCE],
                    }
                ]
            },
            "matchConditions": [{"name": "bound-to-gateways", "expression": cel.BOUND}],
            "variables": cel.variables(grants),
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": cel.PATCH}}],
        },
    }


def _cluster_policy(metadata: Manifest, grants: Sequence[Grant]) -> Manifest:
    """Two rules for each grant: the top-level list, and the lists of conditions once all top-level ones are done."""
    kinds = [f"{_GROUP}/*/VirtualService"]
    match = {"any": [{"resources": {"kinds": kinds, "operations": list(_OPERATIONS)}}]}
    rules = [{"name": rule.pop("name"), "match": match, **rule} for rule in jmespath.rules(grants)]
    return {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": metadata,
        "spec": {"background": True, "rules": rules},
    }
