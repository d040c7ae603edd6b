"""External addresses for Services of type LoadBalancer."""

from __future__ import annotations

from pathlib import Path

from tests.tools.parts.base import Part
from tests.tools.process import PYTHON, SERVERS_DIR


class LoadBalancer(Part):
    """Which Service gets which address is described in `servers/loadbalancerd.py`."""

    def start(self) -> None:
        """Starts handing out addresses."""
        self._state.mkdir()
        token = self._state / "token"
        token.touch(mode=0o600)
        token.write_text(self.rig.admin_token)
        program = SERVERS_DIR / "loadbalancerd.py"
        arguments = (self.rig.server_url, self.rig.ca_file, token, self._state)
        self.rig.servers.start("loadbalancer", [*PYTHON, program, *arguments])
        ready = (self._state / "ready").exists
        self.rig.servers.wait_for("loadbalancer", ready, "the load balancer does not work")

    def withhold(self) -> None:
        """From now on no Service gets an address; those that have one keep it."""
        (self._state / "withhold").touch()

    def release(self) -> None:
        """Undoes `withhold`."""
        (self._state / "withhold").unlink(missing_ok=True)

    @property
    def _state(self) -> Path:
        return self.rig.dir / "loadbalancer"
