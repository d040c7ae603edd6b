"""The command line of `kubectl vs-gateways`: its commands, each a module that is imported when it runs."""

from istiokit.ui import app
from istiokit.ui.commands import App, Command

_COMMANDS = {
    "list": "Show which gateways each VirtualService is bound to, and audit them",
    "why": "Say what answers for one VirtualService, and what does not",
    "can-drop": "Say whether an old Gateway can go, and in which order",
    "policy": "Print a mutation policy that keeps old and new gateways bound together",
    "touch": "Make the API server admit VirtualServices again, so that a policy reaches them",
    "add": "Bind to the new gateways as well",
    "swap": "Bind to the new gateways instead of the old ones",
    "remove": "Drop the old gateways where the new ones are bound",
    "isolate": "Keep an old Gateway to its own pods, so that it wins nowhere else",
    "rollback": "Undo what the journal says was done",
}
"""Each is a module of this package of the same name, with _ for -; the names of Python's own get a _ behind."""

APP = App(
    name="kubectl-vs-gateways",
    description="Which VirtualService is bound to which gateway, which of them really answers, and how to change it.",
    commands=tuple(
        Command(name, text, f"kubectl_vs_gateways.{name.replace('-', '_')}")
        for name, text in _COMMANDS.items()
    ),
    examples=(
        ("See where the VirtualServices are bound, and what to do next", ""),
        ("List them all", "-A"),
        ("See what is wrong with the manifests of a repository", "--audit -f ./apps -R"),
        ("Change the bindings of all: the plan first", "swap -A --dry-run"),
    ),
    offline=("Audit manifests", "--audit -f ./apps -R"),
    overview="kubectl_vs_gateways.overview",
    default="list",
    names=True,
)


def main() -> int:
    """Run the plugin as this process and return its exit code."""
    return app.main(APP)


def complete() -> int:
    """Complete words as this process, for kubectl, which runs `kubectl_complete-vs_gateways`."""
    return app.complete(APP)
