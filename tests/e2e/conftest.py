"""What the tests that install an umbrella share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.bigbang import uninstall
from tests.tools.rig import Rig


@pytest.fixture
def bigbang(flux_rig: Rig) -> Iterator[Rig]:
    """The session's rig with Flux, for a test that installs an umbrella: it is emptied afterwards."""
    yield flux_rig
    uninstall(flux_rig)
