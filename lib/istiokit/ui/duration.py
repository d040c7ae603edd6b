"""Durations the way Go writes them, because kubectl's and Flux's flags do: `90s`, `10m`, `1h30m`."""

import re

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)", re.ASCII)
_WHOLE = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)


def parse_duration(text: str) -> float:
    """Seconds for a Go duration without a sign (time.ParseDuration's grammar); `0` needs no unit.

    Raises ValueError with the reason in one line.
    """
    if text == "0":
        return 0.0
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration such as 90s, 10m or 1h30m")
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))


def parse_request_timeout(text: str) -> float:
    """Seconds for kubectl's --request-timeout: a Go duration, or a bare whole number of seconds."""
    return float(text) if text.isascii() and text.isdecimal() else parse_duration(text)


def show_duration(seconds: float) -> str:
    """A time that has passed, in whole seconds, for people: `7s`, `2m5s`, `1h0m`."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    if minutes == 0:
        return f"{rest}s"
    if minutes < 60:
        return f"{minutes}m{rest}s"
    return f"{minutes // 60}h{minutes % 60}m"
