"""Lines of scores and tests, lifecycles and schemas."""

from mqlrules.syntax import condition_errors, errors, line_errors
from mqlrules.syntax.diagnose import units
from mqlrules.syntax.lexer import END
from mqlrules.syntax.parse_error import NUMBERS, OPERATORS, Slip, Trouble

_POINTS = ("points", "point", "pts", "pt", "p")
_CAPS = ("max", "maximum", "most", "at", "capped", "cap", "limit", "to", "up", "limited", "upto")


def points_without_sign(t: Trouble) -> Slip | None:
    """``10 per visited pricing``, ``+ 10 per visited pricing``."""
    if t.index != 0 or t.start != "score_line":
        return None
    if t.token().kind == "UNSIGNED":
        number = t.token().text
        return Slip(line_errors.points_without_sign(t.place(0, 0), number), (t.insert(0, "+"),))
    if t.token().text in ("+", "-", "−", "–") and t.token(1).kind == "UNSIGNED":
        sign = "+" if t.token().text == "+" else "-"
        instead = sign + t.token(1).text
        return Slip(line_errors.sign_apart(t.place(0, 1), t.written(0, 2), instead), (t.replace(0, 1, instead),))
    return None


def points_in_words(t: Trouble) -> Slip | None:
    """``+10 points per visit``, ``up to 30 points``: a number alone."""
    if t.start == "score_line" and t.token().text.lower() in _POINTS and t.token(-1).kind in NUMBERS:
        return Slip(
            line_errors.needless_word(t.place(t.index, t.index), t.token().text), (t.replace(t.index, t.index, ""),)
        )
    return None


def how_points_count(t: Trouble) -> Slip | None:
    """``+10 each visited pricing``, ``+10 when …``, ``+10 visited pricing``."""
    if t.start != "score_line" or t.index != 1 or t.token(-1).kind != "SIGNED":
        return None
    token = t.token()
    points = t.token(-1).text
    if token.text in ("each", "every", "a", "x", "*", "times", "on") and t.token(1).kind in ("WORD", "STRING", "_LPAR"):
        instead = f"{points} per {t.written(2, t.words_from(2))}".strip()
        return Slip(line_errors.how_points_count(t.place(1, 1), token.text, instead), (t.replace(1, 1, "per"),))
    if token.text in ("when", "where", "while", "unless", "is"):
        return Slip(line_errors.how_points_count(t.place(1, 1), token.text, f"{points} if …"), (t.replace(1, 1, "if"),))
    if token.kind in ("WORD", "STRING", "_LPAR"):
        instead = f"{points} per {t.written(1, max(2, t.words_from(1)))}"
        return Slip(line_errors.points_without_word(t.place(1, 1), instead), (t.insert(1, "per "),))
    return None


def cap_in_words(t: Trouble) -> Slip | None:
    """``+10 per visit max 30``, ``capped at 30``, ``upto 30``."""
    if t.start != "score_line" or t.token().kind != "UNSIGNED" or "_UP_TO" not in t.expected:
        return None
    first = t.index
    while t.at(first - 1).text.lower() in _CAPS:
        first -= 1
    if first == t.index:
        return None
    instead = f"up to {t.token().text}"
    return Slip(
        line_errors.other_words(t.place(first, t.index), t.written(first, t.index + 1), instead),
        (t.replace(first, t.index, instead),),
    )


def halving_in_words(t: Trouble) -> Slip | None:
    """``halve after 30d``, ``half-life 30d``, ``halving every 30d``, ``decay 30d``."""
    if t.start != "score_line":
        return None
    anchor = t.token(-1).text == "after"
    first = t.words_to(t.index - anchor)
    at = next((i for i in range(first, t.index) if t.at(i).text.lower().startswith(("halv", "half", "decay"))), None)
    after = t.index + (t.token().text in ("after", "within"))
    meant = units.read(t, after)
    if at is None or meant is None or t.at(after).kind not in ("DURATION", "UNSIGNED", "STUCK"):
        return None
    instead = f"halve every {meant.text}"
    return Slip(
        line_errors.other_words(t.place(at, meant.stop - 1), t.written(at, meant.stop), instead),
        (t.replace(at, meant.stop - 1, instead),),
    )


def clamp(t: Trouble) -> Slip | None:
    """``between 0 - 100``, ``between 0 to 100``, ``from 0 to 100``."""
    if t.start != "score_line":
        return None
    if t.expected == {"_AND"} and t.at(0).text == "between":
        low = t.token(-1).text
        high = next((token.text for token in t.tokens[t.index : t.index + 2] if token.kind in NUMBERS), None)
        if high is None:
            return None
        instead = f"between {low} and {high.lstrip('-+')}"
        last = t.index + (t.token().kind not in NUMBERS)
        return Slip(
            line_errors.other_words(t.place(0, last), t.written(0, last + 1), instead), (t.replace(0, last, instead),)
        )
    if t.index == 0 and t.token().text in ("from", "clamp", "range", "limit", "min"):
        numbers = [token.text for token in t.tokens if token.kind in NUMBERS]
        if len(numbers) == 2:
            last = len(t.tokens) - 1
            instead = f"between {numbers[0]} and {numbers[1]}"
            return Slip(
                line_errors.other_words(t.place(0, last), t.written(0, last + 1), instead),
                (t.replace(0, last, instead),),
            )
    return None


def adjusted_condition(t: Trouble) -> Slip | None:
    """``+15 if ideal_customer up to 30``: what holds or doesn't has nothing to cap or to halve."""
    if t.start == "score_line" and t.token(-t.index + 1).text == "if" and t.token().text in ("up", "halve"):
        last = t.index + 2
        return Slip(
            line_errors.adjusted_condition(t.place(t.index, last), t.written(t.index, last + 1)),
            (t.replace(t.index, last, ""),),
        )
    return None


def stages_apart(t: Trouble) -> Slip | None:
    """``lifecycle a < b``, ``lifecycle a then b``, ``lifecycle a / b``."""
    if t.at(0).text != "lifecycle" or "GREATER" not in t.expected:
        return None
    if t.token().kind in OPERATORS or t.token().text in ("then", "/", "-", "|", ";", "=>"):
        return Slip(
            errors.foreign_sign(t.place(t.index, t.index), t.token().text, ">"), (t.replace(t.index, t.index, " > "),)
        )
    return None


def property_value(t: Trouble) -> Slip | None:
    """``schema x (path = text)``, ``schema x (path text)``, ``page_viewed (path = "/x")``: a colon stands between."""
    if "_COLON" not in t.expected or not (t.start == "test_line" or t.at(0).text == "schema"):
        return None
    token = t.token()
    name = t.token(-1).text
    if token.kind in OPERATORS and t.token(1).kind != END:
        instead = f"{name}: {t.token(1).text}"
        return Slip(
            line_errors.colon_instead(t.place(t.index, t.index), token.text, instead),
            (t.replace(t.index, t.index, ":"),),
        )
    if token.kind in ("WORD", "NAME", "STRING", "UNSIGNED", "DURATION"):
        return Slip(
            line_errors.colon_between(t.place(t.index, t.index), token.text, f"{name}: {token.text}"),
            (t.insert(t.index, ": "),),
        )
    return None


def trailing_comma(t: Trouble) -> Slip | None:
    """``(path: text, )``."""
    if t.token().kind == "_RPAR" and t.token(-1).kind == "_COMMA":
        return Slip(
            errors.needless_sign(t.place(t.index - 1, t.index - 1), ","), (t.replace(t.index - 1, t.index - 1, ""),)
        )
    return None


def comma_in_item(t: Trouble) -> Slip | None:
    """``+10 per visited pricing, up to 30``."""
    if t.token().kind == "_COMMA" and t.start == "score_line" and "_UP_TO" in t.expected:
        return Slip(errors.needless_sign(t.place(t.index, t.index), ","), (t.replace(t.index, t.index, ""),))
    return None


def missing_comma(t: Trouble) -> Slip | None:
    """``in ("a" "b")``, ``(path: text duration: number)``."""
    if (
        "_COMMA" in t.expected
        and "_RPAR" in t.expected
        and t.token().kind in ("STRING", "WORD", "UNSIGNED", "DURATION", "DATE", "SIGNED")
    ):
        return Slip(
            line_errors.missing_comma(t.place(t.index, t.index), t.token(-1).text, t.token().text),
            (t.insert(t.index, ", "),),
        )
    return None


def test_words(t: Trouble) -> Slip | None:
    """``expects MQL``, ``expect MQL at day 3``, ``expect not SQL``, ``day 3: …``."""
    if t.start != "test_line":
        return None
    token = t.token()
    if t.index == 0 and token.text.lower() in ("expects", "expected", "assert", "then", "should", "expect", "and"):
        return Slip(line_errors.other_words(t.place(0, 0), token.text, "expect"), (t.replace(0, 0, "expect"),))
    if t.index == 0 and token.text.lower() in ("on", "at", "day"):
        return None if t.token(1).kind == END else Slip(line_errors.moment_needed(t.place(0, 0), token.text))
    if token.text == "not" and t.token(-1).text == "expect":
        return Slip(condition_errors.not_for_no(t.place(t.index, t.index)), (t.replace(t.index, t.index, "no"),))
    if token.kind in ("UNSIGNED", "DATE", "INSTANT") and "_ON" in t.expected:
        first = t.index - (t.token(-1).text == "day")
        if t.at(first - 1).text in ("at", "in", "by", "until", "after"):
            instead = f"on {t.written(first, t.index + 1)}"
            return Slip(
                line_errors.other_words(t.place(first - 1, t.index), t.written(first - 1, t.index + 1), instead),
                (t.replace(first - 1, first - 1, "on"),),
            )
        return Slip(
            line_errors.other_words(
                t.place(first, t.index), t.written(first, t.index + 1), f"on {t.written(first, t.index + 1)}"
            ),
            (t.insert(first, "on "),),
        )
    if token.kind == "_COLON" and {"WORD"} & t.expected:
        return Slip(errors.needless_sign(t.place(t.index, t.index), ":"), (t.replace(t.index, t.index, ""),))
    if token.text == "where" and "_LPAR" in t.expected:
        return Slip(
            line_errors.other_words(t.place(t.index, t.index), "where", "(property: value)"),
            (t.replace(t.index, t.index, ""),),
        )
    return None


RECOGNISERS = (
    points_without_sign, points_in_words, how_points_count, cap_in_words, halving_in_words, clamp, adjusted_condition,
    stages_apart, property_value, trailing_comma, comma_in_item, missing_comma, test_words,
)  # fmt: skip
