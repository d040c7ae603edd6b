"""The command line of `kubectl policyreport-vs`: its commands, each a module that is imported when it runs."""

from istiokit.ui import app
from istiokit.ui.commands import App, Command

_COMMANDS = {
    "list": "Show which VirtualServices still need the policy, and what to change where",
    "safe-to-remove": "Say whether the policy may go, with the evidence; exit code 0 only if it may",
}
"""Each is a module of this package of the same name, with _ for -."""

APP = App(
    name="kubectl-policyreport-vs",
    description="Know when the mutation policy can go: who depends on it, who owns that, what to change there.",
    commands=tuple(
        Command(name, text, f"kubectl_policyreport_vs.{name.replace('-', '_')}")
        for name, text in _COMMANDS.items()
    ),
    examples=(
        ("See who still needs the policy, and what to do next", ""),
        ("What to change where, as a table for a ticket", "-A --pending -o markdown"),
        ("May the policy go?", "safe-to-remove"),
    ),
    offline=("Judge a dump of reports and VirtualServices", "-f reports.yaml -f virtualservices.yaml"),
    overview="kubectl_policyreport_vs.overview",
    default="list",
    names=True,
)


def main() -> int:
    """Run the plugin as this process and return its exit code."""
    return app.main(APP)


def complete() -> int:
    """Complete words as this process, for kubectl, which runs `kubectl_complete-policyreport_vs`."""
    return app.complete(APP)
