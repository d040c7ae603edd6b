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


def line(one: str | None, width: int) -> str:
    """`exit codes: 0 all well, 1 not Ready in time, ...`; `one` is what 1 means, None where it never happens."""
    parts = [
        "0 all well",
        *([f"1 {one}"] if one is not None else []),
        "2 wrong usage",
        "3 failed",
        "130 or 143 interrupted",
    ]
    return textwrap.fill("exit codes: " + "; ".join(parts), width, subsequent_indent="  ") + "\n"
