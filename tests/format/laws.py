"""The laws of the formatter, and rule files with comments in odd places to hold it to them."""

from collections.abc import Callable, Iterator

from mqlrules.format.formatter import formatted
from mqlrules.syntax.grammar import tokenise
from mqlrules.syntax.layout import Piece, blocks
from mqlrules.syntax.parse import parse
from mqlrules.syntax.tree import Parsed
from mqlrules.text.source import Source


def read(text: str) -> Parsed:
    return parse(Source("<rules>", text))


def abides(parsed: Parsed) -> str:
    """The text of a file that was read without diagnostics in the one layout, which must keep all laws."""
    text = formatted(parsed)
    again = read(text)
    assert () == again.diagnostics, text
    assert parsed.tree == again.tree
    assert [comment.text for comment in parsed.comments] == [comment.text for comment in again.comments]
    assert text == formatted(again)
    assert text == "" or text.endswith("\n")
    assert "\r" not in text
    assert "\n\n\n" not in f"\n{text}\n"
    assert [] == [line for line in text.split("\n") if line != line.rstrip()]
    return text


Between = Callable[[bool], str]
"""What to put between two tokens; told whether line ends mean nothing there."""


def rewritten(text: str, between: Between) -> str:
    """A sound rule file with something else between its tokens."""
    source = Source("<rules>", text)
    tokens, _ = tokenise(text)
    cut, _ = blocks(source, text, tokens)
    lines = []
    for block in cut:
        lines.append("".join(_spaced(block.heading, between, depth=0 if block.items else 1)))
        lines += ["  " + "".join(_spaced(item, between, depth=0)) for item in block.items]
    return "\n".join(lines) + "\n"


def _spaced(piece: Piece, between: Between, depth: int) -> Iterator[str]:
    """``depth`` 0: line ends mean something outside parentheses."""
    for at, token in enumerate(piece.tokens):
        if at > 0:
            yield between(depth > 0)
        yield token.text
        depth += (token.kind == "_LPAR") - (token.kind == "_RPAR")
