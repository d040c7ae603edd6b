"""The command line of `kubectl istio-migrate`: its commands, each a module that is imported when it runs."""

from istiokit.ui import app
from istiokit.ui.commands import App, Command

_COMMANDS = {
    "status": "Show where this mesh stands, and the next command to run",
    "check": "Find everything that would make a step fail or hurt",
    "step1": "Swap the package istio for istiod and Istio's CRDs",
    "step2": "Turn the operator off and the new gateways on",
    "convert": "Write the new values that mean what the old gateway values do, and prove it",
    "carry-core": "Carry an istioCore installation on to istioCRDs and istiod",
    "policy": "Keep VirtualServices bound to both gateways by a policy: install, narrow, remove it",
    "reconcile": "Reconcile HelmReleases in parallel, in dependsOn order",
    "wait": "Wait until every HelmRelease is Ready",
    "journal": "List what was done, when and by whom",
    "rollback": "Undo what the journal says was done",
}
"""Each is a module of this package of the same name, with _ for -."""

APP = App(
    name="kubectl-istio-migrate",
    description="Carry a cluster off the Istio operator onto Helm-managed Istio: look, plan, do, and undo.",
    commands=tuple(
        Command(name, text, f"kubectl_istio_migrate.{name.replace('-', '_')}")
        for name, text in _COMMANDS.items()
    ),
    examples=(
        ("See what this mesh is, and what to do next", ""),
        ("Find what would make the first step hurt", "check --step 1"),
        ("Take it: plan, question, journal, proof", "step1"),
        ("Work on a values file instead of a cluster", "status -f values.yaml"),
        ("Undo what was done", "rollback"),
    ),
    overview="kubectl_istio_migrate.overview",
    offline=("See what values files mean", "status -f values.yaml"),
    default="status",
)


def main() -> int:
    """Run the plugin as this process and return its exit code."""
    return app.main(APP)


def complete() -> int:
    """Complete words as this process, for kubectl, which runs `kubectl_complete-istio_migrate`."""
    return app.complete(APP)
