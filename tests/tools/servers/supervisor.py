"""Runs the servers of one rig as its children, and ends them when its own parent is gone.

Usage: supervisor.py DIR, then one JSON request a line on stdin and one JSON answer a line on stdout:

- {"do": "start", "name", "argv", "env", "log"} -> {"pid": N}
- {"do": "stop", "name"} -> {}                    kills the server and waits for its end
- {"do": "exit_code", "name"} -> {"exit_code": N or null}
- {"do": "detach"} -> {}                          from now on the end of stdin means nothing

What cannot be done answers {"error": text}. At the end of stdin, or on SIGTERM, it kills every server
and removes DIR, unless DIR holds a file named "keep".

The chain holds against kill -9 at each link: the kernel closes the pipe when the parent dies, from
whichever thread it was started, and kills each server when this process dies (PR_SET_PDEATHSIG is bound
to the starting thread; this program has only one).
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_POLL_SECONDS = 1.0

Request = dict[str, Any]
Answer = dict[str, Any]


class Supervisor:
    """The servers by name, and whether the parent still counts."""

    def __init__(self) -> None:
        self.servers: dict[str, subprocess.Popen[bytes]] = {}
        self.detached = False

    def start(self, request: Request) -> Answer:
        """Starts a server, its output appended to the log file."""
        with Path(request["log"]).open("ab") as log:
            process = subprocess.Popen(
                request["argv"],
                env=request["env"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,  # safe, there are no threads here
                start_new_session=True,
            )
        self.servers[request["name"]] = process
        return {"pid": process.pid}

    def stop(self, request: Request) -> Answer:
        """Kills one server."""
        _kill(self.servers.pop(request["name"]))
        return {}

    def exit_code(self, request: Request) -> Answer:
        """Tells whether a server is still there."""
        return {"exit_code": self.servers[request["name"]].poll()}

    def detach(self, _request: Request) -> Answer:
        """The parent may go without taking the servers along."""
        self.detached = True
        return {}

    def answer(self, line: bytes) -> Answer:
        """Does what one line asks for."""
        actions: dict[str, Callable[[Request], Answer]] = {
            "start": self.start,
            "stop": self.stop,
            "exit_code": self.exit_code,
            "detach": self.detach,
        }
        try:
            request: Request = json.loads(line)
            return actions[request["do"]](request)
        except (OSError, KeyError, ValueError) as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def serve(self) -> None:
        """Answers until the parent is gone, or once detached until a signal ends this process."""
        parent = os.getppid()
        while not self.detached:
            ready, _, _ = select.select([sys.stdin], [], [], _POLL_SECONDS)
            if not ready:
                if os.getppid() != parent:
                    return  # the parent is dead, but a fork of it still holds the pipe
                continue
            line = sys.stdin.buffer.readline()
            if not line:
                return
            sys.stdout.write(json.dumps(self.answer(line)) + "\n")
            sys.stdout.flush()
        while True:
            time.sleep(_POLL_SECONDS)
            for process in self.servers.values():
                process.poll()  # buries a server that ended by itself

    def finish(self, folder: Path) -> None:
        """Kills all servers and removes the rig's folder."""
        for process in self.servers.values():
            _kill(process)
        if not (folder / "keep").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _kill(process: subprocess.Popen[bytes]) -> None:
    # SIGKILL at once: kube-apiserver's graceful end waits for open watches, and nothing here is worth saving.
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _on_signal(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def main() -> None:
    folder = Path(sys.argv[1])
    signal.signal(signal.SIGTERM, _on_signal)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    supervisor = Supervisor()
    try:
        supervisor.serve()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        supervisor.finish(folder)


if __name__ == "__main__":
    main()
