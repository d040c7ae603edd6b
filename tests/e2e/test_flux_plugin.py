"""A real flux CLI installs the onefile build by our catalog manifest, finds it, and runs it on a cluster."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from istiokit import __version__
from tests.e2e.bigbang import install_umbrella, wait_ready
from tests.e2e.cli import Result
from tests.e2e.frozen import archives
from tests.e2e.release import HERE, Site, run, served
from tests.tools import build
from tests.tools.rig import Rig

NEXT = "99.0.0"
"""A version after this one."""
PLUGIN = "flux-istio-migrate"


@dataclass(frozen=True)
class User:
    """A user of flux with a home of their own, and a catalog with this version of the plugin."""

    site: Site
    home: Path

    @property
    def plugins(self) -> Path:
        """Where flux puts plugins, if $FLUXCD_PLUGINS does not say otherwise."""
        return self.home / ".fluxcd" / "plugins"

    def installed(self) -> list[str]:
        """The files in there."""
        return sorted(path.name for path in self.plugins.glob("*"))

    def publish(self, version: str) -> str:
        """Puts the plugin up as VERSION; returns its manifest."""
        manifest = self.site.publish(archives(), version, __version__)["flux/istio-migrate.yaml"]
        (self.site.folder / "istio-migrate.yaml").write_text(manifest)
        return manifest

    def flux(self, *words: str, env: Mapping[str, str] | None = None) -> Result:
        """`flux WORDS`, with nothing on PATH: the plugin needs no other program."""
        own = {"HOME": str(self.home), "FLUXCD_PLUGIN_CATALOG": f"{self.site.url}/", "PATH": str(self.home)}
        return run(build.tool("flux"), *words, folder=self.home, env={**own, **self.site.env, **(env or {})})


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    (tmp_path / "home").mkdir()
    with served(tmp_path) as site:
        user = User(site, tmp_path / "home")
        user.publish(__version__)
        yield user


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for $FLUXCD_PLUGINS with the plugin of the archive, as somebody puts it there by hand."""
    folder = tmp_path_factory.mktemp("plugins")
    with tarfile.open(archives() / HERE.flux_archive(__version__)) as archive:
        assert sorted(archive.getnames()) == ["LICENSE", "THIRD-PARTY-LICENSES", PLUGIN]
        archive.extract(PLUGIN, folder, filter="data")
    return folder


def test_status_of_a_cluster_with_flux(user: User, unpacked: Path, bigbang: Rig) -> None:
    install_umbrella(bigbang)
    wait_ready(bigbang)
    env = {"FLUXCD_PLUGINS": str(unpacked), "KUBECONFIG": str(bigbang.kubeconfig)}
    listed = user.flux("plugin", "list", env=env).done().out.split()
    assert listed[3:] == ["istio-migrate", "manual", str(unpacked / PLUGIN)]
    assert bigbang.server_url in user.flux("istio-migrate", "status", env=env).done().out
    done = user.flux("istio-migrate", "status", "--output=json", env=env).done()
    assert json.loads(done.out)["items"][0]["place"] == "operator"


def test_help_names_flux_and_exit_codes_pass(user: User, unpacked: Path) -> None:
    env = {"FLUXCD_PLUGINS": str(unpacked)}
    assert user.flux("istio-migrate", "--help", env=env).done().out.startswith("usage: flux istio-migrate ")
    wrong = user.flux("istio-migrate", "statsu", env=env)
    assert (wrong.code, wrong.out) == (2, "")
    assert "did you mean 'flux istio-migrate status'?" in wrong.err
    assert "istio-migrate" in user.flux("--help", env=env).done().out.partition("Plugin Commands:")[2]


def test_flux_completes_through_the_plugin(user: User, unpacked: Path, rig: Rig) -> None:
    """Flux asks the plugin by Cobra's protocol when a shell asks flux; the last line is what the shell may do then."""
    env = {"FLUXCD_PLUGINS": str(unpacked), "KUBECONFIG": str(rig.kubeconfig)}

    def candidates(*words: str) -> list[str]:
        done = user.flux("__complete", "istio-migrate", *words, env=env).done()
        return [line.partition("\t")[0] for line in done.out.splitlines()]

    assert candidates("st") == ["status", "step1", "step2", ":4"]
    assert candidates("check", "--st") == ["--step", ":4"]
    # What the cluster does not say within a second is left out, and this machine may be busy.
    rig.until(lambda: candidates("status", "--namespace", "kube-sys") == ["kube-system", ":4"], "namespaces")
    assert candidates("no-such-command", "") == [":4"]


def test_it_is_installed_updated_and_uninstalled(user: User) -> None:
    user.flux("plugin", "install", "istio-migrate").done()
    assert user.flux("plugin", "list").done().out.split()[3:5] == ["istio-migrate", __version__]
    assert user.installed() == [PLUGIN, f"{PLUGIN}.yaml"]
    assert user.flux("istio-migrate", "--version").done().out.split()[-1] == __version__
    user.publish(NEXT)
    user.flux("plugin", "update", "istio-migrate").done()
    assert user.flux("plugin", "list").done().out.split()[3:5] == ["istio-migrate", NEXT]
    user.flux("istio-migrate", "--version").done()
    user.flux("plugin", "uninstall", "istio-migrate").done()
    assert user.installed() == []


def test_a_tampered_archive_is_refused(user: User) -> None:
    archive = user.site.folder / HERE.flux_archive(__version__)
    archive.unlink()
    archive.write_bytes(b"not what the manifest says")
    done = user.flux("plugin", "install", "istio-migrate")
    assert done.code == 1
    assert "checksum verification failed" in done.err.splitlines()[-1]
    assert user.installed() == []


def test_a_platform_that_there_is_nothing_for_is_one_line(user: User) -> None:
    manifest = user.site.folder / "istio-migrate.yaml"
    manifest.write_text(manifest.read_text().replace("linux", "plan9"))
    done = user.flux("plugin", "install", "istio-migrate")
    assert done.code == 1
    last = done.err.splitlines()[-1]
    assert f'plugin "istio-migrate" v{__version__} has no binary for linux/amd64' in last
    assert user.installed() == []
