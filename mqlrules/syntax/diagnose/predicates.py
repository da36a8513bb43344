"""Tests of properties and traits in the words of other languages: ``like``, ``is null``, ``not in``, ``path "/x"``."""

from mqlrules.syntax import errors
from mqlrules.syntax.parse_error import Diagnosis, NearMiss, ParseError

_VALUES = ("STRING", "UNSIGNED", "SIGNED", "DURATION", "DATE", "INSTANT")
_TESTS = {
    tuple(words.split()): test
    for test, listed in {
        "matches": "like, ilike, matching, match", "contains": "includes, include, contain, has",
        "starts with": "startswith, starts_with, begins with, start with",
        "ends with": "endswith, ends_with, end with",
        "=": "equals, equal, eq, equal to, equals to, is equal to", "in": "is in, one of, is one of, any of",
        ">": "is greater than, greater than, is more than, more than, over, above",
        "<": "is less than, less than, under, below", ">=": "is at least, at least", "<=": "is at most, at most",
    }.items()
    for words in listed.split(", ")
}  # fmt: skip
_MISSING = ("null", "none", "empty", "blank", "nil", "unknown", "undefined", "unset", "missing")
_KNOWN = ("set", "present", "known", "filled", "defined", "exists", "exist")


def presence(e: ParseError) -> Diagnosis | None:
    """``path is null``, ``path is not missing``."""
    if "CONTAINS" not in e.expected or e.token().text != "is":
        return None
    negated = e.token(1).text == "not"
    word = e.token(1 + negated).text.lower()
    if word not in _MISSING and word not in _KNOWN:
        return None
    missing = (word in _MISSING) != negated
    return e.fix(errors.OTHER_TEST, e.index, e.index + 1 + negated, "is missing" if missing else "is known")


def negated_test(e: ParseError) -> Diagnosis | None:
    """``path not in (…)``, ``path does not contain "x"``, ``path is not "x"``: ``not`` comes before the property."""
    if "CONTAINS" not in e.expected:
        return None
    first = stop = e.index
    while e.at(stop).text in ("does", "is", "do", "not", "should") and stop - first < 3:
        stop += 1
    if e.at(stop - 1).text != "not" or stop == first:
        return None
    if e.at(stop).kind in _VALUES:
        return e.fix(errors.OTHER_TEST, first, stop - 1, "!=")
    words, test = _foreign_test(e, stop)
    if not words:
        words, test = _own_test(e, stop)
    if not words:
        return _is_text(e, stop, "!=") if e.at(first).text == "is" else None
    start, path = e.path()
    return e.fix(errors.NEGATED_TEST, start, stop + words - 1, f"not {path} {test}")


def other_words(e: ParseError) -> Diagnosis | None:
    """``path like "…"``, ``path equals "…"``, ``path startswith "…"``, ``path is pro``."""
    if "CONTAINS" not in e.expected:
        return None
    words, instead = _foreign_test(e, e.index)
    if words:
        last, value = e.index + words - 1, e.at(e.index + words)
        edits = [e.replace(e.index, last, instead)]
        if instead == "matches" and value.kind == "STRING" and ("%" in value.text or "_" in value.text):
            edits.append(e.replace(last + 1, last + 1, value.text.replace("%", "*")))
        message = errors.LIKE if "like" in e.token().text.lower() else errors.OTHER_TEST
        return e.report(message, e.index, last, *edits, instead=instead)
    return _is_text(e, e.index + 1, "=") if e.token().text == "is" else None


def unquoted_value(e: ParseError) -> Diagnosis | None:
    """``path = pricing``, ``path contains pricing``, ``plan in (pro, basic)``: text values are quoted."""
    word = e.token().text
    if not ("TRUE" in e.expected or e.expected == {"STRING"}) or word in ("and", "or"):
        return None
    if e.token().kind not in ("WORD", "NAME", "STUCK", "UNSIGNED", "_DOT"):
        return None
    if e.keyword in ("timezone", "test", "list"):
        return None
    if word.lower() in ("true", "false", "yes"):
        return e.fix(errors.BOOLEAN, e.index, e.index, "false" if word.lower() == "false" else "true")
    stop = _text_stop(e, e.index)
    inner = e.written(e.index, stop)
    return e.fix(errors.UNQUOTED_VALUE, e.index, stop - 1, f'"{inner}"', instead=inner)


def values_without_parentheses(e: ParseError) -> Diagnosis | None:
    """``plan in "pro", "basic"``."""
    if e.token(-1).text != "in" or e.token().kind not in _VALUES or "_LPAR" not in e.expected:
        return None
    last = e.index
    while e.at(last + 1).kind == "_COMMA" and e.at(last + 2).kind in _VALUES:
        last += 2
    inner = e.written(e.index, last + 1)
    return e.fix(errors.VALUES_WITHOUT_PARENTHESES, e.index, last, f"({inner})", instead=inner)


def several_texts(e: ParseError) -> Diagnosis | None:
    """``path contains ("a", "b")``."""
    close = e.find("_RPAR", e.index)
    if e.expected != {"STRING"} or e.token().kind != "_LPAR" or e.token(1).kind != "STRING" or close is None:
        return None
    test = e.token(-1).text if e.token(-1).text != "with" else f"{e.token(-2).text} with"
    start = e.index - len(test.split()) - 1
    values = [token.text for token in e.tokens[e.index : close] if token.kind == "STRING"]
    instead = "(" + " or ".join(f"{e.at(start).text} {test} {value}" for value in values) + ")"
    return e.report(errors.SEVERAL_TEXTS, e.index, close, e.replace(start, close, instead), test=test, instead=instead)


def between(e: ParseError) -> Diagnosis | None:
    """``amount between 1 and 5``."""
    low, joint, high = e.token(1), e.token(2), e.token(3)
    if e.token().text != "between" or "CONTAINS" not in e.expected:
        return None
    if low.kind not in _VALUES or high.kind not in _VALUES or joint.text not in ("and", "to"):
        return None
    start, path = e.path()
    return e.fix(errors.BETWEEN, start, e.index + 3, f"({path} >= {low.text} and {path} <= {high.text})")


def _is_text(e: ParseError, index: int, operator: str) -> Diagnosis | None:
    """``industry is software``: the text that starts at a token is a value."""
    if e.at(index).kind != "WORD":
        return None
    stop = _text_stop(e, index)
    return e.fix(errors.OTHER_TEST, e.index, stop - 1, f'{operator} "{e.written(index, stop)}"')


def _text_stop(e: ParseError, index: int) -> int:
    """The index after the words of an unquoted text that starts at a token."""
    stop = index + 1
    while e.at(stop).kind == "WORD" and e.at(stop).text not in ("ignoring", "for", "with", "older"):
        stop += 1
    return stop


def _foreign_test(e: ParseError, index: int) -> tuple[int, str]:
    """How many words at a token stand for a test, and that test."""
    words = [token.text.lower() for token in e.tokens[index : index + 3]]
    length = next((length for length in range(len(words), 0, -1) if tuple(words[:length]) in _TESTS), 0)
    return length, _TESTS.get(tuple(words[:length]), "")


def _own_test(e: ParseError, index: int) -> tuple[int, str]:
    """How many words at a token are a test of the language, and that test."""
    text = e.at(index).text
    if text in ("in", "contains", "matches"):
        return 1, text
    return (2, f"{text} with") if text in ("starts", "ends") and e.at(index + 1).text == "with" else (0, "")


_ANY_VALUE = " ".join(_VALUES)
_OPERATORS = "EQUALS NOT_EQUALS LESS LESS_OR_EQUAL GREATER GREATER_OR_EQUAL"
_NO_VALUE = "_RPAR _ARROW $END and or"

RECOGNISERS = (
    NearMiss("a where (b = null) => MQL", errors.OTHER_TEST, here="null none nil", before="EQUALS", expects="TRUE",
             first=-1, put="is missing"),
    NearMiss("a where (b != null) => MQL", errors.OTHER_TEST, here="null none nil", before="NOT_EQUALS", expects="TRUE",
             first=-1, put="is known"),
    NearMiss("a where (b exists) => MQL", errors.OTHER_TEST, here="exists exist", expects="CONTAINS", put="is known"),
    presence, negated_test,
    NearMiss('a where (b is "c") => MQL', errors.OTHER_TEST, here="is", after=f"{_ANY_VALUE} true false",
             expects="CONTAINS", put="="),
    other_words,
    NearMiss('a where (b: "c") => MQL', errors.OTHER_TEST, here="_COLON", expects="CONTAINS", put="="),
    between,
    NearMiss('a where (b "c") => MQL', errors.MISSING_TEST, here=_ANY_VALUE, expects="CONTAINS", insert="= ",
             instead="{path} = {here}"),
    values_without_parentheses, several_texts, unquoted_value,
    NearMiss("a where (b = ) => MQL", errors.MISSING_VALUE, here=_NO_VALUE, before=_OPERATORS, expects="STRING",
             first=-1, last=-1),
    NearMiss("a >= => MQL", errors.MISSING_NUMBER, here=_NO_VALUE, before=_OPERATORS, lacks="STRING",
             first=-1, last=-1),
)  # fmt: skip
