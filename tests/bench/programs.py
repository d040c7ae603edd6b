"""The programs that are measured."""

import sys
from pathlib import Path

PYTHON = sys.executable
PLUGIN = str(Path(PYTHON).with_name("kubectl-istio_migrate"))
"""The plugin as `make install` puts it beside the interpreter."""
