"""URLs without credentials."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.cluster.urls import masked

WORD = st.text(st.characters(codec="ascii", categories=("Lu", "Ll", "Nd")), min_size=8, max_size=20)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://git.example.com/a.git", "https://git.example.com/a.git"),
        ("https://user:word@git.example.com/a.git", "https://***@git.example.com/a.git"),
        ("https://token@git.example.com/a.git", "https://***@git.example.com/a.git"),
        ("HTTPS://token@git.example.com/a", "HTTPS://***@git.example.com/a"),
        ("https://us@er:p@git.example.com/a", "https://***@git.example.com/a"),
        ("oci://user:word@registry.example.com/charts", "oci://***@registry.example.com/charts"),
        ("ssh://git@git.example.com/a.git", "ssh://git@git.example.com/a.git"),
        ("ssh://git:word@git.example.com/a.git", "ssh://git:***@git.example.com/a.git"),
        ("git@git.example.com:team/a.git", "git@git.example.com:team/a.git"),
        ("https://git.example.com/a.git?access_token=x", "https://git.example.com/a.git?***"),
        ("https://git.example.com/@scope/a", "https://git.example.com/@scope/a"),
        ("", ""),
    ],
)
def test_what_is_shown(url: str, shown: str) -> None:
    assert masked(url) == shown


@given(WORD, WORD, WORD, st.sampled_from(["https", "http", "oci", "git"]))
def test_a_secret_never_shows(user: str, word: str, token: str, scheme: str) -> None:
    shown = masked(f"{scheme}://{user}:{word}@host/path?token={token}")
    assert shown == f"{scheme}://***@host/path?***"
