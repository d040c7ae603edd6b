"""`step1`, `step2` and `rollback` on values files, as whole command lines run in this process."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.run import Result, run

CASES = Path(__file__).parent / "values"
ALL = sorted(case.name for case in CASES.iterdir() if case.is_dir())
GOOD = [name for name in ALL if (CASES / name / "step1.yaml").exists()]
ERRORS = [name for name in ALL if (CASES / name / "error.txt").exists()]
BLOCKED = [name for name in ALL if (CASES / name / "blocked.txt").exists()]
OUTAGE = (
    "When step 1 reaches the cluster, its old gateways are removed at once: nothing is served from outside until "
    "the gateways of step 2 are Ready.\n"
)
VALUES = "domain: example.com\nistio:\n  enabled: true # ours\n"
DIFF = """\
--- a/values.yaml
+++ b/values.yaml
@@ -1,3 +1,11 @@
 domain: example.com
 istio:
-  enabled: true # ours
+  enabled: false # ours
+istioOperator:
+  enabled: true
+istioCRDs:
+  enabled: true
+istiod:
+  enabled: true
+istioGateway:
+  enabled: false
"""
AFTER = "".join(f"{line[1:]}\n" for line in DIFF.splitlines()[3:] if line[0] != "-")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def values(folder: Path) -> Path:
    """values.yaml in the working folder."""
    path = folder / "values.yaml"
    path.write_text(VALUES)
    return path


def case(name: str, folder: Path) -> list[str]:
    """Lay out the input files of a case, and return the flags that go with it."""
    for path in (CASES / name).glob("*.yaml"):
        if path.name not in ("step1.yaml", "step2.yaml"):
            shutil.copyfile(path, folder / path.name)
    version = CASES / name / "version.txt"
    given = ["--bigbang-version", version.read_text().strip()] if version.exists() else []
    return ["-f", "in.yaml", *given]


def contents(folder: Path) -> dict[str, bytes]:
    """All files, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def edited(folder: Path) -> bytes:
    """The one file of a case that steps change."""
    names = [path for path in folder.glob("*.yaml") if path.name != "in.yaml"]
    return (names[0] if names else folder / "in.yaml").read_bytes()


def refused(result: Result, code: int, line: str) -> None:
    assert (result.code, result.out, result.err) == (code, "", f"error: {line}\n")


# --- the example files --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOOD)
def test_both_steps_and_the_way_back(name: str, folder: Path) -> None:
    flags = case(name, folder)
    before = contents(folder)
    for step in ("step1", "step2"):
        expected = (CASES / name / f"{step}.yaml").read_bytes()
        already = edited(folder) == expected
        first = run(step, *flags, "--yes")
        assert (first.code, edited(folder)) == (0, expected), first.err
        assert bool(first.out) is not already
        again = run(step, *flags, "--yes")
        assert (again.code, again.out, edited(folder)) == (0, "", expected)
        assert again.err == f"nothing to do: every switch of {step} is set as it should be\n"
    assert run("rollback", "-f", "in.yaml", "--yes").code == 0
    assert {path: data for path, data in contents(folder).items() if path in before} == before


@pytest.mark.parametrize("name", GOOD)
def test_a_dry_run_leaves_no_trace(name: str, folder: Path) -> None:
    flags = case(name, folder)
    before = contents(folder)
    result = run("step1", *flags, "--dry-run")
    assert (result.code, contents(folder)) == (0, before)
    assert result.err.endswith("nothing was written (--dry-run)\n")


@pytest.mark.parametrize("name", ERRORS)
def test_bad_input_is_one_line_and_writes_nothing(name: str, folder: Path) -> None:
    flags = case(name, folder)
    before = contents(folder)
    refused(run("step1", *flags, "--yes"), 2, (CASES / name / "error.txt").read_text().strip())
    assert contents(folder) == before


@pytest.mark.parametrize("name", BLOCKED)
def test_what_must_not_be_written_is_left_to_the_user(name: str, folder: Path) -> None:
    flags = case(name, folder)
    before = contents(folder)
    result = run("step1", *flags, "--yes")
    last = "error: nothing was written: a switch has to be set by hand; make the edit, then run the same command again"
    assert (result.code, result.out, result.err.splitlines()[-1]) == (1, "", last)
    assert "    enabled: " in result.err
    assert contents(folder) == before


# --- plan, question, answer ---------------------------------------------------------------------------


def test_the_diff_is_the_data_and_the_rest_is_talk(values: Path) -> None:
    result = run("step1", "-f", "values.yaml", "--yes")
    assert (result.code, result.out, values.read_text()) == (0, DIFF, AFTER)
    assert result.err == (
        f"{OUTAGE}step1 is set in values.yaml\nThe way back: kubectl istio-migrate rollback -f values.yaml\n"
    )


@pytest.mark.parametrize(("answer", "code", "text"), [("y\n", 0, AFTER), ("n\n", 1, VALUES), ("", 1, VALUES)])
def test_a_terminal_is_asked(values: Path, answer: str, code: int, text: str) -> None:
    result = run("step1", "-f", "values.yaml", tty=True, stdin=answer, env={"NO_COLOR": "1"})
    assert (result.code, result.out, values.read_text()) == (code, DIFF, text)
    assert "step1: write these switches to values.yaml? [y/N] " in result.err
    assert ("error: answered no; nothing was written\n" in result.err) is (code == 1)


def test_a_terminal_shows_the_diff_in_colour(values: Path) -> None:
    result = run("step1", "-f", "values.yaml", "--dry-run", tty=True)
    assert "\x1b[31m-  enabled: true # ours\x1b[0m\n\x1b[32m+  enabled: false # ours\x1b[0m\n" in result.out


def test_without_a_terminal_and_without_yes_nothing_is_written(values: Path, folder: Path) -> None:
    result = run("step1", "-f", "values.yaml")
    assert (result.code, result.out) == (2, DIFF)
    assert result.err == (
        f"{OUTAGE}error: step1: write these switches to values.yaml? There is no terminal to ask on; "
        "add --yes to go on without asking\n"
    )
    assert contents(folder) == {"values.yaml": VALUES.encode()}


def test_the_plan_as_a_document(values: Path) -> None:
    result = run("step1", "-f", "values.yaml", "--dry-run", "-o", "json")
    plan = json.loads(result.out)
    assert (plan["kind"], plan["summary"]["name"], plan["summary"]["actions"]) == ("Plan", "step1", 1)
    assert plan["items"][0]["target"] == str(values)
    assert plan["items"][0]["diff"] == DIFF.rstrip("\n")
    as_yaml = run("step1", "-f", "values.yaml", "--dry-run", "-o", "yaml").out
    assert as_yaml.startswith("apiVersion: istio-migrate/v1alpha1\nkind: Plan\n")
    assert run("step1", "-f", "values.yaml", "--dry-run", "-o", "name").out == f"{values}\n"


def test_a_dry_run_on_a_server_needs_a_server(values: Path) -> None:
    line = "--dry-run=server needs a server, and -f has none; use --dry-run=client"
    refused(run("step1", "-f", "values.yaml", "--dry-run=server"), 2, line)


# --- stdin --------------------------------------------------------------------------------------------


def test_stdin_goes_edited_to_stdout_and_the_diff_to_stderr(folder: Path) -> None:
    result = run("step1", "-f", "-", stdin=VALUES)
    assert (result.code, result.out) == (0, AFTER)
    assert result.err == DIFF.replace("values.yaml", "stdin") + OUTAGE
    again = run("step1", "-f", "-", stdin=result.out)
    assert (again.code, again.out) == (0, AFTER)
    assert again.err == "nothing to do: every switch of step1 is set as it should be\n"
    assert contents(folder) == {}


def test_stdin_keeps_its_line_endings() -> None:
    crlf = VALUES.replace("\n", "\r\n")
    assert run("step1", "-f", "-", stdin=crlf).out == AFTER.replace("\n", "\r\n")


def test_a_dry_run_of_stdin_shows_the_diff() -> None:
    result = run("step1", "-f", "-", "--dry-run", stdin=VALUES)
    assert (result.code, result.out) == (0, DIFF.replace("values.yaml", "stdin"))


def test_stdin_beside_a_file_is_written_last(values: Path) -> None:
    result = run("step1", "-f", "values.yaml", "-f", "-", "--yes", stdin="domain: other\n")
    assert (result.code, values.read_text()) == (0, VALUES.replace("true", "false"))
    assert result.out.startswith("domain: other\nistioOperator:\n  enabled: true\n")
    second = run("step2", "-f", "values.yaml", "-f", "-", stdin=result.out)
    assert (second.code, second.out != "") == (0, True)  # step 2 changes only what came by stdin


def test_stdin_and_a_document_do_not_both_fit_on_stdout() -> None:
    line = "-f - writes the edited text to stdout, where -o json would be too; add --dry-run to see the plan only"
    refused(run("step1", "-f", "-", "-o", "json", stdin=VALUES), 2, line)
    assert json.loads(run("step1", "-f", "-", "-o", "json", "--dry-run", stdin=VALUES).out)["items"]


def test_stdin_that_is_not_yaml_is_told_with_its_line() -> None:
    refused(
        run("step1", "-f", "-", stdin="istio:\n\tenabled: true\n"),
        2,
        "-:2:1: a tab cannot indent YAML; use spaces",
    )


# --- several files, folders ----------------------------------------------------------------------------


def test_the_last_file_that_sets_a_key_is_edited(folder: Path) -> None:
    (folder / "common.yaml").write_text(VALUES)
    (folder / "env.yaml").write_text("istio: {enabled: true}\n")
    result = run("step1", "-f", "common.yaml", "-f", "env.yaml", "--yes")
    assert (result.code, (folder / "common.yaml").read_text()) == (0, VALUES)
    assert (folder / "env.yaml").read_text().startswith("istio: {enabled: false}\n")
    assert "rollback -f common.yaml -f env.yaml" in result.err


def test_sops_that_would_win_stops_everything(values: Path, folder: Path) -> None:
    (folder / "secrets.yaml").write_text(
        "istio:\n    enabled: ENC[AES256_GCM,data:abc=]\nsops:\n    mac: ENC[AES256_GCM,data:def=]\n"
    )
    before = contents(folder)
    result = run("step1", "-f", "values.yaml", "-f", "secrets.yaml", "--yes")
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        "secrets.yaml: it is encrypted with SOPS, and its value cannot be seen. Run `sops secrets.yaml` and set:\n"
        "  istio:\n    enabled: false\n"
        "error: nothing was written: a switch has to be set by hand; make the edit, then run the same command again\n"
    )
    assert contents(folder) == before


def test_sops_that_does_not_decide_is_left_alone(values: Path, folder: Path) -> None:
    secrets = "domain: ENC[AES256_GCM,data:abc=]\nsops:\n    mac: ENC[AES256_GCM,data:def=]\n"
    (folder / "secrets.yaml").write_text(secrets)
    assert run("step1", "-f", "values.yaml", "-f", "secrets.yaml", "--yes").code == 0
    assert (values.read_text(), (folder / "secrets.yaml").read_text()) == (AFTER, secrets)


def test_a_folder_keeps_its_journal_inside(values: Path, folder: Path) -> None:
    assert run("step1", "-f", ".", "--yes").code == 0
    assert values.read_text() == AFTER
    assert (folder / ".istio-migrate" / ".gitignore").read_text() == "*\n"
    assert run("rollback", "-f", ".", "--yes").code == 0
    assert values.read_text() == VALUES


def test_two_environments_in_one_folder_do_not_share_a_way_back(folder: Path) -> None:
    dev, prod = folder / "dev.yaml", folder / "prod.yaml"
    for path in (dev, prod):
        path.write_text(VALUES)
        assert run("step1", "-f", path.name, "--yes").code == 0
    assert run("rollback", "-f", "dev.yaml", "--yes").code == 0
    assert (dev.read_text(), prod.read_text()) == (VALUES, AFTER)


# --- files as they are ---------------------------------------------------------------------------------


def test_mode_and_symbolic_link_are_kept(values: Path, folder: Path) -> None:
    values.chmod(0o640)
    link = folder / "link.yaml"
    link.symlink_to("values.yaml")
    assert run("step1", "-f", "link.yaml", "--yes").code == 0
    assert (link.is_symlink(), values.read_text(), values.stat().st_mode & 0o777) == (True, AFTER, 0o640)
    assert run("rollback", "-f", "link.yaml", "--yes").code == 0
    assert (link.is_symlink(), values.read_text(), values.stat().st_mode & 0o777) == (True, VALUES, 0o640)


def test_whichever_link_leads_to_a_file_it_has_one_journal(values: Path, folder: Path) -> None:
    (folder / "links").mkdir()
    (folder / "links" / "link.yaml").symlink_to(values)
    assert run("step1", "-f", "links/link.yaml", "--yes").code == 0
    assert run("rollback", "-f", "values.yaml", "--yes").code == 0
    assert values.read_text() == VALUES


def test_the_way_back_keeps_what_others_wrote_meanwhile(values: Path) -> None:
    assert run("step1", "-f", "values.yaml", "--yes").code == 0
    values.write_text(AFTER.replace("example.com", "other.com"))
    assert run("rollback", "-f", "values.yaml", "--yes").code == 0
    assert values.read_text() == VALUES.replace("example.com", "other.com")


def test_the_way_back_to_step_1(values: Path) -> None:
    for step in ("step1", "step2"):
        assert run(step, "-f", "values.yaml", "--yes").code == 0
    assert run("rollback", "--to", "step1", "-f", "values.yaml", "--yes").code == 0
    assert values.read_text() == AFTER


def test_a_step_that_was_interrupted_is_finished_by_itself(values: Path, folder: Path) -> None:
    assert run("step1", "-f", "values.yaml", "--yes").code == 0
    (journal,) = (folder / ".istio-migrate").glob("*.jsonl")
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    lines[0]["run"]["state"] = "running"
    kept = [line for line in lines if line.get("entry", {}).get("state") != "done"]
    journal.write_text("".join(f"{json.dumps(line)}\n" for line in kept))
    result = run("step1", "-f", "values.yaml", "--yes")
    assert (result.code, values.read_text()) == (0, AFTER)
    assert "going on with" in result.err
    assert "nothing to do" not in result.err
    assert "step1   done    1/1" in run("journal", "-f", "values.yaml").out
    assert run("rollback", "-f", "values.yaml", "--yes").code == 0
    assert values.read_text() == VALUES


def test_the_demo_ends_where_it_began(folder: Path) -> None:
    example = CASES.parents[2] / "examples" / "bigbang"
    text = (example / "values.yaml").read_bytes()
    assert text == (CASES / "example" / "in.yaml").read_bytes()
    (folder / "values.yaml").write_bytes(text)
    tool = Path(sys.executable).parent / "kubectl-istio_migrate"
    done = subprocess.run(["sh", example / "demo.sh", tool], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("values.yaml is again what it was, byte for byte.\n")
    assert (folder / "values.yaml").read_bytes() == text


# --- what cannot be used -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("gone.yaml", "gone.yaml: No such file or directory; check -f"),
        ("empty-folder", "empty-folder: there is no manifest in this folder; -R looks deeper"),
        ("binary.yaml", "binary.yaml:1: this is not text (UTF-8); check -f, or save it as UTF-8"),
        ("powershell.yaml", "powershell.yaml: this is UTF-16, not UTF-8; save it as UTF-8"),
        ("zero.yaml", "zero.yaml:1: a character that YAML does not allow; is it a text file?"),
        ("values.yaml/x", "values.yaml/x: Not a directory; check -f"),
    ],
)
def test_a_path_that_cannot_be_used_is_one_line(values: Path, folder: Path, name: str, line: str) -> None:
    (folder / "empty-folder").mkdir()
    (folder / "binary.yaml").write_bytes(b"\x89\xff\x00")
    (folder / "powershell.yaml").write_text("domain: x\n", "utf-16")
    (folder / "zero.yaml").write_bytes(b"domain: \x00\n")
    before = contents(folder)
    refused(run("step1", "-f", name, "--yes"), 2, line)
    refused(run("step1", "-f", "values.yaml", "-f", name, "--yes"), 2, line)
    assert contents(folder) == before


def test_a_write_that_fails_leaves_a_way_back_and_a_way_on(values: Path, folder: Path) -> None:
    long = folder / f"{'b' * 248}.yaml"  # too long for the temporary file beside it
    long.write_text("istioOperator: {enabled: false}\n")
    flags = ("-f", "values.yaml", "-f", long.name)
    failed = run("step1", *flags, "--yes")
    assert failed.code == 3
    assert failed.err.splitlines()[-1].startswith(f"error: {long}: File name too long; ")
    assert (values.read_text(), long.read_text()) == (
        VALUES.replace("true", "false"),
        "istioOperator: {enabled: false}\n",
    )
    assert run("step1", *flags, "--yes").code == 3
    assert run("rollback", *flags, "--yes").code == 0
    assert (values.read_text(), long.read_text()) == (VALUES, "istioOperator: {enabled: false}\n")


def test_step1_after_step2_says_that_it_goes_backwards(values: Path) -> None:
    warning = "istioGateway.enabled is on in these values and step 1 turns it off"
    assert warning not in run("step1", "-f", "values.yaml", "--yes").err
    run("step2", "-f", "values.yaml", "--yes")
    assert warning in run("step1", "-f", "values.yaml", "--dry-run").err


def test_a_damaged_journal_is_named(values: Path) -> None:
    run("step1", "-f", "values.yaml", "--yes")
    [journal] = (values.parent / ".istio-migrate").glob("*.jsonl")
    journal.write_text(journal.read_text()[:200])
    result = run("rollback", "-f", "values.yaml", "--yes")
    assert result.code == 3
    assert result.err.startswith(f"error: the journal {journal} cannot be read: ")
    assert "move it away" in result.err
