"""Decoders that are built in several threads at once; in a process of its own, since what goes wrong there ends it."""

import subprocess
import sys

PROGRAM = """
import sys, threading
import msgspec
from istiokit.cluster.decode import decoder

sys.setswitchinterval(1e-6)
fields = [(f"field{number}", int | None, None) for number in range(30)]
one = b"{" + b",".join(b'"field%d": %d' % (number, number) for number in range(30)) + b"}"
failed = []


def build(as_, body, barrier):
    barrier.wait()
    try:
        decoder(as_).decode(body)
    except Exception as error:
        failed.append(repr(error))


for _ in range(300):
    inner = msgspec.defstruct("Inner", fields, frozen=True)
    outer = msgspec.defstruct("Outer", [("first", inner), ("more", tuple[inner, ...])], frozen=True)
    whole = b'{"first": ' + one + b', "more": [' + one + b"]}"
    barrier = threading.Barrier(4)
    kinds = ((outer, whole), (inner, one), (outer, whole), (list[inner], b"[" + one + b"]"))
    threads = [threading.Thread(target=build, args=(*kind, barrier)) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
sys.exit(bool(failed))
"""


def test_decoders_may_be_built_in_several_threads_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"exit code {done.returncode} {done.stderr}"
