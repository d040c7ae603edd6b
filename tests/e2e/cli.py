"""Runs the installed executable as a user does: a process with the rig's kubeconfig and no terminal."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO

import yaml

from tests.tools.rig import Rig

PROGRAM = Path(sys.executable).with_name("kubectl-istio_migrate")
"""Beside the interpreter, where `make install` puts it."""
_LONGEST = 180.0
_ROLES = Path(__file__).parents[2] / "docs" / "rbac"


@dataclass(frozen=True)
class Result:
    """What a finished command left: its exit code, and all that it wrote."""

    code: int
    out: str
    err: str

    def done(self) -> Result:
        """The same result, if the command succeeded; AssertionError with what it said otherwise."""
        assert self.code == 0, f"exit code {self.code}\n{self.out}\n{self.err}"
        return self


def migrate(rig: Rig, *words: str, kubeconfig: Path | None = None) -> Result:
    """Runs `kubectl istio-migrate WORDS` to its end, as the user of KUBECONFIG (by default an admin)."""
    return begin(rig, *words, kubeconfig=kubeconfig).result()


@dataclass
class Running:
    """A command at work. Its lines on stderr can be waited for."""

    process: subprocess.Popen[str]
    lines: Queue[str] = field(default_factory=Queue)
    seen: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    readers: list[Thread] = field(default_factory=list)

    def wait_for(self, text: str, timeout: float = 60) -> str:
        """The next line on stderr that contains TEXT; AssertionError if none comes in TIMEOUT seconds."""
        try:
            while text not in (line := self.lines.get(timeout=timeout)):
                pass
        except Empty:
            raise AssertionError(f"no line with {text!r} among\n{''.join(self.seen)}") from None
        return line

    def result(self, timeout: float = _LONGEST) -> Result:
        """Waits for the end; a command that takes longer than TIMEOUT seconds is killed, and a failure."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"still running after {timeout:.0f} s:\n{''.join(self.seen)}") from None
        for reader in self.readers:
            reader.join()
        return Result(code, "".join(self.out), "".join(self.seen))

    def end(self, number: signal.Signals) -> Result:
        """Sends the signal and waits for the end."""
        self.process.send_signal(number)
        return self.result()


def begin(rig: Rig, *words: str, kubeconfig: Path | None = None) -> Running:
    """Starts `kubectl istio-migrate WORDS` and returns at once."""
    return start([str(PROGRAM), *words], rig, kubeconfig)


def start(argv: list[str], rig: Rig, kubeconfig: Path | None = None) -> Running:
    """Starts any command in the rig's environment and reads what it writes."""
    env = {**rig.env, "KUBECONFIG": str(kubeconfig or rig.kubeconfig)}
    process = subprocess.Popen(
        argv,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    running = Running(process)
    running.readers.append(Thread(target=_read_out, args=(running,), daemon=True))
    running.readers.append(Thread(target=_read_err, args=(running,), daemon=True))
    for reader in running.readers:
        reader.start()
    return running


def user(rig: Rig, *roles: str) -> Path:
    """A kubeconfig of a user who may do what these ClusterRoles of docs/rbac say, and no more."""
    rules = [
        rule for role in roles for rule in yaml.safe_load((_ROLES / f"{role}.yaml").read_text())["rules"]
    ]
    name = f"e2e-{'-'.join(roles)}"
    return rig.kubeconfig_for(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": name},
            "rules": rules,
        }
    )


def _read_out(running: Running) -> None:
    with _opened(running.process.stdout) as stream:
        running.out.append(stream.read())


def _read_err(running: Running) -> None:
    with _opened(running.process.stderr) as stream:
        for line in stream:
            running.seen.append(line)
            running.lines.put(line)


def _opened(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
