"""Who the journal says it was."""

import getpass
import os
import socket

import pytest

from istiokit.plan.beside import who


def test_who_is_user_and_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "ann")
    assert who() == f"ann@{socket.gethostname()}"


@pytest.mark.parametrize("error", [KeyError("getpwuid(): uid not found: 1234"), OSError("No username set")])
def test_a_user_without_a_name_is_told_by_number(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """In a container with any user id (OpenShift, CI) there is no entry in /etc/passwd and no $USER."""

    def nameless() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert who() == f"uid {os.getuid()}@{socket.gethostname()}"
