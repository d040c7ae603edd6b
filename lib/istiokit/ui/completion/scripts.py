"""The scripts that teach a shell to ask us. Each is complete in itself: no package of completions has to be there."""

from istiokit.ui.completion import script_bash, script_fish, script_powershell, script_zsh

_TEMPLATES = {
    "bash": script_bash.TEXT,
    "zsh": script_zsh.TEXT,
    "fish": script_fish.TEXT,
    "powershell": script_powershell.TEXT,
}


HOST = "kubectl"
"""Names its plugins with _ for -, which nobody types: so these executables have two names."""


def programs(prog: str) -> tuple[str, ...]:
    """The executables of a plugin that is typed so: `kubectl-istio_migrate` and `kubectl-istio-migrate`."""
    host, _, plugin = prog.partition(" ")
    spellings = (f"{host}-{plugin.replace('-', '_')}", f"{host}-{plugin}")
    return spellings if host == HOST else spellings[1:]


def script(shell: str, prog: str) -> str:
    """The script of this shell; KeyError for one that there is none for."""
    names = programs(prog)
    function = names[0].replace("-", "_")
    return (
        _TEMPLATES[shell]
        .replace("@PROG@", prog)
        .replace("@FUNCTION@", function)
        .replace("@PROGRAMS@", " ".join(names))
        .replace("@QUOTED@", ", ".join(f"'{name}'" for name in names))
    )
