"""Counts in words, and numbers in the wrong place: ``visited pricing at least 2``, ``2 visited pricing``."""

import re

from mqlrules.syntax import condition_errors
from mqlrules.syntax.diagnose import units
from mqlrules.syntax.parse_error import OPERATORS, Slip, Trouble

_COMPARATORS = {
    ("at", "least"): ">=", ("a", "minimum", "of"): ">=", ("minimum",): ">=", ("min",): ">=",
    ("more", "than"): ">", ("greater", "than"): ">", ("over",): ">", ("above",): ">",
    ("at", "most"): "<=", ("maximum",): "<=", ("max",): "<=",
    ("less", "than"): "<", ("fewer", "than"): "<", ("under",): "<", ("below",): "<",
    ("exactly",): "=", ("equals",): "=", ("equal", "to"): "=", ("is", "equal", "to"): "=", ("is",): "=",
    ("is", "at", "least"): ">=", ("is", "at", "most"): "<=", ("is", "more", "than"): ">", ("is", "less", "than"): "<",
    ("is", "greater", "than"): ">", ("is", "over"): ">", ("is", "above"): ">", ("is", "below"): "<",
}  # fmt: skip
_STAGES = ("stage", "lead stage", "current stage", "lifecycle stage", "lifecycle")
_TIMES = ("times", "time", "x", "×")
_STUCK = re.compile(r"([0-9]+)(?:x|times|-times)?")


def count_after_words(t: Trouble) -> Slip | None:
    """``visited pricing at least 2``, ``visited pricing 2 times``, ``engagement is 50``."""
    number, stop = _number(t, t.index)
    if number is None or "EQUALS" not in t.expected or t.token(-1).kind not in ("WORD", "STRING", "_RPAR"):
        return None
    if "CONTAINS" in t.expected or "_DOT" in t.expected:
        return None
    first = t.words_to(t.index)
    trailing, operator = _comparator([token.text.lower() for token in t.tokens[first : t.index]])
    if trailing and trailing == t.index - first and t.at(first - 1).kind not in ("STRING", "_RPAR"):
        return count_before_words(t)
    if units.read(t, t.index) is not None and t.token().kind != "STUCK" and not trailing:
        return None
    operator, stop = _or_more(t, stop, operator or ">=")
    start = t.index - trailing
    name = t.written(first, start) or t.written(t.opening(start - 1), start)
    instead = f"{operator} {number}"
    place = t.place(start, stop - 1)
    written = t.written(start, stop) if trailing else f"{name} {t.written(start, stop)}"
    diagnostic = condition_errors.count_in_words(place, written, f"{name} {instead}")
    return Slip(diagnostic, (t.replace(start, stop - 1, f" {instead}"),))


def count_before_words(t: Trouble) -> Slip | None:
    """``2 visited pricing``, ``2x visited pricing``, ``at least 2 visited pricing``, ``3 or more visited pricing``."""
    number, stop = _number(t, t.index)
    if number is None or (units.read(t, t.index) is not None and t.token().kind != "STUCK"):
        return None
    first = t.words_to(t.index)
    trailing, operator = _comparator([token.text.lower() for token in t.tokens[first : t.index]])
    if trailing != t.index - first or ("WORD" not in t.expected and "EQUALS" not in t.expected):
        return None
    operator, stop = _or_more(t, stop, operator or ">=")
    after = t.words_from(stop)
    if after == stop:
        return None
    instead = f"{t.written(stop, after)} {operator} {number}"
    diagnostic = condition_errors.count_in_words(t.place(first, after - 1), t.written(first, after), instead)
    return Slip(diagnostic, (t.replace(first, after - 1, instead),))


def comparison_in_words(t: Trouble) -> Slip | None:
    """``visited pricing >= at least 2``, ``= more than 2``: a sign and words for it."""
    if t.token().kind != "WORD" or t.token(-1).kind not in OPERATORS or "UNSIGNED" not in t.expected:
        return None
    stop = t.words_from(t.index)
    trailing, operator = _comparator([token.text.lower() for token in t.tokens[t.index : stop]])
    number, after = _number(t, stop)
    if operator is None or number is None or trailing != stop - t.index:
        return None
    instead = f"{operator} {number}"
    place = t.place(t.index - 1, after - 1)
    return Slip(
        condition_errors.count_in_words(place, t.written(t.index - 1, after), instead),
        (t.replace(t.index - 1, after - 1, instead),),
    )


def stage_compared(t: Trouble) -> Slip | None:
    """``stage = MQL and x => SQL``: a rule asks for the stage at its beginning, with ``when``."""
    if t.token(-1).kind != "EQUALS" or "UNSIGNED" not in t.expected or "STRING" in t.expected:
        return None
    first, stop = t.words_to(t.index - 1), max(t.index + 1, t.words_from(t.index))
    if t.token().kind not in ("WORD", "STRING") or t.written(first, t.index - 1).lower() not in _STAGES:
        return None
    stage = t.written(t.index, stop).strip('"')
    begins = t.start == "statement" and (first == 0 or t.at(first - 1).kind == "_COLON")
    edits = (t.replace(first, stop, f"when {stage},"),) if begins and t.at(stop).text == "and" else ()
    return Slip(condition_errors.stage_compared(t.place(first, stop - 1), t.written(first, stop), stage), edits)


def text_compared_as_count(t: Trouble) -> Slip | None:
    """``industry = "software"``: without ``lead.`` it is an event, and events are counted."""
    if t.token(-1).kind not in OPERATORS or "UNSIGNED" not in t.expected or "STRING" in t.expected:
        return None
    if t.token().kind not in ("STRING", "WORD", "DURATION", "DATE", "INSTANT", "STUCK"):
        return None
    first = t.words_to(t.index - 1)
    name = t.written(first, t.index - 1)
    if not name:
        return None
    place = t.place(first, t.index)
    # `lead industry`: the dot was forgotten.
    words = name.split(" ")[1:] if name.startswith("lead ") else [name]
    trait = "lead." + (words[0] if len(words) == 1 and " " not in words[0] else f'"{" ".join(words)}"')
    value = t.token().text if t.token().kind != "WORD" else f'"{t.token().text}"'
    diagnostic = condition_errors.text_compared_as_count(place, name, f"{trait} {t.token(-1).text} {value}")
    repaired = t.token().kind not in ("WORD", "STUCK")
    return Slip(diagnostic, (t.replace(first, t.index - 2, trait),) if repaired else ())


def counted_absence(t: Trouble) -> Slip | None:
    """``no visited pricing >= 2``: ``no`` is a count of none already."""
    if t.token().kind not in OPERATORS or "EQUALS" in t.expected:
        return None
    first = t.words_to(t.index) - 1
    number = t.token(1)
    if t.at(first).text != "no" or number.kind != "UNSIGNED":
        return None
    name = t.written(first + 1, t.index)
    instead = f"not {name} {t.token().text} {number.text}"
    return Slip(
        condition_errors.counted_absence(t.place(first, t.index + 1), t.written(first, t.index + 2), instead),
        (t.replace(first, first, "not"),),
    )


def count_function(t: Trouble) -> Slip | None:
    """``count(visited pricing) >= 2``."""
    if (
        t.token().kind != "_LPAR"
        or t.token(-1).text.lower() not in ("count", "number", "times")
        or t.words_to(t.index) != t.index - 1
    ):
        return None
    close = t.find("_RPAR", t.index)
    if close is None:
        return None
    event = t.written(t.index + 1, close)
    written = t.written(t.index - 1, close + 1)
    compared = t.at(close + 1).kind in OPERATORS and t.at(close + 2).kind == "UNSIGNED"
    comparison = t.written(close + 1, close + 3) if compared else ">= 2"
    diagnostic = condition_errors.counted_by_function(t.place(t.index - 1, close), written, f"{event} {comparison}")
    return Slip(diagnostic, (t.replace(t.index - 1, close, event),))


def aggregate_without_of(t: Trouble) -> Slip | None:
    """``sum(amount bought)``, ``sum(amount)``."""
    if "_OF" not in t.expected or t.token(-2).kind != "_LPAR":
        return None
    function, path = t.token(-3).text, t.token(-1).text
    if t.token().kind in ("WORD", "STRING"):
        event = t.written(t.index, max(t.index + 1, t.words_from(t.index)))
        instead = f"{function}({path} of {event})"
        return Slip(
            condition_errors.aggregate_without_of(t.place(t.index, t.index), function, instead),
            (t.insert(t.index, "of "),),
        )
    instead = f"{function}({path} of EVENT)"
    return Slip(condition_errors.aggregate_without_of(t.place(t.index - 3, t.index), function, instead))


def thousands(t: Trouble) -> Slip | None:
    """``>= 1,000``, ``1_000``, ``10k``, ``.5``."""
    before, token, after = t.token(-1), t.token(), t.token(1)
    if (
        token.kind == "_COMMA"
        and before.kind in ("UNSIGNED", "SIGNED")
        and after.start == token.end
        and re.fullmatch("[0-9]{3}", after.text)
    ):
        instead = before.text + after.text
        place = t.place(t.index - 1, t.index + 1)
        return Slip(
            condition_errors.odd_number(place, f"{before.text},{after.text}", instead),
            (t.replace(t.index - 1, t.index + 1, instead),),
        )
    if "UNSIGNED" not in t.expected:
        return None
    if token.kind == "STUCK":
        plain = token.text.rstrip(".").replace("_", "")
        thousand = re.fullmatch(r"([0-9]+)[kK]", plain)
        times = _STUCK.fullmatch(plain)
        instead = thousand[1] + "000" if thousand else times[1] if times else plain
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", instead):
            return Slip(
                condition_errors.odd_number(t.place(t.index, t.index), token.text, instead),
                (t.replace(t.index, t.index, instead),),
            )
    if token.kind == "WORD" and token.text.lower() in units.NUMERALS and before.kind in OPERATORS:
        instead = str(units.NUMERALS[token.text.lower()])
        place = t.place(t.index, t.index)
        return Slip(condition_errors.odd_number(place, token.text, instead), (t.replace(t.index, t.index, instead),))
    if token.kind == "_DOT" and after.kind == "UNSIGNED" and after.start == token.end:
        instead = f"0.{after.text}"
        return Slip(
            condition_errors.odd_number(t.place(t.index, t.index + 1), f".{after.text}", instead),
            (t.replace(t.index, t.index + 1, instead),),
        )
    return None


def _number(t: Trouble, index: int) -> tuple[str | None, int]:
    """The number at a token, with a word for times after it that is to go: and the index after both."""
    token = t.at(index)
    found = _STUCK.fullmatch(token.text) if token.kind in ("UNSIGNED", "STUCK") else None
    if found is None:
        return (token.text, index + 1) if token.kind == "UNSIGNED" else (None, index)
    stop = index + 1
    if t.at(stop).text.lower() in _TIMES:
        stop += 1
    return found[1], stop


def _or_more(t: Trouble, stop: int, operator: str) -> tuple[str, int]:
    """``or more`` and ``or less`` after a number."""
    if t.at(stop).text == "+" and t.at(stop).start == t.at(stop - 1).end:
        return ">=", stop + 1
    if t.at(stop).text == "or":
        word = t.at(stop + 1).text
        if word in ("more", "less", "fewer"):
            after = stop + 2 + (t.at(stop + 2).text.lower() in _TIMES)
            return (">=" if word == "more" else "<="), after
    return operator, stop


def _comparator(words: list[str]) -> tuple[int, str | None]:
    """How many of the last words say a comparison, and its sign."""
    for length in range(min(4, len(words)), 0, -1):
        operator = _COMPARATORS.get(tuple(words[-length:]))
        if operator is not None:
            return length, operator
    return 0, None


EARLY = (thousands,)
RECOGNISERS = (
    count_function, aggregate_without_of, comparison_in_words, count_after_words, count_before_words,
    stage_compared, text_compared_as_count, counted_absence,
)  # fmt: skip
