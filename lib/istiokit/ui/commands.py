"""A plugin's table of commands: what they are called, how their help reads, which module does the work.

A command is a module with three functions, imported only when it is the one that runs (or explains itself):

- `configure(parser)`: the flags, `parser.description` and `parser.examples`;
- `parse(namespace) -> Options`: argparse's answer as the command's own frozen value; raises UsageError;
- `run(options, context) -> int`: the work; returns 0 or 1 and raises SuiteError for everything else.

For `--help` to stay fast, such a module imports at its top only what these three signatures need.
"""

import importlib
import os
from dataclasses import dataclass

from istiokit.errors import UsageError
from istiokit.ui import options
from istiokit.ui.parser import EXIT_CODES, Parser


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a plugin."""

    name: str
    help: str
    """One line for the list of commands, without a full stop."""
    module: str
    """Dotted name of the module with configure, parse and run."""


COMPLETION = Command(
    "completion", "Complete commands, flags and names in the shell", "istiokit.ui.completion.command"
)
"""Every plugin has it."""


@dataclass(frozen=True, slots=True)
class App:
    """A plugin: what its executable is called and what it can do."""

    name: str
    """The executable as it is shipped: `kubectl-istio-migrate`."""
    description: str
    commands: tuple[Command, ...]
    epilog: str = ""
    default: str = ""
    """The command to run without arguments where a cluster answers; without one, the help is shown."""
    names: bool = False
    """Whether words and flags that are no command go to the default one: `kubectl vs-gateways shop/web`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "commands", (*self.commands, COMPLETION))


def prog_name(program: str, name: str) -> str:
    """The command as the user typed it, from argv[0]; `name` counts where that is no plugin's name.

    kubectl runs `kubectl-istio_migrate` for `kubectl istio-migrate`, Flux runs `flux-istio-migrate`.
    """
    stem = os.path.basename(program).removesuffix(".exe")  # noqa: PTH119 - pathlib costs 5 ms at every start
    host, dash, plugin = (stem if stem.startswith(("kubectl-", "flux-")) else name).partition("-")
    return f"{host} {plugin.replace('_', '-')}" if dash else host


def find(app: App, name: str, prog: str) -> Command:
    """The command of that name; raises UsageError with the nearest name as a hint."""
    for command in app.commands:
        if command.name == name:
            return command
    import difflib

    near = difflib.get_close_matches(name, [command.name for command in app.commands], n=1)
    hint = f"did you mean '{prog} {near[0]}'?" if near else f"see '{prog} --help'"
    raise UsageError(f"unknown command {name!r}", hint)


def command_parser(command: Command, prog: str) -> Parser:
    """The parser of one command, with its module's flags; for running it and for the docs."""
    parser = Parser(f"{prog} {command.name}")
    importlib.import_module(command.module).configure(parser)
    options.add_verbosity(parser)
    return parser


def help_text(app: App, prog: str) -> str:
    """The plugin's own help: what it is for, its commands, where to read on."""
    width = max((len(command.name) for command in app.commands), default=0)
    commands = "".join(f"  {command.name:{width}}  {command.help}\n" for command in app.commands)
    short = f"       {prog} [NAME...] [flags], which is {prog} {app.default}\n" if app.names else ""
    parts = (
        f"usage: {prog} COMMAND [flags]\n{short}",
        f"{app.description}\n",
        f"commands:\n{commands}" if commands else "",
        "flags:\n  -h, --help  Show this help, or that of a command.\n  --version   Show the version.\n",
        EXIT_CODES,
        f"See '{prog} COMMAND --help' for the flags and examples of a command.\n",
        app.epilog,
    )
    return "\n".join(part for part in parts if part)
