"""Words that messages share: counted nouns, lists of things, names of months."""

from collections.abc import Sequence

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def counted(number: int | str, thing: str) -> str:
    """``1 lead``, ``2 leads``, ``12,345 leads``; a number that is text already keeps its form."""
    shown = number if isinstance(number, str) else f"{number:,}"
    return f"{shown} {thing}" + ("" if shown.lstrip("+-") == "1" else "s")


def listed(things: Sequence[str], word: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} {word} {things[-1]}"
