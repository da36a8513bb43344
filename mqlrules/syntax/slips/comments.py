"""Comments of other languages: ``// …``, ``/* … */``, ``-- …``. They are told, and then passed over as comments."""

from collections.abc import Sequence

from mqlrules.syntax import errors
from mqlrules.syntax.tokens import Token
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source
from mqlrules.text.span import Span

_SIGNS = ("//", "/*", "--")


def without_foreign_comments(source: Source, tokens: list[Token]) -> tuple[list[Token], list[Diagnostic]]:
    """The tokens without those inside of such comments."""
    text = source.text
    if not any(sign in text for sign in _SIGNS) or all(token.kind != "STRAY" for token in tokens):
        return tokens, []
    kept: list[Token] = []
    wrong: list[Diagnostic] = []
    until = 0
    for at, token in enumerate(tokens):
        if token.start < until:
            continue
        sign = _sign(text, tokens, at)
        if sign is None:
            kept.append(token)
            continue
        end = text.find("*/", token.end) if sign == "/*" else text.find("\n", token.end)
        until = len(text) if end < 0 else end + 2 * (sign == "/*")
        wrong.append(errors.foreign_comment((source, Span(token.start, token.start + 2)), sign))
    return kept, wrong


def _sign(text: str, tokens: Sequence[Token], at: int) -> str | None:
    """The sign of a comment that starts at a token: after a blank, so that no unquoted address is taken for one."""
    token = tokens[at]
    sign = text[token.start : token.start + 2]
    if token.kind != "STRAY" or sign not in _SIGNS or not (token.start == 0 or text[token.start - 1].isspace()):
        return None
    return sign if sign != "--" or text[token.start + 2 : token.start + 3].isspace() else None
