"""A real pod with its sidecar, as the API server has stored it, and any number of others like it."""

import json
from dataclasses import dataclass
from typing import Any

from tests.tools.rig import Rig

Object = dict[str, Any]

_APP = "stencil-app"


@dataclass(frozen=True, slots=True)
class Stencil:
    """One pod, as JSON."""

    text: str
    metadata: Object
    address: str
    """Its IP address."""

    @property
    def place(self) -> str:
        """`namespace/name`."""
        return f"{self.metadata['namespace']}/{self.metadata['name']}"

    def copy(self, place: str, deployment: int, replica: int) -> Object:
        """Such a pod of another Deployment in PLACE, wherever that is told: names, labels, environment, owners."""
        name, owner = self.metadata["name"], self.metadata["ownerReferences"][0]
        changed = {
            name: f"{owner['name']}-{replica:05}",
            _APP: f"app-{deployment}",
            self.metadata["namespace"]: place,
            self.metadata["uid"]: _uid(deployment, replica),
            owner["uid"]: _uid(deployment, 0xFFFF),
            self.address: f"10.{deployment // 250 % 250}.{deployment % 250}.{replica + 1}",
        }
        text = self.text
        for old, new in changed.items():
            text = text.replace(old, new)
        made: Object = json.loads(text)
        return made


def make(rig: Rig, revision: str) -> Stencil:
    """Have the rig make one pod with the sidecar of REVISION, in a namespace of its own."""
    place = f"stencil-{revision}"
    rig.apply([namespace(place, revision), _deployment(place)])
    rig.kubectl("rollout", "status", f"deployment/{_APP}", f"--namespace={place}")
    (pod,) = rig.get("pods", f"--namespace={place}", "--show-managed-fields")["items"]
    del pod["metadata"]["resourceVersion"]
    return Stencil(json.dumps(pod), pod["metadata"], pod["status"]["podIP"])


def _uid(deployment: int, replica: int) -> str:
    return f"{deployment:08x}-4982-4340-{replica:04x}-01838656d6d7"


def namespace(name: str, revision: str) -> Object:
    """A Namespace whose pods get the sidecar of REVISION."""
    metadata = {"name": name, "labels": {"istio.io/rev": revision}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _deployment(namespace: str) -> Object:
    labels = {"app": _APP, "app.kubernetes.io/name": _APP, "app.kubernetes.io/part-of": "shop"}
    template = {
        "metadata": {"labels": labels, "annotations": {"checksum/config": 4 * "0123456789abcdef"}},
        "spec": {"containers": [_container()], "volumes": [{"name": "tmp", "emptyDir": {}}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": _APP, "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"app": _APP}}, "template": template},
    }


def _container() -> Object:
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10}
    return {
        "name": "app",
        "image": f"registry.example.com/shop/{_APP}:1.27.3",
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": f"APP_SETTING_{number}", "value": f"value-{number}"} for number in range(6)],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "readinessProbe": probe,
        "livenessProbe": probe,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
