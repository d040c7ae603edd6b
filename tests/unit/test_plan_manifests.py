"""Edits of manifests in a file: journaled, repeated, taken back beside other editors, whole or not at all."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from istiokit.cluster.types import Where
from istiokit.errors import Conflict
from istiokit.istio.mapping import mapping_of, parse_flag
from istiokit.istio.rebinding import Operation
from istiokit.plan.actions import codec
from istiokit.plan.actions.manifests import EditManifests
from istiokit.plan.codec import encode_action
from istiokit.plan.model import State, World
from istiokit.plan.rebind import Wanted
from istiokit.plan.rebind_files import plan_files, read_manifests
from tests.fakes import FakeCluster

OLD, NEW = "istio-system/public", "istio-gateway/public-ingressgateway"
WORLD = World(FakeCluster(), print)
TEXT = "".join(
    f"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: {name}, namespace: web}}\n"
    f"spec:\n  hosts: [{name}.example.com]\n  gateways:\n  - {OLD} # old\n---\n"
    for name in ("a", "b")
)


@pytest.fixture
def action(tmp_path: Path) -> EditManifests:
    file = tmp_path / "web.yaml"
    file.write_text(TEXT)
    texts = {str(file): TEXT}
    wanted = Wanted(Operation.SWAP, mapping_of([parse_flag(f"{OLD}={NEW}")]))
    (one,) = plan_files(texts, read_manifests(texts, Where()), wanted).plan.groups[0].actions
    stored = codec().action(encode_action(one))
    assert stored == one
    assert isinstance(stored, EditManifests)
    return stored


def test_there_and_back(action: EditManifests) -> None:
    file = Path(action.file)
    assert action.state(WORLD) is State.TODO
    action.do(WORLD, dry_run=True)
    assert file.read_text() == TEXT
    action.do(WORLD)
    action.do(WORLD)
    assert (action.state(WORLD), file.read_text()) == (State.DONE, TEXT.replace(OLD, NEW))
    action.undo(WORLD)
    action.undo(WORLD)
    assert (action.state(WORLD), file.read_text()) == (State.TODO, TEXT)
    assert action.change() == "VirtualService web/a, VirtualService web/b"


def test_edits_of_others_elsewhere_stay(action: EditManifests) -> None:
    file = Path(action.file)
    file.write_text(TEXT.replace("a.example.com", "a.example.org"))
    action.do(WORLD)
    file.write_text("# mine\n" + file.read_text())
    action.undo(WORLD)
    assert file.read_text() == "# mine\n" + TEXT.replace("a.example.com", "a.example.org")


@pytest.mark.parametrize(
    "theirs",
    [
        TEXT.replace(f"- {OLD} # old\n---\na", f"- {OLD} # old\n  - team/own\n---\na"),
        TEXT.replace("name: b", "name: c"),
        TEXT.replace("gateways:", "gateway:", 1),
        TEXT.replace(OLD, NEW, 1),
        "not: [yaml",
        "",
    ],
)
def test_a_file_that_others_have_changed_there_is_left_alone(action: EditManifests, theirs: str) -> None:
    file = Path(action.file)
    file.write_text(theirs)
    assert action.state(WORLD) is State.CHANGED
    steps: list[Callable[[World], object]] = [action.do, action.undo]
    for step in steps:
        with pytest.raises(Conflict, match="was changed by somebody else"):
            step(WORLD)
    assert file.read_text() == theirs


@pytest.mark.parametrize("seconds", [0.35, 0.5, 0.6, 0.7, 0.8, 0.95])
def test_kill_9_leaves_each_file_old_or_new_and_the_same_command_goes_on(
    tmp_path: Path, seconds: float
) -> None:
    files = [tmp_path / f"apps/{number:02}.yaml" for number in range(60)]
    files[0].parent.mkdir()
    for file in files:
        file.write_text(TEXT)
    command = [
        sys.executable,
        "-m",
        "kubectl_vs_gateways",
        "swap",
        "-f",
        "apps",
        "--map",
        f"{OLD}={NEW}",
        "--yes",
    ]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
    assert {file.read_text() for file in files} <= {TEXT, TEXT.replace(OLD, NEW)}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {file.read_text() for file in files} == {TEXT.replace(OLD, NEW)}
    back = [*command[:3], "rollback", "-f", "apps", "--yes"]
    undone = subprocess.run(back, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert undone.returncode == 0, undone.stderr
    assert {file.read_text() for file in files} == {TEXT}
