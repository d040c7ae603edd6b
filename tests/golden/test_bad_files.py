"""Every way in which a file can be wrong is a finding or one clear line, and the file beside it still counts.

bad_files.txt has what is said of each. BAD_FILES_UPDATE=1 writes it anew, to be read.
"""

import json
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_vs_gateways.main import APP
from tests.golden.bad_files import BYTES, GOOD
from tests.run import Result, run

EXPECTED = Path(__file__).with_name("bad_files.txt")
MAP = ["--map", "istio-system/public=istio-gateway/public-ingressgateway"]
ABOUT_GATEWAYS = ("VSG002", "VSG006")
"""What every good VirtualService gets here: its Gateways are not among the files."""


def vs_gateways(*words: str) -> Result:
    result = run(*words, "-f", "apps", "-R", app=APP)
    assert "internal error" not in result.err and "Traceback" not in result.err, result.err
    return result


def told(place: Path, name: str) -> Iterator[str]:
    """What the commands say of one file, without what they say of the good one beside it."""
    (place / "apps/bad.yaml").write_bytes(BYTES[name])
    found = json.loads(vs_gateways("--audit", "-o", "json").out)
    for one in found["items"]:
        if one["code"] not in ABOUT_GATEWAYS:
            yield f"  {one['severity']} {one['code']} {one['object']} {one['path']}: {one['reason']}; {one['remedy']}"
    names = sorted(one["name"] for one in json.loads(vs_gateways("-o", "json").out)["items"])
    yield f"  read: {', '.join(names)}"
    added = vs_gateways("add", *MAP, "--yes")
    yield from (f"  add: {line}" for line in added.err.splitlines() if line.startswith(("skipped", "error")))
    yield f"  add: exit code {added.code}"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps/good.yaml").write_text(GOOD)
    return tmp_path


def test_what_is_said_of_each(place: Path) -> None:
    text = ""
    for name, data in BYTES.items():
        lines = [name, *told(place, name), ""]
        text += "".join(f"{line}\n" for line in lines)
        changed = (place / "apps/good.yaml").read_text()
        assert changed == GOOD.replace("public]", "public, istio-gateway/public-ingressgateway]"), lines
        for words in (
            ["--audit"],
            ["--audit", "-o", "sarif"],
            ["--audit", "-o", "markdown"],
            ["--served", *MAP],
        ):
            assert vs_gateways(*words).code in (0, 1), name
        assert vs_gateways("can-drop", "istio-system/public").code == 1, name
        assert vs_gateways("why", "shop/good").code == 0, name
        assert run("rollback", "-f", "apps", "--yes", app=APP).code == 0, name
        assert (place / "apps/good.yaml").read_text() == GOOD, name
        assert (place / "apps/bad.yaml").read_bytes() == data, name
        shutil.rmtree(place / "apps/.istio-migrate")  # of so many runs in a second two might get the same id
    if os.environ.get("BAD_FILES_UPDATE"):
        EXPECTED.write_text(text)
    assert text == EXPECTED.read_text()


def said(*words: str) -> list[str]:
    result = vs_gateways(*words)
    return [line for line in result.err.splitlines() if line.startswith(("left out", "skipped", "error"))]


@pytest.fixture
def unprivileged(place: Path) -> Iterator[None]:
    """Root may read everything: then it is somebody else who runs the test."""
    if os.geteuid() != 0:
        yield
        return
    for words in ([], ["--audit"], ["add", *MAP, "--dry-run"]):
        vs_gateways(*words)  # imports what somebody else may not read
    for folder in (place, *place.parents):
        if folder.is_relative_to(tempfile.gettempdir()) and folder != Path(tempfile.gettempdir()):
            folder.chmod(0o755)
    (place / "apps").chmod(0o777)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.usefixtures("unprivileged")
def test_what_may_not_be_read_is_told(place: Path) -> None:
    folder, file = place / "apps/closed", place / "apps/secret.yaml"
    folder.mkdir()
    (folder / "a.yaml").write_text(GOOD)
    file.write_text(GOOD)
    listable = place / "apps/listable"
    listable.mkdir()
    (listable / "b.yaml").write_text(GOOD)
    folder.chmod(0)
    file.chmod(0)
    listable.chmod(0o444)
    lines = [
        "apps/closed: Permission denied; check -f",
        "apps/listable/b.yaml: Permission denied; check -f",
        "apps/secret.yaml: Permission denied; check -f",
    ]
    try:
        assert said() == [f"left out: {line}" for line in lines]
        assert said("add", *MAP, "--dry-run") == [f"skipped: {line}" for line in lines]
        codes = [one["code"] for one in json.loads(vs_gateways("--audit", "-o", "json").out)["items"]]
        assert codes.count("VSG011") == 3
        named = run("-f", "apps/closed", app=APP)
        assert (named.code, named.err) == (2, "error: apps/closed: Permission denied; check -f\n")
    finally:
        folder.chmod(0o700)
        listable.chmod(0o700)


def test_links_pipes_and_folders_with_the_names_of_files(place: Path) -> None:
    apps, other = place / "apps", place / "other"
    other.mkdir()
    (other / "b.yaml").write_text(GOOD.replace("good", "other"))
    (apps / "loop.yaml").symlink_to("loop.yaml")
    (apps / "dangling.yaml").symlink_to("nowhere.yaml")
    (apps / "self").symlink_to(".")
    (apps / "other").symlink_to(other)
    (apps / "linked.yaml").symlink_to(other / "b.yaml")
    (apps / "folder.yaml").mkdir()
    (apps / "folder.yaml" / "in.yaml").write_text(GOOD.replace("good", "in"))
    os.mkfifo(apps / "pipe.yaml")
    lines = [
        "apps/other: a link to a folder, which is not followed; name it with -f as well",
        "apps/dangling.yaml: a link that leads nowhere; take it out, or put a manifest there",
        "apps/loop.yaml: a link that leads nowhere; take it out, or put a manifest there",
        "apps/pipe.yaml: no regular file; take it out, or put a manifest there",
    ]
    assert said() == [f"left out: {line}" for line in lines]
    assert said("swap", *MAP, "--dry-run") == [f"skipped: {line}" for line in lines]
    names = sorted(one["name"] for one in json.loads(vs_gateways("-o", "json").out)["items"])
    assert names == ["good", "in", "other"]
    (apps / "kustomization.yaml").write_text("patches: [{path: loop.yaml}, {path: one/x.yaml}]\n")
    (apps / "one").symlink_to("two")
    (apps / "two").symlink_to("one")
    assert vs_gateways("swap", *MAP, "--yes").code == 1
    back = run("rollback", "-f", "apps", "--yes", app=APP)
    assert (back.code, (apps / "good.yaml").read_text()) == (0, GOOD), back.err


def test_a_pipe_is_read_once_and_not_edited(place: Path) -> None:
    pipe = place / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(GOOD))
    writer.start()
    shown = run("-f", "pipe", "-o", "name", app=APP)
    writer.join()
    assert (shown.code, shown.out) == (0, "virtualservice.networking.istio.io/good\n")
    refused = run("add", "-f", "pipe", *MAP, "--yes", app=APP)
    assert (refused.code, "skipped: pipe: no regular file; give it by stdin, as -f -" in refused.err) == (
        1,
        True,
    )


def test_a_file_that_vanishes_while_others_are_read_is_told(place: Path) -> None:
    pipe, gone = place / "pipe", place / "apps/gone.yaml"
    os.mkfifo(pipe)
    gone.write_text(GOOD.replace("good", "gone"))

    def write() -> None:
        with pipe.open("w") as stream:  # opens when the command reads it, and then all names are known
            gone.unlink()
            stream.write(GOOD.replace("good", "piped"))

    writer = threading.Thread(target=write)
    writer.start()
    shown = run("-f", "pipe", "-f", "apps", "-o", "name", app=APP)
    writer.join()
    assert (shown.code, len(shown.out.splitlines())) == (0, 2)
    assert "left out: apps/gone.yaml: No such file or directory; check -f\n" in shown.err


def test_what_comes_by_stdin_is_read_once_whatever_is_asked(place: Path) -> None:
    text = (
        GOOD.replace("namespace: shop", "namespace: shop, labels: {app: a}")
        + "---\n"
        + GOOD.replace("good", "b")
    )
    result = run("--audit", "-f", "-", "-l", "app=a", "-o", "json", app=APP, stdin=text)
    assert {one["object"] for one in json.loads(result.out)["items"]} == {"VirtualService shop/good"}
