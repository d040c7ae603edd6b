"""Writes docs/commands.md: every command with its help, as the parsers have it. Run by `make docs`."""

from pathlib import Path

from istiokit.ui.commands import App, command_parser, help_text, prog_name
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

Each page is what `--help` prints. What the commands print is in [output.md](output.md), what they need to be
allowed in [rbac/](rbac/README.md).
"""


def page() -> str:
    """The whole text of docs/commands.md."""
    return "\n".join((_HEAD, *(_plugin(app) for app in APPS)))


def helps() -> dict[str, str]:
    """The help of each command of each plugin, by the command as it is typed: `kubectl istio-migrate wait`."""
    return {
        f"{prog} {command.name}": command_parser(command, prog).format_help()
        for app in APPS
        for prog in (prog_name(app.name, app.name),)
        for command in app.commands
    }


def _plugin(app: App) -> str:
    prog = prog_name(app.name, app.name)
    commands = [(typed, text) for typed, text in helps().items() if typed.startswith(f"{prog} ")]
    sections = [_section("##", prog, help_text(app, prog))]
    sections += [_section("###", typed, text) for typed, text in commands]
    return "\n".join(sections)


def _section(level: str, title: str, text: str) -> str:
    return f"{level} {title}\n\n```text\n{text.strip()}\n```\n"


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
