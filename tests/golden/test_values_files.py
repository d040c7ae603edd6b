"""Example values files, as users have them: what step 1 and step 2 make of each, byte for byte.

A folder under `values/` is a case: `in.yaml`, a `version.txt` where the Big Bang version is given, files that `in.yaml`
names, and what must come out: `step1.yaml` and `step2.yaml`, or the `error.txt` of step 1, or `blocked.txt` with
the edits that are left to the user.
"""

from pathlib import Path

import pytest

from istiokit.bigbang.documents import classify
from istiokit.bigbang.edit import EditPlan, plan_edits
from istiokit.bigbang.embedded import Address, edited
from istiokit.bigbang.layers import Layer, merge
from istiokit.bigbang.switches import Phase, Step, family_of, phase, switches, wanted
from istiokit.bigbang.versions import Release, parse_version, release
from istiokit.cluster.yamltext import Change
from istiokit.errors import UsageError
from istiokit.plan.model import State
from tests.journaled import reverted, state_of

CASES = Path(__file__).parent / "values"
ALL = sorted(case.name for case in CASES.iterdir() if case.is_dir())
GOOD = [name for name in ALL if (CASES / name / "step1.yaml").exists()]
ERRORS = [name for name in ALL if (CASES / name / "error.txt").exists()]
BLOCKED = [name for name in ALL if (CASES / name / "blocked.txt").exists()]


class Folder:
    """A case's files in memory, so that a step can follow on another."""

    def __init__(self, case: Path) -> None:
        inputs = [path for path in case.glob("*.yaml") if path.name not in ("step1.yaml", "step2.yaml")]
        self.texts = {path.name: path.read_bytes().decode() for path in inputs}
        version = case / "version.txt"
        self._version = version.read_text().strip() if version.exists() else ""

    def layers(self) -> list[Layer]:
        return classify("in.yaml", self.texts["in.yaml"], self.texts.__getitem__)

    def release(self) -> Release | None:
        return release(parse_version(self._version)) if self._version else None

    def plan(self, step: Step) -> EditPlan:
        layers = self.layers()
        return plan_edits(layers, wanted(step, family_of(merge(layers), self.release())))

    def phase(self) -> Phase:
        layers = self.layers()
        return phase(switches(layers, family_of(merge(layers), self.release())))

    def apply(self, step: Step) -> list[tuple[Address, tuple[Change, ...]]]:
        """Carry the step out, and return what a journal would keep."""
        journal = []
        for edit in self.plan(step).edits:
            assert isinstance(edit.layer.address, Address)
            address = edit.layer.address
            before = self.texts[address.path]
            self.texts[address.path] = edited(before, address, edit.changes)
            assert state_of(before, address, edit.changes) is State.TODO
            assert state_of(self.texts[address.path], address, edit.changes) is State.DONE
            journal.append((address, edit.changes))
        return journal

    def revert(self, journal: list[tuple[Address, tuple[Change, ...]]]) -> None:
        for address, changes in reversed(journal):
            self.texts[address.path] = reverted(self.texts[address.path], address, changes)


def edited_file(folder: Folder) -> bytes:
    """The one file of a case that steps change."""
    name = next((name for name in folder.texts if name != "in.yaml"), "in.yaml")
    return folder.texts[name].encode()


@pytest.mark.parametrize("name", GOOD)
def test_both_steps_change_the_switches_and_no_other_byte(name: str) -> None:
    folder = Folder(CASES / name)
    folder.apply(1)
    assert edited_file(folder) == (CASES / name / "step1.yaml").read_bytes()
    assert folder.phase() is Phase.STEP1
    folder.apply(2)
    assert edited_file(folder) == (CASES / name / "step2.yaml").read_bytes()
    assert folder.phase() is Phase.STEP2


@pytest.mark.parametrize("name", GOOD)
def test_a_step_done_twice_changes_nothing(name: str) -> None:
    folder = Folder(CASES / name)
    folder.apply(1)
    assert not folder.plan(1).edits
    assert len(folder.plan(1).already) >= 4


@pytest.mark.parametrize("name", GOOD)
def test_rollback_restores_every_byte(name: str) -> None:
    folder = Folder(CASES / name)
    before = dict(folder.texts)
    first, second = folder.apply(1), folder.apply(2)
    folder.revert(second)
    assert edited_file(folder) == (CASES / name / "step1.yaml").read_bytes()
    folder.revert(first)
    assert folder.texts == before


@pytest.mark.parametrize("name", ERRORS)
def test_bad_input_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(UsageError) as refusal:
        Folder(CASES / name).plan(1)
    assert f"{refusal.value}\n" == (CASES / name / "error.txt").read_text()


@pytest.mark.parametrize("name", BLOCKED)
def test_what_must_not_be_written_is_left_to_the_user(name: str) -> None:
    plan = Folder(CASES / name).plan(1)
    assert not plan.edits
    lines = [
        f"{one.layer.origin if one.layer else '-'}: {one.path}: {one.value}: {one.reason}\n"
        for one in plan.blocked
    ]
    assert "".join(lines) == (CASES / name / "blocked.txt").read_text()


def test_every_case_says_what_comes_out() -> None:
    assert sorted(GOOD + ERRORS + BLOCKED) == ALL
    assert len(ALL) >= 30
