"""A clone of the repository behind a cluster's values: which file is found, what is warned of, what is planned."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from istiokit.bigbang.facts import Facts, Source, Umbrella
from istiokit.bigbang.layers import Layer, values_layer
from istiokit.bigbang.versions import Family
from istiokit.cluster.types import Ref
from istiokit.errors import OperationFailed, UsageError
from istiokit.flux.git import GitPlace
from istiokit.ownership.model import Owner, OwnerKind, Reverts
from istiokit.plan.actions.bigbang import AwaitSwitches
from istiokit.plan.actions.text import EditText
from istiokit.plan.bigbang import plan_step
from istiokit.survey.files import file_address
from istiokit.survey.git import clone_layers

URL = "https://git.example.com/platform/environment.git"
VALUES = "istio:\n  enabled: true\n"
FLUX = Owner(
    OwnerKind.FLUX_KUSTOMIZATION, Ref("Kustomization", "environment", "bigbang"), Reverts.YES, "Flux"
)
UMBRELLA = Umbrella(Ref("HelmRelease", "bigbang", "bigbang"), "2.54.0", None)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """An empty clone of URL, on the branch main."""
    _git(tmp_path, "init", "--quiet", "--initial-branch=main")
    _git(tmp_path, "remote", "add", "origin", "git@git.example.com:platform/environment.git")
    return tmp_path.resolve()


def _git(folder: Path, *words: str) -> None:
    names = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", str(folder), *names, *words], check=True, capture_output=True)


def write(clone: Path, **texts: str) -> None:
    """Write files (`dev__values` is dev/values.yaml) and commit them."""
    for name, text in texts.items():
        path = clone / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    _git(clone, "add", ".")
    _git(clone, "commit", "--quiet", "--message", "values")


def layer(text: str, *, kind: str = "ConfigMap", name: str = "environment", folder: str = ".") -> Layer:
    """A layer of the cluster that Git owns."""
    place = GitPlace(Ref("GitRepository", "environment", "bigbang"), URL, "branch main", folder)
    source = Source(Ref(kind, name, "bigbang"), "values.yaml", FLUX, place)
    return values_layer(text, f"{source.ref} key values.yaml", blocked="Git owns it", address=source)


def generator(name: str, file: str, kind: str = "configMap", more: str = "") -> str:
    return f"{more}{kind}Generator:\n- name: {name}\n  files: [values.yaml={file}]\n"


def find(clone: Path, *layers: Layer) -> tuple[list[Layer], list[str]]:
    said: list[str] = []
    return list(clone_layers(str(clone), layers, say=said.append)), said


def files(found: list[Layer], clone: Path) -> list[str]:
    return [str(Path(file_address(one).path).relative_to(clone)) for one in found]


def test_the_file_behind_a_generator_is_found_by_name_and_suffix(clone: Path) -> None:
    write(clone, kustomization=generator("environment", "my.yaml"), my=VALUES)
    found, said = find(clone, layer(VALUES, name="environment-5h2k7g8m9t"))
    assert (files(found, clone), said) == (["my.yaml"], [])
    assert found[0].editable


def test_without_git_the_next_step_is_said(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(clone))
    with pytest.raises(OperationFailed) as error:
        find(clone, layer(VALUES))
    assert str(error.value) == (
        "git is not installed here; edit the file that Flux reads by hand, without --git-dir"
    )


def test_another_name_is_another_object(clone: Path) -> None:
    write(clone, kustomization=generator("environment", "my.yaml"), my="istio: {}\n")
    cluster = layer(VALUES, name="environment-bb")
    found, said = find(clone, cluster)
    assert found == [cluster]
    assert said == [
        f"{clone}: no file in folder . makes ConfigMap bigbang/environment-bb key values.yaml: "
        f"look for it in {URL} (branch main), folder ."
    ]


def test_the_file_of_another_key_is_not_taken_for_that_of_the_values(clone: Path) -> None:
    write(clone, kustomization=generator("environment", "my.yaml"), my=VALUES)
    cluster = layer(VALUES)
    assert isinstance(cluster.address, Source)
    cluster = replace(cluster, address=replace(cluster.address, key="extra.yaml"))
    found, said = find(clone, cluster)
    assert found == [cluster]
    assert "no file in folder . makes" in said[0]


def test_a_name_that_the_kustomization_changes_is_found_by_the_text(clone: Path) -> None:
    write(clone, kustomization=generator("environment", "my.yaml", more="namePrefix: dev-\n"), my=VALUES)
    assert files(find(clone, layer(VALUES, name="dev-environment"))[0], clone) == ["my.yaml"]


def test_an_overlay_is_followed_to_its_base(clone: Path) -> None:
    write(
        clone,
        base__kustomization=generator("common", "common.yaml"),
        base__common=VALUES,
        dev__kustomization=generator("environment", "env.yaml", more="resources: [../base]\n"),
        dev__env="domain: dev\n",
    )
    both = [layer(VALUES, name="common", folder="dev"), layer("domain: dev\n", folder="dev")]
    assert files(find(clone, *both)[0], clone) == ["base/common.yaml", "dev/env.yaml"]


def test_of_two_files_for_one_name_the_text_decides_else_the_overlay(clone: Path) -> None:
    write(
        clone,
        base__kustomization=generator("environment", "env.yaml"),
        base__env="domain: base\n",
        dev__kustomization=generator("environment", "env.yaml", more="resources: [../base]\n"),
        dev__env="domain: dev\n",
    )
    for text, expected in (("domain: base\n", "base"), ("domain: dev\n", "dev"), ("domain: old\n", "dev")):
        assert files(find(clone, layer(text, folder="dev"))[0], clone) == [f"{expected}/env.yaml"]


def test_manifests_are_found_without_a_kustomization(clone: Path) -> None:
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: environment}\ndata:\n  values.yaml: |\n"
    write(clone, dev__all=f"kind: Namespace\nmetadata: {{name: a}}\n---\n{manifest}    istio: {{}}\n")
    found, _ = find(clone, layer("istio: {}\n", folder="dev"))
    assert files(found, clone) == ["dev/all.yaml"]
    assert file_address(found[0]).document == 1


def test_values_of_a_helm_release_may_be_in_a_patch(clone: Path) -> None:
    release = "kind: HelmRelease\nmetadata: {name: bigbang}\nspec:\n  values:\n    "
    write(
        clone,
        kustomization="resources: [bigbang.yaml]\npatches: [{path: patch.yaml}]\n",
        bigbang=f"{release}istio: {{enabled: true}}\n",
        patch=f"{release}domain: dev\n",
    )
    inline = replace(layer("", kind="HelmRelease", name="bigbang"), text=None, inline=True)
    assert files(find(clone, inline)[0], clone) == ["bigbang.yaml", "patch.yaml"]


def test_an_encrypted_file_keeps_the_values_that_the_cluster_knows(clone: Path) -> None:
    sops = "istio:\n    enabled: ENC[AES256_GCM,data:a]\nsops:\n    mac: ENC[AES256_GCM,data:b]\n"
    write(clone, kustomization=generator("environment-bb", "secret.yaml", "secret"), secret=sops)
    found, _ = find(clone, layer(VALUES, kind="Secret", name="environment-bb"))
    assert found[0].encrypted
    assert found[0].values == {"istio": {"enabled": True}}


def test_a_kustomization_cannot_lead_out_of_the_clone_or_round_in_circles(clone: Path) -> None:
    more = "resources: [.., ../.., ., 'https://example.com/base']\n"
    write(clone, dev__kustomization=generator("environment", "env.yaml", more=more), dev__env=VALUES)
    assert files(find(clone, layer(VALUES, folder="dev"))[0], clone) == ["dev/env.yaml"]


def test_layers_that_git_does_not_own_stay_as_they_are(clone: Path) -> None:
    free = replace(layer(VALUES), blocked="")
    assert find(clone, free) == ([free], [])


def test_another_repository_and_another_branch_are_doubted(clone: Path) -> None:
    write(clone, kustomization=generator("environment", "my.yaml"), my=VALUES)
    _git(clone, "checkout", "--quiet", "-b", "mine")
    _git(clone, "remote", "set-url", "origin", "https://git.example.com/platform/other")
    _, said = find(clone, layer(VALUES))
    assert said == [
        f"warning: no remote of {clone} is {URL}: is this the right clone?",
        f"warning: {clone} is on branch mine, Flux reads branch main",
    ]


def test_changes_that_are_not_committed_are_told(clone: Path) -> None:
    write(clone, kustomization=generator("environment", "my.yaml"), my=VALUES)
    (clone / "my.yaml").write_text(f"domain: a\n{VALUES}")
    _, said = find(clone, layer(VALUES))
    assert said == [f"{clone}/my.yaml has changes that are not committed yet"]


def test_a_folder_that_is_no_clone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="this is no clone of a Git repository; check --git-dir"):
        find(tmp_path, layer(VALUES))
    with pytest.raises(UsageError, match="there is no such folder"):
        find(tmp_path / "gone", layer(VALUES))


def test_a_step_edits_the_clone_and_waits_for_flux(clone: Path) -> None:
    write(clone, kustomization=generator("environment", "my.yaml"), my=VALUES)
    facts = Facts(where="test", umbrella=UMBRELLA, layers=(layer(VALUES),))
    assert plan_step(facts, UMBRELLA, 1, Family.SPLIT).blocked
    made = plan_step(facts, UMBRELLA, 1, Family.SPLIT, find(clone, *facts.layers)[0])
    first, second = (group.actions[0] for group in made.plan.groups[:2])
    assert isinstance(first, EditText)
    assert first.place.file == str(clone / "my.yaml")
    assert isinstance(second, AwaitSwitches)


def test_an_edit_that_is_in_the_clone_already_is_only_waited_for(clone: Path) -> None:
    done = "".join(
        f"{package}:\n  enabled: {on}\n"
        for package, on in (
            *(("istioOperator", "true"), ("istio", "false"), ("istioCRDs", "true")),
            *(("istiod", "true"), ("istioGateway", "false")),
        )
    )
    write(clone, kustomization=generator("environment", "my.yaml"), my=done)
    facts = Facts(where="test", umbrella=UMBRELLA, layers=(layer(VALUES),))
    made = plan_step(facts, UMBRELLA, 1, Family.SPLIT, find(clone, *facts.layers)[0])
    assert isinstance(made.plan.groups[0].actions[0], AwaitSwitches)


def test_an_absent_switch_goes_to_the_last_file_that_is_not_encrypted(clone: Path) -> None:
    sops = "domain: ENC[AES256_GCM,data:a]\nsops:\n    mac: ENC[AES256_GCM,data:b]\n"
    both = generator("environment", "my.yaml") + generator("environment-bb", "secret.yaml", "secret")
    write(clone, kustomization=both, my=VALUES, secret=sops)
    layers = (layer(VALUES), layer("domain: a\n", kind="Secret", name="environment-bb"))
    facts = Facts(where="test", umbrella=UMBRELLA, layers=layers)
    made = plan_step(facts, UMBRELLA, 1, Family.SPLIT, find(clone, *layers)[0])
    assert [action.target() for action in made.plan.groups[0].actions] == [str(clone / "my.yaml")]
