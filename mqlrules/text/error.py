"""The base of every exception that mqlrules raises on purpose, and how its messages name settings."""

from collections.abc import Iterator
from contextlib import contextmanager


class Error(Exception):
    """The base of every exception raised on purpose. Each subclass also has a built-in base, such as ``ValueError``."""


_on_command_line = False


@contextmanager
def for_the_command_line() -> Iterator[None]:
    """Lets messages name options of the command line for a while, in place of arguments in Python."""
    # Not a context variable: readers also raise in threads of their own.
    global _on_command_line
    before, _on_command_line = _on_command_line, True
    try:
        yield
    finally:
        _on_command_line = before


def setting(option: str, argument: str) -> str:
    """The name of a setting, and perhaps its value, as the caller writes it: an option, or an argument in Python."""
    return option if _on_command_line else argument
