"""What speaks against a source that looks migrated: other writers, unsettled owners, copies of the object itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.golden.policyreport_world import (
    applied,
    items,
    policyreport_vs,
    release,
    released,
    virtual_service,
    world,
)
from tests.unit.helm_samples import secret
from tests.unit.kyverno_cases import NEW_PUBLIC, PUBLIC, manifest


def verdict_of(*objects: dict[str, Any], name: str = "two") -> tuple[str, str]:
    found = items(world(*objects), "-A")[name]
    return found["verdict"], found["why"]


def test_helms_record_is_not_the_whole_truth_where_somebody_else_declares_it_too() -> None:
    record = secret("two", 1, [manifest(name="two", gateways=[PUBLIC, NEW_PUBLIC])])
    alone = released("two", PUBLIC, NEW_PUBLIC)
    assert verdict_of(alone, record)[0] == "source-migrated"
    applied_too = released("two", PUBLIC, NEW_PUBLIC)
    text = json.dumps(manifest(name="two", gateways=[PUBLIC]))
    applied_too["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = text
    verdict, why = verdict_of(applied_too, record)
    assert verdict == "unknown"
    assert f"but the manifest that kubectl applied last has no {NEW_PUBLIC}" in why
    taken = released("two", PUBLIC, NEW_PUBLIC)
    taken["metadata"]["managedFields"][0] |= {"manager": "kustomize-controller", "operation": "Apply"}
    verdict, why = verdict_of(taken, record)
    assert (verdict, "but field manager kustomize-controller wrote its gateways" in why) == ("unknown", True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"spec": {"suspend": True}}, "is suspended"),
        (
            {"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "UpgradeFailed"}]}},
            "is not Ready",
        ),
        ({"status": {"observedGeneration": 0}}, "is not Ready"),
    ],
)
def test_a_helm_release_that_has_not_settled_may_render_something_else(
    change: dict[str, Any], words: str
) -> None:
    settled = release("two")
    settled["status"] = {
        "observedGeneration": 1,
        "conditions": [{"type": "Ready", "status": "True", "reason": "UpgradeSucceeded"}],
    }
    record = secret("two", 2, [manifest(name="two", gateways=[PUBLIC, NEW_PUBLIC])], namespace="flux-system")
    item = released("two", PUBLIC, NEW_PUBLIC, flux=True)
    assert verdict_of(settled, record, item)[0] == "source-migrated"
    unsettled = {key: {**settled.get(key, {}), **value} for key, value in change.items()}
    verdict, why = verdict_of({**settled, **unsettled}, record, item)
    assert (verdict, words in why) == ("unknown", True), why


def test_the_order_of_a_list_is_the_word_of_its_owners_own_manager_alone() -> None:
    marks = {
        "kustomize.toolkit.fluxcd.io/name": "apps",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    }
    order = (NEW_PUBLIC, PUBLIC)
    own = virtual_service("two", order, labels=marks, writer="kustomize-controller", operation="Apply")
    assert verdict_of(own)[0] == "source-migrated"
    turned = virtual_service("two", order, labels=marks, writer="kubectl", operation="Apply")
    verdict, why = verdict_of(turned)
    assert (verdict, "field manager kubectl wrote its gateways" in why) == ("unknown", True)


def test_what_was_made_by_hand_while_the_policy_acted_tells_by_its_order() -> None:
    assert verdict_of(virtual_service("two", (PUBLIC, NEW_PUBLIC)))[0] == "unknown"
    assert verdict_of(virtual_service("two", (NEW_PUBLIC, PUBLIC)))[0] == "source-migrated"


def test_a_condition_that_was_forgotten_depends_on_the_policys_way_back() -> None:
    """The policy gives the old Gateway to the top-level list, which lets the condition have the new one."""
    match = [{"match": [{"gateways": [PUBLIC]}]}]
    source = manifest(name="two", gateways=[NEW_PUBLIC], http=match)
    item = applied("two", (NEW_PUBLIC, PUBLIC), (NEW_PUBLIC,))
    item["spec"]["http"] = [{"match": [{"gateways": [PUBLIC, NEW_PUBLIC]}]}]
    item["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = json.dumps(source)
    verdict, why = verdict_of(item)
    assert (verdict, f"has no {NEW_PUBLIC} in a route condition" in why) == ("depends-on-policy", True)


def test_an_annotation_that_was_made_of_the_live_object_is_no_source() -> None:
    item = applied("two", (PUBLIC, NEW_PUBLIC), (PUBLIC, NEW_PUBLIC))
    copied = manifest(name="two", gateways=[PUBLIC, NEW_PUBLIC])
    copied["metadata"]["resourceVersion"] = "42"
    item["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = json.dumps(copied)
    assert verdict_of(item)[0] == "unknown"


def test_manifests_that_contradict_each_other_or_are_dumps_tell_nothing(tmp_path: Path) -> None:
    unknown = virtual_service("two", (PUBLIC, NEW_PUBLIC))
    both, old = (manifest(name="two", gateways=names) for names in ([PUBLIC, NEW_PUBLIC], [PUBLIC]))
    (tmp_path / "both.yaml").write_text(json.dumps(both))
    (tmp_path / "old.yaml").write_text(json.dumps(old))
    for order in (("both", "old"), ("old", "both")):
        words = [word for name in order for word in ("--source", str(tmp_path / f"{name}.yaml"))]
        done = policyreport_vs(world(unknown), "shop/two", *words)
        assert ("neither counts" in done.err, "unknown" in done.out) == (True, True)
    both["metadata"]["uid"] = "42"
    (tmp_path / "both.yaml").write_text(json.dumps(both))
    done = policyreport_vs(world(unknown), "shop/two", "--source", str(tmp_path / "both.yaml"))
    assert ("is from the cluster, not from its source" in done.err, "unknown" in done.out) == (True, True)
