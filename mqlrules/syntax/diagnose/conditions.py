"""Joining and grouping of conditions: capitals, parentheses, ``not`` and ``no``, sequences."""

from mqlrules.syntax import errors
from mqlrules.syntax.diagnose import times
from mqlrules.syntax.lexer import END
from mqlrules.syntax.parse_error import OPERATORS, Diagnosis, NearMiss, ParseError
from mqlrules.syntax.repaired_text import Edit

RESERVED = frozenset(("and", "or", "not", "no", "then", "within", "since", "after", "before", "during", "where"))
_JOINING = ("and", "or", "then")
_BEGINS = (END, "_COLON", "_COMMA", "_LPAR")
_ENDS = (END, "_ARROW", "_RPAR")
_NEGATIONS = ("has", "have", "had", "did", "does", "do", "is", "was", "but", "and")


def capitals(e: ParseError) -> Diagnosis | None:
    """``a AND b``, ``a Then b``."""
    token, at = e.token(), e.index
    small = token.text.lower()
    if token.kind != "NAME" or small == token.text:
        return None
    if small in _JOINING:
        # Where a condition is missing beside it, that is the one mistake to report.
        before, after = e.token(-1).kind, e.token(1).kind
        if before in _BEGINS and after == "_ARROW":
            return e.report(errors.NO_CONDITION, at, at)
        if before in _BEGINS or after in _ENDS:
            message = errors.NOTHING_BEFORE if before in _BEGINS else errors.NOTHING_AFTER
            return e.fix(message, at, at, "")
    return e.fix(errors.CAPITALS, at, at, small)


def where_without_parentheses(e: ParseError) -> Diagnosis | None:
    """``page_viewed where path = "/x"``."""
    if e.token(-1).text != "where" or "_LPAR" not in e.expected or e.token().kind == END or e.token().text in "[{":
        return None
    stop = _test_end(e, e.index)
    while e.at(stop).text in ("and", "or") and _is_test(e, stop + 1):
        stop = _test_end(e, stop + 1)
    end = e.at(stop - 1).end
    edits = (e.insert(e.index, "("), Edit(end, end, ")")) if stop > e.index else ()
    inner = e.written(e.index, stop) or "…"
    return e.report(errors.WHERE_WITHOUT_PARENTHESES, e.index, max(e.index, stop - 1), *edits, instead=inner)


def _test_end(e: ParseError, first: int) -> int:
    """The index after one test of a property that starts at a token."""
    depth, index = 0, first
    while e.at(index).kind != END:
        token, before = e.at(index), e.at(index - 1)
        depth += (token.kind == "_LPAR") - (token.kind == "_RPAR")
        ends = token.text in RESERVED or token.kind in ("_ARROW", "SIGNED")
        negated = token.text in ("not", "no") and before.text == "is"
        adjusted = token.text in ("for", "with", "older", "up", "halve")
        after_value = adjusted and before.kind in ("STRING", "UNSIGNED", "DURATION")
        if depth < 0 or (depth == 0 and index > first and ((ends and not negated) or after_value)):
            break
        index += 1
    return index


def _is_test(e: ParseError, index: int) -> bool:
    """Whether a test of a property starts at a token, rather than an event."""
    after = e.at(index + 1)
    if e.at(index).kind not in ("WORD", "STRING"):
        return e.at(index).text == "not" and _is_test(e, index + 1)
    if after.kind == "_DOT" or after.text in ("is", "contains", "in", "matches", "starts", "ends"):
        return True
    return after.kind in OPERATORS and (e.at(index + 2).kind != "UNSIGNED" or times.read(e, index + 2) is not None)


def no_condition(e: ParseError) -> Diagnosis | None:
    """``no (a and b)``, ``no lead.vip``: ``no`` is for events, ``not`` for conditions."""
    token = e.token()
    at = next((i for i in range(e.index - 1, -1, -1) if e.at(i).text == "no"), None)
    if at is None or e.at(at - 1).text == "then":
        return None
    inside = e.at(at + 1).kind == "_LPAR" and e.written(at, e.index).count("(") > e.written(at, e.index).count(")")
    joined = token.text in ("and", "then", "no", "not", "within") or token.kind in OPERATORS
    if (inside and joined) or (token.kind == "_DOT" and e.index == at + 2):
        return e.fix(errors.NO_FOR_NOT, at, at, "not")
    return None


def not_followed_by(e: ParseError) -> Diagnosis | None:
    """``visited pricing not followed by requested demo within 3d``."""
    if (e.token().text, e.token(1).text, e.token(2).text) != ("not", "followed", "by"):
        return None
    stop = e.index + 4 if e.token(3).kind == "STRING" else e.words_from(e.index + 3)
    event = e.written(e.index + 3, stop)
    if not event:
        return None
    span = times.read(e, stop + 1) if e.at(stop).text in ("within", "for") else None
    instead = f"then no {event} for {span.text if span else '3d'}"
    return e.fix(errors.NEGATION_IN_WORDS, e.index, (span.stop if span else stop) - 1, instead)


def negation_in_words(e: ParseError) -> Diagnosis | None:
    """``has not visited pricing``, ``visited pricing but not …``, ``didn't visit``."""
    token, at, first = e.token(), e.index, e.words_to(e.index)
    if first == at:
        return None
    last = e.token(-1).text.lower()
    if token.text in ("not", "no") and last in _NEGATIONS:
        if last in ("but", "and") and at - first > 1:
            return e.fix(errors.NEGATION_IN_WORDS, at - 1, at, f"and {token.text}")
        if last not in ("but", "and") and at - first == 1:
            instead = f"no {e.written(at + 1, e.words_from(at + 1))}".strip()
            return e.fix(errors.NEGATION_IN_WORDS, first, at, "no", instead=instead)
    if token.text in ("'", "’") and e.token(1).text == "t" and e.token(1).start == token.end:
        instead = f"no {e.written(at + 2, e.words_from(at + 2))}".strip()
        edits = (e.replace(at - 1, at + 1, "no"),) if at - first == 1 else ()
        return e.report(errors.NEGATION_IN_WORDS, at - 1, at + 1, *edits, instead=instead)
    return None


def extra_parenthesis(e: ParseError) -> Diagnosis | None:
    """``a) => MQL``."""
    if e.token().kind == "_RPAR" and not e.open_parentheses():
        return e.fix(errors.EXTRA_PARENTHESIS, e.index, e.index, "")
    return None


def missing_parenthesis(e: ParseError) -> Diagnosis | None:
    """``(a or b => MQL``, ``where (path = "/x" => MQL``."""
    opened = e.open_parentheses()
    if not opened or "_RPAR" not in e.expected:
        return None
    end = e.token(-1).end
    message = errors.UNCLOSED_PARENTHESIS if e.token().kind == END else errors.UNCLOSED_BEFORE
    last, following = e.token(-1).text, e.token().text
    return e.report(message, opened[-1], opened[-1], Edit(end, end, ")"), last=last, next=following)


def restriction_after_with_same(e: ParseError) -> Diagnosis | None:
    """``a with same sku within 3d``: restrictions come first, or outside parentheses."""
    if e.token().text not in ("within", "since", "after", "before", "during", "older") or "_WITH_SAME" in e.expected:
        return None
    at = next((i for i in range(e.index - 1, 0, -1) if e.at(i).text == "same" and e.at(i - 1).text == "with"), None)
    if at is None or any(token.kind not in ("NAME", "WORD", "STRING", "_DOT") for token in e.tokens[at : e.index]):
        return None
    stop = e.index + 1
    while e.at(stop).kind not in (END, "_ARROW", "_RPAR", "_COMMA") and e.at(stop).text not in ("and", "or"):
        stop += 1
    instead = f"{e.written(e.index, stop)} {e.written(at - 1, e.index)}"
    edit = e.replace(at - 1, stop - 1, instead)
    return e.report(errors.RESTRICTION_AFTER_WITH_SAME, e.index, stop - 1, edit, instead=instead)


def then_after_condition(e: ParseError) -> Diagnosis | None:
    """``lead.vip then a``, ``a within 3d then b``: ``then`` joins events."""
    if e.token().text != "then" or "_AND" not in e.expected:
        return None
    if e.token(-2).text == "within" and e.token(-1).kind == "DURATION":
        return e.fix(errors.THEN_AFTER_RESTRICTION, e.index - 2, e.index - 1, "")
    return e.report(errors.STEP_NOT_EVENT, e.index, e.index)


def for_elsewhere(e: ParseError) -> Diagnosis | None:
    """``a then b for 2d``: ``for`` says how long something must not happen."""
    if e.token().text != "for" or e.token(1).kind == "WORD" or "_WITHIN" not in e.expected:
        return None
    meant = times.read(e, e.index + 1)
    if meant is None:
        return None
    return e.fix(errors.FOR_ELSEWHERE, e.index, meant.stop - 1, f"within {meant.text}", duration=meant.text)


EARLY = (capitals, where_without_parentheses)
RECOGNISERS = (
    NearMiss('(a or b) where (x = "y") => MQL', errors.WHERE_AFTER_GROUP, here="where", before="_RPAR"),
    NearMiss("a then not b for 2d => MQL", errors.NOT_FOR_NO, here="not", expects="_NO", lacks="_NOT", put="no"),
    no_condition, not_followed_by, negation_in_words,
    NearMiss("a and then b => MQL", errors.TWO_JOINING_WORDS, here="then", before="and or then", first=-1, put="then"),
    NearMiss("a and or b => MQL", errors.TWO_JOINING_WORDS, here="and or", before="and or then", first=-1,
             put="{before}"),
    NearMiss("a and => MQL", errors.NOTHING_AFTER, here="_ARROW _RPAR $END", before="and or then", first=-1, last=-1,
             put=""),
    NearMiss("not => MQL", errors.NOTHING_AFTER, here="_ARROW _RPAR $END", before="not no", first=-1, last=-1),
    NearMiss("and => MQL", errors.NO_CONDITION, here="and or then", before="$END _COLON _COMMA _LPAR", after="_ARROW"),
    NearMiss("and a => MQL", errors.NOTHING_BEFORE, here="and or then where", expects="WORD", lacks="_AND _COMMA",
             put=""),
    NearMiss("() => MQL", errors.EMPTY_PARENTHESES, here="_RPAR", before="_LPAR", expects="WORD|NAME", first=-1),
    NearMiss("rule x: => MQL", errors.NO_CONDITION, here="_ARROW", before="_COLON $END _COMMA"),
    NearMiss("a, and b => MQL", errors.FOREIGN_SIGN, here="_COMMA", after="and or then", expects="_AND",
             start="statement score_line bare_condition", put="", instead="{after}"),
    NearMiss("a, b => MQL", errors.FOREIGN_SIGN, here="_COMMA", after="!$END", expects="_AND",
             start="statement score_line bare_condition", put=" and"),
    restriction_after_with_same, then_after_condition, for_elsewhere, extra_parenthesis,
)  # fmt: skip
LATE = (missing_parenthesis,)
