"""Small executables that the suite puts beside its own."""

import os
from pathlib import Path

from istiokit.cluster.files_write import write_atomic
from istiokit.errors import OperationFailed

_ELSEWHERE = "name another folder on PATH with --dir"


def write_program(path: Path, text: str) -> bool:
    """Write it for everybody to run; whether anything had to be changed. Raises OperationFailed."""
    data = text.encode()
    try:
        if path.is_file() and path.read_bytes() == data and os.access(path, os.X_OK):
            return False
        write_atomic(path, data)
        path.chmod(0o755)
    except OSError as error:
        raise OperationFailed(f"{path}: {error.strerror}", _ELSEWHERE) from error
    except OperationFailed as error:
        raise OperationFailed(error.what, _ELSEWHERE) from error
    return True


def remove_program(path: Path) -> bool:
    """Remove it if it is there, and say whether it was. Raises OperationFailed."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise OperationFailed(f"{path}: {error.strerror}", "remove it by hand") from error
    return True
