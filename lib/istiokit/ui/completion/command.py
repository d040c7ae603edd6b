"""`completion` of every plugin: the scripts for shells, and what kubectl needs beside the plugin."""

import argparse
from dataclasses import dataclass

from istiokit.errors import UsageError
from istiokit.ui import options
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.completion.scripts import HOST, programs
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser

SHELLS = ("bash", "zsh", "fish", "powershell")
_INSTALL, _UNINSTALL = "install", "uninstall"
_INSTALLING = (
    ("For kubectl, whose own completion has to be on: source <(kubectl completion bash)", _INSTALL),
    ("Put it into another folder on PATH", f"{_INSTALL} --dir ~/.local/bin"),
)


@dataclass(frozen=True, slots=True)
class Options:
    """What to do: a shell whose script is wanted, install, or uninstall."""

    action: str
    folder: str
    """Empty: beside the plugin on PATH."""


def configure(parser: Parser) -> None:
    """The flags of the command."""
    plugin = parser.prog.rpartition(" ")[0]
    program = programs(plugin)[0]
    parser.description = _description(plugin, program)
    parser.details = _DETAILS
    parser.exit_one = "another's file is in the way"
    parser.examples = (
        *(_INSTALLING if plugin.startswith(f"{HOST} ") else ()),
        (f"bash, for `{program}` itself; to keep it, put this into ~/.bashrc: source <(...)", "bash"),
        ("zsh; to keep it, put this into ~/.zshrc, after compinit: source <(...)", "zsh"),
        (f"fish; to keep it: ... > ~/.config/fish/completions/{program}.fish", "fish"),
        (
            "PowerShell; to keep it, put this into $PROFILE: ... | Out-String | Invoke-Expression",
            "powershell",
        ),
    )
    parser.add_argument(
        "action",
        metavar="ACTION",
        choices=(*SHELLS, _INSTALL, _UNINSTALL),
        help=f"One of {', '.join((*SHELLS, _INSTALL, _UNINSTALL))}.",
    )
    folder = parser.add_argument(
        "--dir",
        metavar="DIR",
        default="",
        help="Folder on PATH for install and uninstall (default: that of the plugin).",
    )
    completed_by(folder, Source.FOLDERS)
    options.add_connection(parser)


def _description(plugin: str, program: str) -> str:
    by_hand = f"the name of a shell prints the script for those who run `{program}` itself."
    if not plugin.startswith(f"{HOST} "):
        return f"Complete `{plugin}` when TAB is pressed. The completion of its host does that, and {by_hand}"
    return (
        f"Complete `{plugin}` when TAB is pressed. `install` tells kubectl how, whose own completion has to be on, and "
        f"{by_hand}"
    )


_DETAILS = (
    "Commands, flags and names are completed; names come from the cluster, within a second.",
    "kubectl looks for an executable `kubectl_complete-...` of its own: `install` puts it beside this plugin, and "
    "`uninstall` takes it away. Each plugin has its own.",
)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value; raises UsageError for a folder where nothing is installed."""
    if namespace.dir and namespace.action in SHELLS:
        raise UsageError(f"--dir means nothing to {namespace.action}, which is only printed", "leave it out")
    return Options(namespace.action, namespace.dir)


def run(given: Options, context: Context) -> int:
    """Print, install, or remove."""
    from istiokit.ui.completion import install, scripts

    if given.action in SHELLS:
        context.write(scripts.script(given.action, context.prog))
        return 0
    if given.action == _INSTALL:
        told = install.install(install.place_of(context.prog, given.folder, context.env))
    else:
        told = install.uninstall(install.place_left(context.prog, given.folder, context.env))
    for line in told:
        context.say(line)
    return 0
