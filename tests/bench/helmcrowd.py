"""3,000 releases of Helm with three revisions each, of which the newest is deployed and owns one VirtualService."""

import base64
import gzip
import json
import sys
from collections.abc import Iterator
from functools import cache
from random import Random

import yaml

from tests.bench import crowd
from tests.bench.crowd import Object
from tests.bench.etcd import settle, store
from tests.bench.mutated import prepare
from tests.tools.rig import Rig

RELEASES, REVISIONS = 3_000, 3
DEPENDS = RELEASES // 2
"""How many of the VirtualServices the policy has to stay for."""

_ISTIO = "networking.istio.io/virtualservices"
_TEXT, _MANIFEST = 45_000, 38_000
"""Bytes of a chart's templates (base64 in the record), and of a manifest: with them a record has 100 kB."""
_CHARTS = 20
_LEVEL = 6
"""Helm packs at 9, which takes three times as long for the same size to within 1 %."""


def fill(rig: Rig) -> None:
    """Make all of them; half of the releases render the old Gateway alone."""
    total = RELEASES * REVISIONS
    print(f"  making {RELEASES:,} releases with {total:,} Secrets ...", file=sys.stderr, flush=True)
    prepare(rig)
    crowd.send_each(rig, "POST", _secrets())
    example = json.dumps(_virtual_service(0, [crowd.OLD]))
    rig.kubectl("create", "--field-manager=helm", "-f", "-", input=example)
    store(rig, _ISTIO, crowd.place_of(0), map(_live, range(RELEASES)))
    settle(rig, "/apis/networking.istio.io/v1/virtualservices", "/api/v1/secrets")


def _live(number: int) -> Object:
    """The policy has given it the other Gateway too."""
    found = _virtual_service(number, [crowd.OLD, crowd.NEW])
    uid = crowd.virtual_service(number)["metadata"]["uid"]
    return {**found, "metadata": {**found["metadata"], "uid": uid}}


def _virtual_service(number: int, gateways: list[str]) -> Object:
    found = crowd.virtual_service(number)
    place, _, name = crowd.place_of(number).partition("/")
    metadata = {
        "name": name,
        "namespace": place,
        "labels": {**found["metadata"]["labels"], "app.kubernetes.io/managed-by": "Helm"},
        "annotations": {"meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": place},
    }
    return {**found, "metadata": metadata, "spec": {**found["spec"], "gateways": gateways}}


def _secrets() -> Iterator[tuple[str, Object]]:
    """Path and Secret of each revision. What is superseded holds the record of another release: to read it is wrong."""
    charts = [_chart(Random(number)) for number in range(_CHARTS)]
    other = _payload(RELEASES, charts[0])
    for number in range(RELEASES):
        place, _, name = crowd.place_of(number).partition("/")
        newest = _payload(number, charts[number % _CHARTS])
        for revision in range(1, REVISIONS + 1):
            is_newest = revision == REVISIONS
            status, data = ("deployed", newest) if is_newest else ("superseded", other)
            yield f"/api/v1/namespaces/{place}/secrets", _secret(name, revision, status, data)


def _secret(name: str, revision: int, status: str, data: str) -> Object:
    labels = {"name": name, "owner": "helm", "status": status, "version": str(revision)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {
            "name": f"sh.helm.release.v1.{name}.v{revision}",
            "labels": {**labels, "modifiedAt": "1795860000"},
        },
        "data": {"release": data},
    }


def _payload(number: int, chart: tuple[Object, str]) -> str:
    """What the key `release` holds, as the API has it."""
    place, _, name = crowd.place_of(number).partition("/")
    about, manifest = chart
    moment = "2026-11-20T10:00:00.123456789Z"
    record = {
        "name": name,
        "info": {
            "first_deployed": moment,
            "last_deployed": moment,
            "deleted": "",
            "description": "Upgrade complete",
            "status": "deployed",
        },
        "chart": about,
        "config": {"replicas": 2, "password": f"secret-{number}"},
        "manifest": manifest + _rendered(number),
        "version": REVISIONS,
        "namespace": place,
    }
    packed = gzip.compress(json.dumps(record).encode(), _LEVEL)
    return base64.b64encode(base64.b64encode(packed)).decode()


def _rendered(number: int) -> str:
    """The VirtualService as the chart makes it; every second release has but the old Gateway."""
    place, _, name = crowd.place_of(number).partition("/")
    return _template(number % 2 == 1).replace("app-0", name).replace("team-0", place)


@cache
def _template(is_old: bool) -> str:
    own = _virtual_service(0, [crowd.OLD] if is_old else [crowd.NEW, crowd.OLD])
    return f"---\n# Source: app/templates/virtualservice.yaml\n{yaml.dump(own, Dumper=yaml.CSafeDumper)}"


def _chart(random: Random) -> tuple[Object, str]:
    """A chart as a record has it, and what it renders but for the VirtualService; both pack to a quarter or so."""
    text, manifest, number = _words(random, _TEXT), "", 0
    while len(manifest) < _MANIFEST:
        manifest += _config_map(random, number)
        number += 1
    template = {"name": "templates/all.yaml", "data": base64.b64encode(text.encode()).decode()}
    about = {"metadata": {"name": "app", "version": "1.0.0"}, "templates": [template], "values": {}}
    return about, manifest


def _config_map(random: Random, number: int) -> str:
    data = {f"setting-{line}": _words(random, 60) for line in range(20)}
    head = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"part-{number}"}}
    return f"---\n# Source: app/templates/part-{number}.yaml\n{yaml.safe_dump({**head, 'data': data})}"


def _words(random: Random, length: int) -> str:
    known = [f"{random.randrange(16**6):06x}" for _ in range(400)]
    return " ".join(random.choices(known, k=length // 7))
