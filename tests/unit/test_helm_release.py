"""Helm's records: which revision counts, what it has rendered, and what is no record at all."""

import base64
import gzip
import json
from typing import Any

import msgspec
import pytest

from istiokit.cluster.decode import Object
from istiokit.helm.manifest import virtual_services
from istiokit.helm.release import NotARelease, Release, Revision, counting, revision_of, unpacked
from tests.unit.helm_samples import payload, secret
from tests.unit.kyverno_cases import PUBLIC, manifest


def squeezed(raw: bytes) -> bytes:
    """Without the time in it: parameters of tests have to be the same in every process."""
    return gzip.compress(raw, mtime=0)


def packed(raw: bytes) -> str:
    return base64.b64encode(base64.b64encode(raw)).decode()


def test_what_is_named_is_decoded_and_values_are_not() -> None:
    release = unpacked(payload("shop", 3, [manifest(gateways=[PUBLIC])]), Release)
    assert (release.name, release.namespace, release.version) == ("shop", "shop", 3)
    assert (release.info.status, release.chart.metadata.version) == ("deployed", "1.0.0")
    assert "hunter2" not in repr(release)


def test_a_record_may_be_uncompressed() -> None:
    assert unpacked(packed(json.dumps({"name": "old"}).encode()), Release).name == "old"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "not the JSON"),
        ("%%%", "not base64"),
        (base64.b64encode(b"%%%").decode(), "not base64"),
        (packed(squeezed(b"{}" * 500)[:20]), "cut off"),
        (packed(squeezed(b"{}")[:-4]), "cut off"),
        (packed(b"\x1f\x8b\x08 and then no gzip"), "no gzip"),
        (packed(squeezed(b"[1, 2")), "not the JSON"),
        (packed(squeezed(b'{"manifest": 7}')), "not the JSON"),
        (packed(squeezed(b" " * (65 << 20))), "larger than 64 MiB"),
    ],
)
def test_what_is_no_record(data: str, reason: str) -> None:
    with pytest.raises(NotARelease, match=reason):
        unpacked(data, Release)


def revisions(*statuses: str) -> list[Revision]:
    return [Revision("shop", "web", at, status, f"v{at}") for at, status in enumerate(statuses, 1)]


@pytest.mark.parametrize(
    ("statuses", "numbers"),
    [
        ((), []),
        (("superseded", "superseded", "deployed"), [3]),
        (("superseded", "deployed", "failed"), [3, 2]),
        (("deployed", "failed", "pending-upgrade"), [3, 1]),
        (("failed",), [1]),
        (("superseded", "superseded"), [2]),
        (("deployed",) + ("superseded",) * 8 + ("deployed",), [10]),
    ],
)
def test_which_revisions_count(statuses: tuple[str, ...], numbers: list[int]) -> None:
    assert [one.number for one in counting(reversed(revisions(*statuses)))] == numbers


def test_the_name_of_the_secret_tells_release_and_revision() -> None:
    found = revision_of(msgspec.convert(secret("my.app.v2", 12, [], namespace="apps"), Object))
    assert found == Revision("apps", "my.app.v2", 12, "deployed", "sh.helm.release.v1.my.app.v2.v12")
    other: dict[str, Any] = {"metadata": {"name": "sh.helm.release.v1.x", "namespace": "apps"}}
    assert revision_of(msgspec.convert(other, Object)) is None


def test_the_virtual_services_of_a_manifest() -> None:
    bare = manifest(name="bare", gateways=["public"])
    del bare["metadata"]["namespace"]
    other = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "text"},
        "data": {"a": "- x\n---\n"},
    }
    foreign = {"apiVersion": "example.com/v1", "kind": "VirtualService", "metadata": {"name": "theirs"}}
    text = payload("shop", 1, [manifest(gateways=[PUBLIC]), other, bare, foreign, manifest("cart", "web")])
    found = virtual_services(unpacked(text, Release))
    assert set(found) == {("shop", "web"), ("shop", "bare"), ("cart", "web")}
    assert found["shop", "web"].gateways == (PUBLIC,)
    assert found["cart", "web"].gateways is None


def test_a_list_in_a_manifest_is_looked_into() -> None:
    several = {
        "apiVersion": "v1",
        "kind": "List",
        "metadata": {"name": "l"},
        "items": [manifest(gateways=[PUBLIC])],
    }
    assert set(virtual_services(unpacked(payload("shop", 1, [several]), Release))) == {("shop", "web")}


def test_comments_and_text_that_speak_of_virtual_services_do_no_harm() -> None:
    text = "# VirtualService\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\ndata: {b: VirtualService}\n"
    assert virtual_services(Release(namespace="shop", manifest=text)) == {}


@pytest.mark.parametrize(
    "text",
    [
        "kind: VirtualService\n  apiVersion: : x\n",
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {gateways: 7}\n",
    ],
)
def test_a_manifest_that_cannot_be_read(text: str) -> None:
    with pytest.raises(NotARelease, match="its manifest has a"):
        virtual_services(Release(namespace="shop", manifest=f"---\n{text}"))
