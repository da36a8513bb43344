"""Signs of other languages, quotes of word processors, brackets, and signs that mean nothing here."""

import re

from mqlrules.syntax import condition_errors, errors
from mqlrules.syntax.parse_error import NUMBERS, OPERATORS, Slip, Trouble
from mqlrules.syntax.repaired_text import Edit

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
_CURRENCIES = ("$", "€", "£", "¥", "₹")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad\x00-\x08\x0e-\x1f\x7f]")


def unclosed_string(t: Trouble) -> Slip | None:
    """``path = "/pricing) => MQL``: the quote that opens has none that closes."""
    token = t.token()
    if token.kind != "UNCLOSED":
        return None
    # After a name it describes a rule or a segment, and anything may stand in it; else it is a value.
    signs = (":",) if "_COLON" in t.expected else (" =",) if "EQUALS" in t.expected else (")", "=>", ",")
    ends = [at for at in map(token.text.find, signs) if at >= 0]
    inner = token.text[1 : min(ends)] if ends else token.text[1:]
    kept = inner.rstrip().rstrip("\\")
    close = token.start + 1 + len(kept)
    return Slip(errors.unclosed_string(t.place(t.index, t.index), f'"{kept}"'), (Edit(close, close, '"'),))


def wrong_quotes(t: Trouble) -> Slip | None:
    """``“/pricing”``, ``'/pricing'``: strings stand in straight double quotes."""
    token = t.token()
    if token.text not in _QUOTES:
        return None
    text = t.draft.text
    line_end = text.find("\n", token.start)
    line = text[token.end : line_end if line_end >= 0 else len(text)]
    ends = [at for at in (line.find(mark) for mark in _QUOTES[token.text] + '"') if at >= 0]
    before = text[token.start - 1 : token.start]
    if not ends or (before.isalnum() and token.text in "'’´`"):
        return None
    inner = line[: min(ends)]
    instead = '"' + inner.replace("\\", "\\\\") + '"'
    end = token.end + len(inner) + 1
    return Slip(
        errors.wrong_quotes((t.source, t.draft.place(token.start, end)), text[token.start : end], instead),
        (Edit(token.start, end, instead),),
    )


def foreign_sign(t: Trouble) -> Slip | None:
    """``&&``, ``==``, ``->``, ``≥`` … and ``> =`` with a blank."""
    first, last = _run(t)
    written = t.draft.text[t.at(first).start : t.at(last).end]
    if t.token().text in _SINGLE:
        instead = _SINGLE[t.token().text]
        return Slip(
            errors.foreign_sign(t.place(t.index, t.index), t.token().text, instead), _put(t, t.index, t.index, instead)
        )
    if written in _ARROWS:
        instead = _meant_arrow(t, last)
    elif written in _WORDS:
        instead = _WORDS[written]
        if instead == "matches" and not (t.token(-1).kind == "EQUALS" or "CONTAINS" in t.expected):
            return None
    elif written in _SIGNS:
        instead = _SIGNS[written]
    elif t.token().kind == "EQUALS" and t.token(-1).kind in ("GREATER", "LESS"):
        first, last, instead = t.index - 1, t.index, t.token(-1).text + "="
        written = t.written(first, last + 1)
    elif t.token().kind == "GREATER" and t.token(-1).kind == "EQUALS":
        first, last, instead = t.index - 1, t.index, ">=" if t.token(1).kind in NUMBERS else "=>"
        written = t.written(first, last + 1)
    else:
        return None
    return Slip(errors.foreign_sign(t.place(first, last), written, instead), _put(t, first, last, f" {instead} "))


def arrow_as_comparison(t: Trouble) -> Slip | None:
    """``visited pricing => 2``: at least is written the other way round."""
    at = t.index - 1
    values: tuple[str, ...] = tuple(NUMBERS)
    if t.token().kind == "_ARROW" and t.depth() > 0 and "EQUALS" in t.expected:
        at, values = t.index, (*NUMBERS, "DURATION", "STRING", "DATE")
    if t.at(at).kind != "_ARROW" or t.at(at + 1).kind not in values:
        return None
    return Slip(errors.arrow_as_comparison(t.place(at, at)), _put(t, at, at, ">="))


def needless_sign(t: Trouble) -> Slip | None:
    """``… => MQL;`` or ``… => MQL.``: nothing ends a statement but the next one."""
    if t.token().text in (";", ".", ",", "…") and t.index == len(t.tokens) - 1:
        return Slip(errors.needless_sign(t.place(t.index, t.index), t.token().text), _put(t, t.index, t.index, ""))
    return None


def invisible_sign(t: Trouble) -> Slip | None:
    """A zero-width space, as pasted text brings along."""
    if t.token().kind == "STRAY" and _INVISIBLE.fullmatch(t.token().text):
        place = t.place(t.index, t.index)
        return Slip(errors.control_character(place, t.token().text), _put(t, t.index, t.index, " "))
    return None


def percent(t: Trouble) -> Slip | None:
    """``50%``."""
    if t.token().text == "%" and t.token(-1).kind in NUMBERS:
        number = t.token(-1).text
        place = t.place(t.index - 1, t.index)
        return Slip(condition_errors.odd_number(place, f"{number}%", number), _put(t, t.index, t.index, ""))
    return None


def currency(t: Trouble) -> Slip | None:
    """``$100``, ``100 €``: amounts are numbers alone."""
    if t.token().text not in _CURRENCIES:
        return None
    before, after = t.token(-1), t.token(1)
    # `visited pricing 100$` is a count without its sign, and `paid $ 5` may be a name: there other things are said.
    if (after.kind in NUMBERS and t.expected & NUMBERS) or before.kind in NUMBERS:
        return Slip(errors.needless_sign(t.place(t.index, t.index), t.token().text), _put(t, t.index, t.index, ""))
    return None


def stray_sign(t: Trouble) -> Slip | None:
    """Any other sign: in an event's name it asks for quotes, else it means nothing."""
    if t.token().kind != "STRAY":
        return None
    first, stop = t.words_to(t.index), t.index + 1
    while t.at(stop).kind in ("STRAY", "WORD") and t.at(stop).text not in _QUOTES:
        stop += 1
    place = t.place(t.index, t.index)
    if "WORD" in t.expected and stop - first > 1:
        name = t.written(first, stop)
        return Slip(errors.sign_in_name(place, t.token().text, name), (t.replace(first, stop - 1, f'"{name}"'),))
    return Slip(errors.stray_sign(place, t.token().text))


def _put(t: Trouble, first: int, last: int, text: str) -> tuple[Edit]:
    return (t.replace(first, last, text),)


def _run(t: Trouble) -> tuple[int, int]:
    """The signs that stand together with the stuck one, without a blank."""
    first = last = t.index
    while t.at(first).start == t.at(first - 1).end and _is_sign(t, first - 1) and _is_sign(t, first):
        first -= 1
    while t.at(last).end == t.at(last + 1).start and _is_sign(t, last + 1) and _is_sign(t, last):
        last += 1
    return first, last


def _is_sign(t: Trouble, index: int) -> bool:
    token = t.at(index)
    is_sign = token.kind in OPERATORS or token.kind in ("STRAY", "_ARROW", "_COLON")
    return is_sign and token.text not in _QUOTES and token.text not in _SINGLE


def _meant_arrow(t: Trouble, last: int) -> str:
    """An arrow leads to a stage, unless another follows it; in a lifecycle it stands between stages."""
    if t.tokens[0].text == "lifecycle":
        return ">"
    following = t.draft.text[t.at(last).end : t.tokens[-1].end]
    return "then" if any(sign in following for sign in ("=>", "->", "→", "⇒")) else "=>"


RECOGNISERS = (
    unclosed_string, wrong_quotes, arrow_as_comparison, foreign_sign, needless_sign, invisible_sign, percent, currency,
)  # fmt: skip
LATE = (stray_sign,)
