"""The page of `status` as text, and how it ends."""

from dataclasses import replace

import pytest

from istiokit.bigbang.facts import Facts
from istiokit.bigbang.status import status
from kubectl_istio_migrate.next_steps import steps
from kubectl_istio_migrate.status_text import as_text
from tests.unit import facts_builder as build

EMPTY = Facts(where="rig", server_version="v1.31.4")


def end(facts: Facts) -> str:
    """What stands behind `Next:`."""
    found = status(facts)
    ahead = steps(found, facts.unread, "kubectl istio-migrate", " --context prod -A", detailed=True)
    page = as_text(found, facts.unread, "", ahead)
    assert page.count("Next: ") == 1
    return page.partition("Next: ")[2]


@pytest.mark.parametrize(
    ("facts", "last"),
    [
        (
            replace(EMPTY, unread=build.unread("HelmRelease")),
            "cannot tell, for want of what was not read: ask for the role in docs/rbac/\n",
        ),
        (EMPTY, "there is nothing of it here: is this the right cluster? --context NAME names another\n"),
    ],
    ids=["blind", "empty"],
)
def test_who_may_not_read_the_releases_is_not_told_that_nothing_is_left(facts: Facts, last: str) -> None:
    assert end(facts) == last


def test_where_no_step_is_left_the_other_plugins_have_the_next_one() -> None:
    facts = build.facts(
        pods=(build.sidecar("1.20.1"), build.sidecar("1.23.6")),
        virtual_services=(build.virtual_service("x", "istio-system/gone"),),
    )
    facts = replace(facts, umbrella=None, layers=(), releases=())
    assert end(facts) == (
        "kubectl vs-gateways --context prod -A  # where each is bound, and what to do about it\n"
        "      kubectl recycle-injected list --context prod -A  # which sidecars are stale, and why\n"
    )
