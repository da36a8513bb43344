"""The grammar: `mql.lark` as Lark's LALR parser, loaded from data that Lark serialised.

Building the parser from the grammar's text takes longer than all else that `mqlrules check` does with ten rules, so
what Lark builds is kept beside this module as JSON, written by Lark's own tool. The JSON is used only if it was made
from this very text by this series of Lark; otherwise the parser is built from the text at every start.

``python -m mqlrules.syntax.grammar`` writes the JSON after a change of the grammar; a test fails if that was forgotten.
"""

import io
import json
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import lark
from lark import Lark

from mqlrules.syntax.lexer import KeywordLexer, Token, Vocabulary

STARTS = ("statement", "score_line", "test_line", "bare_condition")
"""The start symbols: a text is cut into pieces, and each piece is parsed from one of these."""

_HERE = Path(__file__).parent
_KEPT = _HERE / "grammar.json"
_OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "start": list(STARTS),
    "maybe_placeholders": False,
    "propagate_positions": True,
}


def grammar_text() -> str:
    """The text of ``mql.lark``: in an installed package beside this module, in a checkout in the folder ``grammar``."""
    installed = _HERE / "mql.lark"
    return (installed if installed.is_file() else _HERE.parents[1] / "grammar" / "mql.lark").read_text("utf-8")


def made_from(text: str) -> list[str]:
    """What a serialised parser depends on: the grammar's text, however its lines end, and the series of Lark."""
    return [f"{zlib.crc32(text.replace(chr(13), '').encode()):08x}", ".".join(lark.__version__.split(".")[:2])]


@lru_cache(maxsize=1)
def parser() -> Lark:
    """Lark's parser of the grammar."""
    text = grammar_text()
    if _KEPT.is_file():
        kept = json.loads(_KEPT.read_text("utf-8"))
        if kept["made_from"] == made_from(text):
            return _loaded(kept)
    return Lark(text, lexer=KeywordLexer, **_OPTIONS)


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The terminals of the grammar, for cutting text into tokens."""
    return Vocabulary.of(parser().terminals)


def tokenise(text: str, start: int = 0) -> tuple[list[Token], list[Token]]:
    """All tokens of a text from an offset on, and its comments."""
    return vocabulary().tokenise(text, start)


def serialised(text: str) -> str:
    """The parser of a grammar as JSON, written by Lark's serialisation tool."""
    from lark.tools.serialize import serialize

    out = io.StringIO()
    serialize(Lark(text, **_OPTIONS), out)
    return json.dumps(
        {"made_from": made_from(text), **json.loads(out.getvalue())}, separators=(",", ":"), ensure_ascii=False
    )


def _loaded(kept: dict[str, Any]) -> Lark:
    """The parser that Lark serialised.

    Keys that were numbers are numbers again, for JSON has only strings there; and our lexer, a class and therefore not
    part of the data, takes its place.
    """
    data, table = kept["data"], kept["data"]["parser"]["parser"]
    kept["memo"] = _by_number(kept["memo"])
    table["tokens"] = _by_number(table["tokens"])
    table["states"] = {int(state): _by_number(actions) for state, actions in table["states"].items()}
    data["options"]["lexer"] = data["parser"]["lexer_conf"]["lexer_type"] = KeywordLexer
    return Lark.load(kept)


def _by_number(values: dict[str, Any]) -> dict[int, Any]:
    return {int(key): value for key, value in values.items()}


if __name__ == "__main__":
    _KEPT.write_text(serialised(grammar_text()) + "\n", "utf-8")
