"""Selectors mean here what they mean to the API server."""

import pytest

from istiokit.cluster.select import fields_match, labels_match, matches
from istiokit.cluster.types import Where
from istiokit.errors import UsageError

LABELS = {"app": "web", "tier": "front", "team.example.com/name": ""}


@pytest.mark.parametrize(
    "selector",
    [
        *("", "app=web", "app==web", "app!=db", "owner!=me", "app", "!owner", "app,tier=front"),
        *(
            "app in (db, web)",
            "owner notin (a)",
            "app in (web),tier notin (back,middle)",
            "team.example.com/name=",
        ),
    ],
)
def test_selectors_that_fit(selector: str) -> None:
    assert labels_match(selector, LABELS)


@pytest.mark.parametrize(
    "selector",
    [
        *("app=db", "app!=web", "owner", "!app", "owner=", "app=web,tier=back"),
        *("app in (db)", "app notin (web)"),
    ],
)
def test_selectors_that_do_not_fit(selector: str) -> None:
    assert not labels_match(selector, LABELS)


@pytest.mark.parametrize("selector", ["a b", "=x", "app in web", "app=a=b", "app>1"])
def test_a_selector_that_is_none_is_a_usage_error(selector: str) -> None:
    with pytest.raises(UsageError, match="label selector"):
        labels_match(selector, LABELS)


def test_field_selectors_read_dotted_paths() -> None:
    pod = {"metadata": {"name": "a"}, "spec": {"nodeName": "n1", "hostNetwork": True}}
    assert fields_match("metadata.name=a,spec.nodeName!=n2,spec.hostNetwork=true,status.phase=", pod)
    assert not fields_match("status.phase=Running", pod)
    with pytest.raises(UsageError, match="field selector"):
        fields_match("metadata.name", pod)


def test_a_namespace_narrows_too() -> None:
    pod = {"metadata": {"name": "a", "namespace": "shop", "labels": None}}
    assert matches(pod, Where("shop")) and matches(pod, Where())
    assert not matches(pod, Where("other"))
    assert not matches(pod, Where("shop", labels="app"))
