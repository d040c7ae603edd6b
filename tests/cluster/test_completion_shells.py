"""Completion in real shells, with the real kubectl and a real API server: what is on the screen after TAB."""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.patient_plugin import PLUGINS, put_plugins
from tests.cluster.shell_terminal import PROMPT, TAB, ShellTerminal
from tests.tools import shells
from tests.tools.build import tool
from tests.tools.rig import Rig


@dataclass(frozen=True)
class Place:
    """A home with the plugins on PATH."""

    home: Path
    env: Mapping[str, str]

    def shell(self, name: str, setup: str) -> ShellTerminal:
        """A shell of this kind that has run `setup`."""
        return ShellTerminal(*_STARTS[name](self, setup), self.home)

    def with_env(self, **env: str) -> "Place":
        return Place(self.home, {**self.env, **env})


Started = tuple[list[str | Path], Mapping[str, str]]


def _bash(place: Place, setup: str) -> Started:
    file = place.home / "bashrc"
    file.write_text(f"PS1='{PROMPT}'\nbind 'set bell-style none'\n{setup}\n")
    return ["bash", "--noprofile", "--rcfile", file, "-i"], place.env


def _bash_with_package(place: Place, setup: str) -> Started:
    return _bash(place, f"source '{shells.bash_completion()}'\n{setup}")


def _zsh(place: Place, setup: str) -> Started:
    zsh = shells.zsh()
    (place.home / ".zshenv").write_text(zsh.setup)
    (place.home / ".zshrc").write_text(
        f"PROMPT='{PROMPT}'\nunsetopt PROMPT_SP BEEP\nautoload -Uz compinit\ncompinit -u -D\n{setup}\n"
    )
    return [zsh.program, "-o", "NO_GLOBAL_RCS", "-i"], {**place.env, **zsh.env, "ZDOTDIR": str(place.home)}


def _fish(place: Place, setup: str) -> Started:
    fish = shells.fish()
    file = place.home / "setup.fish"
    # Where this is missing, fish reads all man pages of the machine in the background.
    (place.home / ".local/share/fish/generated_completions").mkdir(parents=True, exist_ok=True)
    file.write_text(
        f"{fish.setup}\nset -g fish_autosuggestion_enabled 0\nset -g fish_greeting\n"
        f"function fish_prompt\n    echo -n '{PROMPT}'\nend\n{setup}\n"
    )
    return [fish.program, "-i", "-C", f"source '{file}'"], {**place.env, **fish.env}


_STARTS: Mapping[str, Callable[[Place, str], Started]] = {
    "bash": _bash,
    "bash with bash-completion": _bash_with_package,
    "zsh": _zsh,
    "fish": _fish,
}
_SOURCE = {"fish": "{} fish | source", "zsh": "source <({} zsh)"}
WITH_KUBECTL = ("bash with bash-completion", "zsh", "fish")
"""kubectl's own script for bash needs the package."""


def sourced(shell: str, command: str) -> str:
    """The line that loads the script which `command` prints."""
    return _SOURCE.get(shell, "source <({} bash)").format(command)


@pytest.fixture(scope="module")
def installed(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The plugins in a folder, each with `completion install` done."""
    home = tmp_path_factory.mktemp("home")
    links = home / "bin"
    links.mkdir()
    put_plugins(links)
    env = {
        "HOME": str(home),
        "PATH": f"{links}:{tool('kubectl').parent}:/usr/bin:/bin",
        "KUBECONFIG": str(rig.kubeconfig),
    }
    for plugin in PLUGINS:
        subprocess.run(
            [links / f"kubectl-{plugin}", "completion", "install"], env=env, check=True, capture_output=True
        )
    return Place(home, env)


@pytest.fixture
def place(installed: Place, tmp_path: Path) -> Place:
    """The same, in a folder of the test's own."""
    return Place(tmp_path, {**installed.env, "HOME": str(tmp_path)})


@pytest.mark.parametrize("shell", WITH_KUBECTL)
def test_kubectl_completes_commands_flags_and_namespaces(place: Place, namespace: str, shell: str) -> None:
    with place.shell(shell, sourced(shell, "kubectl completion")) as terminal:
        terminal.type("kubectl istio-migrate jour")
        terminal.completes("kubectl istio-migrate journal ")
        terminal.type("--journal-name")
        terminal.completes("kubectl istio-migrate journal --journal-namespace ")
        terminal.type(namespace[:-1])
        terminal.completes(f"kubectl istio-migrate journal --journal-namespace {namespace} ")
        terminal.type("--output=js")
        terminal.completes(f"kubectl istio-migrate journal --journal-namespace {namespace} --output=json ")


@pytest.mark.parametrize("shell", WITH_KUBECTL)
def test_kubectl_lists_what_fits_with_what_it_means(place: Place, shell: str) -> None:
    with place.shell(shell, sourced(shell, "kubectl completion")) as terminal:
        terminal.type(f"kubectl istio-migrate st{TAB}{TAB}")
        terminal.until("status", "step1", "step2", "Turn the operator off and the new gateways on")


@pytest.mark.parametrize("shell", _STARTS)
def test_the_executable_lists_its_flags_with_our_own_script(place: Place, shell: str) -> None:
    with place.shell(shell, sourced(shell, "kubectl vs-gateways completion")) as terminal:
        terminal.type(f"kubectl-vs_gateways --{TAB}{TAB}")
        terminal.until("--map-file", "--no-headers", "YAML or JSON file with OLD")


@pytest.mark.parametrize("shell", _STARTS)
def test_the_executable_completes_words_in_every_form(place: Place, namespace: str, shell: str) -> None:
    with place.shell(shell, sourced(shell, "kubectl-vs-gateways completion")) as terminal:
        line = "kubectl-vs-gateways "
        terminal.type(line)
        for typed, completed in (
            ("--all-n", "--all-namespaces"),
            ("-o=js", "-o=json"),
            ("-oy", "-oyaml"),
            (f"--namespace={namespace[:-1]}", f"--namespace={namespace}"),
        ):
            terminal.type(typed)
            line += f"{completed} "
            terminal.completes(line)


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("shell", ["bash", "bash with bash-completion"])
def test_words_are_completed_in_an_open_quote(place: Place, namespace: str, shell: str, quote: str) -> None:
    with place.shell(shell, sourced(shell, "kubectl-vs_gateways completion")) as terminal:
        terminal.type(f"kubectl-vs_gateways -n {quote}{namespace[:-1]}")
        terminal.completes(f"kubectl-vs_gateways -n {quote}{namespace}{quote} ")


@pytest.mark.parametrize("shell", _STARTS)
def test_pairs_are_completed_on_both_sides(rig: Rig, place: Place, namespace: str, shell: str) -> None:
    rig.apply([gateway(namespace, name) for name in ("old-one", "new-one")])
    with place.shell(shell, sourced(shell, "kubectl-vs_gateways completion")) as terminal:
        terminal.type(f"kubectl-vs_gateways add --map {namespace}/ol")
        terminal.completes(f"kubectl-vs_gateways add --map {namespace}/old-one=")
        terminal.type(f"{namespace}/n")
        terminal.completes(f"kubectl-vs_gateways add --map {namespace}/old-one={namespace}/new-one ")


@pytest.mark.parametrize("shell", WITH_KUBECTL)
def test_kubectls_scripts_spoil_no_pair(rig: Rig, place: Place, namespace: str, shell: str) -> None:
    rig.apply([gateway(namespace, name) for name in ("old-one", "new-one")])
    typed = f"kubectl vs-gateways add --map {namespace}/old-one={namespace}/n"
    with place.shell(shell, sourced(shell, "kubectl completion")) as terminal:
        terminal.type(f"{typed}{TAB}{TAB}")
        terminal.type("x")
        terminal.until(f"{typed}x")


def gateway(namespace: str, name: str) -> dict[str, Any]:
    server = {"port": {"number": 443, "name": "https", "protocol": "HTTPS"}, "hosts": ["*.example.com"]}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"servers": [server]},
    }


@pytest.mark.parametrize("shell", _STARTS)
def test_files_are_those_that_can_hold_manifests(place: Place, shell: str) -> None:
    folder = place.home / "work" / "with space"
    folder.mkdir(parents=True)
    for name in ("values.yaml", "values.txt"):
        (folder / name).touch()
    with place.shell(shell, sourced(shell, "kubectl-vs_gateways completion")) as terminal:
        terminal.type(f"kubectl-vs_gateways -f wor{TAB}wi{TAB}val{TAB}")
        terminal.until("values.yaml")
        assert "values.txt" not in terminal.shown


@pytest.mark.parametrize("shell", _STARTS)
def test_nothing_is_run_that_stands_in_the_line(place: Place, shell: str) -> None:
    with place.shell(shell, sourced(shell, "kubectl-vs_gateways completion")) as terminal:
        terminal.type(f"kubectl-vs_gateways '$(touch trap)' $(touch trap) <(touch trap) --all-n{TAB}")
        terminal.until("--all-namespaces")
    assert not (place.home / "trap").exists()


@pytest.mark.parametrize("shell", _STARTS)
def test_a_server_out_of_reach_leaves_the_screen_as_it_is(place: Place, shell: str, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n"
        "contexts: [{name: c, context: {cluster: c}}]\n"
    )
    broken = place.with_env(KUBECONFIG=str(config))
    with broken.shell(shell, sourced(shell, "kubectl-vs_gateways completion")) as terminal:
        terminal.type(f"kubectl-vs_gateways -n {TAB}{TAB}")
        terminal.type("x")
        terminal.until("kubectl-vs_gateways -n x")
        assert terminal.lines == [f"{PROMPT}kubectl-vs_gateways -n x"]


@pytest.mark.parametrize("shell", _STARTS)
def test_the_executable_may_be_typed_from_the_home(installed: Place, place: Place, shell: str) -> None:
    (place.home / "b").symlink_to(installed.home / "bin")
    with place.shell(shell, sourced(shell, "kubectl-vs_gateways completion")) as terminal:
        terminal.type("~/b/kubectl-vs_gateways sw")
        terminal.completes("~/b/kubectl-vs_gateways swap ")


@pytest.mark.parametrize("program", ["kubectl-vs_gateways", "~/gone/kubectl-vs_gateways"])
@pytest.mark.parametrize("shell", _STARTS)
def test_a_plugin_that_is_gone_leaves_the_screen_as_it_is(place: Place, shell: str, program: str) -> None:
    lost = sourced(shell, "kubectl-vs_gateways completion") + "\nexport PATH=/usr/bin:/bin"
    with place.shell(shell, lost) as terminal:
        terminal.type(f"{program} sw{TAB}{TAB}")
        terminal.type("x")
        terminal.until(f"{program} swx")
        assert terminal.lines == [f"{PROMPT}{program} swx"]


@pytest.mark.parametrize("shell", _STARTS)
def test_a_backslash_in_a_name_is_kept(place: Place, shell: str, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        "apiVersion: v1\nkind: Config\ncontexts: [{name: 'back\\slash', context: {cluster: c}}]\n"
    )
    own = place.with_env(KUBECONFIG=str(config))
    with own.shell(shell, sourced(shell, "kubectl-vs_gateways completion")) as terminal:
        terminal.type("kubectl-vs_gateways --context ba")
        terminal.completes("kubectl-vs_gateways --context back\\\\slash ")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_script_works_as_a_file_where_the_shell_looks(place: Place, shell: str) -> None:
    folder = place.home / "functions"
    folder.mkdir()
    printed = subprocess.run(
        ["kubectl-vs_gateways", "completion", shell],
        env=place.env,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    name = {"zsh": "_kubectl_vs_gateways", "fish": "kubectl-vs_gateways.fish"}[shell]
    (folder / name).write_text(printed)
    setup = {
        "zsh": f"fpath+=('{folder}')\ncompinit -u -D",
        "fish": f"set -g fish_complete_path '{folder}' $fish_complete_path",
    }[shell]
    with place.shell(shell, setup) as terminal:
        terminal.type("kubectl-vs_gateways can-d")
        terminal.completes("kubectl-vs_gateways can-drop ")


def test_the_kubectl_is_the_one_of_the_rig(place: Place) -> None:
    assert subprocess.run(
        ["sh", "-c", "command -v kubectl"], env=place.env, capture_output=True, text=True, check=True
    ).stdout.strip() == os.fspath(tool("kubectl"))
