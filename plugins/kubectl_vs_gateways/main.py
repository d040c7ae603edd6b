"""The command line of `kubectl vs-gateways`: its commands, each a module that is imported when it runs."""

from istiokit.ui import app
from istiokit.ui.commands import App, Command

_COMMANDS = {
    "list": "Show which gateways each VirtualService is bound to",
}
"""Each is a module of this package of the same name, with _ for -; the names of Python's own get a _ behind."""

APP = App(
    name="kubectl-vs-gateways",
    description="Which VirtualService is bound to which gateway, which of them really answers, and how to change it.",
    commands=tuple(
        Command(name, text, f"kubectl_vs_gateways.{name.replace('-', '_')}")
        for name, text in _COMMANDS.items()
    ),
    default="list",
    names=True,
)


def main() -> int:
    """Run the plugin as this process and return its exit code."""
    return app.main(APP)
