"""The first minutes on a real API server, through the real kubectl: what each plugin says without arguments."""

import os
import subprocess
import sysconfig

import pytest
import yaml

from istiokit.ui.overview import MOST
from tests.tools.rig import Rig

PLUGINS = ("istio-migrate", "vs-gateways", "recycle-injected", "policyreport-vs")
OBJECTS = """\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: public, namespace: {namespace}}}
spec: {{selector: {{app: public}}, servers: [{{port: {{number: 80, name: http, protocol: HTTP}}, hosts: ["*"]}}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: web, namespace: {namespace}}}
spec: {{hosts: [web.example.com], gateways: [gone], http: [{{route: [{{destination: {{host: web}}}}]}}]}}
"""


def kubectl(rig: Rig, *words: str) -> subprocess.CompletedProcess[str]:
    """The real kubectl, which finds the plugins of this environment on PATH."""
    path = os.pathsep.join((sysconfig.get_path("scripts"), rig.env["PATH"]))
    return subprocess.run(
        ["kubectl", *words], env={**rig.env, "PATH": path}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_says_what_it_sees(rig: Rig, namespace: str, name: str) -> None:
    rig.apply(list(yaml.safe_load_all(OBJECTS.format(namespace=namespace))))
    before = rig.get("virtualservices,gateways", f"--namespace={namespace}")
    done = kubectl(rig, name)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) <= MOST
    assert lines[0].startswith("cluster   rig (https://127.0.0.1:")
    assert lines[-1].endswith(f", kubectl {name} --help")
    step = next(line for line in lines if line.startswith("next      "))
    if name == "vs-gateways":
        assert "kubectl vs-gateways --audit -A  # " in step
        assert kubectl(rig, *step.partition("  #")[0].split()[2:]).returncode == 1, "it finds an error"
    assert rig.get("virtualservices,gateways", f"--namespace={namespace}") == before


@pytest.mark.parametrize("name", PLUGINS[:2])
def test_who_may_read_nothing_is_told_so(rig: Rig, name: str) -> None:
    done = kubectl(rig, name, "--as", "jane")
    assert (done.returncode, done.stderr) == (0, "")
    assert "not read  " in done.stdout
    assert (
        "next      cannot tell, for want of what was not read: ask for the role in docs/rbac/\n"
        in done.stdout
    )
