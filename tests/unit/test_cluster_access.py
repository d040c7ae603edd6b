"""Credentials of every form that a kubeconfig knows."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from istiokit.cluster.live_access import Access, access
from istiokit.cluster.live_kubeconfig import Entry, Selection
from istiokit.errors import OperationFailed, UsageError

PLUGIN = """#!/bin/sh
echo run >> "$(dirname "$0")/runs"
cat "$(dirname "$0")/answer"
"""


def given(folder: Path, user: dict[str, Any], **cluster: Any) -> Access:
    entry = Entry({"server": "http://localhost:1", **cluster}, folder)
    return access(Selection("prod", entry, Entry(user, folder), "default"))


def plugin(folder: Path, status: dict[str, Any], **user: Any) -> dict[str, Any]:
    (folder / "login").write_text(PLUGIN)
    (folder / "login").chmod(0o755)
    version = "client.authentication.k8s.io/v1"
    answer = {"apiVersion": version, "kind": "ExecCredential", "status": status}
    (folder / "answer").write_text(json.dumps(answer))
    return {"exec": {"apiVersion": version, "command": "./login", **user}}


def _part(claims: dict[str, Any]) -> str:
    """A part of a JSON web token."""
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


def runs(folder: Path) -> int:
    return len((folder / "runs").read_text().splitlines())


def test_tokens_and_passwords(tmp_path: Path) -> None:
    assert given(tmp_path, {}).authorization() is None
    assert given(tmp_path, {"token": "abc"}).authorization() == "Bearer abc"
    password = given(tmp_path, {"username": "a", "password": "b"}).authorization()
    assert password == "Basic " + base64.b64encode(b"a:b").decode()


def test_a_token_file_is_read_again_when_its_minute_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("istiokit.cluster.live_access.time.time", lambda: now)
    token = tmp_path / "token"
    token.write_text("one\n")
    header = given(tmp_path, {"tokenFile": "token", "token": "ignored"}).authorization
    token.write_text("two\n")
    assert header() == "Bearer one"
    now += 61
    assert header() == "Bearer two"


def test_an_exec_plugin_is_run_once_while_its_token_lasts(tmp_path: Path) -> None:
    user = plugin(tmp_path, {"token": "t", "expirationTimestamp": "2999-01-01T00:00:00Z"})
    header = given(tmp_path, user).authorization
    assert [header(), header(), runs(tmp_path)] == ["Bearer t", "Bearer t", 1]


def test_an_exec_plugin_is_run_again_when_its_token_is_over(tmp_path: Path) -> None:
    user = plugin(tmp_path, {"token": "t", "expirationTimestamp": "2020-01-01T00:00:00Z"})
    header = given(tmp_path, user).authorization
    assert [header(), header(), runs(tmp_path)] == ["Bearer t", "Bearer t", 3]


@pytest.mark.parametrize(
    ("user", "message"),
    [
        (
            {"command": "./nowhere"},
            r"context prod: \./nowhere was not found; install it, or use a kubeconfig",
        ),
        ({"command": "./nowhere", "installHint": "Ask us.\n\nDo."}, r"\./nowhere was not found; Ask us$"),
        ({"command": "false"}, "false: exec: process returned 1"),
        ({"command": "true"}, "true: exec: failed to decode process output"),
    ],
)
def test_an_exec_plugin_that_fails_is_one_line(tmp_path: Path, user: dict[str, Any], message: str) -> None:
    with pytest.raises(OperationFailed, match=message) as error:
        given(tmp_path, plugin(tmp_path, {}, **user))
    assert "\n" not in str(error.value)


def test_an_exec_plugin_that_fails_on_a_terminal_has_told_it_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kubernetes package leaves stderr to the program then, and has nothing of it afterwards."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with (
        Path("/dev/null").open() as stdin,
        (tmp_path / "seen").open("w") as stderr,
        pytest.raises(OperationFailed, match="prod: false failed; above is what it said; log in again"),
    ):
        monkeypatch.setattr("sys.stdin", stdin)
        monkeypatch.setattr("sys.stderr", stderr)
        given(tmp_path, plugin(tmp_path, {}, command="false"))


def test_an_exec_plugin_without_a_credential(tmp_path: Path) -> None:
    with pytest.raises(OperationFailed, match="gave neither a token nor a certificate"):
        given(tmp_path, plugin(tmp_path, {}))


def test_an_auth_provider_goes_through_the_client_package(tmp_path: Path) -> None:
    body = _part({"exp": 32503680000})
    config = {"client-id": "c", "id-token": f"a.{body}.c", "idp-issuer-url": "https://issuer"}
    header = given(tmp_path, {"auth-provider": {"name": "oidc", "config": config}}).authorization
    assert header() == f"Bearer a.{body}.c"
    with pytest.raises(OperationFailed, match="auth-provider gave no token"):
        given(tmp_path, {"auth-provider": {"name": "unheard-of", "config": {}}})


@pytest.mark.parametrize(
    ("token", "message"),
    [
        (f"a.{_part({'exp': 1})}.c", r"context prod: HTTPSConnectionPool\(.*; log in again"),
        ("a.bm90IGpzb24.c", r"context prod: Expecting value: .*; log in again"),
    ],
    ids=["over, and its issuer is away", "not JSON"],
)
def test_an_auth_provider_that_fails_is_one_line(tmp_path: Path, token: str, message: str) -> None:
    renewal = {
        "refresh-token": "r",
        "client-id": "c",
        "client-secret": "s",
        "idp-issuer-url": "https://127.0.0.1:1",
    }
    user = {"auth-provider": {"name": "oidc", "config": {"id-token": token, **renewal}}}
    with pytest.raises(OperationFailed, match=message) as error:
        given(tmp_path, user)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("user", "cluster", "message"),
    [
        ({}, {"server": ""}, "no usable server address"),
        ({}, {"server": "ftp://x"}, "no usable server address"),
        (
            {},
            {"certificate-authority-data": "%%"},
            "certificate-authority-data of the kubeconfig is not base64",
        ),
        ({}, {"certificate-authority-data": "YWJj"}, "certificates of context prod are not PEM"),
        ({}, {"certificate-authority": "gone.crt"}, r"gone\.crt: No such file or directory"),
        ({"client-certificate-data": "YWJj"}, {}, "certificates of context prod are not PEM"),
        ({"tokenFile": "gone"}, {}, "gone: No such file"),
    ],
)
def test_broken_entries_are_named(
    tmp_path: Path, user: dict[str, Any], cluster: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        given(tmp_path, user, **{"server": "https://localhost:1", **cluster})


def test_an_insecure_cluster_is_not_verified(tmp_path: Path) -> None:
    found = given(tmp_path, {}, server="https://localhost:1/", **{"insecure-skip-tls-verify": True})
    assert found.tls is not None and not found.tls.check_hostname
    assert found.server == "https://localhost:1"
