"""A user whose every request the API server writes down: what a command asks of it is counted there, not guessed."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.tools.rig import Rig

_NAME = "bench"
_USER = f"system:serviceaccount:rig-users:{_NAME}"
_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived", "ResponseStarted"],
    "rules": [{"level": "Metadata", "users": [_USER]}, {"level": "None"}],
}
_RIGHTS = {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}


@dataclass(frozen=True, slots=True)
class Request:
    """One that was answered; `path` with its query, `status` as in HTTP."""

    verb: str
    resource: str
    path: str
    status: int


class Audit:
    """The log of one rig; FOLDER is for its files, and there before the rig is."""

    def __init__(self, folder: Path) -> None:
        self._log, self._policy = folder / "audit.log", folder / "policy.json"
        self._policy.write_text(json.dumps(_POLICY))
        self._read = 0

    @property
    def flags(self) -> tuple[str, ...]:
        """What the API server has to be started with."""
        return f"--audit-policy-file={self._policy}", f"--audit-log-path={self._log}"

    def env(self, rig: Rig) -> dict[str, str]:
        """The environment of a command that acts as the user, who may do everything. Once a rig."""
        return {**rig.env, "KUBECONFIG": str(rig.kubeconfig_for(_RIGHTS, _NAME))}

    def requests(self) -> int:
        """How many requests have been answered since this was last asked, watches not counted."""
        return len(self.answered())

    def answered(self) -> list[Request]:
        """The requests that have been answered since this was last asked, watches not counted."""
        return [_request(event) for event in self._events() if event["verb"] != "watch"]

    def _events(self) -> Iterator[dict[str, Any]]:
        with self._log.open("rb") as log:
            log.seek(self._read)
            yield from _decoded(log)
            self._read = log.tell()


def _request(event: dict[str, Any]) -> Request:
    resource = event.get("objectRef", {}).get("resource", "")
    return Request(event["verb"], resource, event["requestURI"], event["responseStatus"]["code"])


def _decoded(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in lines)
