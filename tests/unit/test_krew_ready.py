"""A release is made of a clean commit whose version, changelog and tag agree."""

from dataclasses import replace

import pytest

from krew.platforms import ReleaseError
from krew.ready import Commit, section_for

RELEASED = Commit("1.2.3", "## [Unreleased]\n\n## [1.2.3] - 2026-01-31\n\n- Better.\n", tags=("v1.2.3",))
WAITING = Commit("1.2.4", "## [Unreleased]\n\n- Still better.\n\n## [1.2.3] - 2026-01-31\n\n- Better.\n")

REFUSED = {
    "dirty": (replace(RELEASED, dirty=("lib/x.py", "y")), "lib/x.py differs from the commit"),
    "bad changelog": (replace(RELEASED, changelog="# Changelog\n"), "CHANGELOG.md, the first section"),
    "another tag": (
        replace(RELEASED, tags=("v1.2.4",)),
        "the tag is v1.2.4, and lib/istiokit/__init__.py says 1.2.3",
    ),
    "two tags": (replace(RELEASED, tags=("v1.2.3", "v9.9.9")), "the tag is v9.9.9, and"),
    "a tag with more": (replace(RELEASED, tags=("v1.2.3; id",)), "the tag is v1.2.3; id, and"),
    "tag without section": (
        replace(WAITING, tags=("v1.2.4",)),
        "CHANGELOG.md has no section ## [1.2.4] - DATE",
    ),
    "nothing to tell": (
        Commit("1.2.4", "## [Unreleased]\n\n## [1.2.3] - 2026-01-31\n\n- Better.\n"),
        "CHANGELOG.md says nothing of 1.2.4",
    ),
}


def test_section_of_the_version_tells_of_it() -> None:
    assert section_for(RELEASED).notes == "- Better."
    assert section_for(replace(RELEASED, tags=())).notes == "- Better."


def test_unreleased_stands_for_a_version_that_has_no_tag() -> None:
    assert section_for(WAITING).notes == "- Still better."


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(case: str) -> None:
    commit, told = REFUSED[case]
    with pytest.raises(ReleaseError) as refused:
        section_for(commit)
    assert str(refused.value).startswith(told)
    assert "\n" not in str(refused.value)
