"""Starts, watches and stops the servers of one rig, through a supervisor process that outlives nobody."""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

SERVERS_DIR = Path(__file__).parent / "servers"

# For the programs in there: the standard library alone, and no coverage measurement of their own.
PYTHON = (sys.executable, "-I", "-S")

_LOG_TAIL_LINES = 25


class RigError(Exception):
    """The rig could not do what was asked; the message says why."""


@dataclass(frozen=True)
class Server:
    """One running server. `started` is the kernel's start time: with it a PID names one process for ever."""

    name: str
    pid: int
    started: int
    log: Path


class Servers:
    """The servers of one rig. They end when this object is closed or this process ends, however it ends."""

    def __init__(self, folder: Path, env: Mapping[str, str], keep_open: Sequence[int] = ()) -> None:
        """Starts the supervisor, which removes FOLDER at the end and holds the files KEEP_OPEN until then."""
        self._env = dict(env)
        self._lock = threading.Lock()
        self._logs = folder / "logs"
        self._logs.mkdir()
        # Its stderr must not be ours: who reads that to its end would wait for a detached rig.
        with (self._logs / "supervisor.log").open("wb") as log:
            self._supervisor = subprocess.Popen(
                [*PYTHON, str(SERVERS_DIR / "supervisor.py"), str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=keep_open,
                start_new_session=True,
            )
        self.running: dict[str, Server] = {}

    @property
    def supervisor_pid(self) -> int:
        """The process whose end ends all servers."""
        return self._supervisor.pid

    def start(self, name: str, argv: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Server:
        """Starts a server under NAME; its log is the rig's `logs/NAME.log`. ENV adds to the rig's own."""
        log = self._logs / f"{name}.log"
        answer = self._ask(
            do="start",
            name=name,
            argv=[str(word) for word in argv],
            env={**self._env, **(env or {})},
            log=str(log),
        )
        server = Server(name, answer["pid"], start_time(answer["pid"]) or 0, log)
        self.running[name] = server
        return server

    def stop(self, name: str) -> None:
        """Kills one server and waits for its end."""
        self._ask(do="stop", name=name)
        del self.running[name]

    def wait_for_url(self, name: str, url: str, timeout: float = 120) -> None:
        """Waits (seconds) until URL answers 200; RigError with the log's tail if that cannot come."""
        self.wait_for(name, lambda: _answers(url), f"{url} does not answer", timeout)

    def wait_for(
        self, name: str, condition: Callable[[], bool], complaint: str, timeout: float = 120
    ) -> None:
        """Waits (seconds) until CONDITION is true, as long as the server NAME lives."""
        end = time.monotonic() + timeout
        while not condition():
            exit_code = self._ask(do="exit_code", name=name)["exit_code"]
            if exit_code is not None:
                raise RigError(f"{name} exited with {exit_code}:\n{self.log_tail(name)}")
            if time.monotonic() > end:
                raise RigError(f"{complaint} after {timeout:.0f} s; {name} says:\n{self.log_tail(name)}")
            time.sleep(0.03)

    def log_tail(self, name: str) -> str:
        """The last lines of a server's log."""
        text = self.running[name].log.read_text(errors="replace")
        return "\n".join(line[:400] for line in text.splitlines()[-_LOG_TAIL_LINES:])

    def detach(self) -> None:
        """Lets the servers live on after this process; only a signal to the supervisor ends them then."""
        self._ask(do="detach")

    def close(self) -> None:
        """Ends all servers and waits until they are gone."""
        with contextlib.suppress(BrokenPipeError):
            pipe(self._supervisor.stdin).close()
        self._supervisor.wait()
        pipe(self._supervisor.stdout).close()

    def _ask(self, **request: Any) -> dict[str, Any]:
        with self._lock:
            stdin, stdout = pipe(self._supervisor.stdin), pipe(self._supervisor.stdout)
            try:
                stdin.write(json.dumps(request).encode() + b"\n")
                stdin.flush()
                line = stdout.readline()
            except BrokenPipeError:
                line = b""
        if not line:
            raise RigError("the rig's supervisor is gone, and with it all servers")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RigError(f"{request['do']} {request.get('name', '')}: {answer['error']}")
        return answer


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """A stream that was asked for with PIPE, and so is there."""
    assert stream is not None
    return stream


def start_time(pid: int) -> int | None:
    """When process PID started, in clock ticks since boot; None if it is not there, or dead."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the name before ")" may hold spaces
    return None if fields[0] in "ZX" else int(fields[19])


def is_running(pid: int, started: int) -> bool:
    """Whether the process that had this PID at that start time is still there."""
    return start_time(pid) == started


def server_env() -> dict[str, str]:
    """This environment without what would lead a server away from loopback or into the user's own files."""
    unwanted = ("_PROXY", "KUBECONFIG", "HELM_", "PYTHON")
    return {
        key: value
        for key, value in os.environ.items()
        if not (key.upper().endswith(unwanted[0]) or key.startswith(unwanted[1:]))
    }


def _answers(url: str) -> bool:
    # Each rig has its own CA and some servers make their own certificate: this asks for life, not identity.
    context = ssl._create_unverified_context()
    handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with urllib.request.build_opener(*handlers).open(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False
