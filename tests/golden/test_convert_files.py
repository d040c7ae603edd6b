"""`convert --in-place` on files as people keep them: keys stay where they are, all of it is written or nothing."""

import os
import threading
from pathlib import Path

import pytest
import yaml

from kubectl_istio_migrate.main import APP
from tests.golden.test_convert_command import new_gateways, secrets
from tests.run import Result, run

PLAIN = "domain: example.com\nistio:\n  gateways:\n    public:\n      hosts: ['*.example.com']\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str) -> str:
    Path(name).write_text(text)
    return text


def of_public(**tls: str) -> str:
    return yaml.safe_dump({"istio": {"gateways": {"public": {"tls": tls}}}})


def in_place(*words: str) -> Result:
    done = run(
        "convert",
        *(word for name in words if name[0] != "-" for word in ("-f", name)),
        "--in-place",
        "--yes",
        *(word for word in words if word[0] == "-"),
        app=APP,
    )
    assert "internal error" not in done.err, done.err
    assert "PRIVATE KEY" not in done.out + done.err
    return done


ENCRYPTED_WHOLE = """apiVersion: v1
kind: Secret
metadata: {name: common-bb}
stringData:
  values.yaml: ENC[AES256_GCM,data:abc,iv:x,tag:y,type:str]
sops: {mac: "ENC[AES256_GCM,data:m,iv:x,tag:y,type:str]", version: 3.9.0}
"""


@pytest.mark.parametrize("more", [(), ("--drop-old", "--bigbang-version=3.0.0")])
def test_what_nobody_can_look_into_is_named(more: tuple[str, ...]) -> None:
    text = write("values.yaml", PLAIN)
    write("secrets.enc.yaml", ENCRYPTED_WHOLE)
    done = in_place("values.yaml", "secrets.enc.yaml", *more)
    assert done.code == 1
    if more:
        assert Path("values.yaml").read_text() == text
        assert "secrets.enc.yaml" in done.err and "may hold old keys" in done.err
    else:
        assert "is encrypted as a whole: what it says was not converted" in done.err


def test_keys_do_not_move_into_another_file() -> None:
    """The file that has them cannot be written: a pipe, say, from `<(sops -d ...)`."""
    write("values.yaml", PLAIN)
    os.mkfifo("pipe")
    text = of_public(**secrets())
    threading.Thread(target=lambda: Path("pipe").write_text(text), daemon=True).start()
    done = in_place("values.yaml", "pipe")
    assert done.code == 1
    assert "istio.gateways.public.tls.key is not carried" in done.err
    assert "gatewayCerts" not in Path("values.yaml").read_text()


@pytest.mark.parametrize("names", [("a.yaml", "b.yaml"), ("b.yaml", "a.yaml")])
def test_a_key_and_its_certificate_in_two_files_stay_there(names: tuple[str, str]) -> None:
    pair = secrets()
    write("a.yaml", PLAIN + of_public(cert=pair["cert"]).replace("istio:\n  gateways:\n    public:\n", "", 1))
    write("b.yaml", of_public(key=pair["key"]))
    done = in_place(*names)
    assert done.code == 1
    assert "would have to move" in done.err
    assert "gatewayCerts" not in Path("a.yaml").read_text() + Path("b.yaml").read_text()


def test_documents_of_one_file_are_all_edited() -> None:
    inner = "".join(f"    {line}\n" for line in PLAIN.splitlines()[1:])
    tls = "".join(f"    {line}\n" for line in of_public(**secrets()).splitlines())
    release = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": "bigbang", "namespace": "bigbang"},
        "spec": {
            "values": {
                "domain": "example.com",
                "istio": {"gateways": {"public": {"hosts": ["a.example.com"]}}},
            }
        },
    }
    write(
        "all.yaml",
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: common}}\ndata:\n  values.yaml: |\n{inner}---\n"
        f"apiVersion: v1\nkind: Secret\nmetadata: {{name: common-bb}}\nstringData:\n  values.yaml: |\n{tls}---\n"
        + yaml.safe_dump(release, sort_keys=False),
    )
    done = in_place("all.yaml")
    assert done.code == 0, done.err
    _, secret, flux = yaml.safe_load_all(Path("all.yaml").read_text())
    assert "gatewayCerts" in new_gateways(secret["stringData"]["values.yaml"])["public"]
    assert flux["spec"]["values"]["istioGateway"]["values"]["gateways"]["passthrough"] == {}
    before = Path("all.yaml").read_text()
    again = in_place("all.yaml")
    assert (again.code, Path("all.yaml").read_text()) == (0, before)
    dropped = in_place("all.yaml", "--drop-old", "--bigbang-version=3.0.0")
    assert dropped.code == 0, dropped.err
    config, secret, flux = yaml.safe_load_all(Path("all.yaml").read_text())
    for values in (config["data"]["values.yaml"], secret["stringData"]["values.yaml"]):
        assert "istio" not in (yaml.safe_load(values) or {})
    assert "istio" not in flux["spec"]["values"]


def test_what_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("values.yaml", PLAIN)
    monkeypatch.setattr(os, "access", lambda *_: False)
    done = in_place("values.yaml")
    assert (done.code, Path("values.yaml").read_text()) == (1, PLAIN)
    assert "nothing was written: " in done.err
    assert "--output-file" in done.err


def test_several_files_are_written_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, secret = write("values.yaml", PLAIN), write("secrets.yaml", of_public(**secrets()))
    from istiokit.cluster import files_write
    from istiokit.errors import OperationFailed

    whole, calls = files_write.write_atomic, []

    def second_fails(path: Path, data: bytes) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise OperationFailed(f"{path}: disk full", "nothing was written")
        whole(path, data)

    monkeypatch.setattr(files_write, "write_atomic", second_fails)
    done = in_place("values.yaml", "secrets.yaml")
    assert done.code == 3
    assert (Path("values.yaml").read_text(), Path("secrets.yaml").read_text()) == (plain, secret)


def test_external_certificates_do_not_cost_the_keys() -> None:
    write("values.yaml", PLAIN)
    text = write("secrets.yaml", of_public(**secrets()))
    done = in_place(
        "values.yaml", "secrets.yaml", "--certs=external", "--drop-old", "--bigbang-version=3.0.0"
    )
    assert (done.code, Path("secrets.yaml").read_text()) == (1, text)
    assert "leaves private keys to the old values alone" in done.err


def test_a_host_whose_name_has_key_in_it_is_no_private_key() -> None:
    hosts = "istio: {gateways: {public: {hosts: [keycloak.example.com]}}}\n"
    write("values.yaml", hosts)
    done = in_place("values.yaml", "--certs=external", "--drop-old", "--bigbang-version=3.0.0")
    assert done.code == 0, done.err
    assert Path("values.yaml").read_text().startswith("istioGateway:\n")


@pytest.mark.parametrize(
    ("first", "then"), [("keep", "shift"), ("keep", "31000"), ("shift", "keep"), ("31000", "keep")]
)
def test_other_node_ports_than_those_that_are_there(first: str, then: str) -> None:
    write(
        "values.yaml",
        "istio: {ingressGateways: {public-ingressgateway: {type: NodePort, nodePortBase: 30000}}}\n",
    )
    assert in_place("values.yaml", f"--node-ports={first}").code == 0
    done = in_place("values.yaml", f"--node-ports={then}")
    assert done.code == 1
    assert "is there already, and says otherwise" in done.err


def test_a_bad_certificate_stays_bad() -> None:
    write("values.yaml", PLAIN)
    write("secrets.yaml", of_public(**{**secrets(), "key": secrets()["key"]}))
    for _ in range(2):
        done = in_place("values.yaml", "secrets.yaml")
        assert (done.code, "the key is not that of the certificate" in done.err) == (1, True)
    assert run("convert", "-f", "values.yaml", "-f", "secrets.yaml", "--verify", app=APP).code == 1


@pytest.mark.parametrize(
    "text",
    [
        "istioGateway:\n",
        "istioGateway: {values: null}\n",
        "istioGateway:\n  values:\n    gateways:\n      passthrough:\n",
    ],
)
def test_a_new_key_without_a_value_is_written(text: str) -> None:
    write("values.yaml", PLAIN + text)
    done = in_place("values.yaml")
    assert done.code == 0, done.err
    assert new_gateways(Path("values.yaml").read_text())["passthrough"] == {}


def test_a_new_key_of_another_shape_is_refused() -> None:
    write("values.yaml", PLAIN + "istioGateway: []\n")
    done = in_place("values.yaml")
    assert (done.code, done.err) == (
        2,
        "error: values.yaml:6: istioGateway has to be a mapping; correct the values\n",
    )


TWICE = """
domain: example.com
istio:
  ingressGateways: {{pub-ingressgateway: {{type: LoadBalancer}}, other-ingressgateway: {{type: LoadBalancer}}}}
  gateways:
    public: {{enabled: false}}
    zeta: {{ingressGateway: pub-ingressgateway, hosts: ["*.x.mil"], tls: {{credentialName: zcert}}}}
    alpha: {{ingressGateway: {on}, hosts: ["*.x.mil"], tls: {{credentialName: acert}}}}
"""


def test_two_servers_for_one_host_are_a_finding() -> None:
    write("values.yaml", TWICE.format(on="pub-ingressgateway"))
    done = run("convert", "-f", "values.yaml", app=APP)
    assert done.code == 1
    assert "*.x.mil is on port 8443 twice" in done.err
    write("apart.yaml", TWICE.format(on="other-ingressgateway"))
    assert run("convert", "-f", "apart.yaml", app=APP).code == 0


def test_one_gateway_on_two_workloads_is_not_in_the_mapping() -> None:
    servers = "[{hosts: [b.x.mil], port: {name: tcp, number: 9000, protocol: TCP}}]"
    over = f"  values: {{gateways: {{both: {{selector: {{istio: ingressgateway}}, servers: {servers}}}}}}}\n"
    write("values.yaml", TWICE.format(on="other-ingressgateway") + over)
    done = run("convert", "-f", "values.yaml", "-o", "json", app=APP)
    document = yaml.safe_load(done.out)
    assert "istio-system/both" not in document["mapping"]
    assert any("bind its VirtualServices to all of them by hand" in note for note in document["notes"])


def test_half_a_certificate_is_no_secret() -> None:
    write("values.yaml", PLAIN)
    write("secrets.yaml", of_public(cert="word"))
    done = in_place("values.yaml", "secrets.yaml")
    assert done.code == 1
    assert "there is no key beside it, so these values make no Secret" in done.err


def test_the_order_of_the_sources_is_told() -> None:
    write("b.yaml", PLAIN)
    write("a.yaml", "domain: other.example.com\n")
    done = run("convert", "-f", "b.yaml", "-f", "a.yaml", app=APP)
    assert "in this order, the later wins: b.yaml, a.yaml" in done.err


def test_where_the_old_keys_are_gone_there_is_nothing_to_convert() -> None:
    write("values.yaml", PLAIN)
    words = ("values.yaml", "--drop-old", "--bigbang-version=3.0.0")
    assert in_place(*words).code == 0
    before = Path("values.yaml").read_text()
    again = in_place(*words)
    assert (again.code, again.out, Path("values.yaml").read_text()) == (0, "", before)
    assert again.err.startswith("nothing to do: these values have none of istio, istioOperator, istioCore")


@pytest.mark.parametrize("switches", ["istio: {enabled: false}\nistioOperator: {enabled: false}\n", PLAIN])
def test_switches_that_are_off_are_not_dropped_where_they_would_come_on(switches: str) -> None:
    """In 2.x the old packages are on by default."""
    write("values.yaml", switches)
    done = in_place("values.yaml", "--drop-old", "--bigbang-version=2.54.0")
    assert (done.code, Path("values.yaml").read_text()) == (1, switches)
    assert "the old packages are on unless the values say otherwise" in done.err


def release(name: str, **spec: object) -> str:
    metadata = {"name": name, "namespace": name}
    return yaml.safe_dump(
        {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": metadata, "spec": spec}
    )


def holder(name: str, values: str, kind: str = "ConfigMap", key: str = "values.yaml") -> str:
    place = "data" if kind == "ConfigMap" else "stringData"
    block = "".join(f"    {line}\n" for line in values.splitlines())
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n{place}:\n  {key}: |\n{block}"


def source(name: str, **more: str) -> dict[str, str]:
    return {"kind": "ConfigMap", "name": name, **more}


def hosts(text: str) -> set[str]:
    return {host for one in new_gateways(text)["public"]["gateway"]["servers"] for host in one["hosts"]}


def documents(*parts: str) -> str:
    return write("all.yaml", "---\n".join(parts))


def show(*words: str) -> Result:
    done = run("convert", "-f", "all.yaml", *words, app=APP)
    assert "internal error" not in done.err, done.err
    return done


def test_only_what_big_bang_takes_is_its_values() -> None:
    other = "istio: {mtls: {mode: PERMISSIVE}, enabled: false}\ndomain: shop.example\n"
    documents(
        release("bigbang", valuesFrom=[source("common")]),
        holder("common", PLAIN.replace("*.example.com", "app.{{ .Values.domain }}")),
        release("shop", values={"istio": {"enabled": True}, "domain": "shop.example"}),
        holder("shop-values", other),
    )
    done = show()
    assert (done.code, hosts(done.out)) == (0, {"app.example.com"})
    assert "PERMISSIVE" not in done.out
    assert in_place("all.yaml").code == 0
    big_bang, shop = (list(yaml.safe_load_all(Path("all.yaml").read_text()))[n] for n in (1, 3))
    assert "istioGateway" in big_bang["data"]["values.yaml"]
    assert shop["data"]["values.yaml"] == other


def test_the_order_is_that_of_values_from() -> None:
    templated = PLAIN.replace("*.example.com", "app.{{ .Values.domain }}")
    documents(
        release("bigbang", valuesFrom=[source("z-first"), source("a-second")]),
        holder("a-second", templated.replace("example.com", "second.mil")),
        holder("z-first", templated.replace("example.com", "first.mil")),
    )
    done = show()
    assert hosts(done.out) == {"app.second.mil"}
    assert done.err.index("z-first") < done.err.index("a-second")


@pytest.mark.parametrize(
    "more", [{"valuesKey": "certs.yaml"}, {"targetPath": "istio.gateways.public.tls.key"}]
)
def test_values_that_are_not_read_from_files_are_named(more: dict[str, str]) -> None:
    documents(
        release("bigbang", valuesFrom=[source("common"), source("certs", **more)]), holder("common", PLAIN)
    )
    done = show()
    assert (done.code, done.out) == (2, "")
    assert "of ConfigMap certs" in done.err and "--from-cluster" in done.err


def test_several_releases_are_not_guessed_about() -> None:
    documents(*(release(name, values={"istio": {"enabled": True}}) for name in ("one", "two")))
    done = show()
    assert (done.code, "several HelmReleases have values here: one, two" in done.err) == (2, True)


def test_what_holds_for_one_environment_stays_in_its_file() -> None:
    base = write(
        "base.yaml", "domain: base.mil\nistio: {gateways: {public: {hosts: ['a.{{ .Values.domain }}']}}}\n"
    )
    write("prod.yaml", "domain: prod.mil\n")
    done = in_place("base.yaml", "prod.yaml")
    assert (done.code, Path("base.yaml").read_text()) == (0, base)
    assert hosts(Path("prod.yaml").read_text()) == {"a.prod.mil"}


def test_templates_below_tls_are_evaluated_too() -> None:
    server = "{hosts: [a.mil], port: {name: https, number: 8443, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: "
    write(
        "all.yaml",
        f"istio: {{values: {{gateways: {{public: {{servers: [{server}'{{{{ .Values.domain }}}}-c'}}}}]}}}}}}}}",
    )
    servers = new_gateways(show().out)["public"]["gateway"]["servers"]
    assert servers[-1]["tls"]["credentialName"] == "dev.bigbang.mil-c"


def spec(text: str) -> str:
    return f"istio: {{ingressGateways: {{public-ingressgateway: {{kubernetesResourceSpec: {text}}}}}}}"


def test_a_patch_of_metadata_has_its_name() -> None:
    patch = "{path: metadata.labels.cost-center, value: '42'}"
    write(
        "all.yaml",
        spec(f"{{overlays: [{{kind: Service, name: public-ingressgateway, patches: [{patch}]}}]}}"),
    )
    renderer = yaml.safe_load(show().out)["istioGateway"]["postRenderers"]["public"][0]
    made = yaml.safe_load(renderer["kustomize"]["patches"][0]["patch"])
    assert made["metadata"] == {"name": "any", "labels": {"cost-center": "42"}}


OVERLAY = "overlays: [{kind: Service, name: public-ingressgateway, patches: [{path: spec.ports, value: [{port: 9}]}]}]"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            f"{{{OVERLAY}}}",
            "a kustomize patch cannot reach into that list",
        ),
        (
            "{service: {ports: [{port: 443, targetPort: https}]}}",
            "the new chart takes a number here, and no name",
        ),
        ("{service: {selector: {app: other}}}", "the chart selects its own pods and no others"),
    ],
)
def test_what_the_new_chart_would_refuse_or_change_is_not_carried(text: str, told: str) -> None:
    write("all.yaml", spec(text))
    done = show()
    assert (done.code, told in done.err) == (1, True), done.err


def test_labels_that_the_chart_writes_itself_are_not_written_twice() -> None:
    label = "app.kubernetes.io/part-of"
    write(
        "all.yaml",
        f"istio: {{ingressGateways: {{public-ingressgateway: {{extraLabels: {{{label}: edge, team: a}}}}}}}}",
    )
    done = show()
    assert done.code == 1
    assert new_gateways(done.out)["public"]["upstream"]["labels"] == {"istio": "ingressgateway", "team": "a"}


def test_another_name_of_the_workload_is_told() -> None:
    write(
        "all.yaml",
        "istio: {ingressGateways: {edge: {}}, gateways: {edge: {ingressGateway: edge, hosts: [a.b]}}}",
    )
    assert "edge becomes edge-ingressgateway: what selects its pods by app" in show().err
