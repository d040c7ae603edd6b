"""Which mutation policies of a cluster would undo a change."""

import pytest

from istiokit.cluster.decode import Metadata, Object
from istiokit.kyverno.policies import Engine, policy
from istiokit.kyverno.standing import SELECTOR, giving_back, standing_policy
from tests.unit.kyverno_cases import ONE, TWO, mapping


@pytest.mark.parametrize("engine", list(Engine))
@pytest.mark.parametrize("one_way", [True, False])
def test_policies_of_ours_tell_what_they_do(engine: Engine, one_way: bool) -> None:
    made = policy(engine, mapping(*TWO), one_way=one_way)[0]
    metadata = made["metadata"]
    labels = metadata["labels"]
    assert SELECTOR.split(",") == [f"{key}={value}" for key, value in labels.items()]
    found = standing_policy(
        made["kind"], Object(metadata=Metadata(name="renamed", annotations=metadata["annotations"]))
    )
    assert giving_back([found], mapping(*ONE)) == ([] if one_way else [found])
    assert giving_back([found], mapping("istio-system/other=istio-gateway/other")) == []
    assert str(found) == f"{made['kind']} renamed"


def test_one_that_says_nothing_undoes_nothing_that_is_known() -> None:
    assert giving_back([standing_policy("ClusterPolicy", Object())], mapping(*ONE)) == []
