"""Counts and numbers: ``visited pricing at least 2``, ``2 visited pricing``, ``count(visited pricing)``, ``1,000``."""

import re

from mqlrules.syntax import errors
from mqlrules.syntax.diagnose import times
from mqlrules.syntax.parse_error import NUMBERS, OPERATORS, Diagnosis, ParseError

_COMPARATORS = {
    tuple(words.split()): operator
    for operator, listed in {
        ">=": "at least, a minimum of, minimum, min, is at least", "<=": "at most, maximum, max, is at most",
        ">": "more than, greater than, over, above, is more than, is greater than, is over, is above",
        "<": "less than, fewer than, under, below, is less than, is below",
        "=": "exactly, equals, equal to, is equal to, is",
    }.items()
    for words in listed.split(", ")
}  # fmt: skip
_STAGES = ("stage", "lead stage", "current stage", "lifecycle stage", "lifecycle")
_TIMES = ("times", "time", "x", "×")
_STUCK = re.compile(r"([0-9]+)(?:x|times|-times)?")


def count_after_words(e: ParseError) -> Diagnosis | None:
    """``visited pricing at least 2``, ``visited pricing 2 times``, ``engagement is 50``."""
    number, stop = _number(e, e.index)
    if number is None or "EQUALS" not in e.expected or e.token(-1).kind not in ("WORD", "STRING", "_RPAR"):
        return None
    if "CONTAINS" in e.expected or "_DOT" in e.expected:
        return None
    first = e.words_to(e.index)
    trailing, operator = _comparator(e, first, e.index)
    if trailing and trailing == e.index - first and e.at(first - 1).kind not in ("STRING", "_RPAR"):
        return count_before_words(e)
    if times.read(e, e.index) is not None and e.token().kind != "STUCK" and not trailing:
        return None
    operator, stop = _or_more(e, stop, operator or ">=")
    start = e.index - trailing
    name = e.written(first, start) or e.written(e.opening(start - 1), start)
    return e.fix(errors.COUNT_IN_WORDS, start, stop - 1, f" {operator} {number}", instead=f"{name} {operator} {number}")


def count_before_words(e: ParseError) -> Diagnosis | None:
    """``2 visited pricing``, ``2x visited pricing``, ``at least 2 visited pricing``, ``3 or more visited pricing``."""
    number, stop = _number(e, e.index)
    if number is None or (times.read(e, e.index) is not None and e.token().kind != "STUCK"):
        return None
    first = e.words_to(e.index)
    trailing, operator = _comparator(e, first, e.index)
    if trailing != e.index - first or ("WORD" not in e.expected and "EQUALS" not in e.expected):
        return None
    operator, stop = _or_more(e, stop, operator or ">=")
    after = e.words_from(stop)
    if after == stop:
        return None
    return e.fix(errors.COUNT_IN_WORDS, first, after - 1, f"{e.written(stop, after)} {operator} {number}")


def comparison_in_words(e: ParseError) -> Diagnosis | None:
    """``visited pricing >= at least 2``, ``= more than 2``: an operator and words for one."""
    if e.token().kind != "WORD" or e.token(-1).kind not in OPERATORS or "UNSIGNED" not in e.expected:
        return None
    stop = e.words_from(e.index)
    trailing, operator = _comparator(e, e.index, stop)
    number, after = _number(e, stop)
    if operator is None or number is None or trailing != stop - e.index:
        return None
    return e.fix(errors.COUNT_IN_WORDS, e.index - 1, after - 1, f"{operator} {number}")


def stage_compared(e: ParseError) -> Diagnosis | None:
    """``stage = MQL and x => SQL``: a rule names the stage at its start, with ``when``."""
    if e.token(-1).kind != "EQUALS" or "UNSIGNED" not in e.expected or "STRING" in e.expected:
        return None
    first, stop = e.words_to(e.index - 1), max(e.index + 1, e.words_from(e.index))
    if e.token().kind not in ("WORD", "STRING") or e.written(first, e.index - 1).lower() not in _STAGES:
        return None
    stage = e.written(e.index, stop).strip('"')
    begins = e.start == "statement" and (first == 0 or e.at(first - 1).kind == "_COLON")
    edits = (e.replace(first, stop, f"when {stage},"),) if begins and e.at(stop).text == "and" else ()
    return e.report(errors.STAGE_COMPARED, first, stop - 1, *edits, stage=stage)


def text_compared_as_count(e: ParseError) -> Diagnosis | None:
    """``industry = "software"``: without ``lead.`` it is an event, and events are counted."""
    token, before = e.token(), e.token(-1)
    if before.kind not in OPERATORS or "UNSIGNED" not in e.expected or "STRING" in e.expected:
        return None
    if token.kind not in ("STRING", "WORD", "DURATION", "DATE", "INSTANT", "STUCK"):
        return None
    first = e.words_to(e.index - 1)
    name = e.written(first, e.index - 1)
    if not name:
        return None
    # `lead industry`: the dot was forgotten.
    words = name.split(" ")[1:] if name.startswith("lead ") else [name]
    trait = "lead." + (words[0] if len(words) == 1 and " " not in words[0] else f'"{" ".join(words)}"')
    value = token.text if token.kind != "WORD" else f'"{token.text}"'
    edits = () if token.kind in ("WORD", "STUCK") else (e.replace(first, e.index - 2, trait),)
    instead = f"{trait} {before.text} {value}"
    return e.report(errors.TEXT_COMPARED_AS_COUNT, first, e.index, *edits, written=name, instead=instead)


def counted_absence(e: ParseError) -> Diagnosis | None:
    """``no visited pricing >= 2``: ``no`` already is a count of 0."""
    if e.token().kind not in OPERATORS or "EQUALS" in e.expected:
        return None
    first = e.words_to(e.index) - 1
    if e.at(first).text != "no" or e.token(1).kind != "UNSIGNED":
        return None
    instead = f"not {e.written(first + 1, e.index)} {e.token().text} {e.token(1).text}"
    return e.report(errors.COUNTED_ABSENCE, first, e.index + 1, e.replace(first, first, "not"), instead=instead)


def count_function(e: ParseError) -> Diagnosis | None:
    """``count(visited pricing) >= 2``."""
    at = e.index - 1
    close = e.find("_RPAR", e.index)
    if e.token().kind != "_LPAR" or e.at(at).text.lower() not in ("count", "number", "times"):
        return None
    if e.words_to(e.index) != at or close is None:
        return None
    event = e.written(e.index + 1, close)
    compared = e.at(close + 1).kind in OPERATORS and e.at(close + 2).kind == "UNSIGNED"
    comparison = e.written(close + 1, close + 3) if compared else ">= 2"
    return e.fix(errors.COUNT_FUNCTION, at, close, event, instead=f"{event} {comparison}")


def aggregate_without_of(e: ParseError) -> Diagnosis | None:
    """``sum(amount bought)``, ``sum(amount)``."""
    if "_OF" not in e.expected or e.token(-2).kind != "_LPAR":
        return None
    function, path = e.token(-3).text, e.token(-1).text
    if e.token().kind not in ("WORD", "STRING"):
        instead = f"{function}({path} of EVENT)"
        return e.report(errors.AGGREGATE_WITHOUT_OF, e.index - 3, e.index, function=function, instead=instead)
    instead = f"{function}({path} of {e.written(e.index, max(e.index + 1, e.words_from(e.index)))})"
    edit = e.insert(e.index, "of ")
    return e.report(errors.AGGREGATE_WITHOUT_OF, e.index, e.index, edit, function=function, instead=instead)


def odd_number(e: ParseError) -> Diagnosis | None:
    """``>= 1,000``, ``1_000``, ``10k``, ``two``."""
    before, token, after, at = e.token(-1), e.token(), e.token(1), e.index
    if token.kind == "_COMMA" and before.kind in NUMBERS and re.fullmatch("[0-9]{3}", after.text):
        if after.start == token.end:
            written = f"{before.text},{after.text}"
            return e.fix(errors.ODD_NUMBER, at - 1, at + 1, before.text + after.text, written=written)
        return None
    if "UNSIGNED" not in e.expected:
        return None
    if token.kind == "STUCK":
        plain = token.text.rstrip(".").replace("_", "")
        thousand, counted = re.fullmatch(r"([0-9]+)[kK]", plain), _STUCK.fullmatch(plain)
        instead = thousand[1] + "000" if thousand else counted[1] if counted else plain
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", instead):
            return e.fix(errors.ODD_NUMBER, at, at, instead)
    if token.kind == "WORD" and token.text.lower() in times.NUMERALS and before.kind in OPERATORS:
        return e.fix(errors.ODD_NUMBER, at, at, str(times.NUMERALS[token.text.lower()]))
    if token.kind == "_DOT" and after.kind == "UNSIGNED" and after.start == token.end:
        return e.fix(errors.ODD_NUMBER, at, at + 1, f"0.{after.text}")
    return None


def _number(e: ParseError, index: int) -> tuple[str | None, int]:
    """The number at a token, and the index after it and a word for times."""
    token = e.at(index)
    found = _STUCK.fullmatch(token.text) if token.kind in ("UNSIGNED", "STUCK") else None
    if found is None:
        return (token.text, index + 1) if token.kind == "UNSIGNED" else (None, index)
    return found[1], index + 1 + (e.at(index + 1).text.lower() in _TIMES)


def _or_more(e: ParseError, stop: int, operator: str) -> tuple[str, int]:
    """The operator, with ``or more``, ``or less`` or ``+`` after the number taken into account."""
    if e.at(stop).text == "+" and e.at(stop).start == e.at(stop - 1).end:
        return ">=", stop + 1
    word = e.at(stop + 1).text
    if e.at(stop).text == "or" and word in ("more", "less", "fewer"):
        return (">=" if word == "more" else "<="), stop + 2 + (e.at(stop + 2).text.lower() in _TIMES)
    return operator, stop


def _comparator(e: ParseError, first: int, stop: int) -> tuple[int, str | None]:
    """How many of the last words of a run express a comparison, and its operator."""
    words = [token.text.lower() for token in e.tokens[first:stop]]
    for length in range(min(4, len(words)), 0, -1):
        operator = _COMPARATORS.get(tuple(words[-length:]))
        if operator is not None:
            return length, operator
    return 0, None


EARLY = (odd_number,)
RECOGNISERS = (
    count_function, aggregate_without_of, comparison_in_words, count_after_words, count_before_words,
    stage_compared, text_compared_as_count, counted_absence,
)  # fmt: skip
