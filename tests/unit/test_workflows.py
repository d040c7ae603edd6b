"""The workflows of GitHub and GitLab run targets of the Makefile, and actions that cannot be changed under them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from krew.checksums import read_checksums
from krew.files import attached
from krew.platforms import SUPPORTED
from tests.krew_release import fill

ROOT = Path(__file__).parents[2]
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in ROOT.glob(".github/workflows/*.yml")}
TEXTS = {path.name: path.read_text() for path in ROOT.glob(".github/workflows/*.yml")}
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
KEYWORDS = {"stages", "workflow", "variables", "default", "include"}
JOBS = {name: job for name, job in GITLAB.items() if name not in KEYWORDS}
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = {name for line in re.findall(r"^([a-z0-9 -]+):(?!=)", MAKEFILE, re.M) for name in line.split()}

PINNED = re.compile(
    r"uses: (?:[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./\.github/workflows/\w+\.yml( #.*)?)"
)


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each step of each GitHub job, with the job's name."""
    for workflow, content in WORKFLOWS.items():
        for job, it in content["jobs"].items():
            yield from ((f"{workflow}/{job}", step) for step in it.get("steps", ()))


def commands() -> Iterator[tuple[str, str]]:
    """Each line of shell in any job, with the job's name."""
    for job, step in steps():
        yield from ((job, line) for line in step.get("run", "").splitlines())
    for job, it in JOBS.items():
        yield from ((job, line) for part in ("before_script", "script") for line in it.get(part, ()))


def test_there_is_something_to_look_at() -> None:
    assert set(WORKFLOWS) == {"ci", "release"}
    assert {"install", "test", "e2e", "release-dry-run"} <= TARGETS
    assert len(list(steps())) > 20


@pytest.mark.parametrize("name", TEXTS)
def test_every_action_is_pinned_by_hash_and_says_its_version(name: str) -> None:
    used = [line.strip().removeprefix("- ") for line in TEXTS[name].splitlines() if "uses:" in line]
    assert used
    assert [line for line in used if not PINNED.fullmatch(line)] == []


def test_every_image_says_its_version() -> None:
    rows = [row for job in WORKFLOWS["release"]["jobs"].values() for row in rows_of(job)]
    images = {row["container"] for row in rows if row.get("container")}
    images |= {it["image"] for it in (GITLAB["default"], *JOBS.values()) if ":" in it.get("image", "")}
    assert len(images) > 3
    assert [image for image in images if not re.search(r":(v?\d+\.\d+|\$PYTHON_VERSION-)", image)] == []


def rows_of(job: dict[str, Any]) -> list[dict[str, str]]:
    """The rows of the matrix of a GitHub job; none if it has no matrix."""
    rows: list[dict[str, str]] = job.get("strategy", {}).get("matrix", {}).get("include", [])
    return rows


def test_one_action_has_one_hash() -> None:
    used = re.findall(r"uses: ([\w./-]+)@(\S+ # \S+)", "\n".join(TEXTS.values()))
    assert len({action for action, _ in used}) == len(set(used))


def test_every_target_of_make_exists() -> None:
    wanted = [
        (job, word)
        for job, line in commands()
        if (match := re.match(r"make (.*)", line))
        for word in match[1].split()
    ]
    targets = [(job, word) for job, word in wanted if "=" not in word]
    assert targets
    assert [(job, word) for job, word in targets if word not in TARGETS] == []


def test_workflows_hold_no_logic() -> None:
    """What is not a target of the Makefile brings what make needs: packages, and one line about a folder."""
    preparing = re.compile(
        r"dnf |git config --global --add safe\.directory |brew install |choco install |\$env:Path = |echo "
    )
    other = [
        line
        for _, line in commands()
        if not line.startswith(("make ", "bash .ci/run")) and not preparing.match(line)
    ]
    assert other == []


def test_both_releases_run_what_the_dry_run_does() -> None:
    recipe = re.search(r"^release-dry-run: (.*)\n((?:\t.*\n)+)", MAKEFILE, re.M)
    assert recipe is not None
    dry = set(re.findall(r"[\w-]+", recipe[1] + recipe[2])) & TARGETS
    assert {
        "archive",
        "sbom",
        "smoke",
        "wheel",
        "checksums",
        "manifests",
        "release-files",
        "release-ready",
        "glibc",
    } <= dry
    github = {
        line.split()[1] for job, line in commands() if line.startswith("make ") and job.startswith("release/")
    }
    gitlab = {line.split()[1] for job, line in commands() if line.startswith("make ") and job in JOBS}
    # The platforms state the provenance themselves.
    assert dry - {"install", "provenance"} <= github
    assert dry - {"install", "provenance"} <= gitlab


def test_each_platform_is_built_and_attested() -> None:
    jobs = WORKFLOWS["release"]["jobs"]
    for job in ("build", "attest-sbom"):
        rows = jobs[job]["strategy"]["matrix"]["include"]
        assert sorted(f"{row['os']}/{row['arch']}" for row in rows) == sorted(map(str, SUPPORTED))


def test_every_file_of_the_release_is_attested(tmp_path: Path) -> None:
    """By its checksum, or, where it is what others compare checksums with, by its path."""
    fill(tmp_path / "dist")
    given = [step.get("with", {}) for step in WORKFLOWS["release"]["jobs"]["attest"]["steps"]]
    assert [it["subject-checksums"] for it in given if "subject-checksums" in it] == ["dist/checksums.txt"]
    sums = read_checksums(tmp_path / "dist/checksums.txt")
    patterns = [pattern for it in given for pattern in it.get("subject-path", "").split()]
    by_path = {path for pattern in patterns for path in tmp_path.glob(pattern)}
    assert {path for path in attached(tmp_path / "dist", sums) if path.name not in sums} == by_path


def test_linux_is_built_where_glibc_is_as_old_as_promised() -> None:
    """AlmaLinux 8 is Red Hat 8, whose glibc is 2.28; the job itself reads it from the executables."""
    rows = WORKFLOWS["release"]["jobs"]["build"]["strategy"]["matrix"]["include"]
    images = {row["container"] for row in rows if row["os"] == "linux"} | {GITLAB["build-linux"]["image"]}
    assert images == {"almalinux:8.10"}
    build = WORKFLOWS["release"]["jobs"]["build"]["steps"]
    assert "make glibc" in [step.get("run") for step in build]
    assert "make glibc" in GITLAB["build-linux"]["script"]


def test_jobs_may_no_more_than_they_need() -> None:
    allowed = {
        ("release", "attest"): {"id-token": "write", "attestations": "write"},
        ("release", "attest-sbom"): {"id-token": "write", "attestations": "write"},
        ("release", "github"): {"contents": "write"},
        ("release", "pypi"): {"contents": "read", "id-token": "write"},
    }
    for name, workflow in WORKFLOWS.items():
        assert workflow["permissions"] == {}
        for job, it in workflow["jobs"].items():
            assert it["permissions"] == allowed.get((name, job), {"contents": "read"}), f"{name}/{job}"


def test_jobs_end_and_keep_no_credentials() -> None:
    for name, workflow in WORKFLOWS.items():
        assert "concurrency" in workflow
        wild = [
            job for job, it in workflow["jobs"].items() if "uses" not in it and "timeout-minutes" not in it
        ]
        assert wild == [], name
    checkouts = [step for _, step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_shell_gets_the_text_of_others_from_the_environment_alone() -> None:
    assert [line for job, line in commands() if "${{" in line and job not in JOBS] == []
    # make expands what it reads from the environment, so that a tag named $(...) would run; $(value TAG) does not.
    recipes = "".join(line for line in MAKEFILE.splitlines(keepends=True) if line.startswith("\t"))
    assert re.findall(r"\$[({](?:TAG|BASE_URL|HOMEPAGE)[)}]", recipes) == []
    assert not re.search(r"\$[({]TAG[)}]", MAKEFILE)


def test_nothing_is_published_before_everything_is_tested() -> None:
    jobs = WORKFLOWS["release"]["jobs"]
    assert {"ready", "test", "build", "assemble", "attest", "attest-sbom", "github"} == needed(jobs, "pypi")
    assert set(JOBS) - {"pypi", ".release", ".build"} == needed(JOBS, "pypi")


def needed(jobs: dict[str, Any], job: str) -> set[str]:
    """All jobs that JOB waits for; of GitLab's, those that are named by what they extend too."""
    it = jobs[job]
    names = it.get("needs", []) or [
        name for base in [it.get("extends")] if base for name in jobs[base].get("needs", [])
    ]
    names = [names] if isinstance(names, str) else names
    return {*names, *(further for name in names for further in needed(jobs, name))}


def test_gitlab_stages_and_needs_exist() -> None:
    for name, job in JOBS.items():
        if not name.startswith("."):
            base = JOBS.get(job.get("extends", ""), {})
            assert job.get("stage", base.get("stage")) in GITLAB["stages"], name
            assert set(job.get("needs", [])) <= set(JOBS), name


def test_gitlab_releases_from_tags_alone() -> None:
    """Whatever is not part of every change's check extends .release, whose only rule is the tag."""
    assert JOBS[".release"]["rules"] == [{"if": "$CI_COMMIT_TAG"}]
    assert JOBS[".build"]["extends"] == ".release"
    free = {name for name, job in JOBS.items() if job.get("extends") not in (".release", ".build")} - {
        ".release"
    }
    assert free == {"everything", "newer-python"}
    assert JOBS["pypi"]["id_tokens"] == {"PYPI_ID_TOKEN": {"aud": "pypi"}}
