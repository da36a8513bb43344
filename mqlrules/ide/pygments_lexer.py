"""Highlighting for Pygments, and so for Sphinx, MkDocs and rich: what the parser's own reading makes of each token."""

from collections.abc import Iterator
from itertools import pairwise

from pygments.lexer import Lexer
from pygments.token import Comment, Error, Keyword, Literal, Name, Number, Operator, Punctuation, String, Whitespace
from pygments.token import _TokenType as TokenType

from mqlrules.ide.tokens import Classified, Kind, NameKind, classify
from mqlrules.language.names import normalise

_TYPES: dict[Kind, TokenType] = {
    "keyword": Keyword,
    "function": Name.Builtin,
    "operator": Operator,
    "punctuation": Punctuation,
    "event": Name,
    "segment": Name.Variable,
    "score": Name.Variable,
    "list": Name.Variable,
    "rule": Name.Function,
    "stage": Name.Class,
    "property": Name.Attribute,
    "type": Keyword.Type,
    "string": String.Double,
    "number": Number,
    "duration": Number,
    "date": Literal.Date,
    "boolean": Keyword.Constant,
    "comment": Comment.Single,
    "unknown": Error,
}
_DEFINED: tuple[NameKind, ...] = ("event", "segment", "score", "list", "rule")


class RulesLexer(Lexer):
    """Rule files of mqlrules. Segments and scores are told from events if the text itself defines them.

    Its name is not `mql`: that is what Pygments calls the language of a trading platform.
    """

    name = "mqlrules"
    aliases = ["mqlrules"]  # noqa: RUF012 -- the names and types of these three are Pygments' own
    filenames = ["*.mql"]  # noqa: RUF012
    mimetypes = ["text/x-mql"]  # noqa: RUF012

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, TokenType, str]]:
        """Every piece of a text, in order, with its offset and type; nothing is left out, whatever is wrong with it."""
        names = {
            normalise(token.name): token.kind
            for token in classify(text)
            if token.defines and token.name is not None and token.kind in _DEFINED
        }
        # Painted one over the other: a comment may stand between the words of a keyword.
        painted: list[TokenType] = [Whitespace] * len(text)
        starts = {0}
        for token in classify(text, names):
            painted[token.start : token.end] = [_type(token)] * (token.end - token.start)
            starts |= {token.start, token.end}
        edges = sorted({*starts, len(text)})
        for start, end in pairwise(edges):
            yield start, painted[start], text[start:end]


def _type(token: Classified) -> TokenType:
    quoted = token.name is not None and token.name.startswith('"')
    if token.kind == "event" and token.defines:
        return Name.Function
    return String.Symbol if quoted and token.kind == "event" else _TYPES[token.kind]
