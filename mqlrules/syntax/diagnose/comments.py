"""Comments of other languages: ``// …``, ``/* … */``, ``-- …``. They are told, and then passed over as comments."""

from collections.abc import Sequence

from mqlrules.syntax import errors
from mqlrules.syntax.lexer import Token
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source
from mqlrules.text.span import Span

_SIGNS = ("//", "/*", "--")


def foreign_comments(source: Source, tokens: Sequence[Token]) -> tuple[list[Token], list[Diagnostic]]:
    """Such comments, and what is to be said of each."""
    text = source.text
    found: list[Token] = []
    wrong: list[Diagnostic] = []
    if not any(sign in text for sign in _SIGNS):
        return found, wrong
    for at, token in enumerate(tokens):
        if token.kind != "STRAY" or (found and token.start < found[-1].end):
            continue
        sign = _sign(text, tokens, at)
        if sign is not None:
            end = text.find("*/", token.end) if sign == "/*" else text.find("\n", token.end)
            stop = len(text) if end < 0 else end + 2 * (sign == "/*")
            found.append(Token("COMMENT", text[token.start : stop], token.start, stop))
            wrong.append(errors.foreign_comment((source, Span(token.start, token.start + 2)), sign))
    return found, wrong


def _sign(text: str, tokens: Sequence[Token], at: int) -> str | None:
    """The sign of a comment that starts at a token: after a blank, so that no unquoted address is taken for one."""
    token = tokens[at]
    sign = text[token.start : token.start + 2]
    if sign not in _SIGNS or not (token.start == 0 or text[token.start - 1].isspace()):
        return None
    return sign if sign != "--" or text[token.start + 2 : token.start + 3].isspace() else None
