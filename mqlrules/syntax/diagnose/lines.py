"""Lines of scores and tests, lifecycles and schemas."""

from mqlrules.syntax import errors
from mqlrules.syntax.diagnose import times
from mqlrules.syntax.parse_error import NUMBERS, Diagnosis, NearMiss, ParseError

_CAPS = ("max", "maximum", "most", "at", "capped", "cap", "limit", "to", "up", "limited", "upto")
_OPERATORS = "EQUALS NOT_EQUALS LESS LESS_OR_EQUAL GREATER GREATER_OR_EQUAL"


def cap_in_words(e: ParseError) -> Diagnosis | None:
    """``+10 per visit max 30``, ``capped at 30``, ``upto 30``."""
    if e.start != "score_line" or e.token().kind != "UNSIGNED" or "_UP_TO" not in e.expected:
        return None
    first = e.index
    while e.at(first - 1).text.lower() in _CAPS:
        first -= 1
    return e.fix(errors.OTHER_WORDS, first, e.index, f"up to {e.token().text}") if first < e.index else None


def halving_in_words(e: ParseError) -> Diagnosis | None:
    """``halve after 30d``, ``half-life 30d``, ``halving every 30d``, ``decay 30d``."""
    if e.start != "score_line":
        return None
    first = e.words_to(e.index - (e.token(-1).text == "after"))
    at = next((i for i in range(first, e.index) if e.at(i).text.lower().startswith(("halv", "half", "decay"))), None)
    after = e.index + (e.token().text in ("after", "within"))
    meant = times.read(e, after)
    if at is None or meant is None or e.at(after).kind not in ("DURATION", "UNSIGNED", "STUCK"):
        return None
    return e.fix(errors.OTHER_WORDS, at, meant.stop - 1, f"halve every {meant.text}")


def clamp(e: ParseError) -> Diagnosis | None:
    """``between 0 - 100``, ``between 0 to 100``, ``from 0 to 100``."""
    if e.start != "score_line":
        return None
    if e.expected == {"_AND"} and e.keyword == "between":
        high = next((token.text for token in e.tokens[e.index : e.index + 2] if token.kind in NUMBERS), None)
        last = e.index + (e.token().kind not in NUMBERS)
        if high is None:
            return None
        return e.fix(errors.OTHER_WORDS, 0, last, f"between {e.token(-1).text} and {high.lstrip('-+')}")
    numbers = [token.text for token in e.tokens if token.kind in NUMBERS]
    if e.index == 0 and e.token().text in ("from", "clamp", "range", "limit", "min") and len(numbers) == 2:
        return e.fix(errors.OTHER_WORDS, 0, len(e.tokens) - 1, f"between {numbers[0]} and {numbers[1]}")
    return None


def adjusted_condition(e: ParseError) -> Diagnosis | None:
    """``+15 if ideal_customer up to 30``: a condition gives its points once, so nothing caps or halves them."""
    if e.start == "score_line" and e.at(1).text == "if" and e.token().text in ("up", "halve"):
        return e.fix(errors.ADJUSTED_CONDITION, e.index, e.index + 2, "")
    return None


def expected_on(e: ParseError) -> Diagnosis | None:
    """``expect MQL at day 3``, ``expect MQL 2026-01-31``."""
    if e.start != "test_line" or e.token().kind not in ("UNSIGNED", "DATE", "INSTANT") or "_ON" not in e.expected:
        return None
    first = e.index - (e.token(-1).text == "day")
    instead = f"on {e.written(first, e.index + 1)}"
    if e.at(first - 1).text in ("at", "in", "by", "until", "after"):
        first -= 1
    return e.fix(errors.OTHER_WORDS, first, e.index, instead)


RECOGNISERS = (
    NearMiss("score s\n    10 per a", errors.POINTS_WITHOUT_SIGN, here="UNSIGNED", start="score_line", index=0,
             insert="+"),
    NearMiss("score s\n    + 10 per a", errors.SIGN_APART, here="+", after="UNSIGNED", start="score_line", index=0,
             last=1, put="+{after}"),
    NearMiss("score s\n    - 10 per a", errors.SIGN_APART, here="- − –", after="UNSIGNED", start="score_line", index=0,
             last=1, put="-{after}"),
    NearMiss("score s\n    +10 points per a", errors.NEEDLESS_WORD, here="points point pts pt p",
             before="SIGNED UNSIGNED", start="score_line", put=""),
    NearMiss("score s\n    +10 each a", errors.HOW_POINTS_COUNT, here="each every a x * times on", before="SIGNED",
             after="WORD STRING _LPAR", start="score_line", index=1, put="per", instead="{before} per {rest}"),
    NearMiss("score s\n    +10 when a", errors.HOW_POINTS_COUNT, here="when where while unless is", before="SIGNED",
             start="score_line", index=1, put="if", instead="{before} if …"),
    NearMiss("score s\n    +10 a", errors.POINTS_WITHOUT_WORD, here="WORD STRING _LPAR", before="SIGNED",
             start="score_line", index=1, insert="per ", instead="{before} per {words}"),
    cap_in_words, halving_in_words, clamp, adjusted_condition,
    NearMiss("lifecycle a < b", errors.FOREIGN_SIGN, here=f"{_OPERATORS} then / - | ; =>", keyword="lifecycle",
             expects="GREATER", put=" > "),
    NearMiss("schema a (b = text)", errors.COLON_INSTEAD, here=_OPERATORS, after="!$END", expects="_COLON _DOT",
             put=":", instead="{before}: {after}"),
    NearMiss("schema a (b text)", errors.MISSING_PROPERTY_COLON, here="WORD NAME STRING UNSIGNED DURATION",
             expects="_COLON _DOT", insert=": ", instead="{before}: {here}"),
    NearMiss("schema a (b: text,)", errors.NEEDLESS_SIGN, here="_RPAR", before="_COMMA", first=-1, last=-1, put=""),
    NearMiss("score s\n    +10 per a, up to 30", errors.NEEDLESS_SIGN, here="_COMMA", start="score_line",
             expects="_UP_TO", put=""),
    NearMiss('a where (b in ("x" "y")) => MQL', errors.MISSING_COMMA, here="STRING WORD UNSIGNED DURATION DATE SIGNED",
             expects="_COMMA _RPAR", insert=", ", instead="{before}, {here}"),
    NearMiss('test "t"\n    expects MQL', errors.OTHER_WORDS, here="expects expected assert then should expect and",
             start="test_line", index=0, put="expect"),
    NearMiss('test "t"\n    on Monday a', errors.MOMENT_NEEDED, here="on at day", after="!$END", start="test_line",
             index=0),
    NearMiss('test "t"\n    expect not MQL', errors.NOT_FOR_NO, here="not", before="expect", start="test_line",
             put="no"),
    expected_on,
    NearMiss('test "t"\n    day 1: a', errors.NEEDLESS_SIGN, here="_COLON", start="test_line", expects="WORD", put=""),
    NearMiss('test "t"\n    day 1 a where (b: 1)', errors.OTHER_WORDS, here="where", start="test_line", expects="_LPAR",
             put="", instead="(property: value)"),
)  # fmt: skip
