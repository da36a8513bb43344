"""Signs, quotes and comments of other languages, and signs that aren't valid here."""

import re
from collections.abc import Sequence

from mqlrules.syntax import errors
from mqlrules.syntax.lexer import Token
from mqlrules.syntax.parse_error import NUMBERS, OPERATORS, Diagnosis, NearMiss, ParseError
from mqlrules.syntax.repaired_text import Edit
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source
from mqlrules.text.span import Span

_WORDS = {"&&": "and", "&": "and", "||": "or", "|": "or", "!": "not", "~": "matches", "=~": "matches", "~=": "matches"}
_SIGNS = {
    "==": "=", "===": "=", "=!": "!=", "<>": "!=", "!==": "!=", "≠": "!=", "><": "!=", "=<": "<=", "≤": "<=", "⩽": "<=",
    "<==": "<=", "=>=": ">=", "≥": ">=", "⩾": ">=", ">==": ">=", ":=": "=", "＝": "=", "＞": ">", "＜": "<",
}  # fmt: skip
_ARROWS = frozenset(("->", "-->", "--->", "==>", "===>", "=>>", "→", "⇒", "⟹", "⟶", "➔", "➜", ">>", "|>", "~>"))
_SINGLE = {"（": "(", "）": ")", "，": ",", "：": ":", "[": "(", "]": ")", "{": "(", "}": ")"}
_QUOTES = {
    "“": "”“", "”": "”", "„": "“”", "«": "»", "»": "«", "‘": "’", "’": "’", "‚": "‘’", "'": "'", "`": "`", "´": "´",
    "″": "″",
}  # fmt: skip
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad\x00-\x08\x0e-\x1f\x7f]")
_INVISIBLE_NAMES = {
    "\x00": "a NUL byte", "\r": "a carriage return without a line feed", "\u00ad": "a soft hyphen",
    "\u200b": "a zero-width space", "\u200c": "a zero-width non-joiner", "\u200d": "a zero-width joiner",
    "\ufeff": "a byte-order mark",
}  # fmt: skip
_COMMENTS = ("//", "/*", "--")


def invisible_name(character: str) -> str:
    """A character that can't be seen, in words."""
    return _INVISIBLE_NAMES.get(character, f"the invisible character U+{ord(character):04X}")


def foreign_comments(source: Source, tokens: Sequence[Token]) -> tuple[list[Token], list[Diagnostic]]:
    """The comments ``// …``, ``/* … */`` and ``-- …``, which are reported and then skipped like comments."""
    text = source.text
    found: list[Token] = []
    wrong: list[Diagnostic] = []
    if not any(sign in text for sign in _COMMENTS):
        return found, wrong
    for token in tokens:
        if token.kind != "STRAY" or (found and token.start < found[-1].end):
            continue
        sign = text[token.start : token.start + 2]
        # A comment follows a blank, so that no address without quotes is taken for one.
        begins = sign in _COMMENTS and (token.start == 0 or text[token.start - 1].isspace())
        if begins and (sign != "--" or text[token.start + 2 : token.start + 3].isspace()):
            end = text.find("*/", token.end) if sign == "/*" else text.find("\n", token.end)
            stop = len(text) if end < 0 else end + 2 * (sign == "/*")
            found.append(Token("COMMENT", text[token.start : stop], token.start, stop))
            wrong.append(errors.FOREIGN_COMMENT.at((source, Span(token.start, token.start + 2)), written=sign))
    return found, wrong


def unclosed_string(e: ParseError) -> Diagnosis | None:
    """``path = "/pricing) => MQL``: the closing quote is missing."""
    token = e.token()
    if token.kind != "UNCLOSED":
        return None
    # After a name it describes a rule or a segment and may contain anything; elsewhere it is a value.
    signs = (":",) if "_COLON" in e.expected else (" =",) if "EQUALS" in e.expected else (")", "=>", ",")
    ends = [at for at in map(token.text.find, signs) if at >= 0]
    inner = token.text[1 : min(ends)] if ends else token.text[1:]
    kept = inner.rstrip().rstrip("\\")
    close = token.start + 1 + len(kept)
    return e.report(errors.UNCLOSED_STRING, e.index, e.index, Edit(close, close, '"'), instead=f'"{kept}"')


def wrong_quotes(e: ParseError) -> Diagnosis | None:
    """``“/pricing”``, ``'/pricing'``: strings take straight double quotes."""
    token, text = e.token(), e.text.text
    if token.text not in _QUOTES:
        return None
    line_end = text.find("\n", token.start)
    line = text[token.end : line_end if line_end >= 0 else len(text)]
    ends = [at for at in (line.find(mark) for mark in _QUOTES[token.text] + '"') if at >= 0]
    before = text[token.start - 1 : token.start]
    if not ends or (before.isalnum() and token.text in "'’´`"):
        return None
    inner = line[: min(ends)]
    instead = '"' + inner.replace("\\", "\\\\") + '"'
    end = token.end + len(inner) + 1
    place = e.source, e.text.place(token.start, end)
    diagnostic = errors.WRONG_QUOTES.at(place, written=text[token.start : end], instead=instead)
    return Diagnosis(diagnostic, (Edit(token.start, end, instead),))


def foreign_sign(e: ParseError) -> Diagnosis | None:
    """``&&``, ``==``, ``->``, ``≥`` … and ``> =`` with a blank."""
    token, before = e.token(), e.token(-1)
    if token.text in _SINGLE:
        return e.fix(errors.FOREIGN_SIGN, e.index, e.index, _SINGLE[token.text])
    first, last = _adjacent_signs(e)
    written = e.text.text[e.at(first).start : e.at(last).end]
    if written in _ARROWS:
        instead = _meant_arrow(e, last)
    elif written in _WORDS:
        instead = _WORDS[written]
        if instead == "matches" and not (before.kind == "EQUALS" or "CONTAINS" in e.expected):
            return None
    elif written in _SIGNS:
        instead = _SIGNS[written]
    elif token.kind == "EQUALS" and before.kind in ("GREATER", "LESS"):
        first, last, instead = e.index - 1, e.index, before.text + "="
        written = e.written(first, last + 1)
    elif token.kind == "GREATER" and before.kind == "EQUALS":
        first, last, instead = e.index - 1, e.index, ">=" if e.token(1).kind in NUMBERS else "=>"
        written = e.written(first, last + 1)
    else:
        return None
    return e.fix(errors.FOREIGN_SIGN, first, last, f" {instead} ", written=written)


def arrow_as_comparison(e: ParseError) -> Diagnosis | None:
    """``visited pricing => 2``: at least is ``>=``."""
    at = e.index - 1
    values: tuple[str, ...] = tuple(NUMBERS)
    if e.token().kind == "_ARROW" and e.open_parentheses() and "EQUALS" in e.expected:
        at, values = e.index, (*NUMBERS, "DURATION", "STRING", "DATE")
    if e.at(at).kind != "_ARROW" or e.at(at + 1).kind not in values:
        return None
    return e.fix(errors.ARROW_AS_COMPARISON, at, at, ">=")


def invisible_sign(e: ParseError) -> Diagnosis | None:
    """A zero-width space, as pasted text may contain."""
    written = e.token().text
    if e.token().kind != "STRAY" or not _INVISIBLE.fullmatch(written):
        return None
    return e.fix(errors.CONTROL_CHARACTER, e.index, e.index, " ", character=invisible_name(written))


def stray_sign(e: ParseError) -> Diagnosis | None:
    """Any other sign: next to the words of a name it asks for quotes, elsewhere it is to be removed."""
    if e.token().kind != "STRAY":
        return None
    first, stop = e.words_to(e.index), e.index + 1
    while e.at(stop).kind in ("STRAY", "WORD") and e.at(stop).text not in _QUOTES:
        stop += 1
    if "WORD" in e.expected and stop - first > 1:
        name = e.written(first, stop)
        edit = e.replace(first, stop - 1, f'"{name}"')
        return e.report(errors.SIGN_IN_NAME, e.index, e.index, edit, instead=name)
    return e.report(errors.STRAY_SIGN, e.index, e.index)


def _adjacent_signs(e: ParseError) -> tuple[int, int]:
    """The signs next to the stuck one, without a blank between them."""
    first = last = e.index
    while e.at(first).start == e.at(first - 1).end and _is_sign(e, first - 1) and _is_sign(e, first):
        first -= 1
    while e.at(last).end == e.at(last + 1).start and _is_sign(e, last + 1) and _is_sign(e, last):
        last += 1
    return first, last


def _is_sign(e: ParseError, index: int) -> bool:
    token = e.at(index)
    is_sign = token.kind in OPERATORS or token.kind in ("STRAY", "_ARROW", "_COLON")
    return is_sign and token.text not in _QUOTES and token.text not in _SINGLE


def _meant_arrow(e: ParseError, last: int) -> str:
    """An arrow leads to a stage, unless another arrow follows; in a lifecycle it separates stages."""
    if e.keyword == "lifecycle":
        return ">"
    following = e.text.text[e.at(last).end : e.tokens[-1].end]
    return "then" if any(sign in following for sign in ("=>", "->", "→", "⇒")) else "=>"


# Only where a number is expected: `visited pricing 100$` is a count without its operator, `paid $ 5` may be a name.
RECOGNISERS = (
    unclosed_string, wrong_quotes, arrow_as_comparison, foreign_sign,
    NearMiss("a => MQL;", errors.NEEDLESS_SIGN, here="; . , …", after="$END", put=""),
    invisible_sign,
    NearMiss("a => MQL\nscore s\n    +5 if sum(share of b) > 50%", errors.ODD_NUMBER, here="%",
             before="UNSIGNED SIGNED", first=-1, put="{before} "),
    NearMiss("sum(amount of b) > $100 => MQL", errors.NEEDLESS_SIGN, here="$ € £ ¥ ₹", after="UNSIGNED SIGNED",
             expects="UNSIGNED|SIGNED", put=""),
    NearMiss("sum(amount of b) > 100 € => MQL", errors.NEEDLESS_SIGN, here="$ € £ ¥ ₹", before="UNSIGNED SIGNED",
             put=""),
)  # fmt: skip
LATE = (stray_sign,)
