"""How conditions are joined and grouped: capitals, parentheses, ``not`` and ``no``, sequences."""

from mqlrules.syntax import condition_errors, errors
from mqlrules.syntax.diagnose import units
from mqlrules.syntax.lexer import END
from mqlrules.syntax.parse_error import OPERATORS, Slip, Trouble
from mqlrules.syntax.repaired_text import Edit

RESERVED = frozenset(("and", "or", "not", "no", "then", "within", "since", "after", "before", "during", "where"))
_JOINING = ("and", "or", "then")
_BEGINS = (END, "_COLON", "_COMMA", "_LPAR")
_ENDS = (END, "_ARROW", "_RPAR")
_NEGATIONS = ("has", "have", "had", "did", "does", "do", "is", "was", "but", "and")


def capitals(t: Trouble) -> Slip | None:
    """``a AND b``, ``a Then b``."""
    token = t.token()
    small = token.text.lower()
    if token.kind != "NAME" or small == token.text:
        return None
    if small in _JOINING:
        # What it joins is missing: then that is the mistake to tell, and to tell once.
        before, after = t.token(-1).kind, t.token(1).kind
        nothing_before, nothing_after = before in _BEGINS, after in _ENDS
        place = t.place(t.index, t.index)
        if nothing_before and after == "_ARROW":
            return Slip(condition_errors.no_condition_at_all(place))
        if nothing_before or nothing_after:
            side = "before" if nothing_before else "after"
            return Slip(condition_errors.missing_operand(place, token.text, side), (t.replace(t.index, t.index, ""),))
    return Slip(
        condition_errors.capitals(t.place(t.index, t.index), token.text, small), (t.replace(t.index, t.index, small),)
    )


def where_without_parentheses(t: Trouble) -> Slip | None:
    """``page_viewed where path = "/x"``: the parentheses are required."""
    if t.token(-1).text != "where" or "_LPAR" not in t.expected or t.token().kind == END or t.token().text in "[{":
        return None
    stop = _test_end(t, t.index)
    while t.at(stop).text in ("and", "or") and _is_test(t, stop + 1):
        stop = _test_end(t, stop + 1)
    inner = t.written(t.index, stop) or "…"
    edits = (t.insert(t.index, "("), Edit(t.at(stop - 1).end, t.at(stop - 1).end, ")"))
    place = t.place(t.index, max(t.index, stop - 1))
    return Slip(condition_errors.where_without_parentheses(place, inner), edits if stop > t.index else ())


def _test_end(t: Trouble, index: int) -> int:
    """The index after one test of a property that starts at a token."""
    depth = 0
    first = index
    while t.at(index).kind != END:
        token = t.at(index)
        depth += (token.kind == "_LPAR") - (token.kind == "_RPAR")
        ends = token.text in RESERVED or token.kind in ("_ARROW", "SIGNED")
        if depth < 0 or (
            depth == 0 and ends and index > first and not (token.text in ("not", "no") and t.at(index - 1).text == "is")
        ):
            break
        if (
            depth == 0
            and index > first
            and token.text in ("for", "with", "older", "up", "halve")
            and t.at(index - 1).kind in ("STRING", "UNSIGNED", "DURATION")
        ):
            break
        index += 1
    return index


def _is_test(t: Trouble, index: int) -> bool:
    """Whether a test of a property starts at a token, rather than an event."""
    after = t.at(index + 1)
    if t.at(index).kind not in ("WORD", "STRING"):
        return t.at(index).text == "not" and _is_test(t, index + 1)
    if after.kind == "_DOT" or after.text in ("is", "contains", "in", "matches", "starts", "ends"):
        return True
    return after.kind in OPERATORS and (t.at(index + 2).kind != "UNSIGNED" or units.read(t, index + 2) is not None)


def where_after_group(t: Trouble) -> Slip | None:
    """``(a or b) where (…)``: each event has its own ``where``."""
    if t.token().text == "where" and t.token(-1).kind == "_RPAR":
        return Slip(condition_errors.where_after_group(t.place(t.index, t.index)))
    return None


def then_not(t: Trouble) -> Slip | None:
    """``a then not b``: in a sequence it is ``no``."""
    if t.token().text == "not" and "_NO" in t.expected and "_NOT" not in t.expected:
        return Slip(condition_errors.not_for_no(t.place(t.index, t.index)), (t.replace(t.index, t.index, "no"),))
    return None


def no_condition(t: Trouble) -> Slip | None:
    """``no (a and b)``, ``no lead.vip``: ``no`` is for events, ``not`` for conditions."""
    at = next((i for i in range(t.index - 1, -1, -1) if t.at(i).text == "no"), None)
    if at is None or t.at(at - 1).text == "then":
        return None
    inside = t.at(at + 1).kind == "_LPAR" and t.written(at, t.index).count("(") > t.written(at, t.index).count(")")
    if (inside and (t.token().text in ("and", "then", "no", "not", "within") or t.token().kind in OPERATORS)) or (
        t.token().kind == "_DOT" and t.index == at + 2
    ):
        return Slip(condition_errors.no_for_not(t.place(at, at)), (t.replace(at, at, "not"),))
    return None


def not_followed_by(t: Trouble) -> Slip | None:
    """``visited pricing not followed by requested demo within 3d``."""
    if t.token().text != "not" or t.token(1).text != "followed" or t.token(2).text != "by":
        return None
    stop = t.index + 4 if t.token(3).kind == "STRING" else t.words_from(t.index + 3)
    event = t.written(t.index + 3, stop)
    if not event:
        return None
    span = units.read(t, stop + 1) if t.at(stop).text in ("within", "for") else None
    instead = f"then no {event} for {span.text if span else '3d'}"
    last = (span.stop if span else stop) - 1
    diagnostic = condition_errors.negation_in_words(t.place(t.index, last), t.written(t.index, last + 1), instead)
    return Slip(diagnostic, (t.replace(t.index, last, instead),))


def negation_in_words(t: Trouble) -> Slip | None:
    """``has not visited pricing``, ``visited pricing but not …``, ``didn't visit``."""
    token = t.token()
    first = t.words_to(t.index)
    if first == t.index:
        return None
    if token.text in ("not", "no") and t.token(-1).text.lower() in _NEGATIONS:
        words = t.index - first
        last = t.token(-1).text.lower()
        if last in ("but", "and"):
            instead = f"and {token.text}"
            if words > 1:
                place = t.place(t.index - 1, t.index)
                return Slip(
                    condition_errors.negation_in_words(place, t.written(t.index - 1, t.index + 1), instead),
                    (t.replace(t.index - 1, t.index, instead),),
                )
        elif words == 1:
            stop = t.words_from(t.index + 1)
            instead = f"no {t.written(t.index + 1, stop)}".strip()
            return Slip(
                condition_errors.negation_in_words(t.place(first, t.index), t.written(first, t.index + 1), instead),
                (t.replace(first, t.index, "no"),),
            )
    if token.text in ("'", "’") and t.token(1).text == "t" and t.token(1).start == token.end:
        written = t.written(t.index - 1, t.index + 2)
        stop = t.words_from(t.index + 2)
        instead = f"no {t.written(t.index + 2, stop)}".strip()
        edits = (t.replace(t.index - 1, t.index + 1, "no"),) if t.index - first == 1 else ()
        return Slip(condition_errors.negation_in_words(t.place(t.index - 1, t.index + 1), written, instead), edits)
    return None


def comma_for_and(t: Trouble) -> Slip | None:
    """``visited pricing, attended webinar => MQL``."""
    if t.token().kind == "_COMMA" and "_AND" in t.expected and t.token(1).kind != END and t.start != "test_line":
        last = t.index + (t.token(1).text in _JOINING)
        instead = t.token(1).text if last > t.index else "and"
        return Slip(
            errors.foreign_sign(t.place(t.index, t.index), ",", instead), (t.replace(t.index, last, f" {instead}"),)
        )
    return None


def two_joining_words(t: Trouble) -> Slip | None:
    """``a and then b``, ``a and and b``, ``a and or b``."""
    token, before = t.token(), t.token(-1)
    if token.text not in _JOINING or before.text not in _JOINING:
        return None
    kept = token.text if "then" in (token.text, before.text) else before.text
    written = f"{before.text} {token.text}"
    return Slip(
        condition_errors.two_joining_words(t.place(t.index - 1, t.index), written, kept),
        (t.replace(t.index - 1, t.index, kept),),
    )


def missing_operand(t: Trouble) -> Slip | None:
    """``a and => MQL``, ``and a``, ``()``: a word that joins has a condition on each side."""
    token, before = t.token(), t.token(-1)
    if before.text in (*_JOINING, "not", "no") and token.kind in ("_ARROW", "_RPAR", END):
        edits = () if before.text in ("not", "no") else (t.replace(t.index - 1, t.index - 1, ""),)
        return Slip(condition_errors.missing_operand(t.place(t.index - 1, t.index - 1), before.text, "after"), edits)
    if token.text in _JOINING and token.kind == "NAME" and before.kind in _BEGINS and t.token(1).kind == "_ARROW":
        return Slip(condition_errors.no_condition_at_all(t.place(t.index, t.index)))
    if token.text in (*_JOINING, "where") and "WORD" in t.expected and not t.expected & {"_AND", "_COMMA"}:
        return Slip(
            condition_errors.missing_operand(t.place(t.index, t.index), token.text, "before"),
            (t.replace(t.index, t.index, ""),),
        )
    if before.kind == "_LPAR" and token.kind == "_RPAR" and t.expected & {"WORD", "NAME"}:
        return Slip(condition_errors.empty_parentheses(t.place(t.index - 1, t.index)))
    if token.kind == "_ARROW" and before.kind in ("_COLON", END, "_COMMA"):
        return Slip(condition_errors.no_condition_at_all(t.place(t.index, t.index)))
    return None


def extra_parenthesis(t: Trouble) -> Slip | None:
    """``a) => MQL``."""
    if t.token().kind == "_RPAR" and t.depth() == 0:
        return Slip(condition_errors.extra_parenthesis(t.place(t.index, t.index)), (t.replace(t.index, t.index, ""),))
    return None


def missing_parenthesis(t: Trouble) -> Slip | None:
    """``(a or b => MQL``, ``where (path = "/x" => MQL``: the parenthesis that is open has to close."""
    if t.depth() == 0 or "_RPAR" not in t.expected:
        return None
    opens: list[int] = []
    for at, token in enumerate(t.tokens[: t.index]):
        if token.kind == "_LPAR":
            opens.append(at)
        elif token.kind == "_RPAR" and opens:
            opens.pop()
    before = t.token().text if t.token().kind != END else None
    end = t.token(-1).end
    diagnostic = condition_errors.missing_parenthesis(t.place(opens[-1], opens[-1]), t.token(-1).text, before)
    return Slip(diagnostic, (Edit(end, end, ")"),))


def restriction_after_with_same(t: Trouble) -> Slip | None:
    """``a with same sku within 3d``: restrictions come first, or outside parentheses."""
    if t.token().text not in ("within", "since", "after", "before", "during", "older") or "_WITH_SAME" in t.expected:
        return None
    at = next((i for i in range(t.index - 1, 0, -1) if t.at(i).text == "same" and t.at(i - 1).text == "with"), None)
    if at is None or any(token.kind not in ("NAME", "WORD", "STRING", "_DOT") for token in t.tokens[at : t.index]):
        return None
    stop = t.index + 1
    while (
        t.at(stop).kind != END
        and t.at(stop).text not in ("and", "or")
        and t.at(stop).kind not in ("_ARROW", "_RPAR", "_COMMA")
    ):
        stop += 1
    restriction, same = t.written(t.index, stop), t.written(at - 1, t.index)
    diagnostic = condition_errors.restriction_after_with_same(t.place(t.index, stop - 1), restriction, same)
    return Slip(diagnostic, (t.replace(at - 1, stop - 1, f"{restriction} {same}"),))


def then_after_condition(t: Trouble) -> Slip | None:
    """``lead.vip then a``, ``a within 3d then b``: ``then`` stands between events."""
    if t.token().text != "then" or "_AND" not in t.expected:
        return None
    place = t.place(t.index, t.index)
    if t.token(-2).text == "within" and t.token(-1).kind == "DURATION":
        restriction = t.written(t.index - 2, t.index)
        diagnostic = condition_errors.then_after_restriction(t.place(t.index - 2, t.index - 1), restriction)
        return Slip(diagnostic, (t.replace(t.index - 2, t.index - 1, ""),))
    return Slip(condition_errors.step_is_no_event(place))


def for_elsewhere(t: Trouble) -> Slip | None:
    """``a then b for 2d``: ``for`` says how long something must not happen."""
    if t.token().text != "for" or t.token(1).kind == "WORD" or "_WITHIN" not in t.expected:
        return None
    meant = units.read(t, t.index + 1)
    if meant is None:
        return None
    last = meant.stop - 1
    diagnostic = condition_errors.for_elsewhere(t.place(t.index, last), meant.text)
    return Slip(diagnostic, (t.replace(t.index, last, f"within {meant.text}"),))


EARLY = (capitals, where_without_parentheses)
RECOGNISERS = (
    where_after_group, then_not, no_condition, not_followed_by, negation_in_words, two_joining_words, missing_operand,
    comma_for_and, restriction_after_with_same, then_after_condition, for_elsewhere, extra_parenthesis,
)  # fmt: skip
LATE = (missing_parenthesis,)
