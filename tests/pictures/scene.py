"""A scene: commands that are run on a rig one after the other, each kept as it was seen."""

from __future__ import annotations

import shlex
import shutil
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.pictures.shots import picture, transcript
from tests.terminal import Keys, Seen, on_terminal, terminal_env
from tests.tools.rig import Rig

YES: Keys = ("[y/N]", b"y\n")
"""The answer to the question before a change."""
_ROWS = 400
"""So many that nothing scrolls away."""
_PATIENCE = 180.0
_PLUGINS = Path(sys.executable).parent
"""Where `make install` puts the executables that kubectl looks for."""


@dataclass
class Scene:
    """What was seen, by the name of the run."""

    rig: Rig
    folder: Path
    """Where the commands are run: the files that they name are there."""
    transcripts: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)

    def run(
        self,
        name: str,
        line: str,
        *,
        code: int = 0,
        keys: Sequence[Keys] = (),
        columns: int = 120,
        pictured: bool = False,
        still: str = "",
    ) -> Seen:
        """Runs LINE as a user types it, and keeps what is seen under NAME; AssertionError with it on another exit code.

        With PICTURED as a picture too: as the terminal was left, or, with STILL, as it was when that text was on it.
        """
        argv = shlex.split(line)
        program = shutil.which(argv[0], path=self.rig.env["PATH"])
        assert program is not None, f"the rig has no {argv[0]}"
        env = terminal_env(self.rig.env, TERM="xterm-256color", LOGNAME="admin", LC_ALL="C.UTF-8")
        env["PATH"] = f"{_PLUGINS}:{env['PATH']}"
        seen = on_terminal(
            [program, *argv[1:]],
            columns=columns,
            rows=_ROWS,
            keys=keys,
            still=still,
            env=env,
            cwd=self.folder,
            patience=_PATIENCE,
        )
        shown = self._anywhere(transcript(line, seen.screen))
        assert seen.code == code, f"exit code {seen.code} instead of {code}:\n{shown}"
        self.transcripts[name] = shown
        if pictured:
            assert seen.still is not None or not still, f"{still!r} was never seen:\n{shown}"
            self.pictures[name] = picture(name, line, seen.still or seen.screen)
        return seen

    def _anywhere(self, text: str) -> str:
        """Without what is nobody's business: the folder, and the machine that journals and locks name."""
        return text.replace(str(self.folder), "~/environment").replace(f"@{socket.gethostname()}", "@desk")
