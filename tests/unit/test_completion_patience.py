"""How long a cluster is given while somebody waits after TAB."""

import subprocess
import sys

import pytest

from istiokit.ui.completion import patience

SLEEPS = "import time; time.sleep({}); from istiokit.ui.completion import patience; print(patience.left())"


def left_after(seconds: float) -> float:
    done = subprocess.run(
        [sys.executable, "-c", SLEEPS.format(seconds)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def test_a_start_that_took_long_leaves_less() -> None:
    assert left_after(0) <= patience.SECONDS
    assert left_after(0.5) <= patience.SECONDS - 0.5
    assert left_after(2) == patience._LEAST


def test_where_the_system_does_not_tell_the_usual_is_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_START_FIELD", 1000)
    assert patience.left() == pytest.approx(0.7)
