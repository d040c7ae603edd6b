"""Rigs for people: they live on after the command that started them, until they are taken down by name.

A rig's folder is `<cache folder>/rigs/NAME`. Its `rig.json` names every process by PID and start time, so
that taking it down can only ever end what was started for it, even after a reboot.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.tools.build import cache_dir
from tests.tools.parts import with_needs
from tests.tools.process import RigError, is_running, start_time
from tests.tools.rig import Rig

_STATE = "rig.json"
_GRACE_SECONDS = 10


@dataclass(frozen=True)
class Process:
    """One process, for ever: PIDs come back, but not with the same start time (clock ticks since boot)."""

    name: str
    pid: int
    started: int

    def runs(self) -> bool:
        """Whether it is still there."""
        return is_running(self.pid, self.started)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal, if it is still there."""
        if self.runs():
            os.kill(self.pid, number)


@dataclass(frozen=True)
class State:
    """What is known about a detached rig. The first process is the supervisor; the others end with it."""

    parts: list[str]
    processes: list[Process]

    @property
    def runs(self) -> bool:
        """Whether all of its processes are still there."""
        return all(process.runs() for process in self.processes)


def up(name: str, parts: Iterable[str]) -> Path:
    """Starts the rig NAME and returns its kubeconfig; a running one with these parts stays as it is."""
    folder, wanted = folder_of(name), with_needs(parts)
    if folder.exists():
        state = read_state(folder)
        if state is not None and state.runs and set(wanted) <= set(state.parts):
            return folder / "kubeconfig"
        raise RigError(f"there is a rig {name} already, {describe(state)}; take it down first")
    rig = Rig(parts=wanted, folder=folder).start()
    try:
        servers = [Process(one.name, one.pid, one.started) for one in rig.servers.running.values()]
        pid = rig.servers.supervisor_pid
        state = State(wanted, [Process("supervisor", pid, start_time(pid) or 0), *servers])
        (folder / _STATE).write_text(json.dumps(asdict(state), indent=1) + "\n")
        rig.servers.detach()
    except BaseException:
        rig.stop()
        raise
    return rig.kubeconfig


def down(name: str) -> bool:
    """Ends the rig NAME and removes its folder; False if there is none."""
    folder = folder_of(name)
    if not folder.exists():
        return False
    state = read_state(folder)
    for process in state.processes if state else ():
        # The supervisor comes first and ends the others; they are asked in case that it was killed.
        process.signal(signal.SIGTERM if process.name == "supervisor" else signal.SIGKILL)
        _wait_for_end(process)
    shutil.rmtree(folder, ignore_errors=True)
    return True


def names() -> list[str]:
    """All detached rigs, running or not."""
    return sorted(path.name for path in (cache_dir() / "rigs").glob("*") if path.is_dir())


def folder_of(name: str) -> Path:
    """Where the rig NAME lives; RigError for a name that cannot be one."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise RigError(f"a rig's name has only a-z, 0-9 and '-': {name!r}")
    return cache_dir() / "rigs" / name


def read_state(folder: Path) -> State | None:
    """The state of the rig in FOLDER; None while it is being started, or if its start was interrupted."""
    try:
        content = json.loads((folder / _STATE).read_text())
    except FileNotFoundError:
        return None
    return State(content["parts"], [Process(**process) for process in content["processes"]])


def describe(state: State | None) -> str:
    """A rig's state in a few words."""
    if state is None:
        return "being started, or left over from an interrupted start"
    parts = f"with {', '.join(state.parts)}"
    gone = [process.name for process in state.processes if not process.runs()]
    return f"{parts}, not running: {', '.join(gone)}" if gone else f"running {parts}"


def _wait_for_end(process: Process) -> None:
    end = time.monotonic() + _GRACE_SECONDS
    while process.runs() and time.monotonic() < end:
        time.sleep(0.02)
    process.signal(signal.SIGKILL)
