"""What the exit codes mean: a line for the help of a command, the table for `options` and the documents."""

import textwrap

MEANINGS = {
    0: "all well",
    1: "findings, or not done: a no, a time-out, an edit left to Git",
    2: "usage: the arguments, or a file named in them, cannot be used",
    3: "the operation failed: server, network, permission, input or output",
    130: "interrupted (SIGINT)",
    143: "terminated (SIGTERM)",
}
"""Of every command. What 1 means exactly is said by each (`Parser.exit_one`)."""

TABLE = "exit codes:\n" + "".join(f"  {code:<3}  {meaning}\n" for code, meaning in MEANINGS.items())
"""All of them, a line each."""

ANY = "findings, or not done"
"""What 1 means for a plugin as a whole."""

_TIED = "\0"
"""Stands for a space that no line ends at: a code stays with what it means."""


def line(one: str | None, width: int) -> str:
    """`exit codes: 0 all well, 1 not Ready in time, ...`; `one` is what 1 means, None where it never happens."""
    parts = [
        "0 all well",
        *([f"1 {one}"] if one is not None else []),
        "2 wrong usage",
        "3 failed",
        "130 or 143 interrupted",
    ]
    whole = (part.replace(" ", _TIED) for part in parts)
    filled = textwrap.fill("exit codes: " + "; ".join(whole), width, subsequent_indent="  ")
    return filled.replace(_TIED, " ") + "\n"
