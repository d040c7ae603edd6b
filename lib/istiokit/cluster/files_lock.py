"""A lock on an open file, which the system lets go when the process ends, however it ends."""

import os
import sys

if sys.platform == "win32":
    import msvcrt

    _BEHIND = 1 << 30
    """What is locked there nobody else may read, and who holds the lock is told at the beginning of the file."""

    def take(handle: int) -> bool:
        """Take the lock; whether it was free."""
        os.lseek(handle, _BEHIND, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def take(handle: int) -> bool:
        """Take the lock; whether it was free."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
