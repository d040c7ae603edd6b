"""Plans that edit values in files: where they write, what they show, and that each can be taken back."""

import base64
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from istiokit.bigbang.layers import Layer
from istiokit.bigbang.versions import Family
from istiokit.cluster.files import FilesCluster
from istiokit.errors import Conflict, UsageError
from istiokit.plan.actions import codec
from istiokit.plan.actions.text import EditText
from istiokit.plan.difference import unified
from istiokit.plan.journal import Run, begin
from istiokit.plan.model import Plan, State, World
from istiokit.plan.store_chosen import ChosenFiles
from istiokit.plan.store_files import FileStore
from istiokit.plan.valuesfiles import FilesPlan, plan_files, without_file
from istiokit.survey.files import layers_of_files, read_texts

WORLD = World(FilesCluster(()), lambda line: None)
OPERATOR = "istioOperator:\n  enabled: true\nistio:\n  enabled: true\n"
SECRET = """\
apiVersion: v1
kind: Secret
metadata:
  name: common-bb
stringData:
  values.yaml: |
    registryCredentials:
      password: hunter2
    istio:
      enabled: true
"""


def layers(*paths: Path) -> tuple[Layer, ...]:
    names = [str(path) for path in paths]
    return layers_of_files(names, read_texts(names, False, io.StringIO()))


def planned(*paths: Path) -> FilesPlan:
    return plan_files(layers(*paths), 1, Family.SPLIT)


def actions(made: FilesPlan) -> list[EditText]:
    found = [action for group in made.plan.groups for action in group.actions]
    return [action for action in found if isinstance(action, EditText)]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_the_switches_go_to_the_last_file_that_sets_them_else_to_the_last(tmp_path: Path) -> None:
    first, last = write(tmp_path, "a.yaml", OPERATOR), write(tmp_path, "b.yaml", "domain: b\n")
    changes = {Path(one.place.file).name: one.change() for one in actions(planned(first, last))}
    assert changes == {
        "a.yaml": "istio.enabled -> false",
        "b.yaml": "istioCRDs.enabled -> true, istiod.enabled -> true, istioGateway.enabled -> false",
    }


@pytest.mark.parametrize(
    "text",
    [
        OPERATOR,
        "",
        SECRET,
        SECRET.replace("Secret", "ConfigMap").replace("stringData", "data"),
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  values.yaml: "
        + base64.b64encode(OPERATOR.encode()).decode()
        + "\n",
        "kind: HelmRelease\nmetadata: {name: bigbang}\nspec:\n  values:\n    istio: {enabled: true}\n",
    ],
    ids=["values", "empty", "stringData", "ConfigMap", "base64", "HelmRelease"],
)
def test_every_kind_of_file_is_edited_and_taken_back_from_a_journal(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, "values.yaml", text)
    stored = codec().decode(codec().encode(_begun(planned(path).plan)))
    for action in stored.actions():
        assert action.state(WORLD) is State.TODO
        action.do(WORLD, dry_run=True)
        assert path.read_text() == text
        action.do(WORLD)
        assert action.state(WORLD) is State.DONE
    assert not planned(path).plan.groups
    for action in reversed(stored.actions()):
        action.undo(WORLD)
    assert path.read_text() == text


def test_an_edit_of_a_text_in_a_manifest_spares_what_others_did_around_it(tmp_path: Path) -> None:
    path = write(tmp_path, "secret.yaml", SECRET)
    (action,) = actions(planned(path))
    path.write_text(SECRET.replace("hunter2", "hunter3"))
    action.do(WORLD)
    path.write_text(path.read_text().replace("name: common-bb", "name: other-bb"))
    action.undo(WORLD)
    assert path.read_text() == SECRET.replace("hunter2", "hunter3").replace("common-bb", "other-bb")


def test_an_edit_is_refused_where_its_place_is_gone(tmp_path: Path) -> None:
    path = write(tmp_path, "secret.yaml", SECRET)
    (action,) = actions(planned(path))
    path.write_text("kind: Secret\nmetadata: {name: common-bb}\n")
    with pytest.raises(Conflict, match="no longer has stringData"):
        action.do(WORLD)


def test_of_secrets_only_the_lines_that_change_are_shown(tmp_path: Path) -> None:
    embedded = write(tmp_path, "secret.yaml", SECRET)
    plain = write(
        tmp_path, "plain.yaml", "registryCredentials:\n  password: hunter2\nistio:\n  enabled: true\n"
    )
    for path in (embedded, plain):
        made = planned(path)
        assert "hunter2" not in codec().encode(_begun(made.plan))
        assert "+  enabled: false" in actions(made)[0].diff()


@pytest.mark.parametrize(
    "line",
    [
        "istio: {enabled: true, registryPassword: hunter2}",
        'istio: {"enabled":true,"password":"hunter2, {hunter2}: hunter2"}',
        "istio: {enabled: true, url: 'https://hunter2:hunter2@host', password: x}",
        "istio: {<<: *hunter2, enabled: true, password: x}",
        "istio:\n  enabled: true  # the password: hunter2",
    ],
)
def test_of_a_line_with_a_secret_only_the_switch_is_shown(tmp_path: Path, line: str) -> None:
    text = f"x: &hunter2 {{token: hunter2}}\n{line}\n"
    (action,) = actions(planned(write(tmp_path, "plain.yaml", text)))
    assert "hunter2" not in codec().encode(_begun(planned(tmp_path / "plain.yaml").plan))
    assert re.search("^[+].*enabled.* ?false", action.diff(), re.MULTILINE), action.diff()


@given(st.text(), st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1))
def test_no_other_word_of_a_private_line_is_shown(before: str, word: str) -> None:
    known = ("istio", "enabled", "true")
    shown = unified("", f"{before} {word}", "v", 0, known).splitlines()[3:]
    assert set(re.findall(r"\w+", " ".join(shown))) <= set(known)


@pytest.mark.parametrize(
    "key", ["password", '"password" ', "registryPasswd", "api_key", "accessKey", "credential"]
)
def test_of_a_file_with_credentials_no_line_around_an_edit_is_shown(tmp_path: Path, key: str) -> None:
    path = write(tmp_path, "plain.yaml", f"istio:\n  enabled: true\n  user: me\n  {key}: hunter2\n")
    assert "me" not in actions(planned(path))[0].diff().splitlines()
    assert "hunter2" not in actions(planned(path))[0].diff()


def test_what_a_secret_generator_reads_is_a_secret(tmp_path: Path) -> None:
    write(tmp_path, "env.yaml", "comments: my word\nistio:\n  enabled: true\n")
    generator = "secretGenerator:\n- name: environment-bb\n  files: [values.yaml=env.yaml]\n"
    made = planned(write(tmp_path, "kustomization.yaml", generator))
    assert actions(made)[0].diff()
    assert "my word" not in actions(made)[0].diff()


def test_if_one_switch_is_blocked_nothing_is_planned(tmp_path: Path) -> None:
    sops = "istio:\n    enabled: ENC[AES256_GCM,data:abc=]\nsops:\n    mac: ENC[AES256_GCM,data:def=]\n"
    made = planned(write(tmp_path, "a.yaml", "domain: a\n"), write(tmp_path, "secrets.yaml", sops))
    assert not made.plan.groups
    assert [(one.path, one.value) for one in made.blocked] == [("istio.enabled", False)]
    assert "istio.enabled" in made.plan.skipped[0].reason


def test_big_bang_3_is_too_late(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Big Bang 3\.0 has no operator packages"):
        plan_files(layers(write(tmp_path, "a.yaml", "domain: a\n")), 1, Family.HELM_ONLY)


def test_the_edits_of_one_file_can_be_left_out(tmp_path: Path) -> None:
    first, last = write(tmp_path, "a.yaml", OPERATOR), write(tmp_path, "b.yaml", "domain: b\n")
    plan = planned(first, last).plan
    assert len(without_file(plan, str(last)).groups[0].actions) == 1
    assert without_file(without_file(plan, str(last)), str(first)).groups == ()


def test_a_journal_shows_the_runs_of_the_chosen_files_only(tmp_path: Path) -> None:
    dev, prod = write(tmp_path, "dev.yaml", OPERATOR), write(tmp_path, "prod.yaml", OPERATOR)
    whole = FileStore(tmp_path, codec())
    run = whole.create(_begun(planned(dev).plan))
    chosen = {name: ChosenFiles(whole, [str(tmp_path / name)]) for name in ("dev.yaml", "prod.yaml", ".")}
    assert [one.id for one in chosen["dev.yaml"].list("bigbang")] == [run.id]
    assert chosen["prod.yaml"].list("bigbang") == []
    assert [one.id for one in chosen["."].list("bigbang")] == [run.id]
    assert chosen["prod.yaml"].load(run.id) is not None
    assert prod.exists()


def test_a_kustomization_with_generators_stands_for_its_folder(tmp_path: Path) -> None:
    dev = write(tmp_path, "dev.yaml", OPERATOR)
    whole = FileStore(tmp_path, codec())
    whole.create(_begun(planned(dev).plan))
    for text, runs in (("configMapGenerator: []\n", 1), ("resources: []\n", 0)):
        path = write(tmp_path, "kustomization.yaml", text)
        assert len(ChosenFiles(whole, [str(path)]).list("bigbang")) == runs


def _begun(plan: Plan) -> Run:
    return begin(plan, who="a@b", command=["step1"], allowed=())


TEXTS = st.text("ab: \n", max_size=60)


@given(TEXTS, TEXTS, st.integers(0, 3))
def test_a_diff_is_one_that_patch_would_make_again(before: str, after: str, context: int) -> None:
    lines = unified(before, after, "values.yaml", context).splitlines()
    assert bool(lines) is (before.splitlines() != after.splitlines())
    found, at = [], 0
    old = before.splitlines()
    for line in lines[2:]:
        if line.startswith("@@"):
            start, _, length = line.split()[1][1:].partition(",")
            until = int(start) - (length != "0")
            found += old[at:until]
            at = until
        elif line[0] in " -":
            assert old[at] == line[1:]
            found += [line[1:]] if line[0] == " " else []
            at += 1
        else:
            found.append(line[1:])
    assert not lines or [*found, *old[at:]] == after.splitlines()


def test_a_diff_does_not_take_the_switch_of_one_package_for_that_of_another() -> None:
    before = "istio:\n  enabled: true\n"
    after = "istio:\n  enabled: false\nistiod:\n  enabled: true\n"
    assert unified(before, after, "v").splitlines()[3:] == [
        *(" istio:", "-  enabled: true", "+  enabled: false", "+istiod:", "+  enabled: true")
    ]
