"""Values of flags, read so that a wrong one is told with its reason."""

import argparse
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def parse_count(text: str) -> int:
    """A whole number from 1 on; raises ValueError otherwise."""
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise ValueError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def parse_level(text: str) -> int:
    """A verbosity level from 0 to 9; raises ValueError otherwise."""
    if text not in tuple("0123456789"):
        raise ValueError(f"{text!r} is not a level from 0 to 9")
    return int(text)


def file_name(text: str) -> str:
    """The name of a file; ValueError for an empty one (an unset variable), which would mean the working folder."""
    if not text:
        raise ValueError("an empty name; is a variable unset? Name a file, or . for this folder")
    return text


def checked(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Let argparse show the reason in `parse`'s ValueError, which it would otherwise replace by its own."""

    def read(text: str) -> T:
        try:
            return parse(text)
        except ValueError as reason:
            raise argparse.ArgumentTypeError(str(reason)) from reason

    return read
