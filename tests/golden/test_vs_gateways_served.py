"""`--served`, `why` and `can-drop`: what would answer, told of manifests."""

import json
from pathlib import Path

import pytest

from tests.golden.test_vs_gateways import vs_gateways

OLD, NEW = "istio-system/public", "istio-gateway/public-ingressgateway"


def gateway(name: str, selector: str, created: str) -> str:
    place, _, plain = name.partition("/")
    return f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: {plain}, namespace: {place}, creationTimestamp: "{created}"}}
spec:
  selector: {{{selector}}}
  servers:
    - {{port: {{number: 8080, name: http, protocol: HTTP}}, hosts: ["*.example.com"]}}
    - port: {{number: 8443, name: https, protocol: HTTPS}}
      hosts: ["*.example.com"]
      tls: {{mode: SIMPLE, credentialName: public-cert}}
"""


def route(name: str, *gateways: str) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: shop}}
spec:
  hosts: [{name}.example.com]
  gateways: [{", ".join(gateways)}]
  http: [{{route: [{{destination: {{host: {name}}}}}]}}]
"""


APP = "app: public-ingressgateway"
NEWER = gateway(NEW, f"{APP}, istio: ingressgateway", "2025-01-01T00:00:00Z")
SHADOWING = gateway(OLD, APP, "2024-01-01T00:00:00Z") + "---" + NEWER
"""The 404 trap: the old Gateway selects the new pods, and is older."""
APART = gateway(OLD, f"{APP}, operator.istio.io/component: Gw", "2024-01-01T00:00:00Z") + "---" + NEWER
ROUTES = "---".join((route("old", OLD), route("both", OLD, NEW), route("new", NEW)))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, tuple[str, ...]]:
    """The flags for both sets of manifests."""
    made = {"shadowing": SHADOWING, "apart": APART}
    for name, text in made.items():
        (tmp_path / f"{name}.yaml").write_text(f"{text}---{ROUTES}")
    return {name: ("-f", str(tmp_path / f"{name}.yaml")) for name in made}


def served(*words: str) -> dict[str, str]:
    result = vs_gateways("--served", *words, "-o", "json")
    assert result.code == 0, result
    return {item["host"].partition(".")[0]: item["served"] for item in json.loads(result.out)["items"]}


def test_what_is_referred_to_is_not_what_is_served(files: dict[str, tuple[str, ...]]) -> None:
    """facts.md, the 404 trap, measured on a real istiod and Envoy."""
    assert served(*files["apart"]) == {"old": "old", "both": "both", "new": "new"}
    trapped = served(*files["shadowing"])
    assert trapped["both"] == "both" and trapped["new"] == "neither"


def test_the_table_says_why_not(files: dict[str, tuple[str, ...]]) -> None:
    result = vs_gateways("--served", "shop/new", *files["shadowing"])
    [_, row] = result.out.splitlines()
    assert row.split()[:4] == ["shop", "new", "new.example.com", "neither"]
    assert f"8443 HTTPS: istiod skips the server of {NEW}: {OLD} is older and has the host" in row
    pair, summary = result.err.splitlines()
    assert pair.startswith(f"pair: {OLD}={NEW} (named as Big Bang names its gateways")
    assert summary == "1 host: 1 neither"


def test_why_in_sentences(files: dict[str, tuple[str, ...]]) -> None:
    result = vs_gateways("why", "new", *files["shadowing"])
    assert result.code == 0
    first, empty, host, *places = result.out.splitlines()
    assert (first, empty, host) == ("VirtualService shop/new", "", "new.example.com:")
    assert any(line.endswith(f":8080 HTTP: answers through {NEW}") for line in places)
    assert any(":8443 HTTPS: does not answer: istiod skips the server" in line for line in places)
    other = vs_gateways("why", "shop/new", "old.example.com", *files["apart"])
    assert (other.code, other.err) == (
        1,
        "error: VirtualService shop/new has no host old.example.com; it has: new.example.com\n",
    )


def test_why_is_a_no_where_nothing_serves(tmp_path: Path) -> None:
    manifest = tmp_path / "lost.yaml"
    manifest.write_text(
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: lost, namespace: shop}\n"
        "spec: {hosts: [a.example.com], gateways: [istio-system/gone], http: [{route: [{destination: {host: a}}]}]}\n"
    )
    gateways = tmp_path / "gateways.yaml"
    gateways.write_text(
        "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: other, namespace: istio-system}\n"
        "spec: {selector: {app: a}, servers: [{hosts: ['*'], port: {name: http, number: 80, protocol: HTTP}}]}\n"
    )
    done = vs_gateways("why", "shop/lost", "-f", str(manifest), "--gateways", str(gateways))
    assert "does not answer anywhere: istio-system/gone does not exist" in done.out
    assert done.code == 1


def test_whether_the_old_one_can_go(files: dict[str, tuple[str, ...]], tmp_path: Path) -> None:
    kept = vs_gateways("can-drop", OLD, *files["apart"])
    assert kept.code == 1
    assert kept.out.startswith(f"Gateway {OLD} cannot be dropped yet\n  {OLD} alone serves old.example.com\n")

    for name, gateways, code, verdict in (
        ("apart", APART, 0, "can be dropped; the order does not matter"),
        ("shadowing", SHADOWING, 1, "cannot be dropped without a gap: isolate it first"),
    ):
        path = tmp_path / f"{name}-both.yaml"
        path.write_text(f"{gateways}---{route('both', OLD, NEW)}")
        result = vs_gateways("can-drop", OLD, "-f", str(path))
        assert (result.code, result.out.splitlines()[0]) == (code, f"Gateway {OLD} {verdict}"), result


def test_states_advice_and_changes_go_by_the_same_pair(tmp_path: Path) -> None:
    """The new Gateway has another name than Big Bang's: its hosts tell the pair, in every command."""
    new = gateway("istio-gateway/other", "app: new", "2025-01-01T00:00:00Z")
    old = gateway(OLD, "app: old", "2024-01-01T00:00:00Z")
    path = tmp_path / "all.yaml"
    path.write_text(f"{old}---{new}---{route('both', OLD, 'istio-gateway/other')}---{route('old', OLD)}")
    rows = json.loads(vs_gateways("-f", str(path), "-o", "json").out)["items"]
    assert {one["name"]: one["state"] for one in rows} == {"both": "both", "old": "old-only"}
    audit = vs_gateways("--audit", "-f", str(path))
    assert f"{OLD}=istio-gateway/other" in audit.out + audit.err
    assert "public-ingressgateway" not in audit.out + audit.err
    plan = vs_gateways("add", "-f", str(path), "--dry-run")
    assert "+  gateways: [istio-system/public, istio-gateway/other]" in plan.out, plan


def test_a_slip_in_the_old_name_is_told(files: dict[str, tuple[str, ...]]) -> None:
    result = vs_gateways("add", *files["apart"], "--map", f"istio-system/pubic={NEW}", "--dry-run")
    assert "nothing is bound to istio-system/pubic, and no such Gateway was read\n" in result.err


def test_a_gateway_may_be_named_with_its_namespace_beside_it(files: dict[str, tuple[str, ...]]) -> None:
    namespace, name = OLD.split("/")
    assert vs_gateways("can-drop", name, "-n", namespace, *files["apart"]) == vs_gateways(
        "can-drop", OLD, *files["apart"]
    )


@pytest.mark.parametrize("command", ["why", "can-drop"])
def test_what_looks_at_everything_takes_no_selection(command: str) -> None:
    result = vs_gateways(command, "shop/web", "-l", "app=web")
    assert (result.code, "unrecognized arguments: -l" in result.err) == (2, True), result


def test_a_gateway_that_is_not_there(files: dict[str, tuple[str, ...]]) -> None:
    result = vs_gateways("can-drop", "istio-system/other", *files["apart"], "-o", "json")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: there is no Gateway istio-system/other in ")


def test_what_could_not_be_read_is_no_yes(files: dict[str, tuple[str, ...]], tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "both.yaml").write_text(f"{APART}---{route('both', OLD, NEW)}")
    assert vs_gateways("can-drop", OLD, "-f", str(folder)).code == 0
    (folder / "wrong.yaml").write_text(route("wrong", OLD).replace(f"[{OLD}]", OLD))
    result = vs_gateways("can-drop", OLD, "-f", str(folder))
    assert result.code == 1
    assert "not judged: VirtualService shop/wrong" in result.err
    assert result.err.endswith("some files or objects could not be judged; correct them\n")


def test_a_name_that_several_have(tmp_path: Path) -> None:
    other = route("new", NEW).replace("namespace: shop", "namespace: web")
    (tmp_path / "two.yaml").write_text(f"{APART}---{route('new', NEW)}---{other}")
    result = vs_gateways("why", "new", "-f", str(tmp_path))
    assert (result.code, result.err) == (
        2,
        "error: several VirtualServices are called new; name one of shop/new, web/new\n",
    )
