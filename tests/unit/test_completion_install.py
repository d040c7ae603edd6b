"""`completion install` and `uninstall`: a small executable beside the plugin, and nothing of others touched."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from istiokit.ui.completion.install import place_of
from tests.docs import APPS
from tests.run import Result, run

NAME = "kubectl_complete-istio_migrate"
BY_NAME = {app.name: app for app in APPS}


def executable(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The plugin in a folder, as krew links it: it prints what it is asked."""
    folder = tmp_path / "a folder" / "bin"
    folder.mkdir(parents=True)
    return executable(folder / "kubectl-istio_migrate", '#!/bin/sh\nprintf "<%s>" "$@"\n')


def path_with(*folders: Path) -> Mapping[str, str]:
    return {"PATH": os.pathsep.join(map(str, folders))}


def completion(*argv: str, env: Mapping[str, str]) -> Result:
    return run("completion", *argv, env=env)


def test_it_stands_beside_the_plugin_and_asks_it(plugin: Path) -> None:
    env = path_with(Path("/nowhere"), plugin.parent)
    result = completion("install", env=env)
    written = plugin.parent / NAME
    assert (result.code, result.out) == (0, "")
    assert result.err == (
        f"{written}: written; kubectl now completes `kubectl istio-migrate`\n"
        "if TAB does nothing, turn kubectl's own completion on: source <(kubectl completion bash), or zsh; in fish: "
        "kubectl completion fish | source\n"
    )
    asked = subprocess.run(
        [written, "step1", "a b", ""],
        env={"PATH": f"{plugin.parent}:/bin:/usr/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout == "<__complete><step1><a b><>"


def test_twice_is_as_good_as_once_and_an_older_one_is_renewed(plugin: Path) -> None:
    env = path_with(plugin.parent)
    completion("install", env=env)
    assert ": there already; " in completion("install", env=env).err
    written = plugin.parent / NAME
    written.write_text(written.read_text() + "# of an older version\n")
    assert ": renewed; " in completion("install", env=env).err
    assert "older" not in written.read_text()


def test_uninstall_takes_it_away_and_says_where_nothing_is(plugin: Path) -> None:
    env = path_with(plugin.parent)
    completion("install", env=env)
    result = completion("uninstall", env=env)
    assert (result.code, result.err) == (0, f"{plugin.parent / NAME}: removed\n")
    assert not (plugin.parent / NAME).exists()
    assert completion("uninstall", env=env).err.endswith(": not there, so there is nothing to remove\n")


@pytest.mark.parametrize("action", ["install", "uninstall"])
@pytest.mark.parametrize("strange", ["file", "link", "folder", "dangling"])
def test_what_others_have_put_there_stays(plugin: Path, action: str, strange: str) -> None:
    path = plugin.parent / NAME
    if strange == "file":
        executable(path, "#!/bin/sh\necho theirs\n")
    elif strange == "folder":
        path.mkdir()
    else:
        path.symlink_to(plugin if strange == "link" else "/nowhere")
    before = path.lstat()
    result = completion(action, env=path_with(plugin.parent))
    assert result.code == 1
    assert result.err.startswith(
        f"error: {path} is there, and was not written by this command: it is left as it is;"
    )
    assert path.lstat() == before


def test_a_completer_of_another_plugin_is_not_ours_either(plugin: Path) -> None:
    env = path_with(plugin.parent)
    completion("install", env=env)
    path = plugin.parent / NAME
    path.write_text(path.read_text().replace("istio-migrate", "vs-gateways"))
    assert completion("install", env=env).code == 1


def test_into_a_folder_of_ones_own(plugin: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    env = path_with(other, plugin.parent)
    assert completion("install", "--dir", str(other), env=env).code == 0
    assert (other / NAME).is_file()
    assert not (plugin.parent / NAME).exists()
    assert completion("uninstall", "--dir", str(other), env=env).code == 0
    assert not (other / NAME).exists()


def test_uninstall_needs_neither_the_plugin_nor_path(plugin: Path) -> None:
    folder, written = plugin.parent, plugin.parent / NAME
    completion("install", env=path_with(folder))
    plugin.unlink()
    assert completion("uninstall", env=path_with(Path("/nowhere"), folder)).err == f"{written}: removed\n"
    executable(plugin)
    completion("install", env=path_with(folder))
    assert (
        completion("uninstall", "--dir", str(folder), env={"PATH": "/nowhere"}).err == f"{written}: removed\n"
    )


def test_an_empty_part_of_path_is_the_current_folder(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(plugin.parent)
    assert completion("install", env={"PATH": "/nowhere:"}).err.startswith(
        f"{plugin.parent / NAME}: written; "
    )


def test_the_help_tells_of_a_file_in_the_way_and_breaks_no_name() -> None:
    text = run("completion", "--help", app=BY_NAME["kubectl-vs-gateways"]).out
    assert "1 another's file is in the way" in text
    assert all(not line.endswith("-") for line in text.splitlines())


@pytest.mark.parametrize(
    ("argv", "env", "told"),
    [
        (("install",), {"PATH": "/nowhere"}, "kubectl-istio_migrate is not on PATH"),
        (("install",), {}, "kubectl-istio_migrate is not on PATH"),
        (("install", "--dir", "{plugin}/missing"), {"PATH": "{plugin}"}, "missing is no folder"),
        (("install", "--dir", "{plugin}/.."), {"PATH": "{plugin}"}, "is not on PATH, where kubectl looks"),
        (("uninstall",), {"PATH": "/nowhere"}, "neither kubectl-istio_migrate nor its completer is on PATH"),
        (("bash", "--dir", "x"), {"PATH": "{plugin}"}, "--dir means nothing to bash"),
        (("tcsh",), {}, "invalid choice: 'tcsh'"),
        ((), {}, "the following arguments are required: ACTION"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(
    plugin: Path, argv: tuple[str, ...], env: Mapping[str, str], told: str
) -> None:
    here = str(plugin.parent)
    result = completion(
        *(word.format(plugin=here) for word in argv),
        env={key: value.format(plugin=here) for key, value in env.items()},
    )
    assert (result.code, result.out) == (2, "")
    assert told in result.err
    assert result.err.count("\n") == 1
    assert list(plugin.parent.iterdir()) == [plugin]


def test_a_folder_that_cannot_be_written_to(plugin: Path) -> None:
    closed = Path("/sys")  # to root as well
    result = completion("install", "--dir", str(closed), env=path_with(plugin.parent, closed))
    assert result.code == 3
    assert result.err.startswith(f"error: {closed}/kubectl_complete-")
    assert result.err.endswith("; name another folder on PATH with --dir\n")


def test_flux_needs_nothing() -> None:
    with pytest.raises(Exception, match="there is nothing to install"):
        place_of("flux istio-migrate", "", {})


def test_on_windows_it_is_a_batch_file(plugin: Path) -> None:
    executable(plugin.with_name("kubectl-vs_gateways.exe"))
    place = place_of("kubectl vs-gateways", "", path_with(plugin.parent), windows=True)
    assert place.path == plugin.parent / "kubectl_complete-vs_gateways.cmd"
    assert place.text().endswith("\r\nkubectl-vs_gateways __complete %*\r\n")
