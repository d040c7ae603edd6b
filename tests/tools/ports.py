"""Loopback ports for several rigs side by side, without races between "is free" and "is taken".

A port that the kernel calls free can be gone before the server binds it: to another rig, or to any outgoing
connection. So each rig locks a block of ports below the kernel's range for outgoing connections.
"""

from __future__ import annotations

import fcntl
import random
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_FIRST = 10240
_BLOCK = 64
_BLOCKS = (32768 - _FIRST) // _BLOCK


class PortBlock:
    """Ports of one rig. The lock lasts as long as some process has `lock_fd` open."""

    def __init__(self, lock_folder: Path) -> None:
        """Takes a block that no other rig has; raises OSError if all are taken."""
        lock_folder.mkdir(parents=True, exist_ok=True)
        self._lock, block = _lock_any(lock_folder)
        self._ports = self._free_ports(_FIRST + block * _BLOCK)

    @property
    def lock_fd(self) -> int:
        """The open file that holds the lock: hand it to the process that shall keep the ports."""
        return self._lock.fileno()

    def take(self) -> int:
        """A port that nobody else has."""
        return next(self._ports)

    def close(self) -> None:
        """This process gives the block up."""
        self._lock.close()

    @staticmethod
    def _free_ports(first: int) -> Iterator[int]:
        yield from (port for port in range(first, first + _BLOCK) if _can_bind(port))
        raise OSError(f"no free port left in {first}-{first + _BLOCK - 1}")


def _lock_any(folder: Path) -> tuple[IO[str], int]:
    for block in random.sample(range(_BLOCKS), _BLOCKS):
        lock = (folder / f"ports-{_FIRST + block * _BLOCK}").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return lock, block
    raise OSError("every block of ports is taken by a running rig")


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        # As Go does: a port whose last connections linger in TIME_WAIT is free for a server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
