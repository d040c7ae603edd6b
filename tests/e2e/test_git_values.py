"""The steps where Git owns the values: nothing may be written in the cluster, since Flux would put it back."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.charts.values import switches
from tests.e2e.bigbang import Umbrella, git_umbrella, release_names, request, wait_ready
from tests.e2e.cli import begin, migrate
from tests.e2e.state import assert_ready, journal, place
from tests.tools.rig import Rig

FILE = "clusters/dev/environment.yaml"
STEP1 = {"bigbang", "istio-operator", "istio-crds", "istiod"}
OPERATOR = {"bigbang", "istio-operator", "istio"}
LINES = """\
  istio:
    enabled: false
  istioCRDs:
    enabled: true
  istiod:
    enabled: true
"""


@pytest.mark.parametrize("hashed", [True, False], ids=["hashed", "plain"])
def test_the_edit_is_made_where_git_has_it(bigbang: Rig, hashed: bool, tmp_path: Path) -> None:
    umbrella = installed(bigbang, hashed)
    assert_refused(bigbang, umbrella)
    assert_refused(bigbang, umbrella, f"--git-dir={other_clone(tmp_path)}")
    clone = cloned(bigbang, umbrella, tmp_path)

    running = begin(bigbang, "step1", "--yes", f"--git-dir={clone}")
    running.wait_for("commit and push the edit now")
    assert changed_lines(clone) == {
        "-  enabled: true  # see the change log": 1,
        "+  enabled: false  # see the change log": 1,
        "-  enabled: false  # see the change log": 2,
        "+  enabled: true  # see the change log": 2,
    }
    assert (clone / FILE).read_text() == switches("step1")
    assert git(clone, "status", "--porcelain") == f" M {FILE}\n"
    assert git(clone, "rev-list", "--count", "HEAD") == "1\n"
    assert place(bigbang) == "operator"

    push(clone, "Step 1")
    running.result().done()

    assert release_names(bigbang) == STEP1
    assert_ready(bigbang)
    assert place(bigbang) == "step 1 done"
    assert [run["state"] for run in journal(bigbang)] == ["done"]

    left = migrate(bigbang, "rollback", "--yes")
    assert left.code == 1
    assert (
        f"{clone / FILE} is restored in the clone, not in Git; commit and push" in left.err.splitlines()[-1]
    )
    assert (clone / FILE).read_text() == umbrella.layers["environment"]
    push(clone, "Back")
    wait_for_switch(bigbang, "istio.enabled on")
    migrate(bigbang, "rollback", "--yes").done()
    assert release_names(bigbang) == OPERATOR
    assert_ready(bigbang)
    assert [run["state"] for run in journal(bigbang)] == ["rolled-back"]


def test_an_edit_that_was_pushed_by_hand_is_carried_out(bigbang: Rig) -> None:
    """Flux has brought the switches by itself, so only what is left is done, and without a clone."""
    umbrella = installed(bigbang, hashed=False)
    bigbang.git.commit(repository(umbrella), {FILE: switches("step1")}, "By hand")
    wait_for_switch(bigbang, "istio.enabled off")

    migrate(bigbang, "step1", "--yes").done()

    assert release_names(bigbang) == STEP1
    assert_ready(bigbang)
    assert place(bigbang) == "step 1 done"


def assert_refused(rig: Rig, umbrella: Umbrella, *words: str) -> None:
    """Step 1 tells what to edit, and where, and changes nothing."""
    versions = resource_versions(rig)
    refused = migrate(rig, "step1", "--yes", *words)
    assert refused.code == 1
    assert refused.out == ""
    before, _, after = refused.err.partition(LINES)
    told = before.splitlines()[-1]
    for word in (git_of(rig, umbrella), "branch main", "folder clusters/dev", "key values.yaml"):
        assert word in told
    assert "--git-dir" in after
    assert ("no file in folder clusters/dev makes ConfigMap bigbang/environment" in before) is bool(words)
    assert resource_versions(rig) == versions
    assert release_names(rig) == OPERATOR
    assert journal(rig) == []


def installed(rig: Rig, hashed: bool) -> Umbrella:
    umbrella = git_umbrella(rig, hashed=hashed)
    wait_ready(rig)
    return umbrella


def repository(umbrella: Umbrella) -> str:
    assert umbrella.git
    return umbrella.git.repo


def git_of(rig: Rig, umbrella: Umbrella) -> str:
    return rig.git.repo_url(repository(umbrella))


def other_clone(folder: Path) -> Path:
    """A clone of something else."""
    git(folder, "init", "--quiet", "other")
    return folder / "other"


def cloned(rig: Rig, umbrella: Umbrella, folder: Path) -> Path:
    """A clone of one commit, whatever earlier tests have pushed."""
    git(folder, "clone", "--quiet", "--depth=1", git_of(rig, umbrella), "clone")
    return folder / "clone"


def push(clone: Path, message: str) -> None:
    git(clone, "commit", "--quiet", "--all", f"--message={message}")
    git(clone, "push", "--quiet")


def changed_lines(clone: Path) -> dict[str, int]:
    """How often each line was added or removed, as `git diff` says."""
    lines = [line for line in git(clone, "diff", "--unified=0", "--patience").splitlines() if line[0] in "+-"]
    changed = [line for line in lines if not line.startswith(("+++", "---"))]
    return {line: changed.count(line) for line in changed}


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.invalid")
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def resource_versions(rig: Rig) -> dict[str, str]:
    """Of all that the step could write."""
    kinds = "configmaps,secrets,leases,helmreleases.helm.toolkit.fluxcd.io"
    items = rig.get(kinds, "--namespace=bigbang")["items"]
    specs = {f"{item['kind']}/{item['metadata']['name']}": item["metadata"] for item in items}
    # A HelmRelease's status changes with every look that Flux takes.
    return {
        name: str(metadata["generation"] if "generation" in metadata else metadata["resourceVersion"])
        for name, metadata in specs.items()
    }


def wait_for_switch(rig: Rig, switch: str) -> None:
    """Has Flux look at Git, and waits until `status` shows SWITCH, such as `istio.enabled off`."""
    request(rig, "gitrepositories.source.toolkit.fluxcd.io/environment")
    rig.until(lambda: switch in switches_shown(rig), f"Flux to bring {switch}")


def switches_shown(rig: Rig) -> list[str]:
    """The first two words of each line of `status`."""
    return [" ".join(line.split()[:2]) for line in migrate(rig, "status").done().out.splitlines()]
