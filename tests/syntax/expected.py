"""What is said about each bad file: as one reads it on a terminal, in a ``.txt`` file beside it.

``python -m tests.syntax.expected`` writes these files anew, to be read before they are committed.
"""

from pathlib import Path

from mqlrules.syntax.read import parse_file
from mqlrules.syntax.tree import Parsed
from mqlrules.text.render import render_all

BAD = Path(__file__).parent / "bad"


def bad_files() -> list[Path]:
    """The rule files with mistakes, in order."""
    return sorted(BAD.glob("*.mql"))


def said(parsed: Parsed) -> str:
    """The diagnostics as text, and how many statements could be read all the same."""
    readable = f"statements read: {len(parsed.tree.statements)}"
    return f"{render_all(parsed.diagnostics)}\n\n{readable}\n"


def reading(path: Path) -> Parsed:
    """A bad file, read."""
    return parse_file(path, path.name)


if __name__ == "__main__":
    for path in bad_files():
        path.with_suffix(".txt").write_text(said(reading(path)), encoding="utf-8")
