"""Which cluster and which user a kubeconfig comes to, as kubectl would have it."""

from pathlib import Path
from typing import Any

import pytest

from istiokit.cluster.live_kubeconfig import ConnectOptions, homes_on_windows, select, split_list
from istiokit.errors import UsageError

ONE = """
current-context: prod
clusters:
- {name: east, cluster: {server: "https://east"}}
- {name: west, cluster: {server: "https://west"}}
users:
- {name: jane, user: {token: a}}
- {name: root, user: {token: b}}
contexts:
- {name: prod, context: {cluster: east, user: jane, namespace: shop}}
- {name: test, context: {cluster: west, user: root}}
- {name: bare, context: {cluster: west}}
- {name: lost, context: {cluster: north, user: jane}}
- {name: empty, context: {}}
"""


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with two clusters, in a world that has no other kubeconfig."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    path = tmp_path / "config"
    path.write_text(ONE)
    return path


def chosen(path: Path | None, **options: Any) -> tuple[str, Any, Any, str]:
    found = select(ConnectOptions(kubeconfig=str(path) if path else None, **options))
    return found.context, found.cluster.value.get("server"), found.user.value.get("token"), found.namespace


def test_the_current_context_and_the_flags_that_change_it(kubeconfig: Path) -> None:
    assert chosen(kubeconfig) == ("prod", "https://east", "a", "shop")
    assert chosen(kubeconfig, context="test") == ("test", "https://west", "b", "default")
    assert chosen(kubeconfig, context="bare") == ("bare", "https://west", None, "default")
    assert chosen(kubeconfig, cluster="west", user="root") == ("prod", "https://west", "b", "shop")
    assert chosen(kubeconfig, namespace="mine")[3] == "mine"


def test_several_files_in_the_environment_are_one_and_the_first_wins(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = kubeconfig.with_name("other")
    other.write_text(
        """
current-context: new
clusters: [{name: east, cluster: {server: "https://impostor"}}, {name: north, cluster: {server: "https://n"}}]
contexts: [{name: new, context: {cluster: north}}]
"""
    )
    monkeypatch.setenv("KUBECONFIG", f"{kubeconfig}:{kubeconfig.with_name('missing')}:{other}")
    assert chosen(None) == ("prod", "https://east", "a", "shop")
    assert chosen(None, context="new")[1] == "https://n"


def test_the_file_in_the_home_folder_is_the_last_resort(kubeconfig: Path) -> None:
    home = Path.home() / ".kube"
    home.mkdir(parents=True)
    kubeconfig.rename(home / "config")
    assert chosen(None)[0] == "prod"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"context": "gone"}, r"no context gone; kubectl config get-contexts"),
        ({"cluster": "gone"}, r"no cluster gone; kubectl config get-clusters"),
        ({"user": "gone"}, r"no user gone; kubectl config get-users"),
        ({"context": "lost"}, r"no cluster north"),
        ({"context": "empty"}, r"context empty names no cluster"),
        (
            {"kubeconfig": "/nowhere/config"},
            r"/nowhere/config: there is no such kubeconfig; check --kubeconfig",
        ),
    ],
)
def test_what_leads_nowhere_is_one_line_with_the_next_step(
    kubeconfig: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        select(ConnectOptions(**{"kubeconfig": str(kubeconfig), **options}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", r"config:2:1: not YAML"),
        ("just words", "is not a kubeconfig"),
        ("- a\n- b", "is not a kubeconfig"),
        ("contexts: {a: b}", "is not a kubeconfig"),
        ("contexts: [a, b]", "is not a kubeconfig"),
        ("contexts: [{name: a, context: b}]", "is not a kubeconfig"),
        ("", "there is no kubeconfig with a cluster in it"),
        ("clusters: [{name: a, cluster: {server: b}}]", "no current context; kubectl config get-contexts"),
    ],
)
def test_what_is_no_kubeconfig_is_said_so(kubeconfig: Path, text: str, message: str) -> None:
    kubeconfig.write_text(text)
    with pytest.raises(UsageError, match=message):
        chosen(kubeconfig)


def test_bytes_that_are_no_text(kubeconfig: Path) -> None:
    kubeconfig.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="is not a kubeconfig"):
        chosen(kubeconfig)


def test_no_kubeconfig_anywhere(kubeconfig: Path) -> None:
    with pytest.raises(UsageError, match="there is no kubeconfig"):
        chosen(None)


def test_inside_a_pod_its_own_account_is_used(
    kubeconfig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("istiokit.cluster.live_kubeconfig._SERVICE_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    for name, text in (("token", "t"), ("namespace", "tools\n")):
        (tmp_path / name).write_text(text)
    found = select(ConnectOptions())
    assert (found.context, found.cluster.value["server"]) == ("in-cluster", "https://[fd00::1]:443")
    assert (found.user.value, found.namespace) == ({"tokenFile": "token"}, "tools")


@pytest.mark.parametrize(
    ("value", "on_windows", "paths"),
    [
        ("/a:/b::", False, ["/a", "/b"]),
        ('/it"s', False, ['/it"s']),
        (r"C:\a;;D:\b c", True, [r"C:\a", r"D:\b c"]),
        (r'"C:\a;b";D:\c', True, [r"C:\a;b", r"D:\c"]),
        ("", True, []),
    ],
)
def test_the_paths_of_a_variable(value: str, on_windows: bool, paths: list[str]) -> None:
    assert split_list(value, on_windows=on_windows) == paths


def test_the_homes_on_windows_are_those_of_kubectl() -> None:
    drive = {"HOMEDRIVE": "H:", "HOMEPATH": r"\me"}
    assert homes_on_windows({"USERPROFILE": "profile", **drive}) == [Path(r"H:\me"), Path("profile")]
    assert homes_on_windows({"HOME": "home", "HOMEDRIVE": "H:", "USERPROFILE": "profile"}) == [
        Path("home"),
        Path("profile"),
    ]
