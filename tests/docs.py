"""Writes docs/commands.md: every command with its help, as the parsers have it. Run by `make docs`."""

import textwrap
from pathlib import Path

from istiokit.ui.commands import App, command_parser, commands_of, help_text, prog_name
from istiokit.ui.every_command import text as flags_of_every_command
from istiokit.ui.parser import Parser
from kubectl_istio_migrate.main import APP as ISTIO_MIGRATE
from kubectl_policyreport_vs.main import APP as POLICYREPORT_VS
from kubectl_recycle_injected.main import APP as RECYCLE_INJECTED
from kubectl_vs_gateways.main import APP as VS_GATEWAYS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "commands.md"
APPS = (ISTIO_MIGRATE, VS_GATEWAYS, RECYCLE_INJECTED, POLICYREPORT_VS)
"""Every plugin."""

_HEAD = """\
# Commands

<!-- Written by `make docs` from the commands themselves. -->

Each page is what `--help` prints, and what it has no room for. What the commands print is in [output.md](output.md),
what they need to be allowed in [rbac/](rbac/README.md).

Without arguments a plugin says in ten lines at most what it sees in the cluster and what to do next; it changes
nothing. It exits with 0 if it saw the cluster, and with 3 (2 where the kubeconfig names none) if no cluster answered:
then it says why, and what can be done without one.
"""


def page() -> str:
    """The whole text of docs/commands.md."""
    everywhere = _section("##", "Flags of every command", flags_of_every_command())
    return "\n".join((_HEAD, everywhere, *(_plugin(app) for app in APPS)))


def parsers() -> dict[str, Parser]:
    """The parser of each command of each plugin, by the command as it is typed: `kubectl istio-migrate wait`."""
    return {
        f"{prog} {command.name}": command_parser(command, prog)
        for app in APPS
        for prog in (prog_name(app.name, app.name),)
        for command in commands_of(app)
    }


def helps() -> dict[str, str]:
    """The help of each command of each plugin, by the command as it is typed."""
    return {typed: parser.format_help() for typed, parser in parsers().items()}


def details() -> dict[str, str]:
    """What the help of a command has no room for, in paragraphs of Markdown; empty for most."""
    return {
        typed: "".join(f"\n{textwrap.fill(text, 118)}\n" for text in parser.details)
        for typed, parser in parsers().items()
    }


def _plugin(app: App) -> str:
    prog = prog_name(app.name, app.name)
    commands = [(typed, text) for typed, text in helps().items() if typed.startswith(f"{prog} ")]
    sections = [_section("##", prog, help_text(app, prog))]
    sections += [_section("###", typed, text) + details()[typed] for typed, text in commands]
    return "\n".join(sections)


def _section(level: str, title: str, text: str) -> str:
    return f"{level} {title}\n\n```text\n{text.strip()}\n```\n"


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
