"""The page of `status` as text."""

import pytest

from istiokit.bigbang.facts import Facts
from istiokit.bigbang.status import status
from kubectl_istio_migrate.status_text import as_text
from tests.unit.facts_builder import unread

BLIND = Facts(where="rig", server_version="v1.31.4", unread=unread("HelmRelease"))


@pytest.mark.parametrize(
    ("facts", "last"),
    [
        (BLIND, "Next: cannot tell without HelmReleases; ask for the role in docs/rbac/, then look again\n"),
        (Facts(where="rig", server_version="v1.31.4"), "Next: nothing is left to do here\n"),
    ],
    ids=["blind", "without Big Bang"],
)
def test_who_may_not_read_the_releases_is_not_told_that_nothing_is_left(facts: Facts, last: str) -> None:
    assert as_text(status(facts), facts.unread, "", "kubectl istio-migrate").endswith(last)
