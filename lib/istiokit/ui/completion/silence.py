"""Keeps the terminal free while a shell waits for an answer: nothing on stderr, no question, nobody left behind.

Login programs of a kubeconfig are our children. They would write to the terminal, wait for a password there, and
outlive us where we give up on them.
"""

import contextlib
import os
import signal
import sys


def begin() -> None:
    """Nothing is read from the terminal or written on it from here on, not by programs that are started either."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 2)
    if sys.platform != "win32":
        with contextlib.suppress(PermissionError):  # whoever leads a process group must stay in it
            os.setsid()  # without a terminal: a program that opens /dev/tty finds none


def end() -> None:
    """End the programs that were started, where they are still there."""
    if sys.platform != "win32" and os.getsid(0) == os.getpid():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)
