"""Reading the layers of values from a cluster, where some of it is not text or not for us to read."""

import base64
import gzip
from collections.abc import Sequence
from typing import Any

import pytest

from istiokit.bigbang.facts import Source
from istiokit.bigbang.layers import Layer
from istiokit.cluster.types import Ref
from istiokit.cluster.unread import Unread
from istiokit.errors import OperationFailed
from istiokit.survey.reading import Reading
from istiokit.survey.values import helm_layer, read_layers
from tests.fakes import FakeCluster
from tests.unit.flux_samples import release

VALUES = "istio:\n  enabled: true\n"
UMBRELLA = release("bigbang", spec={"valuesFrom": [{"kind": "Secret", "name": "environment"}]})
HELM_SECRET = Ref("Secret", "sh.helm.release.v1.bigbang.v1", "bigbang")


def base(data: bytes) -> str:
    return base64.b64encode(data).decode()


def secret(name: str, data: dict[str, str], **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "bigbang", "labels": labels}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


def only_layer(cluster: FakeCluster) -> tuple[Layer, Sequence[Unread]]:
    with Reading(cluster) as reading:
        layers, problems = read_layers(reading, UMBRELLA)
    assert not problems
    return layers[0], reading.unread


def test_another_key_of_a_secret_may_hold_what_is_no_text() -> None:
    data = {"values.yaml": base(VALUES.encode()), "keystore.p12": base(b"\xff\xfe\x00")}
    assert only_layer(FakeCluster([secret("environment", data)]))[0].text == VALUES


def test_the_key_itself_must_hold_text() -> None:
    cluster = FakeCluster([secret("environment", {"values.yaml": base(b"\xff\xfe\x00")})])
    with pytest.raises(OperationFailed, match=r"Secret bigbang/environment key values\.yaml is not text"):
        only_layer(cluster)


@pytest.mark.parametrize("kind", ["Kustomization", "GitRepository"])
def test_an_owner_that_may_not_be_read_still_keeps_us_from_editing(kind: str) -> None:
    owned = {f"kustomize.toolkit.fluxcd.io/{key}": value for key, value in OWNER.items()}
    values = secret("environment", {"values.yaml": base(VALUES.encode())}, **owned)
    layer, unread = only_layer(FakeCluster([values, KUSTOMIZATION], denied={("get", kind)}))
    assert isinstance(layer.address, Source)
    assert layer.address.place is None
    assert layer.blocked.endswith("edit it at its source")
    assert [item.kind for item in unread] == [kind]


@pytest.mark.parametrize("packed", [b"", b"\x1f\x8b", gzip.compress(b"{}" * 99, mtime=0)[:-9], b"no gzip"])
def test_a_broken_helm_release_is_told_in_words(packed: bytes) -> None:
    data = {"release": base(base64.b64encode(packed))}
    with pytest.raises(OperationFailed, match="does not hold a Helm release"):
        helm_layer(FakeCluster([secret(HELM_SECRET.name, data)]), HELM_SECRET)


OWNER = {"name": "environment", "namespace": "flux-system"}
KUSTOMIZATION = {
    "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
    "kind": "Kustomization",
    "metadata": OWNER,
    "spec": {"sourceRef": {"kind": "GitRepository", "name": "environment"}, "path": "./prod"},
}
