"""The plugins of the suite by name, so that one can point to another that it must not import."""

COMMANDS = {
    "kubectl-istio-migrate": (
        *("status", "check", "step1", "step2", "convert", "carry-core"),
        *("policy", "reconcile", "wait", "journal", "rollback"),
    ),
    "kubectl-vs-gateways": (
        *("list", "why", "can-drop", "policy", "touch"),
        *("add", "swap", "remove", "isolate", "rollback"),
    ),
    "kubectl-recycle-injected": ("restart", "list", "rollback"),
    "kubectl-policyreport-vs": ("list", "safe-to-remove"),
}
"""The commands of each plugin; a test holds them against the plugins' own tables."""


def owners(command: str, besides: str) -> list[str]:
    """The plugins, other than `besides`, that have such a command, as they are typed: `kubectl vs-gateways`."""
    return [
        name.replace("-", " ", 1)
        for name, commands in COMMANDS.items()
        if name != besides and command in commands
    ]
