"""Files as code scanners name them."""

from pathlib import Path

import pytest

from kubectl_vs_gateways.repository import location, uri_of


def test_a_uri_is_relative_to_the_top_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "repo" / "apps" / "dev"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert uri_of("../a b.yaml") == (tmp_path / "repo" / "apps" / "a b.yaml").as_uri()
    assert uri_of("./web.yaml") == uri_of(str(inside / "web.yaml")) == "web.yaml"
    (tmp_path / "repo" / ".git").write_text("gitdir: elsewhere\n")
    assert uri_of("web.yaml") == "apps/dev/web.yaml"
    assert uri_of("../100% größe #1?.yaml") == "apps/100%25%20gr%C3%B6%C3%9Fe%20%231%3F.yaml"
    assert uri_of("../../a:b.yaml") == "a%3Ab.yaml"
    monkeypatch.chdir(tmp_path)
    assert uri_of("repo/x.yaml") == "x.yaml"


@pytest.mark.parametrize(
    ("place", "file", "region"),
    [
        ("a.yaml:12", "a.yaml", {"startLine": 12}),
        ("a.yaml:12:3", "a.yaml", {"startLine": 12, "startColumn": 3}),
        ("a.yaml", "a.yaml", {"startLine": 1}),
        ("a:b/c:7.yaml:2", "a%3Ab/c%3A7.yaml", {"startLine": 2}),
    ],
)
def test_a_place_has_a_region(
    place: str, file: str, region: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert location(place) == {"artifactLocation": {"uri": file}, "region": region}


def test_stdin_and_a_cluster_have_no_place() -> None:
    assert location("-:3") is location("") is None
