"""The rig's gateways are real ones: several on the same ports, and nothing of them is left behind."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.routing_objects import gateway, vs
from tests.e2e.routing_objects import http as http_server
from tests.tools.parts.envoy import Gateway
from tests.tools.rig import Rig


def test_two_gateways_answer_on_one_port_each_for_its_own_pods(fresh_rig: Callable[..., Rig]) -> None:
    rig = fresh_rig("envoy")
    assert rig.istiod.version.startswith("1.")
    east, west = (rig.envoy.gateway("door", f"{side}-gateway", {"side": side}) for side in ("east", "west"))
    for one in (east, west):
        reference = f"{one.namespace}/door"
        host = f"{one.labels['side']}.test"
        rig.apply(
            [gateway(reference, http_server(80), selector=one.labels), vs(reference, [host], [reference])]
        )
    for one, host, status in (
        (east, "east.test", 200),
        (west, "west.test", 200),
        (east, "west.test", 404),
        (west, "east.test", 404),
    ):
        rig.until(partial(_answers, one, host, status), f"{status} for {host} from {one.namespace}")
    synced = {entry["proxy"] for entry in rig.istiod.debug("syncz")}
    assert synced == {"door.east-gateway", "door.west-gateway"}
    with pytest.raises(ConnectionRefusedError, match="port 81 of east-gateway/door"):
        east.connect(81)


def test_a_killed_supervisor_takes_gateways_along() -> None:
    with Rig(parts=("envoy",)) as rig:
        rig.envoy.gateway("door", "istio-system", {}, backends={19000: "hello"})
        assert sum("gatewayd.py" in line for line in _processes_of(rig.dir)) == 2  # outside and inside
        os.kill(rig.servers.supervisor_pid, signal.SIGKILL)
        _wait_until_gone(rig.dir)


def test_a_gateway_can_be_stopped(fresh_rig: Callable[..., Rig]) -> None:
    rig = fresh_rig("envoy")
    door = rig.envoy.gateway("door", "istio-system", {}, backends={19000: "hello"})
    with door.connect(19000) as end:
        assert end.recv(100) == b"hello\n"
    rig.servers.stop(door.server)
    _wait_until_gone(rig.dir / "gw")
    with pytest.raises(OSError):
        door.connect(19000)


def _answers(one: Gateway, host: str, status: int) -> bool:
    connection = http.client.HTTPConnection(host)
    try:
        connection.sock = one.connect(80)
        connection.request("GET", "/")
        return connection.getresponse().status == status
    except OSError:
        return False  # the listener is still to come
    finally:
        connection.close()


def _wait_until_gone(folder: Path, timeout: float = 30) -> None:
    end = time.monotonic() + timeout
    while _processes_of(folder):
        assert time.monotonic() < end, _processes_of(folder)
        time.sleep(0.05)


def _processes_of(folder: Path) -> list[str]:
    """The command lines of all processes that have to do with the rig in FOLDER."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in lines if str(folder) in line]
