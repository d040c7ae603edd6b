"""The command line of `kubectl istio-migrate`: its commands, each a module that is imported when it runs."""

from istiokit.ui import app
from istiokit.ui.commands import App, Command

APP = App(
    name="kubectl-istio-migrate",
    description="Carry a cluster off the Istio operator onto Helm-managed Istio: look, plan, do, and undo.",
    commands=(
        Command("status", "Show where this mesh stands, and the next command to run", "kubectl_istio_migrate.status"),
    ),
    default="status",
)


def main() -> int:
    """Run the plugin as this process and return its exit code."""
    return app.main(APP)
