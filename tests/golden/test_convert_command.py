"""`kubectl istio-migrate convert`: where the new values go, what is never shown or overwritten, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_istio_migrate.main import APP
from tests.fakes import FakeCluster
from tests.run import Result, run
from tests.tools.certs import make_ca, make_server
from tests.unit.flux_samples import condition, manifest

READY = condition("Ready", "True", "UpgradeSucceeded")
VALUES = """# ours
domain: example.com
istio:
  ingressGateways:
    public-ingressgateway:
      type: NodePort
      nodePortBase: 31000
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("values.yaml").write_text(VALUES)


def convert(
    *words: str, cluster: FakeCluster | None = None, tty: bool = False, stdin: str | None = None
) -> Result:
    done = run("convert", *words, app=APP, cluster=cluster, tty=tty, stdin=stdin)
    assert "internal error" not in done.err, done.err
    return done


def secrets(*names: str) -> dict[str, str]:
    """A sound certificate for these names, and its key."""
    made = make_server(make_ca("ca"), "gateway", names or ("*.example.com",), ())
    return {"key": made.key_pem().decode(), "cert": made.cert_pem().decode()}


def write_secrets(tls: dict[str, str]) -> str:
    text = yaml.safe_dump({"istio": {"gateways": {"public": {"tls": tls}}}})
    Path("secrets.yaml").write_text(text)
    return text


def new_gateways(text: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)["istioGateway"]["values"]["gateways"]
    return found


def test_private_keys_stay_in_the_file_that_had_them() -> None:
    tls = secrets()
    text = write_secrets(tls)
    done = convert("-f", "values.yaml", "-f", "secrets.yaml", "--in-place", "--yes")
    assert done.code == 0, done.err
    assert "PRIVATE KEY" not in done.out + done.err
    plain, secret = Path("values.yaml").read_text(), Path("secrets.yaml").read_text()
    assert plain.startswith(VALUES)
    assert secret.startswith(text)
    assert "gatewayCerts" not in new_gateways(plain)["public"]
    assert list(new_gateways(secret)) == ["public"]
    assert new_gateways(secret)["public"] == {"gatewayCerts": [{"name": "public-cert", "tls": tls}]}


def test_a_second_run_has_nothing_to_do() -> None:
    write_secrets(secrets())
    words = ("-f", "values.yaml", "-f", "secrets.yaml", "--in-place", "--yes")
    assert convert(*words).code == 0
    before = Path("values.yaml").read_bytes(), Path("secrets.yaml").read_bytes()
    again = convert(*words)
    assert (again.code, "nothing to do: the files have all of it already" in again.err) == (0, True)
    assert (Path("values.yaml").read_bytes(), Path("secrets.yaml").read_bytes()) == before


@pytest.mark.parametrize("output", ["table", "wide", "json", "yaml", "name"])
def test_private_keys_are_never_shown(output: str) -> None:
    write_secrets(secrets())
    words = ("-f", "values.yaml", "-f", "secrets.yaml", "-o", output)
    refused = convert(*words)
    assert (refused.code, refused.out) == (2, "")
    assert "--output-file FILE or --in-place, or leave them out with --certs external" in refused.err
    for more in (
        ("--output-file", "new.yaml"),
        ("--certs", "external"),
        ("--in-place", "--dry-run"),
        ("--verify",),
    ):
        done = convert(*words, *more)
        assert done.code == 0, done.err
        assert "PRIVATE KEY" not in done.out + done.err
    assert Path("new.yaml").stat().st_mode & 0o777 == 0o600


def test_nothing_is_overwritten() -> None:
    Path("new.yaml").write_text("mine")
    done = convert("-f", "values.yaml", "--output-file", "new.yaml")
    assert (done.code, Path("new.yaml").read_text()) == (2, "mine")
    assert (
        done.err.splitlines()[-1]
        == "error: new.yaml is there already, and is not overwritten; name another file"
    )


def test_the_answer_no_writes_nothing() -> None:
    done = convert("-f", "values.yaml", "--in-place", tty=True, stdin="n\n")
    assert (done.code, Path("values.yaml").read_text()) == (1, VALUES)
    assert "answered no; nothing was written" in done.err


def test_a_dry_run_writes_nothing() -> None:
    done = convert("-f", "values.yaml", "--in-place", "--dry-run")
    assert (done.code, Path("values.yaml").read_text()) == (0, VALUES)
    assert "values.yaml: 31 lines more" in done.err
    assert convert("-f", "values.yaml", "--output-file", "new.yaml", "--dry-run").code == 0
    assert not Path("new.yaml").exists()


@pytest.mark.parametrize(
    ("tls", "fault"),
    [
        (secrets("other.example.org"), "no name of the certificate covers *.example.com"),
        ({**secrets(), "key": secrets()["key"]}, "the key is not that of the certificate"),
        ({"key": "word", "cert": "word"}, "the certificate is not PEM"),
    ],
)
def test_certificates_are_checked(tls: dict[str, str], fault: str) -> None:
    write_secrets(tls)
    done = convert("-f", "values.yaml", "-f", "secrets.yaml", "--output-file", "new.yaml")
    assert done.code == 1
    assert f"certificate: istio.gateways.public.tls: {fault}" in done.err, done.err


def test_the_document_is_also_a_map_file() -> None:
    document = convert("-f", "values.yaml", "-o", "json")
    Path("map.json").write_text(document.out)
    whole = json.loads(document.out)
    assert whole["kind"] == "Conversion"
    assert whole["mapping"] == {"istio-system/public": "istio-gateway/public-ingressgateway"}
    assert set(whole["values"]) == {"istioGateway"}
    from kubectl_vs_gateways.main import APP as VS_GATEWAYS

    listed = run("policy", "--map-file", "map.json", "--engine", "kyverno", app=VS_GATEWAYS)
    assert "istio-gateway/public-ingressgateway" in listed.out, listed.err


def test_what_both_sets_mean_is_shown_and_a_difference_is_an_error() -> None:
    same = convert("-f", "values.yaml", "--verify", "--bigbang-version", "2.54.0")
    assert (same.code, same.err.splitlines()[0]) == (0, "12 same")
    assert convert("-f", "values.yaml", "--in-place", "--yes").code == 0
    written = Path("values.yaml").read_text()
    Path("values.yaml").write_text(
        written.replace("            type: NodePort", "            type: LoadBalancer")
    )
    differs = convert("-f", "values.yaml", "--verify")
    assert differs.code == 1
    rows = [line.split() for line in differs.out.splitlines() if line.endswith("differs")]
    assert rows == [["public-ingressgateway", "service", "type", "NodePort", "LoadBalancer", "differs"]]


def test_what_was_asked_for_is_no_difference() -> None:
    done = convert("-f", "values.yaml", "--verify", "--node-ports", "shift", "--load-balancer", "nlb")
    assert done.code == 0
    verdicts = {line.rpartition("   ")[2] for line in done.out.splitlines()[1:]}
    assert verdicts == {"same", "as asked"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "the old values are read with -f FILE or --from-cluster"),
        ("-f values.yaml --from-cluster", "the old values are read with -f FILE or --from-cluster"),
        ("-f values.yaml -n bigbang", "-n names a namespace of a cluster"),
        ("--from-cluster --in-place", "--in-place changes files"),
        ("-f - --in-place", "--in-place changes files"),
        ("-f values.yaml --drop-old", "--drop-old changes the files that hold the old keys"),
        ("-f values.yaml --in-place --output-file x", "not allowed with argument"),
        ("-f values.yaml --node-ports 80", "a number from 30000 to 32767"),
        ("-f values.yaml --node-ports both", "keep, shift, or a number"),
        ("-f values.yaml --bigbang-version 1.0", "Big Bang 1.0.0 is not known"),
        ("-f nowhere.yaml", "nowhere.yaml"),
    ],
)
def test_usage(words: str, told: str) -> None:
    done = convert(*words.split())
    assert done.code == 2
    assert told in done.err
    assert len(done.err.splitlines()) == 1


def test_a_file_that_sops_holds_is_never_written() -> None:
    encrypted = "istio:\n  gateways:\n    public:\n      tls:\n        key: ENC[AES256_GCM,data:x,type:str]\n"
    Path("secrets.yaml").write_text(encrypted + "sops:\n  mac: ENC[AES256_GCM,data:y,type:str]\n")
    before = Path("secrets.yaml").read_bytes()
    done = convert("-f", "values.yaml", "-f", "secrets.yaml", "--in-place", "--yes")
    assert done.code == 1
    assert Path("secrets.yaml").read_bytes() == before
    assert "sops" in done.err
    assert "istioGateway" in Path("values.yaml").read_text()


def big_bang(values: str, *more: dict[str, Any]) -> FakeCluster:
    """A cluster whose umbrella gets its values from one ConfigMap."""
    reference = {"valuesFrom": [{"kind": "ConfigMap", "name": "common", "valuesKey": "values.yaml"}]}
    holder = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "common", "namespace": "bigbang"}}
    umbrella = manifest("bigbang", READY, spec=reference)
    return FakeCluster([umbrella, {**holder, "data": {"values.yaml": values}}, *more])


def test_node_ports_of_the_cluster_are_not_given_out_again() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "other", "namespace": "shop"},
        "spec": {
            "type": "NodePort",
            "ports": [{"port": 1, "nodePort": 31500}, {"port": 2, "nodePort": 31502}],
        },
    }
    done = convert("--from-cluster", "--node-ports", "31500", cluster=big_bang(VALUES, service))
    assert done.code == 0, done.err
    public = new_gateways(done.out)["public"]
    assert isinstance(public["upstream"], dict)
    ports = [one["nodePort"] for one in public["upstream"]["service"]["ports"]]
    assert ports == [31501, 31503, 31504, 31505]


def test_a_cluster_without_big_bang() -> None:
    done = convert("--from-cluster", cluster=FakeCluster())
    assert done.code == 1
    assert done.err.startswith("error: there is no Big Bang in ")


def test_values_that_are_not_whole_are_not_converted() -> None:
    reference = {"valuesFrom": [{"kind": "Secret", "name": "gone", "valuesKey": "values.yaml"}]}
    done = convert("--from-cluster", cluster=FakeCluster([manifest("bigbang", READY, spec=reference)]))
    assert (done.code, done.out) == (3, "")
    assert "its values are not whole: " in done.err
