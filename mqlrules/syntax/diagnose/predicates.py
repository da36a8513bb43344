"""Tests of properties and traits in the words of other languages: ``like``, ``is null``, ``not in``, ``path "/x"``."""

from mqlrules.syntax import line_errors
from mqlrules.syntax.lexer import END
from mqlrules.syntax.parse_error import OPERATORS, Slip, Trouble

_VALUES = ("STRING", "UNSIGNED", "SIGNED", "DURATION", "DATE", "INSTANT")
_TESTS = {
    ("like",): "matches", ("ilike",): "matches", ("startswith",): "starts with", ("starts_with",): "starts with",
    ("begins", "with"): "starts with", ("start", "with"): "starts with", ("endswith",): "ends with",
    ("ends_with",): "ends with", ("end", "with"): "ends with", ("includes",): "contains", ("include",): "contains",
    ("contain",): "contains", ("has",): "contains", ("matching",): "matches", ("match",): "matches",
    ("equals",): "=", ("equal",): "=", ("eq",): "=", ("equal", "to"): "=", ("equals", "to"): "=",
    ("is", "equal", "to"): "=",
    ("is", "in"): "in", ("one", "of"): "in", ("is", "one", "of"): "in", ("any", "of"): "in",
    ("is", "greater", "than"): ">", ("greater", "than"): ">", ("is", "more", "than"): ">", ("more", "than"): ">",
    ("is", "less", "than"): "<", ("less", "than"): "<", ("over",): ">", ("above",): ">", ("under",): "<",
    ("below",): "<",
    ("is", "at", "least"): ">=", ("at", "least"): ">=", ("is", "at", "most"): "<=", ("at", "most"): "<=",
}  # fmt: skip
_MISSING = ("null", "none", "empty", "blank", "nil", "unknown", "undefined", "unset", "missing")
_KNOWN = ("set", "present", "known", "filled", "defined", "exists", "exist")
_NOTHING = ("null", "none", "nil", "NULL", "None")


def presence(t: Trouble) -> Slip | None:
    """``path is null``, ``path is not missing``, ``path exists``, ``path = null``."""
    at = t.index
    if t.token().text in _NOTHING and t.token(-1).kind in ("EQUALS", "NOT_EQUALS") and "TRUE" in t.expected:
        instead = "is missing" if t.token(-1).kind == "EQUALS" else "is known"
        return _test(t, t.index - 1, t.index + 1, instead)
    if "CONTAINS" not in t.expected:
        return None
    if t.token().text in ("exists", "exist"):
        return _test(t, at, at + 1, "is known")
    if t.token().text != "is":
        return None
    negated = t.token(1).text == "not"
    word = t.at(at + 1 + negated).text.lower()
    if word not in _MISSING and word not in _KNOWN:
        return None
    missing = (word in _MISSING) != negated
    return _test(t, at, at + 2 + negated, "is missing" if missing else "is known")


def negated_test(t: Trouble) -> Slip | None:
    """``path not in (…)``, ``path does not contain "x"``, ``path is not "x"``: ``not`` stands before the property."""
    if "CONTAINS" not in t.expected:
        return None
    first = t.index
    stop = first
    while t.at(stop).text in ("does", "is", "do", "not", "should") and stop - first < 3:
        stop += 1
    if t.at(stop - 1).text != "not" or stop == first:
        return None
    start, path = _path(t)
    if t.at(stop).kind in _VALUES:
        return _test(t, first, stop, "!=")
    words, instead = _known_test(t, stop)
    if not words:
        words, instead = _own_test(t, stop)
    if not words:
        return _is_text(t, stop, "!=") if t.at(first).text == "is" else None
    place = t.place(start, stop + words - 1)
    written = t.written(start, stop + words)
    return Slip(
        line_errors.negated_test(place, written, f"not {path} {instead}"),
        (t.replace(start, stop + words - 1, f"not {path} {instead}"),),
    )


def other_words(t: Trouble) -> Slip | None:
    """``path like "…"``, ``path equals "…"``, ``path startswith "…"``, ``path is "x"``."""
    if "CONTAINS" not in t.expected:
        return None
    words, instead = _known_test(t, t.index)
    if words:
        edits = [t.replace(t.index, t.index + words - 1, instead)]
        value = t.at(t.index + words)
        if instead == "matches" and value.kind == "STRING" and ("%" in value.text or "_" in value.text):
            edits.append(t.replace(t.index + words, t.index + words, value.text.replace("%", "*")))
        diagnostic = line_errors.other_test(
            t.place(t.index, t.index + words - 1),
            t.written(t.index, t.index + words),
            instead,
            like="like" in t.token().text.lower(),
        )
        return Slip(diagnostic, tuple(edits))
    if t.token().text == "is" and (t.token(1).kind in _VALUES or t.token(1).text in ("true", "false")):
        return _test(t, t.index, t.index + 1, "=")
    if t.token().text == "is":
        return _is_text(t, t.index + 1, "=")
    if t.token().kind == "_COLON":
        return _test(t, t.index, t.index + 1, "=")
    return None


def missing_operator(t: Trouble) -> Slip | None:
    """``path "/x"``, ``duration 10s``."""
    if t.token().kind in _VALUES and "CONTAINS" in t.expected:
        _, path = _path(t)
        instead = f"{path} = {t.token().text}"
        return Slip(line_errors.missing_operator(t.place(t.index, t.index), instead), (t.insert(t.index, "= "),))
    return None


def unquoted_value(t: Trouble) -> Slip | None:
    """``path = pricing``, ``path contains pricing``, ``plan in (pro, basic)``: text stands in quotes."""
    is_value = ("TRUE" in t.expected or t.expected == {"STRING"}) and t.token().text not in ("and", "or")
    if (
        not is_value
        or t.token().kind not in ("WORD", "NAME", "STUCK", "UNSIGNED", "_DOT")
        or t.at(0).text in ("timezone", "test", "list")
    ):
        return None
    word = t.token().text
    if word.lower() in ("true", "false", "yes"):
        instead = "false" if word.lower() == "false" else "true"
        return Slip(
            line_errors.boolean(t.place(t.index, t.index), word, instead), (t.replace(t.index, t.index, instead),)
        )
    stop = _text_stop(t, t.index)
    inner = t.written(t.index, stop)
    place = t.place(t.index, stop - 1)
    return Slip(line_errors.unquoted_value(place, inner), (t.replace(t.index, stop - 1, f'"{inner}"'),))


def list_without_parentheses(t: Trouble) -> Slip | None:
    """``plan in "pro", "basic"``; ``path contains ("a", "b")``."""
    if t.token(-1).text == "in" and t.token().kind in _VALUES and "_LPAR" in t.expected:
        last = t.index
        while t.at(last + 1).kind == "_COMMA" and t.at(last + 2).kind in _VALUES:
            last += 2
        inner = t.written(t.index, last + 1)
        edits = (t.replace(t.index, last, f"({inner})"),)
        return Slip(line_errors.list_without_parentheses(t.place(t.index, last), inner), edits)
    if t.expected == {"STRING"} and t.token().kind == "_LPAR" and t.token(1).kind == "STRING":
        close = t.find("_RPAR", t.index)
        test = t.token(-1).text if t.token(-1).text != "with" else f"{t.token(-2).text} with"
        start = t.index - len(test.split()) - 1
        values = [token.text for token in t.tokens[t.index : close] if token.kind == "STRING"]
        if close is None or not values:
            return None
        name = t.at(start).text
        instead = "(" + " or ".join(f"{name} {test} {value}" for value in values) + ")"
        return Slip(
            line_errors.several_texts(t.place(t.index, close), test, instead), (t.replace(start, close, instead),)
        )
    return None


def between(t: Trouble) -> Slip | None:
    """``amount between 1 and 5``."""
    if t.token().text != "between" or "CONTAINS" not in t.expected:
        return None
    low, joint, high = t.token(1), t.token(2), t.token(3)
    if low.kind not in _VALUES or high.kind not in _VALUES or joint.text not in ("and", "to"):
        return None
    start, path = _path(t)
    instead = f"({path} >= {low.text} and {path} <= {high.text})"
    return Slip(line_errors.range_test(t.place(start, t.index + 3), instead), (t.replace(start, t.index + 3, instead),))


def missing_value(t: Trouble) -> Slip | None:
    """``where (path = )``, ``visited pricing >= => MQL``."""
    before = t.token(-1)
    if before.kind in OPERATORS and (t.token().kind in ("_RPAR", "_ARROW", END) or t.token().text in ("and", "or")):
        number = "STRING" not in t.expected
        return Slip(line_errors.missing_value(t.place(t.index - 1, t.index - 1), before.text, number))
    return None


def _test(t: Trouble, first: int, stop: int, instead: str) -> Slip:
    diagnostic = line_errors.other_test(t.place(first, stop - 1), t.written(first, stop), instead)
    return Slip(diagnostic, (t.replace(first, stop - 1, instead),))


def _is_text(t: Trouble, index: int, operator: str) -> Slip | None:
    """``industry is software``: the text that starts at a token is a value."""
    if t.at(index).kind != "WORD":
        return None
    stop = _text_stop(t, index)
    return _test(t, t.index, stop, f'{operator} "{t.written(index, stop)}"')


def _text_stop(t: Trouble, index: int) -> int:
    """The index after the words of a text without quotes that starts at a token."""
    stop = index + 1
    while t.at(stop).kind == "WORD" and t.at(stop).text not in ("ignoring", "for", "with", "older"):
        stop += 1
    return stop


def _known_test(t: Trouble, index: int) -> tuple[int, str]:
    words = [token.text.lower() for token in t.tokens[index : index + 3]]
    for length in range(len(words), 0, -1):
        if tuple(words[:length]) in _TESTS:
            return length, _TESTS[tuple(words[:length])]
    return 0, ""


def _own_test(t: Trouble, index: int) -> tuple[int, str]:
    """A test that the language has, at a token."""
    text = t.at(index).text
    if text in ("in", "contains", "matches"):
        return 1, text
    if text in ("starts", "ends") and t.at(index + 1).text == "with":
        return 2, f"{text} with"
    return 0, ""


def _path(t: Trouble) -> tuple[int, str]:
    """The property path that ends before the stuck token: the index of its first part, and how it is written."""
    first = t.index - 1
    while t.at(first - 1).kind == "_DOT":
        first -= 2
    return first, "".join(token.text for token in t.tokens[first : t.index])


RECOGNISERS = (
    presence, negated_test, other_words, between, missing_operator, list_without_parentheses, unquoted_value,
    missing_value,
)  # fmt: skip
