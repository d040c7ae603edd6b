"""Sidecar injection by istiod's own webhook, for any number of revisions side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from tests.tools.certs import make_ca, make_server
from tests.tools.parts.base import Part
from tests.tools.process import RigError

NAMESPACE = "istio-system"
HUB = "docker.io/istio"
PROXY = "istio-proxy"
"""The name of the sidecar's container."""

_DEFAULT = "default"
_REVISION = "istio.io/rev"
_FILES = "tls.crt", "tls.key", "ca.crt"


@dataclass(frozen=True)
class Revision:
    """One installed control plane. `name` is what istiod calls it: "default" for the one without a revision."""

    name: str
    tag: str
    revision_tags: tuple[str, ...]
    port: int
    """Where its webhook is, on loopback."""
    http_port: int
    """Where it says that it is ready."""

    @property
    def istiod(self) -> str:
        """The name of its Deployment, its Helm release, and its process among the rig's servers."""
        return f"istiod{self._suffix}"

    @property
    def webhook(self) -> str:
        """The name of its MutatingWebhookConfiguration, and of the ConfigMap that it injects by."""
        return f"istio-sidecar-injector{self._suffix}"

    @property
    def image(self) -> str:
        """The image of the sidecars that it injects."""
        return f"{HUB}/proxyv2:{self.tag}"

    @property
    def names(self) -> tuple[str, ...]:
        """All that the label istio.io/rev may say to get them."""
        return self.name, *self.revision_tags

    @property
    def _suffix(self) -> str:
        return "" if self.name == _DEFAULT else f"-{self.name}"

    def values(self) -> dict[str, Any]:
        """The values of Istio's chart for it."""
        return {
            "revision": "" if self.name == _DEFAULT else self.name,
            "revisionTags": list(self.revision_tags),
            # There is no Service that the API server could reach, but it takes a URL instead.
            "istiodRemote": {"injectionURL": f"https://127.0.0.1:{self.port}/inject"},
            # A validating webhook would refuse Istio's objects whenever its istiod is stopped.
            "global": {"hub": HUB, "tag": self.tag, "configValidation": False},
        }

    def env(self) -> dict[str, str]:
        """The environment of its istiod, which hands out no certificates and configures no proxies."""
        return {
            "POD_NAME": f"{self.istiod}-0",
            "POD_NAMESPACE": NAMESPACE,
            "CLUSTER_ID": "Kubernetes",
            "REVISION": self.name,
            "INJECTION_WEBHOOK_CONFIG_NAME": self.webhook,
            "VALIDATION_WEBHOOK_CONFIG_NAME": "",
            "ENABLE_CA_SERVER": "false",
            "PILOT_ENABLE_STATUS": "false",
        }


class Injector(Part):
    """`install` puts revisions in, each with its webhooks and an istiod behind them; at first there is none.

    A revision is Istio's own chart with a URL instead of a Service in the webhooks. The Deployment `istiod-REVISION`
    of the chart is a fake one, as all of the rig's pods; the istiod that answers runs beside the cluster.
    """

    needs: ClassVar[tuple[str, ...]] = ("istio_crds",)
    tools: ClassVar[tuple[str, ...]] = ("pilot-discovery", "istio-charts", "helm")

    def start(self, revision: str | None = None) -> None:
        """Without REVISION: makes the part ready. With it: starts its istiod again, after `stop`.

        Returns when the revision injects; RigError if it is not installed, runs already, or does not inject.
        """
        if revision is None:
            self._prepare()
        else:
            self._start(self._installed(revision))

    def install(self, revision: str, tag: str, revision_tags: Iterable[str] = ()) -> Revision:
        """Installs REVISION ("" and "default" mean the default one), which injects proxies of the version TAG.

        REVISION_TAGS are further names of it. Returns when all of them inject; RigError if that does not come, or if
        the revision is there already.
        """
        name = revision or _DEFAULT
        if name in self._revisions:
            raise RigError(f"the revision {name} is installed already")
        ports = self.rig.ports.take(), self.rig.ports.take()
        one = Revision(name, tag, tuple(revision_tags), *ports)
        self._apply(one)
        self._start(one)
        return one

    def stop(self, revision: str) -> None:
        """Ends the istiod of REVISION. Its webhooks stay, and refuse the pods that it would inject."""
        self.rig.servers.stop(self._running(revision).istiod)

    def upgrade(self, revision: str, tag: str) -> Revision:
        """Makes REVISION, which runs, another version in place. Returns when new pods get proxies of that TAG."""
        one = replace(self._running(revision), tag=tag)
        self._apply(one)
        self._wait_until_injected(one)
        return one

    def uninstall(self, revision: str) -> None:
        """Removes REVISION with its webhooks, and its istiod if that runs. Pods that were injected stay."""
        one = self._installed(revision)
        self.rig.run("helm", "uninstall", one.istiod, f"--namespace={NAMESPACE}")
        if one.istiod in self.rig.servers.running:
            self.rig.servers.stop(one.istiod)
        del self._revisions[one.name]

        # The API server forgets a webhook a moment after it is gone, and refuses pods until then.
        def is_forgotten() -> bool:
            return not any(f":{one.port}/inject" in self._answer(name) for name in one.names)

        self.rig.until(is_forgotten, f"the webhooks of {one.name} to be forgotten")

    @property
    def _folder(self) -> Path:
        return self.rig.dir / "injector"

    def _prepare(self) -> None:
        """Makes the namespace `istio-system`, and the certificate that all revisions share."""
        self._revisions: dict[str, Revision] = {}
        self._folder.mkdir(mode=0o700)
        ca = make_ca("rig-istiod-ca")
        pair = make_server(ca, "istiod", (f"istiod.{NAMESPACE}.svc",), ("127.0.0.1",))
        for name, content in zip(_FILES, (pair.cert_pem(), pair.key_pem(), ca.cert_pem()), strict=True):
            (self._folder / name).write_bytes(content)
        self.rig.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}])

    def _installed(self, revision: str) -> Revision:
        one = self._revisions.get(revision or _DEFAULT)
        if one is None:
            raise RigError(
                f"no revision {revision} is installed, only {', '.join(self._revisions) or 'none'}"
            )
        return one

    def _running(self, revision: str) -> Revision:
        one = self._installed(revision)
        if one.istiod not in self.rig.servers.running:
            raise RigError(f"{one.istiod} is stopped")
        return one

    def _apply(self, one: Revision) -> None:
        """Installs Istio's chart, or upgrades it. It carries the version, as a released one does."""
        chart = self._folder / f"istiod-{one.tag}.tgz"
        if not chart.exists():
            flags = (f"--version={one.tag}", f"--app-version={one.tag}", f"--destination={self._folder}")
            self.rig.run("helm", "package", str(self.rig.tool_dir("istio-charts") / "istiod"), *flags)
        flags = ("--install", f"--namespace={NAMESPACE}", "--values=-")
        self.rig.run("helm", "upgrade", one.istiod, str(chart), *flags, input=json.dumps(one.values()))
        self._revisions[one.name] = one

    def _start(self, one: Revision) -> None:
        if one.istiod in self.rig.servers.running:
            raise RigError(f"{one.istiod} runs already")
        addresses = (f"--httpsAddr=127.0.0.1:{one.port}", f"--httpAddr=127.0.0.1:{one.http_port}")
        unwanted = ("--grpcAddr=", "--secureGRPCAddr=", "--monitoringAddr=", "--ctrlz_port=0")
        cert, key, ca = (self._folder / name for name in _FILES)
        tls = (f"--tlsCertFile={cert}", f"--tlsKeyFile={key}", f"--caCertFile={ca}")
        program = self.rig.dir / "bin" / "pilot-discovery"
        flags = (f"--kubeconfig={self.rig.kubeconfig}", *addresses, *unwanted, *tls)
        self.rig.servers.start(one.istiod, [program, "discovery", *flags], one.env())
        self.rig.servers.wait_for_url(one.istiod, f"http://127.0.0.1:{one.http_port}/ready")
        self._wait_until_injected(one)

    def _wait_until_injected(self, one: Revision) -> None:
        """Waits for all that comes after: istiod tells the API server its CA, and reads its ConfigMap."""
        answers: dict[str, str] = {}

        def is_injected() -> bool:
            answers.update({name: self._answer(name) for name in one.names})
            return set(answers.values()) == {one.image}

        try:
            self.rig.until(is_injected, f"{one.image} in new pods", 120)
        except RigError as error:
            raise RigError(f"{error}; by {_REVISION} they get: {answers}") from error
        self.rig.kubectl("rollout", "status", f"deployment/{one.istiod}", f"--namespace={NAMESPACE}")

    def _answer(self, name: str) -> str:
        """The image of the sidecar that a pod for revision or tag NAME would get now ("" for none), or why it fails."""
        create = ("kubectl", "create", "--dry-run=server", "--output=json", "--filename=-")
        done = self.rig.run(*create, input=json.dumps(_pod(name)), check=False)
        if done.returncode != 0:
            return done.stderr.strip()
        spec = json.loads(done.stdout)["spec"]
        containers = [*spec["containers"], *spec.get("initContainers", [])]
        return "".join(one["image"] for one in containers if one["name"] == PROXY)


def _pod(name: str) -> dict[str, Any]:
    """A pod that asks for NAME by its own label, so that no namespace has to be labelled for it."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "probe-", "namespace": NAMESPACE, "labels": {_REVISION: name}},
        "spec": {"containers": [{"name": "app", "image": "app:1"}]},
    }
