"""Lets the API server admit a pod without storing it: what would be injected now, and by whom, is then no guess."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from istiokit.cluster.types import Cluster, Ref
from istiokit.errors import Forbidden, OperationFailed
from istiokit.istio.injection import (
    INJECT,
    NAMESPACE_INJECTION,
    REVISION,
    is_injected,
    proxy_version,
    revision_of,
)
from istiokit.istio.owners import ROLLED, Owner
from istiokit.istio.proofs import Probe, Sample
from istiokit.istio.staleness import has_own_image
from istiokit.istio.workloads import Namespace, Pod

_HOME = "default"
"""The namespace that is tried first: nearly every cluster leaves it without a label."""
_WEBHOOK_FAILED = "failed calling webhook"
"""How the API server begins to tell that a webhook that fails closed has not answered."""


def probe(cluster: Cluster, samples: Iterable[Sample]) -> tuple[Probe, ...]:
    """Try each sample with dryRun=All; raises what is no answer about pods."""
    return tuple(_probe(cluster, sample, _template(cluster, sample.owner)) for sample in samples)


def probe_label(
    cluster: Cluster, label: str, revision: str, version: str, namespaces: Mapping[str, Mapping[str, str]]
) -> Probe:
    """Try what no namespace of the run carries yet, `istio.io/rev=label`: on a pod, where no namespace decides.

    `revision` and `version` are what should inject it, and what it should get.
    """
    known = dict(namespaces)
    if _HOME not in known and (found := cluster.get(Ref("Namespace", _HOME), Namespace)) is not None:
        known[_HOME] = found.metadata.labels
    free = [
        name for name, labels in sorted(known.items()) if not {REVISION, NAMESPACE_INJECTION} & set(labels)
    ]
    home = next((name for name in (_HOME, *free) if name in free), "")
    sample = Sample(Owner(home, "Pod", f"with {REVISION}={label}"), revision, version)
    if not home:
        return Probe(sample, unproved="every namespace that is known has an injection label")
    container = {"name": "probe", "image": "registry.invalid/probe:1"}
    template = {
        "metadata": {"labels": {REVISION: label, INJECT: "true"}},
        "spec": {"containers": [container]},
    }
    return _probe(cluster, sample, template)


def _template(cluster: Cluster, owner: Owner) -> Mapping[str, Any] | None:
    """What the owner makes its pods from; None where it is not there, or a kind of which we know no template."""
    if owner.kind not in ROLLED:
        return None
    found = cluster.get(Ref(owner.kind, owner.name, owner.namespace), dict[str, Any])
    template = ((found or {}).get("spec") or {}).get("template")
    return template if isinstance(template, Mapping) else None


def _probe(cluster: Cluster, sample: Sample, template: Mapping[str, Any] | None) -> Probe:
    if template is None:
        return Probe(sample, unproved=f"{sample.owner} has no template to try")
    try:
        made = cluster.create(_pod(sample.owner, template), dry_run=True)
    except Forbidden as error:
        return Probe(sample, unproved=error.what)
    except OperationFailed as error:
        if _WEBHOOK_FAILED in error.what:
            return Probe(sample, unreachable=error.what)
        return Probe(sample, refused=error.what)
    pod = msgspec.convert(made, Pod)
    version = None if has_own_image(pod) else proxy_version(pod)
    return Probe(
        sample,
        injected=is_injected(pod),
        revision=revision_of(pod) or "",
        version=str(version) if version else "",
    )


def _pod(owner: Owner, template: Mapping[str, Any]) -> dict[str, Any]:
    metadata = template.get("metadata") or {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"istio-migrate-probe-{secrets.token_hex(4)}",
            "namespace": owner.namespace,
            "labels": metadata.get("labels") or {},
            "annotations": metadata.get("annotations") or {},
        },
        "spec": template.get("spec") or {},
    }
