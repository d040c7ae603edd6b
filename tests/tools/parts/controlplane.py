"""The bare cluster: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, and kwok for the nodes."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import ClassVar

from tests.tools.certs import write_pki
from tests.tools.kubeconfig import client_certificate, write_kubeconfig
from tests.tools.parts.base import Part
from tests.tools.stages import compose_stages

MANIFESTS = Path(__file__).parent.parent / "manifests"

# Kubernetes throttles its own controllers for the sake of large clusters; tests would only wait for it.
_UNTHROTTLED = ("--kube-api-qps=1000", "--kube-api-burst=2000")

# There is no cloud and no node network: these controllers would only fail and retry.
_CONTROLLERS = (
    "*,-node-ipam-controller,-node-route-controller,-service-lb-controller,-cloud-node-lifecycle-controller"
)


class ControlPlane(Part):
    """RBAC is on; two nodes exist; a StorageClass is the default; pods run as soon as they are scheduled.

    Except for those that ask to be late or to break: see `stages.py`.
    """

    tools: ClassVar[tuple[str, ...]] = (
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kwok",
        "kubectl",
    )

    def start(self) -> None:
        """Brings the cluster up: nodes Ready, ServiceAccounts being made."""
        rig = self.rig
        write_pki(self._pki)
        server = f"https://127.0.0.1:{rig.ports.take()}"
        admin = client_certificate(self._pki / "admin.crt", self._pki / "admin.key")
        write_kubeconfig(rig.kubeconfig, server, self._pki / "ca.crt", admin)
        rig.server_url, rig.ca_file, rig.admin_token = server, self._pki / "ca.crt", secrets.token_hex(16)
        # No wait for etcd: kube-apiserver retries its connection by itself.
        rig.etcd_url = self._start_etcd()
        self._start_apiserver()
        health = self._start_controller_manager()
        self._start_scheduler()
        self._start_kwok()
        rig.kubectl("apply", "-f", str(MANIFESTS / "nodes.yaml"))
        rig.kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s")
        rig.servers.wait_for_url("kube-controller-manager", health)
        rig.kubectl("wait", "--for=create", "-n", "default", "serviceaccount/default", "--timeout=60s")

    def restart_apiserver(self, down: float) -> None:
        """Ends kube-apiserver, and starts it again as it was after DOWN seconds; the rest has to cope."""
        self.rig.servers.stop("kube-apiserver")
        time.sleep(down)
        self._start_apiserver()

    @property
    def _pki(self) -> Path:
        return self.rig.dir / "pki"

    def _start_etcd(self) -> str:
        client, peer = (f"http://127.0.0.1:{self.rig.ports.take()}" for _ in range(2))
        self.rig.start_tool(
            "etcd",
            "--name=rig",
            f"--data-dir={self.rig.dir}/etcd",
            "--unsafe-no-fsync",  # the data need not survive this machine
            "--log-level=warn",
            "--heartbeat-interval=20",  # elects itself in 0.2 s instead of 1 s
            "--election-timeout=200",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=rig={peer}",
        )
        return client

    def _start_apiserver(self) -> None:
        tokens = self._pki / "tokens.csv"
        tokens.write_text(f'{self.rig.admin_token},admin,admin,"system:masters"\n')
        self.rig.start_tool(
            "kube-apiserver",
            f"--etcd-servers={self.rig.etcd_url}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.rig.server_url.rpartition(':')[2]}",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",  # which is what allows to advertise a loopback address
            f"--tls-cert-file={self._pki}/apiserver.crt",
            f"--tls-private-key-file={self._pki}/apiserver.key",
            f"--client-ca-file={self._pki}/ca.crt",
            f"--token-auth-file={tokens}",
            f"--cert-dir={self.rig.dir}/apiserver",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self._pki}/sa.pub",
            f"--service-account-signing-key-file={self._pki}/sa.key",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
            "--enable-priority-and-fairness=false",
            "--profiling=false",
            *self.rig.apiserver_flags,
        )
        self.rig.servers.wait_for_url("kube-apiserver", f"{self.rig.server_url}/readyz")

    def _start_controller_manager(self) -> str:
        port = self.rig.ports.take()
        self.rig.start_tool(
            "kube-controller-manager",
            *self._controller_flags(port, "controller-manager"),
            f"--service-account-private-key-file={self._pki}/sa.key",
            f"--root-ca-file={self._pki}/ca.crt",
            f"--controllers={_CONTROLLERS}",
            "--allocate-node-cidrs=false",
            "--enable-dynamic-provisioning=false",
            "--pvclaimbinder-sync-period=1s",
            "--resource-quota-sync-period=5s",
            "--concurrent-deployment-syncs=20",
            "--concurrent-namespace-syncs=20",
        )
        return f"https://127.0.0.1:{port}/healthz"

    def _start_scheduler(self) -> None:
        self.rig.start_tool("kube-scheduler", *self._controller_flags(self.rig.ports.take(), "scheduler"))

    def _controller_flags(self, port: int, cert_dir: str) -> tuple[str, ...]:
        return (
            f"--kubeconfig={self.rig.kubeconfig}",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={self.rig.dir}/{cert_dir}",
            "--authorization-always-allow-paths=*",
            "--authentication-tolerate-lookup-failure=true",
            "--profiling=false",
            *_UNTHROTTLED,
        )

    def _start_kwok(self) -> None:
        stages, port = self.rig.dir / "kwok-stages.yaml", self.rig.ports.take()
        stages.write_text(compose_stages(self.rig.tool_dir("kwok") / "stage"))
        self.rig.start_tool(
            "kwok",
            f"--kubeconfig={self.rig.kubeconfig}",
            "--manage-all-nodes",
            f"--config={stages}",
            f"--server-address=127.0.0.1:{port}",
            "--node-ip=127.0.0.1",
            f"--node-port={port}",
            "--cidr=10.244.0.0/16",
            "--node-lease-duration-seconds=40",
        )
