"""The text of `--help` as Markdown: what stands in columns on a terminal becomes headings and lists of definitions.

Made of the text itself, so that a page cannot say anything else than the program does.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import fill

_HEADING = re.compile(r"^([a-z][a-z ]*):(?: (\d.*))?$")
"""The name of a section; the exit codes may begin on its line."""
_ENTRY = re.compile(r"^  (\S.*?)(?:\s{2,}(\S.*))?$")
_MORE = re.compile(r"^ {4,}(\S.*)$")
_SPECIAL = re.compile(r"([<>*\[\]])")
_MADE = "<!-- Written by `make docs` from the help of the command itself. -->\n"
_VERBATIM = {"examples": "sh"}
"""Sections that are no list, with the language of their block."""
_TITLES = {"options": "Flags", "positional arguments": "Arguments", "connection": "Connection flags"}
"""What argparse calls otherwise than people do."""


def command_page(typed: str, help_text: str, details: Iterable[str] = ()) -> str:
    """The page of one command, such as `kubectl istio-migrate status`.

    DETAILS are paragraphs of Markdown that the help has no room for.
    """
    prog = typed.rsplit(" ", 1)[0]
    parent = f"[{prog}]({_file(prog)})"
    also = f"{parent}, what its commands [print](../output.md), and what they need [to be allowed](../rbac/README.md)."
    told = "\n\n".join(fill(text, 118, break_on_hyphens=False) for text in details)
    more = [("Details", f"{told}\n")] if told else []
    return _page(typed, help_text, *more, ("See also", f"{also}\n"))


def plugin_page(prog: str, help_text: str, commands: Sequence[str], everywhere: str) -> str:
    """The page of a plugin. Its list of commands leads to their pages; EVERYWHERE tells the flags of all of them."""
    flags = dict(_sections(everywhere))["flags"]
    page = _page(
        prog,
        help_text,
        ("Flags of every command", _definitions(_entries(flags))),
        ("See also", "[All commands](README.md) and the [guides](../guides/README.md).\n"),
    )
    for name in commands:
        page = page.replace(f"\n`{name}`\n", f"\n[`{name}`]({_file(f'{prog} {name}')})\n", 1)
    return page


def index_page(plugins: Iterable[tuple[str, str]]) -> str:
    """The page that leads to the plugins, each given with its description."""
    rows = "".join(f"| [`{prog}`]({_file(prog)}) | {_escaped(text)} |\n" for prog, text in plugins)
    return f"""\
# Commands

{_MADE}
Each page says what `--help` says, and what that has no room for. What the commands print is in
[output.md](../output.md), with the [exit codes](../output.md#exit-codes); what they need to be allowed is in
[rbac/](../rbac/README.md).

Without arguments a plugin says in ten lines at most what it sees in the cluster and what to do next; it changes
nothing. It exits with 0 if it saw the cluster, and with 3 (2 where the kubeconfig names none) if no cluster answered:
then it says why, and what can be done without one.

| plugin | what for |
|---|---|
{rows}
The same pages are man pages: `man kubectl-istio_migrate` is about a plugin, `man kubectl-istio_migrate-step1` about
one of its commands. Dashes will do for the underscore. They are in the folder `man` of every archive, and
`make man` makes them.
"""


def _page(title: str, help_text: str, *more: tuple[str, str]) -> str:
    usage, *sections = _sections(help_text)
    body = [_section(name, lines) for name, lines in sections]
    body += [f"## {heading}\n\n{text}" for heading, text in more]
    return "\n".join((f"# {title}\n", _MADE, *_opening(usage[1]), *body))


def _sections(help_text: str) -> list[tuple[str, list[str]]]:
    """The parts of a help: its head (usage and description) without a name, then each heading with its lines."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    for line in help_text.strip().splitlines():
        heading = _HEADING.match(line)
        if heading:
            parts.append((heading[1], [heading[2]] if heading[2] else []))
        elif line and not line.startswith(" ") and parts[-1][0]:
            parts.append(("", [line]))  # a paragraph between two sections
        else:
            parts[-1][1].append(line)
    return parts


def _opening(lines: list[str]) -> Iterator[str]:
    """The usage as a block, and the paragraphs of the description: in the order of man pages."""
    usage, *paragraphs = "\n".join(lines).strip().split("\n\n")
    words = usage.removeprefix("usage: ").replace("\n       ", "\n")
    yield f"## Synopsis\n\n```text\n{words}\n```\n"
    yield "## Description\n\n" + "\n\n".join(map(_escaped, paragraphs)) + "\n"


def _section(name: str, lines: list[str]) -> str:
    text = "\n".join(lines).strip("\n")
    if not name:
        return f"{_escaped(text)}\n"
    title = _TITLES.get(name, name.capitalize())
    if name in _VERBATIM:
        block = re.sub(r"^  ", "", text, flags=re.MULTILINE)
        return f"## {title}\n\n```{_VERBATIM[name]}\n{block}\n```\n"
    entries = _codes(text) if text[:1].isdigit() else _entries(lines)
    return f"## {title}\n\n{_definitions(entries)}"


def _definitions(entries: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"`{term}`\n: {_escaped(what)}\n" for term, what in entries)


def _codes(text: str) -> list[tuple[str, str]]:
    """`0 all well; 1 findings; ...`: each code with its meaning."""
    entries = " ".join(text.split()).split("; ")
    return [
        (found[1], found[2]) for entry in entries if (found := re.match(r"(\d+(?: or \d+)?) (.*)", entry))
    ]


def _entries(lines: Iterable[str]) -> list[tuple[str, str]]:
    """The rows of two columns; the second one may go on in further lines, or begin in the next."""
    found: list[tuple[str, str]] = []
    for line in lines:
        more, entry = _MORE.match(line), _ENTRY.match(line)
        if more and found:
            term, what = found[-1]
            found[-1] = (term, f"{what} {more[1]}".strip())
        elif entry:
            found.append((entry[1], entry[2] or ""))
    return found


def _escaped(text: str) -> str:
    """Prose in which nothing is Markdown by accident; what stands between backticks stays code."""
    parts = text.split("`")
    return "`".join(part if index % 2 else _SPECIAL.sub(r"\\\1", part) for index, part in enumerate(parts))


def _file(typed: str) -> str:
    return f"{typed.removeprefix('kubectl ').replace(' ', '-')}.md"
