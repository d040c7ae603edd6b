"""Pods, injectors and owners for the tests of `recycle-injected`."""

import json
from dataclasses import replace
from typing import Any

import msgspec

from istiokit.istio.controllers import Controller
from istiokit.istio.injectors import Injector, Template, injectors_of
from istiokit.istio.owners import Owner
from istiokit.istio.sidecars import JudgedPod, Workload
from istiokit.istio.staleness import Judgement, Mesh, Reason, Standing
from istiokit.istio.versions import Version
from istiokit.istio.webhooks import WebhookConfiguration
from istiokit.istio.workloads import Pod

STATUS = "sidecar.istio.io/status"
NAMESPACE = "shop"


def pod(name: str = "web-1", version: str = "1.30.4", revision: str = "1-30", **parts: Any) -> Pod:
    """A pod with a sidecar; an empty VERSION makes one without."""
    containers = [{"name": "app", "image": "app:1"}]
    annotations = dict(parts.get("annotations", {}))
    if version:
        containers.append({"name": "istio-proxy", "image": parts.get("image", f"hub/proxyv2:{version}")})
        annotations.setdefault(STATUS, json.dumps({"revision": revision}))
    metadata = {
        "name": name,
        "namespace": parts.get("namespace", NAMESPACE),
        "uid": parts.get("uid", f"uid-{name}"),
        "labels": parts.get("labels", {}),
        "annotations": annotations,
        "creationTimestamp": parts.get("created", "2026-01-02T00:00:00Z"),
        "ownerReferences": parts.get("owners", []),
    }
    if parts.get("leaving"):
        metadata["deletionTimestamp"] = "2026-01-03T00:00:00Z"
    spec = {"containers": containers, "hostNetwork": parts.get("host_network", False)}
    ready = {"type": "Ready", "status": "True" if parts.get("ready", True) else "False"}
    status = {"phase": parts.get("phase", "Running"), "conditions": [ready]}
    as_: type[Pod] = parts.get("as_", Pod)
    return msgspec.convert({"metadata": metadata, "spec": spec, "status": status}, as_)


def in_(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}


def lacks(key: str) -> dict[str, Any]:
    return {"key": key, "operator": "DoesNotExist"}


def webhooks(revision: str, tag: str = "") -> dict[str, Any]:
    """The MutatingWebhookConfiguration of a revision or of its tag, with the selectors of Istio's chart."""
    name, inject, rev, namespace = (
        tag or revision,
        "sidecar.istio.io/inject",
        "istio.io/rev",
        "istio-injection",
    )
    never = {"key": inject, "operator": "NotIn", "values": ["false"]}
    selectors = [
        ("rev.namespace", [in_(rev, name), lacks(namespace)], [never]),
        ("rev.object", [lacks(rev), lacks(namespace)], [never, in_(rev, name)]),
    ]
    if name == "default":
        selectors += [
            ("namespace", [in_(namespace, "enabled")], [never]),
            ("object", [lacks(namespace), lacks(rev)], [in_(inject, "true"), lacks(rev)]),
        ]
    labels = {"istio.io/rev": revision, **({"istio.io/tag": tag} if tag else {})}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {
            "name": f"istio-{'revision-tag' if tag else 'sidecar-injector'}-{name}",
            "labels": labels,
        },
        "webhooks": [
            {
                "name": f"{kind}.sidecar-injector.istio.io",
                "namespaceSelector": {"matchExpressions": of_namespace},
                "objectSelector": {"matchExpressions": of_pod},
                "clientConfig": {"service": {"name": f"istiod-{revision}", "namespace": "istio-system"}},
            }
            for kind, of_namespace, of_pod in selectors
        ],
    }


def injectors(*revisions: tuple[str, str], version: str = "1.31.1", **template: Any) -> tuple[Injector, ...]:
    """Those of (revision, tag) pairs, which inject this version."""
    found = injectors_of(
        msgspec.convert(webhooks(revision, tag), WebhookConfiguration) for revision, tag in revisions
    )
    made = Template(f"hub/proxyv2:{version}", Version(*map(int, version.split("."))), **template)
    return tuple(replace(one, template=made) for one in found)


def mesh(labels: dict[str, str], *revisions: tuple[str, str], **more: Any) -> Mesh:
    """One namespace with these labels, and these injectors."""
    return Mesh({NAMESPACE: labels}, injectors(*revisions, **more))


def workload(
    kind: str = "Deployment", name: str = "web", pods: int = 2, stale: int = -1, **more: Any
) -> Workload:
    """A workload of which so many pods (by default all) are stale by their revision."""
    owner = Owner(more.get("namespace", NAMESPACE), kind, name)
    old = Judgement(Standing.STALE, Reason.REVISION, "1-30 -> 1-31", "1-31", Version(1, 31, 1))
    stale_ones = pods if stale < 0 else stale
    judged = [
        JudgedPod(
            pod(f"{name}-{number}", namespace=owner.namespace, labels=more.get("labels", {})),
            more.get("judgement", old) if number < stale_ones else Judgement(Standing.CURRENT),
        )
        for number in range(pods)
    ]
    return Workload(owner, tuple(judged))


def controller(**parts: Any) -> Controller:
    """An owner that is settled, with two replicas."""
    status = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
    metadata = {"name": "web", "namespace": NAMESPACE, "uid": "uid-owner", "generation": 1}
    return msgspec.convert(
        {
            "metadata": {**metadata, **parts.get("metadata", {})},
            "spec": {"replicas": 2, **parts.get("spec", {})},
            "status": {**status, **parts.get("status", {})},
        },
        Controller,
    )
