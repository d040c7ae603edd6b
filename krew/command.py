"""How the commands of a release speak: every refusal is one line on stderr with the next step."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec

from krew.platforms import ReleaseError

_P = ParamSpec("_P")


class Parser(argparse.ArgumentParser):
    """argparse's, without the usage above its errors."""

    def error(self, message: str) -> NoReturn:
        """Ends the command with exit code 2."""
        self.exit(2, f"error: {message} (see --help)\n")


def command(main: Callable[_P, int]) -> Callable[_P, int]:
    """MAIN, which returns 1 with the one reason on stderr where a release cannot be made, or a file not be read."""

    @wraps(main)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> int:
        try:
            return main(*args, **kwargs)
        except ReleaseError as error:
            reason = str(error)
        except OSError as error:
            what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            reason = f"{what}; docs/releasing.md tells which target of make makes it"
        print(f"error: {reason}", file=sys.stderr)
        return 1

    return guarded
