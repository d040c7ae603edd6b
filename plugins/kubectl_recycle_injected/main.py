"""The command line of `kubectl recycle-injected`: its commands, each a module that is imported when it runs."""

from istiokit.ui import app
from istiokit.ui.commands import App, Command

_COMMANDS = {
    "restart": "Restart what runs a stale sidecar, in waves, and wait until it is well",
    "list": "Show which workloads run a stale sidecar, and why",
    "rollback": "Close an unfinished run, and undo the relabelling of namespaces",
}
"""Each is a module of this package of the same name."""

APP = App(
    name="kubectl-recycle-injected",
    description="Restart exactly what still runs an old sidecar: through its owners, several at a time, watched.",
    commands=tuple(
        Command(name, text, f"kubectl_recycle_injected.{name}") for name, text in _COMMANDS.items()
    ),
    examples=(
        ("See how many sidecars are stale, and what to do next", ""),
        ("See which, and why", "list -A"),
        ("See what a restart would do", "-A --dry-run"),
        ("Restart what is stale in one namespace", "-n shop"),
    ),
    overview="kubectl_recycle_injected.overview",
    default="restart",
    names=True,
)


def main() -> int:
    """Run the plugin as this process and return its exit code."""
    return app.main(APP)


def complete() -> int:
    """Complete words as this process, for kubectl, which runs `kubectl_complete-recycle_injected`."""
    return app.complete(APP)
