"""Writes docs/commands/: a page for each command, made of its help, as the parsers have it. Run by `make docs`."""

from pathlib import Path
from typing import NamedTuple

from istiokit.ui.commands import App, command_parser, commands_of, help_text, prog_name
from istiokit.ui.every_command import text as flags_of_every_command
from istiokit.ui.parser import Parser
from kubectl_istio_migrate.main import APP as ISTIO_MIGRATE
from kubectl_policyreport_vs.main import APP as POLICYREPORT_VS
from kubectl_recycle_injected.main import APP as RECYCLE_INJECTED
from kubectl_vs_gateways.main import APP as VS_GATEWAYS
from tests.helppages import command_page, index_page, plugin_page

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "commands"
APPS = (ISTIO_MIGRATE, VS_GATEWAYS, RECYCLE_INJECTED, POLICYREPORT_VS)
"""Every plugin."""


class Manual(NamedTuple):
    """One man page."""

    document: str
    """The page that it is made of, from docs/ and without `.md`."""
    name: str
    """What `man` is asked for: the executable, and the command behind a dash."""
    description: str


def pages() -> dict[Path, str]:
    """The whole text of every page of docs/commands/."""
    made = {FOLDER / "README.md": index_page([(prog_of(app), app.description) for app in APPS])}
    everywhere = flags_of_every_command()
    for app in APPS:
        prog, names = prog_of(app), [command.name for command in commands_of(app)]
        made[page_of(prog)] = plugin_page(prog, help_text(app, prog), names, everywhere)
    for typed, parser in parsers().items():
        made[page_of(typed)] = command_page(typed, parser.format_help(), parser.details)
    return made


def parsers() -> dict[str, Parser]:
    """The parser of each command of each plugin, by the command as it is typed: `kubectl istio-migrate wait`."""
    return {
        f"{prog} {command.name}": command_parser(command, prog)
        for app in APPS
        for prog in (prog_of(app),)
        for command in commands_of(app)
    }


def helps() -> dict[str, str]:
    """The help of each command of each plugin, by the command as it is typed."""
    return {typed: parser.format_help() for typed, parser in parsers().items()}


def manuals() -> list[Manual]:
    """A man page for each plugin, and one for each of its commands."""
    made = []
    for app in APPS:
        prog, name = prog_of(app), executable(app)
        made.append(Manual(document_of(prog), name, app.description.rstrip(".")))
        made += [
            Manual(document_of(f"{prog} {command.name}"), f"{name}-{command.name}", command.help)
            for command in commands_of(app)
        ]
    return made


def prog_of(app: App) -> str:
    """The plugin as it is typed: `kubectl istio-migrate`."""
    return prog_name(app.name, app.name)


def executable(app: App) -> str:
    """The file that kubectl looks for, and that people ask `man` for: `kubectl-istio_migrate`."""
    host, _, plugin = app.name.partition("-")
    return f"{host}-{plugin.replace('-', '_')}"


def page_of(typed: str) -> Path:
    """The page of a plugin or command as it is typed."""
    return FOLDER / f"{typed.removeprefix('kubectl ').replace(' ', '-')}.md"


def document_of(typed: str) -> str:
    """The same, as Sphinx calls it."""
    return page_of(typed).relative_to(ROOT / "docs").with_suffix("").as_posix()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for stale in set(FOLDER.glob("*.md")) - made.keys():
        stale.unlink()
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
