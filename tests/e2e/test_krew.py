"""A real krew installs the frozen archive by our manifests, and the real kubectl runs what it installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from istiokit import __version__
from istiokit.kyverno.policies import Engine, policy
from kubectl_vs_gateways.policy_text import printed
from tests.cluster.recycling import Place, workload
from tests.e2e.frozen import ROOT, archives
from tests.e2e.krew_place import INDEX, PLUGINS, Index, User
from tests.e2e.release import HERE, Site, served
from tests.tools.rig import Rig
from tests.unit.kyverno_cases import NEW_PUBLIC, ONE, PUBLIC, manifest, mapping

NEXT = "99.0.0"
"""A version after this one."""
VERSION = f"v{__version__}"
LINKS = [f"kubectl-{name.replace('-', '_')}" for name in PLUGINS]


@dataclass(frozen=True)
class World:
    """A release of this version, its manifests as files, an index that has them, and a user without any plugin."""

    site: Site
    manifests: Path
    index: Index
    user: User
    archive: Path

    def install(self, plugin: str, *flags: str, archive: Path | None = None) -> tuple[str, ...]:
        """The words of `krew install` from files alone, as where there is no internet."""
        files = (f"--manifest={self.manifests / plugin}.yaml", f"--archive={archive or self.archive}")
        return ("install", *files, *flags)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from _world(tmp_path_factory.mktemp("release"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A World for one test."""
    yield from _world(tmp_path)


@pytest.fixture(scope="module")
def everything(release: World) -> World:
    """The world of this module, with all plugins installed from the index."""
    release.user.krew("index", "add", INDEX, str(release.index.folder)).done()
    release.user.krew("install", *(f"{INDEX}/{name}" for name in PLUGINS)).done()
    return release


def _world(folder: Path) -> Iterator[World]:
    dist = archives()
    with served(folder) as site:
        manifests = site.publish(dist, __version__, __version__)
        index = Index(folder / "index")
        index.release(manifests, VERSION)
        user = User(folder / "user", site.env)
        yield World(site, index.folder / "plugins", index, user, dist / HERE.archive(__version__))


def test_all_are_installed_from_the_index(everything: World) -> None:
    user = everything.user
    assert user.krew("list").done().out.split() == [f"{INDEX}/{name}" for name in PLUGINS]
    assert user.installed() == LINKS
    for name in PLUGINS:
        assert user.store(name) == [VERSION]
        assert (user.root / "store" / name / VERSION / "LICENSE").is_file()
    assert list(user.temporary.iterdir()) == []
    listed = user.kubectl("plugin", "list").done()
    assert [path for path in listed.out.split() if "/krew/bin/" in path] == [
        str(user.root / "bin" / link) for link in LINKS
    ]
    assert "warning" not in listed.err


def test_all_are_installed_from_files_and_uninstalled(world: World) -> None:
    user = world.user
    # Without any index krew installs, but neither lists nor uninstalls, and wants to clone its own from the internet.
    user.krew("index", "add", INDEX, str(world.index.folder)).done()
    for name in PLUGINS:
        user.krew(*world.install(name)).done()
        assert user.kubectl(name, "--version").done().out == f"kubectl-{name} {__version__}\n"
    assert user.installed() == LINKS
    assert user.krew("list").done().out.split() == [f"detached/{name}" for name in PLUGINS]
    for name in PLUGINS:
        user.krew("uninstall", name).done()
        assert user.kubectl(name, "--version").err == f'error: unknown command "{name}" for "kubectl"\n'
    assert (user.installed(), [user.store(name) for name in PLUGINS]) == ([], [[]] * len(PLUGINS))
    assert list(user.temporary.iterdir()) == []


def test_upgrade_takes_the_next_version_and_no_other(world: World) -> None:
    user = world.user
    user.krew("index", "add", INDEX, str(world.index.folder)).done()
    user.krew("install", f"{INDEX}/vs-gateways", f"{INDEX}/policyreport-vs").done()
    assert "it is already on the newest version" in user.krew("upgrade").done().err
    world.index.release(world.site.publish(archives(), NEXT, __version__), f"v{NEXT}")
    assert f"vs-gateways {VERSION} -> v{NEXT}" in user.krew("update").done().err
    user.krew("upgrade", "vs-gateways").done()
    assert (user.store("vs-gateways"), user.store("policyreport-vs")) == ([f"v{NEXT}"], [VERSION])
    user.krew("upgrade").done()
    assert user.store("policyreport-vs") == [f"v{NEXT}"]
    user.kubectl("vs-gateways", "--help").done()


def test_a_tampered_archive_is_refused(world: World, tmp_path: Path) -> None:
    tampered = tmp_path / "tampered.tar.gz"
    shutil.copyfile(world.archive, tampered)
    with tampered.open("r+b") as file:
        file.seek(-100, os.SEEK_END)
        file.write(b"another content")
    done = world.user.krew(*world.install("vs-gateways", archive=tampered))
    assert done.code == 1
    assert "checksum does not match, want: " in done.err.splitlines()[-1]
    _nothing_is_there(world.user)


def test_a_download_that_was_tampered_with_is_refused_and_the_old_version_stays(world: World) -> None:
    user = world.user
    user.krew("index", "add", INDEX, str(world.index.folder)).done()
    user.krew("install", f"{INDEX}/vs-gateways").done()
    world.index.release(world.site.publish(archives(), NEXT, __version__), f"v{NEXT}")
    served_file = world.site.folder / HERE.archive(NEXT)
    served_file.unlink()
    served_file.write_bytes(b"not what the manifest says")
    done = user.krew("upgrade", "vs-gateways")
    assert done.code == 1
    assert "checksum does not match, want: " in done.err.splitlines()[-1]
    assert user.store("vs-gateways") == [VERSION]
    assert user.kubectl("vs-gateways", "--version").done().out == f"kubectl-vs-gateways {__version__}\n"


def test_a_platform_that_there_is_nothing_for_is_one_line(world: World) -> None:
    done = world.user.krew(*world.install("vs-gateways"), env={"KREW_ARCH": "riscv64"})
    assert done.code == 1
    assert done.err.splitlines()[-1] == (
        "failed to install some plugins: [vs-gateways]: "
        'plugin "vs-gateways" does not offer installation for this platform'
    )
    _nothing_is_there(world.user)


def test_help_through_kubectl(everything: World) -> None:
    for name in PLUGINS:
        done = everything.user.kubectl(name, "--help").done()
        assert done.out.startswith(f"usage: kubectl {name} ")
        assert done.err == ""


def test_an_audit_of_files_through_kubectl(everything: World) -> None:
    apps = ROOT / "examples" / "apps"
    words = ("--audit", f"--filename={apps / 'apps.yaml'}", f"--gateways={apps / 'gateways.yaml'}")
    done = everything.user.kubectl("vs-gateways", *words)
    assert done.code == 1  # findings; anything else is a failure
    assert "error VSG001  VirtualService docs/handbook" in done.out
    assert "warning VSG006  VirtualService shop/web" in done.out


def test_status_on_a_cluster_through_kubectl(everything: World, rig: Rig) -> None:
    env = {"KUBECONFIG": str(rig.kubeconfig)}
    done = everything.user.kubectl("istio-migrate", "status", env=env).done()
    assert "none: there is no control plane and no Big Bang" in done.out
    assert rig.server_url in done.out


def test_stale_sidecars_through_kubectl(
    everything: World, injector_rig: Rig, injector_namespace: str
) -> None:
    place = Place(injector_rig, injector_namespace)
    place.make(workload("Deployment", "web"), pods=2)
    place.move()
    env = {"KUBECONFIG": str(injector_rig.kubeconfig)}
    done = everything.user.kubectl("recycle-injected", "list", "-n", injector_namespace, env=env).done()
    (row,) = (line.split() for line in done.out.splitlines() if line.startswith(injector_namespace))
    assert row[1:6] == ["Deployment", "web", "2", "2", "2"]
    assert "revision 1-30 -> 1-31" in done.out


def test_who_depends_on_the_policy_through_kubectl(everything: World, rig: Rig, namespace: str) -> None:
    for name, gateways in (("old", [PUBLIC]), ("new", [NEW_PUBLIC, PUBLIC])):
        rig.apply([manifest(namespace, name, gateways=gateways)])
    objects = printed(policy(Engine.ADMISSION, mapping(*ONE)), "yaml")
    rig.apply(objects)
    try:
        env = {"KUBECONFIG": str(rig.kubeconfig)}
        done = everything.user.kubectl("policyreport-vs", "-n", namespace, env=env).done()
    finally:
        rig.kubectl("delete", "--filename=-", input=objects)
    verdicts = {line.split()[1]: line.split()[-1] for line in done.out.splitlines() if namespace in line}
    assert verdicts == {"old": "depends-on-policy", "new": "source-migrated"}


def _nothing_is_there(user: User) -> None:
    assert (user.installed(), user.store("vs-gateways")) == ([], [])
    assert list(user.temporary.iterdir()) == []
