"""`kubectl vs-gateways` as a whole: manifests in, table, findings and exit code out."""

import json
import re
from pathlib import Path

import pytest
import yaml

from istiokit.cluster.files import FilesCluster
from kubectl_vs_gateways.main import APP
from tests.fakes import FakeCluster
from tests.run import Result, run

ROUTES = Path(__file__).parent / "routes"
FILES = ("-f", str(ROUTES / "routes.yaml"))
ALL = ("-f", str(ROUTES))


def vs_gateways(*argv: str, **given: object) -> Result:
    return run(*argv, app=APP, **given)  # type: ignore[arg-type]


def rows(result: Result) -> dict[str, list[str]]:
    """The cells of each row, by name."""
    lines = [re.split(r" {3,}", line) for line in result.out.splitlines()]
    return {cells[1]: cells for cells in lines}


def test_every_state_and_every_owner() -> None:
    result = vs_gateways(*ALL, "-R")
    assert result.code == 0
    found = rows(result)
    assert found.pop("NAME") == ["NAMESPACE", "NAME", "HOSTS", "GATEWAYS", "STATE", "OWNER"]
    both = "istio-system/public,istio-gateway/public-ingressgateway"
    four = "a.example.com,b.example.com,c.example.com and 1 more"
    assert found == {
        "add": ["shop", "add", four, "istio-system/public", "old-only", "Application shop"],
        "both": ["shop", "both", "both.example.com", both, "both", "HelmRelease apps/shop"],
        "narrowed": ["shop", "narrowed", "narrowed.example.com", both, "old-only", "Helm release shop/web"],
        "inside": ["web", "inside", "web", "mesh", "mesh-only", "<none>"],
        "lost": ["web", "lost", "lost.example.com", "istio-gateway/nowhere", "new-only", "<none>"],
        "new": ["web", "new", "new.example.com", "istio-gateway/public-ingressgateway", "new-only", "<none>"],
        "part": ["web", "part", "<none>", "<none>", "delegate", "<none>"],
    }
    assert result.err == (
        "7 VirtualServices: 1 delegate, 1 mesh-only, 2 old-only, 1 both, 2 new-only; "
        "60% of those on old or new gateways are bound to the new ones\n"
        "owners: 1 Application shop, 1 Helm release shop/web, 1 HelmRelease apps/shop, 4 unowned\n"
        f"next: kubectl vs-gateways add -f {ROUTES} -R --dry-run (2 not bound to the new gateways yet)\n"
    )


def test_with_all_gateways_known_a_missing_one_is_broken() -> None:
    found = rows(vs_gateways(*FILES, "--gateways", str(ROUTES / "gateways.yaml")))
    assert found["lost"][4] == "broken"
    cluster = FilesCluster([str(ROUTES / "gateways.yaml")])
    assert rows(vs_gateways(*FILES, "--gateways=cluster", cluster=cluster))["lost"][4] == "broken"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("shop/add",), {"add"}),
        (("vs/add",), {"add"}),
        (("list", "add", "web/new"), {"add", "new"}),
        (("-n", "shop"), {"add", "both", "narrowed"}),
        (("--state", "both", "--state", "delegate"), {"both", "part"}),
    ],
)
def test_which_ones(words: tuple[str, ...], names: set[str]) -> None:
    result = vs_gateways(*words, *FILES, "--no-headers")
    assert (result.code, set(rows(result))) == (0, names), result


def test_a_name_that_is_not_there() -> None:
    result = vs_gateways("shop/nobody", "add", *FILES)
    assert (result.code, result.out) == (1, "")
    line = "error: no VirtualService shop/nobody in these files; check the spelling, or name more files\n"
    assert result.err == line


def test_a_cluster_is_read_in_the_namespace_of_the_context() -> None:
    manifests = [
        one for one in yaml.safe_load_all((ROUTES / "routes.yaml").read_text()) if one["kind"] != "List"
    ]
    cluster = FakeCluster(manifests)
    cluster.namespace = "shop"
    assert vs_gateways("list", cluster=cluster).err.startswith("0 VirtualServices")
    assert vs_gateways("list", "-n", "web", cluster=cluster).err.startswith("4 VirtualServices")
    assert vs_gateways("-A", cluster=cluster).err.startswith("4 VirtualServices")


@pytest.mark.parametrize(
    "argv", [("list", "-n", "shop", "-A"), ("-n", "shop", "-A"), ("-A", "-n", "nowhere")]
)
def test_all_namespaces_overrides_one(argv: tuple[str, ...]) -> None:
    """As the help says, and as kubectl does; also in the command that comes next."""
    manifests = [
        one for one in yaml.safe_load_all((ROUTES / "routes.yaml").read_text()) if one["kind"] != "List"
    ]
    done = vs_gateways(*argv, cluster=FakeCluster(manifests))
    assert done.err.startswith("4 VirtualServices")
    assert " -n " not in done.err


def test_the_audit_says_what_is_wrong_and_where() -> None:
    result = vs_gateways("--audit", *FILES, "--gateways", str(ROUTES / "gateways.yaml"), "-o", "json")
    assert result.code == 1
    document = json.loads(result.out)
    found = {(item["code"], item["object"].split()[1], item["path"]) for item in document["items"]}
    assert found == {
        ("VSG001", "web/lost", "spec.gateways[0]"),
        ("VSG005", "shop/narrowed", "spec.http[0].match[0].gateways[0]"),
        ("VSG006", "shop/add", "spec.gateways[0]"),
        ("VSG014", "shop/narrowed", "spec.hosts[0]"),
    }
    assert document["summary"]["errors"] == 2
    assert document["summary"]["percentDone"] == 50
    assert (
        "2 errors, 2 warnings; mend VSG001, VSG005 first (kubectl vs-gateways --explain VSG001)\n"
        in result.err
    )
    assert "no Secrets were read" in result.err


def test_a_merge_request_gets_file_and_line() -> None:
    given = ("--audit", *FILES, "--gateways", str(ROUTES / "gateways.yaml"), "-o")
    log = json.loads(vs_gateways(*given, "sarif").out)
    [run_] = log["runs"]
    result = next(one for one in run_["results"] if one["ruleId"] == "VSG005")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("routes/routes.yaml")
    text = (ROUTES / "routes.yaml").read_text().splitlines()
    assert "VirtualService" in "".join(
        text[place["region"]["startLine"] - 1 : place["region"]["startLine"] + 3]
    )
    assert {one["ruleId"] for one in run_["results"]} <= {
        rule["id"] for rule in run_["tool"]["driver"]["rules"]
    }
    lines = vs_gateways(*given, "markdown").out.splitlines()
    assert lines[1] == "|---|---|---|---|---|---|" and len(lines) == 6


def test_explain_needs_no_cluster() -> None:
    result = vs_gateways("--explain", "vsg003")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("VSG003: A delegate with gateways\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-o", "sarif", *FILES), "-o sarif is for findings; add --audit"),
        (("-A", *FILES), "-A is about a cluster, and -f reads files; leave one of them out"),
        (("--gateways", "cluster"), "--gateways goes with -f; a cluster has its own; leave it out"),
        (("-f", "/nowhere.yaml"), "/nowhere.yaml: No such file or directory; check -f"),
    ],
)
def test_what_cannot_be(words: tuple[str, ...], told: str) -> None:
    result = vs_gateways(*words)
    assert (result.code, result.err) == (2, f"error: {told}\n")


def test_a_mapping_of_ones_own_decides_what_is_old_and_what_is_new(tmp_path: Path) -> None:
    text = (ROUTES / "routes.yaml").read_text().replace("istio-system/public", "edge/blue")
    (tmp_path / "r.yaml").write_text(text.replace("istio-gateway/public-ingressgateway", "edge/green"))
    files = ("-f", str(tmp_path / "r.yaml"))
    pair = ("--map", "edge/blue=edge/green")
    assert rows(vs_gateways(*files))["both"][4] == "other"
    assert rows(vs_gateways(*files, *pair))["both"][4] == "both"
    found = json.loads(vs_gateways("--audit", *files, *pair, "-o", "json").out)["items"]
    assert "VSG005" in {item["code"] for item in found}
    told = vs_gateways("--audit", *FILES).err.splitlines()
    assert told[0].startswith("pair: istio-system/public=istio-gateway/public-ingressgateway (")
