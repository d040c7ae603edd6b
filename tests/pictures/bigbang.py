"""A Big Bang 2.54 on the operator takes both steps in place, and the way back."""

from __future__ import annotations

import yaml

from tests.charts.values import DOMAIN, common
from tests.e2e.bigbang import install_umbrella, wait_ready
from tests.pictures.scene import YES, Scene
from tests.tools.certs import make_ca, make_server

PARTS = ("istio_crds", "flux", "loadbalancer", "charts")


def play(scene: Scene) -> None:
    """See the guide."""
    layers = {"common": _common(), "environment-bb": _certificate()}
    install_umbrella(scene.rig, layers=layers, apps=2)
    wait_ready(scene.rig)
    scene.run("status", "kubectl istio-migrate status")
    scene.run("check1", "kubectl istio-migrate check --step 1")
    scene.run("convert", "kubectl istio-migrate convert --from-cluster")
    scene.run("verify", "kubectl istio-migrate convert --from-cluster --verify")
    scene.run(
        "step1", "kubectl istio-migrate step1", keys=[YES], columns=110, pictured=True, still="Progressing"
    )
    scene.run("status1", "kubectl istio-migrate status")
    scene.run("check2", "kubectl istio-migrate check --step 2")
    scene.run("step2", "kubectl istio-migrate step2", keys=[YES])
    scene.run("status2", "kubectl istio-migrate status")
    scene.run("swap", "kubectl vs-gateways swap -A --dry-run")
    scene.run("policy", "kubectl istio-migrate policy apply --one-way --touch", keys=[YES])
    scene.run("served", "kubectl vs-gateways -A --served")
    scene.run("back", "kubectl istio-migrate rollback --dry-run")
    scene.run("rollback", "kubectl istio-migrate rollback --to step1", keys=[YES])


def _common() -> str:
    """With the values of an old gateway; Flux looks seldom, so that no release is in between when it is asked about."""
    values = yaml.safe_load(common(interval="10m"))
    values["istio"]["ingressGateways"] = {"public-ingressgateway": {"type": "LoadBalancer"}}
    public = {"ingressGateway": "public-ingressgateway", "hosts": ["*.{{ .Values.domain }}"]}
    values["istio"]["gateways"] = {"public": public}
    return str(yaml.safe_dump(values, sort_keys=False))


def _certificate() -> str:
    """A pair that fits, for the old gateway and the new one."""
    ca = make_ca("ca")
    pair = make_server(ca, f"*.{DOMAIN}", [f"*.{DOMAIN}"], [])
    tls = {"cert": pair.cert_pem().decode(), "key": pair.key_pem().decode()}
    public = {"gatewayCerts": [{"name": "public-cert", "tls": tls}]}
    values = {
        "istio": {"gateways": {"public": {"tls": tls}}},
        "istioGateway": {"values": {"gateways": {"public": public}}},
    }
    return yaml.safe_dump(values, sort_keys=False)
