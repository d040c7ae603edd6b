"""Text from a cluster or a file, before it goes to a terminal."""

_CARETS = {code: f"^{chr(code ^ 0x40)}" for code in (*range(0x20), 0x7F) if chr(code) not in "\t\n"}
_C1 = dict.fromkeys(range(128, 160), "\N{REPLACEMENT CHARACTER}")
_SHOWN = {**_CARETS, **_C1}


def printable(text: str) -> str:
    """The text with control characters in caret notation (`^[`), so that none of them can steer a terminal.

    Anybody who may write an annotation could otherwise repaint an operator's screen (kubectl: CVE-2021-25743).
    """
    return text if text.isprintable() else text.translate(_SHOWN)
