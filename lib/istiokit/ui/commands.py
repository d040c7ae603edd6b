"""A plugin's table of commands: what they are called, how their help reads, which module does the work.

A command is a module with three functions, imported only when it is the one that runs (or explains itself):

- `configure(parser)`: the flags, `parser.description`, `parser.examples` and what else `Parser` names;
- `parse(namespace) -> Options`: argparse's answer as the command's own frozen value; raises UsageError;
- `run(options, context) -> int`: the work; returns 0 or 1 and raises SuiteError for everything else.

For `--help` to stay fast, such a module imports at its top only what these three signatures need.
"""

import importlib
import os
from dataclasses import dataclass

from istiokit.errors import UsageError
from istiokit.ui import exits, options
from istiokit.ui.parser import WIDTH, Parser, filled


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a plugin."""

    name: str
    help: str
    """One line for the list of commands, without a full stop."""
    module: str
    """Dotted name of the module with configure, parse and run."""


@dataclass(frozen=True, slots=True)
class App:
    """A plugin: what its executable is called and what it can do."""

    name: str
    """The executable as it is shipped: `kubectl-istio-migrate`."""
    description: str
    commands: tuple[Command, ...]
    examples: tuple[tuple[str, str], ...] = ()
    """What it does, and the arguments that do it."""
    overview: str = ""
    """Dotted name of the module that runs without arguments, built as a command's; without one, the help is shown."""
    offline: tuple[str, str] = ("", "")
    """What can be done without a cluster, and the arguments that do it."""
    default: str = ""
    """The command of words and flags that name none, if `names`; else the one that is named to those who "
    "forget it."""
    names: bool = False
    """Whether words and flags that are no command go to the default one: `kubectl vs-gateways shop/web`."""


KIT = (
    Command("options", "List the flags that every command has", "istiokit.ui.every_command"),
    Command(
        "completion", "Complete commands, flags and names in the shell", "istiokit.ui.completion.command"
    ),
)
"""The commands that the kit gives every plugin."""


def commands_of(app: App) -> tuple[Command, ...]:
    """The plugin's own commands, and those of the kit."""
    return (*app.commands, *KIT)


def prog_name(program: str, name: str) -> str:
    """The command as the user typed it, from argv[0]; `name` counts where that is no plugin's name.

    kubectl runs `kubectl-istio_migrate` for `kubectl istio-migrate`, Flux runs `flux-istio-migrate`.
    """
    stem = os.path.basename(program).removesuffix(".exe")  # noqa: PTH119 - pathlib costs 5 ms at every start
    host, dash, plugin = (stem if stem.startswith(("kubectl-", "flux-")) else name).partition("-")
    return f"{host} {plugin.replace('_', '-')}" if dash else host


def find(app: App, name: str, prog: str) -> Command:
    """The command of that name; raises UsageError with the one that was meant as a hint."""
    for command in commands_of(app):
        if command.name == name:
            return command
    from istiokit.ui import suggest

    raise UsageError(f"unknown command {name!r}", suggest.command(app, name, prog) or f"see '{prog} --help'")


def command_parser(command: Command, prog: str) -> Parser:
    """The parser of one command, with its module's flags; for running it and for the docs."""
    parser = Parser(f"{prog} {command.name}".rstrip(), plugin=prog)
    importlib.import_module(command.module).configure(parser)
    options.add_verbosity(parser)
    return parser


def help_text(app: App, prog: str) -> str:
    """The plugin's own help: what it is for, examples, its commands, where to read on."""
    commands = commands_of(app)
    width = max(len(command.name) for command in commands)
    listed = "".join(f"  {command.name:{width}}  {command.help}\n" for command in commands)
    short = f"       {prog} [NAME...] [flags], which is {prog} {app.default}\n" if app.names else ""
    examples = "".join(f"  # {what}\n  {prog} {words}".rstrip() + "\n" for what, words in app.examples)
    parts = (
        f"usage: {prog} COMMAND [flags]\n{short}",
        filled(app.description),
        f"examples:\n{examples}" if examples else "",
        f"commands:\n{listed}",
        "flags:\n  -h, --help  Show this help, or that of a command.\n  --version   Show the version.\n",
        exits.line(exits.ANY, WIDTH)
        + f"Use '{prog} COMMAND --help' for one command, and\n    '{prog} options' for the flags of every command.\n",
    )
    return "\n".join(part for part in parts if part)
