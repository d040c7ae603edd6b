"""Which differences an Application's comparison leaves out."""

from typing import Any

import pytest

from istiokit.argocd.ignoring import ignores
from istiokit.cluster.types import Ref
from tests.unit.owner_samples import application

REF = Ref("VirtualService", "shop", "web")
TOP, MATCH = "/spec/gateways", "/spec/http/0/match/1/gateways"
OURS = {"group": "networking.istio.io", "kind": "VirtualService"}


def ignored(pointer: str, **rule: Any) -> bool:
    return ignores(application(ignoreDifferences=[{**OURS, **rule}])[1], REF, [pointer])


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({}, True),
        ({"name": "shop", "namespace": "web"}, True),
        ({"name": "sho*"}, False),
        ({"namespace": "team"}, False),
        ({"group": "*", "kind": "*"}, True),
        ({"group": "*.istio.io", "kind": "Virtual?ervice"}, True),
        ({"group": ""}, False),
        ({"group": "apps"}, False),
        ({"kind": "Gateway"}, False),
    ],
)
def test_group_and_kind_are_globs_and_names_are_names(selection: dict[str, str], expected: bool) -> None:
    assert ignored(TOP, jsonPointers=[TOP], **selection) is expected


@pytest.mark.parametrize(
    ("pointer", "path", "expected"),
    [
        (TOP, "/spec/gateways", True),
        (TOP, "/spec", True),
        (TOP, "/spec/gate", False),
        (TOP, "/spec/gateways/0", False),
        (TOP, "", False),
        (MATCH, "/spec/http", True),
        (MATCH, "/spec/http/0/match/1", True),
        (MATCH, "/spec/http/0/match/0", False),
    ],
)
def test_a_pointer_covers_what_is_below_it(pointer: str, path: str, expected: bool) -> None:
    assert ignored(pointer, jsonPointers=[path]) is expected


@pytest.mark.parametrize(
    ("pointer", "path", "expected"),
    [
        (TOP, ".spec.gateways", True),
        (TOP, ".spec", True),
        (TOP, '.spec["gateways"]', True),
        (TOP, '.["spec"]["gateways"]', True),
        (TOP, " .spec?.gateways? ", True),
        (TOP, ".spec.gateways[]?", False),
        (TOP, ".spec.hosts", False),
        (TOP, ".spec | .gateways", False),
        (TOP, "", False),
        (MATCH, ".spec.http", True),
        (MATCH, ".spec.http[]?.match[]?.gateways", True),
        (MATCH, ".spec.http[0].match[1].gateways", True),
        (MATCH, ".spec.http[0].match[0].gateways", False),
        (MATCH, ".spec.http[].match[].gateways", False),
        (MATCH, '.spec.http[] | select(.name == "x")', False),
    ],
)
def test_plain_paths_of_jq_are_understood(pointer: str, path: str, expected: bool) -> None:
    """`[]` without a question mark fails where a route has no conditions: then Argo CD ignores nothing."""
    assert ignored(pointer, jqPathExpressions=[path]) is expected


def test_a_trusted_manager_is_us_or_somebody_else() -> None:
    assert ignored(TOP, managedFieldsManagers=["kube-controller-manager", "istio-migrate"])
    assert not ignored(TOP, managedFieldsManagers=["kube-controller-manager"])
