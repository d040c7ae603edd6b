"""What is started while a shell waits for completions says nothing, finds no terminal, and is ended with us."""

import fcntl
import os
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

LOGIN = """
echo $$ > pid
echo please wait >&2
(echo trouble > /dev/tty) 2> /dev/null && echo found > terminal
echo asleep > state
exec sleep 1000
"""
DRIVER = f"""
import subprocess, sys, time
from pathlib import Path
from istiokit.ui.completion import silence
silence.begin()
subprocess.Popen(["sh", "-c", {LOGIN!r}])
while not Path("state").exists():
    time.sleep(0.01)
sys.stderr.write("we say nothing either")
assert sys.stdin.read() == ""
silence.end()
"""


def is_alive(pid: int) -> bool:
    """Whether the process is there, and more than an entry that nobody has collected yet."""
    try:
        os.kill(pid, 0)
        return b") Z " not in Path(f"/proc/{pid}/stat").read_bytes()
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return Path("/proc").is_dir() is False


@pytest.mark.parametrize("leads", [False, True], ids=["started by a shell", "leads a session"])
def test_a_program_that_hangs_is_silent_and_ends_with_us(tmp_path: Path, leads: bool) -> None:
    ours, theirs = os.openpty()
    shell = [] if leads else ["sh", "-c", '"$0" "$@"; exit $?']
    try:
        done = subprocess.run(
            [*shell, sys.executable, "-c", DRIVER],
            stdin=theirs,
            stderr=theirs,
            cwd=tmp_path,
            start_new_session=True,
            preexec_fn=None if leads else lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            timeout=60,
            check=False,
        )
        os.set_blocking(ours, False)
        with pytest.raises(BlockingIOError):
            os.read(ours, 1000)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 0
    assert not (tmp_path / "terminal").exists()
    end = time.monotonic() + 20
    while is_alive(int((tmp_path / "pid").read_text())) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_alive(int((tmp_path / "pid").read_text()))
