"""A unified diff on a terminal."""

_RED, _GREEN, _CYAN, _BOLD, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[1m", "\x1b[0m"
_COLOURS = (("---", _BOLD), ("+++", _BOLD), ("@@", _CYAN), ("-", _RED), ("+", _GREEN))


def coloured(diff: str, *, colour: bool = True) -> str:
    """The diff with a line break behind every line, in Git's colours where `colour` asks for them."""
    return "".join(f"{_coloured(line) if colour else line}\n" for line in diff.splitlines())


def _coloured(line: str) -> str:
    start = next((code for sign, code in _COLOURS if line.startswith(sign)), "")
    return f"{start}{line}{_PLAIN}" if start else line
