"""Runs one gateway's proxy in a network of its own, with two doors in the walls.

Usage: gatewayd.py FOLDER XDS_PORT BACKENDS PROGRAM [ARGUMENT...]

Two gateways on the same ports cannot share one network, and a Gateway without `bind` listens on every address.
So PROGRAM runs in a new network namespace that has nothing but `lo`. Sockets in FOLDER lead in and out:

- `xds`: what connects from inside reaches 127.0.0.1:XDS_PORT outside;
- `door`: who connects sends "PORT\\n", gets "+" and is connected to 127.0.0.1:PORT inside, or gets "-".

BACKENDS is a list such as `19000=one,19001=two`: plain TCP servers inside that say their word and close.
Ends with PROGRAM's exit code when that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1

_LINGER_SECONDS = 5
"""How long one direction may go on when the other has ended."""

_kept: set[asyncio.Task[None]] = set()

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


def main() -> int:
    folder, xds_port, backends, *argv = sys.argv[1:]
    door, xds = (_listen(Path(folder) / name) for name in ("door", "xds"))
    child = os.fork()
    if child == 0:
        xds.close()
        os._exit(_inside(door, backends, argv))
    door.close()
    return asyncio.run(_outside(xds, int(xds_port), child))


async def _outside(xds: socket.socket, port: int, child: int) -> int:
    async def relay(reader: Reader, writer: Writer) -> None:
        await _connect(reader, writer, port)

    server = await asyncio.start_unix_server(relay, sock=xds)
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    server.close()
    return os.waitstatus_to_exitcode(status)


def _inside(door: socket.socket, backends: str, argv: list[str]) -> int:
    try:
        _new_network()
        _die_with_parent()  # after the new namespace: the kernel forgets it when credentials change
        return asyncio.run(_serve(door, backends, argv))
    except OSError as error:
        print(f"gatewayd: {error}", file=sys.stderr, flush=True)
        return 1


async def _serve(door: socket.socket, backends: str, argv: list[str]) -> int:
    for entry in filter(None, backends.split(",")):
        port, _, word = entry.partition("=")
        await asyncio.start_server(_backend(word), "127.0.0.1", int(port))
    await asyncio.start_unix_server(_enter, sock=door)
    proxy = subprocess.Popen(argv, preexec_fn=_die_with_parent)  # from the main thread, which stays
    return await asyncio.to_thread(proxy.wait)


async def _enter(reader: Reader, writer: Writer) -> None:
    with contextlib.suppress(ValueError, OSError):
        port = int(await reader.readline())
        await _connect(reader, writer, port, greet=True)
    writer.close()


def _backend(word: str) -> Callable[[Reader, Writer], Awaitable[None]]:
    async def answer(reader: Reader, writer: Writer) -> None:
        with contextlib.suppress(OSError):
            writer.write(f"{word}\n".encode())
            writer.write_eof()
            await reader.read()  # to close with words unread would be a reset, which overtakes our own word
            writer.close()

    return answer


async def _connect(reader: Reader, writer: Writer, port: int, greet: bool = False) -> None:
    try:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        if greet:
            writer.write(b"-")
        writer.close()
        return
    if greet:
        writer.write(b"+")
    pumps = [asyncio.create_task(_pump(*pair)) for pair in ((reader, far_writer), (far_reader, writer))]
    _kept.update(pumps)  # the event loop alone would not keep the tasks of a connection that is half closed
    _, left = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    if left:
        _, left = await asyncio.wait(left, timeout=_LINGER_SECONDS)
    for pump in left:
        pump.cancel()
    _kept.difference_update(pumps)
    for end in (writer, far_writer):
        end.close()


async def _pump(source: Reader, target: Writer) -> None:
    try:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
        target.write_eof()
    except OSError:
        target.close()  # a reset goes on to the other side as an end


def _listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(64)
    return listener


def _new_network() -> None:
    """Moves this process into a new network namespace; without root, into a new user namespace as well."""
    user, group = os.getuid(), os.getgid()
    if _LIBC.unshare(_CLONE_NEWNET) != 0:
        if _LIBC.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
            reason = os.strerror(ctypes.get_errno())
            raise OSError(
                f"no network namespace can be had here ({reason}): root, or user namespaces, are needed"
            )
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
