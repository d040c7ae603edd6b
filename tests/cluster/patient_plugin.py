"""Plugins for tests that are about names and shells, not about time: on a busy machine a second is too short."""

import sys
from pathlib import Path

PLUGINS = ("istio_migrate", "vs_gateways", "recycle_injected", "policyreport_vs")
_TEXT = """\
#!{python}
import sys
from istiokit.ui.completion import patience
patience.SECONDS = 60.0
sys.argv[0] = {name!r}
from kubectl_{plugin}.main import main
sys.exit(main())
"""


def put_plugins(folder: Path) -> None:
    """The executables of all plugins in both spellings, as they are but for their patience."""
    for plugin in PLUGINS:
        for name in {f"kubectl-{plugin}", f"kubectl-{plugin.replace('_', '-')}"}:
            path = folder / name
            path.write_text(_TEXT.format(python=sys.executable, name=name, plugin=plugin))
            path.chmod(0o755)
