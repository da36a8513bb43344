"""Beginnings and ends of statements: keywords, names, colons, arrows."""

from functools import lru_cache

from mqlrules.language.suggest import closest
from mqlrules.syntax import errors
from mqlrules.syntax.lexer import END
from mqlrules.syntax.parse_error import OPERATORS, Diagnosis, NearMiss, ParseError

SHAPES = {
    "lifecycle": "lifecycle STAGE > STAGE > STAGE, STAGE", "timezone": 'timezone "Europe/Berlin"',
    "schema": "schema EVENT (PROPERTY: TYPE, …)", "event": "event NAME = EVENT where (…)",
    "list": 'list NAME from "FILE" column COLUMN', "segment": "segment NAME = CONDITION",
    "score": "score NAME", "rule": "rule NAME: CONDITION => STAGE", "test": 'test "NAME"',
}  # fmt: skip
"""The keywords of statements, and how each statement is written."""

_NAMING = ("lifecycle", "event", "segment", "score", "list", "schema")
_OTHER_WORDS = {
    "stages": "lifecycle", "stage": "lifecycle", "funnel": "lifecycle", "pipeline": "lifecycle", "ladder": "lifecycle",
    "tz": "timezone", "zone": "timezone", "audience": "segment", "cohort": "segment", "group": "segment",
    "scoring": "score", "points": "score", "rules": "rule", "def": "event", "define": "event", "alias": "event",
    "properties": "schema", "properites": "schema", "table": "list",
}  # fmt: skip


def misspelled_keyword(e: ParseError) -> Diagnosis | None:
    """``segmnt x = …``, ``Rule x: …``: the first word is nearly a keyword."""
    first = e.at(0)
    if e.start != "statement" or first.kind != "WORD" or first.text in SHAPES or e.index == 0:
        return None
    meant = _meant_keyword(first.text.lower())
    return e.fix(errors.UNKNOWN_STATEMENT, 0, 0, meant) if meant is not None and _looks_like(meant, e) else None


@lru_cache(maxsize=256)
def _meant_keyword(word: str) -> str | None:
    return _OTHER_WORDS.get(word) or closest(word, SHAPES)


def _looks_like(keyword: str, e: ParseError) -> bool:
    """Whether the signs after the first words fit the statement, so that no phrase is taken for a keyword."""
    stop = e.words_from(1)
    after = e.at(stop).kind
    if after == "STRING" and e.at(stop + 1).kind in ("EQUALS", "_COLON", END):
        return True
    match keyword:
        case "lifecycle":
            return after in ("GREATER", "_COMMA")
        case "timezone":
            return after == "STRING" or "/" in e.written(1, len(e.tokens))
        case "schema":
            return after == "_LPAR"
        case "event" | "segment":
            value = e.at(stop + 1).kind in ("UNSIGNED", "SIGNED", "STUCK")
            return stop > 1 and (after == "_COLON" or (after == "EQUALS" and not value))
        case "list":
            return after == "STRING" and e.at(stop - 1).text == "from"
        case "rule":
            return after == "_COLON"
        case "score":
            return after == END and stop > 1
        case _:
            return after == "STRING"


def statement_word_as_event(e: ParseError) -> Diagnosis | None:
    """``list updated => MQL``: in column 1 the word is the keyword of another statement."""
    if e.start != "statement" or e.keyword not in SHAPES or e.keyword == "rule" or e.index == 0:
        return None
    defines = e.find("_COLON") is not None or (e.keyword in ("segment", "event") and e.find("EQUALS") is not None)
    if e.find("_ARROW") is None or defines:
        return None
    instead = e.written(0, len(e.tokens))
    return e.report(
        errors.STATEMENT_WORD_AS_EVENT, 0, 0, e.insert(0, "rule unnamed: "), word=e.keyword, instead=instead
    )


def wrong_divider(e: ParseError) -> Diagnosis | None:
    """``rule x = …``, ``segment x: …``, ``event x => …``."""
    kind, at = e.token().kind, e.index
    if kind == "EQUALS" and "_COLON" in e.expected and e.keyword == "rule":
        return _divider(e, at, ":")
    if kind not in ("_COLON", "_ARROW") or "EQUALS" not in e.expected or e.keyword not in ("segment", "event"):
        return None
    if e.words_to(at) > 1 and e.token(-1).kind != "STRING":
        return None
    return _divider(e, at + (e.token(1).kind == "EQUALS"), "=")


def _divider(e: ParseError, last: int, instead: str) -> Diagnosis:
    shape = {"event": "event NAME = EVENT"}.get(e.keyword, SHAPES[e.keyword])
    return e.fix(errors.WRONG_DIVIDER, e.index, last, instead, keyword=e.keyword, shape=shape)


def unnamed_rule(e: ParseError) -> Diagnosis | None:
    """``rule: …``: a rule without a name has no ``rule`` either."""
    if e.keyword != "rule" or e.index != 1 or e.token().kind not in ("_COLON", "STRING"):
        return None
    last = e.find("_COLON")
    edits = () if last is None else (e.replace(0, last, ""),)
    return e.report(errors.UNNAMED_RULE, 0, e.index, *edits)


def missing_colon(e: ParseError) -> Diagnosis | None:
    """``rule warm visited pricing >= 2 => MQL``: where the name ends is unknown."""
    if e.keyword != "rule" or "_COLON" not in e.expected or e.token().kind == "EQUALS":
        return None
    if e.index < 3 and e.token().kind not in ("_LPAR", "_ARROW", "STRING"):
        return None
    after = e.index if e.token(-1).kind == "STRING" else 2
    return e.report(errors.MISSING_COLON, after - 1, after - 1, e.insert(after, ": "), name=e.at(1).text)


def when_without_comma(e: ParseError) -> Diagnosis | None:
    """``when MQL for 30d no requested demo => …``, ``when MQL and …``, ``when stage = MQL …``."""
    at = next((i for i, token in enumerate(e.tokens[: e.index]) if token.text == "when"), None)
    if at is None or "_COMMA" not in e.expected or e.find("_COMMA", at, e.index) is not None:
        return None
    compares = e.token().kind in OPERATORS and e.token(1).kind == "WORD"
    if compares and e.at(at + 1).text.lower() in ("stage", "lead", "status"):
        stage = e.written(e.index + 1, e.words_from(e.index + 1))
        return e.report(errors.WHEN_COMPARES, at, e.index, e.replace(at + 1, e.index, ""), stage=stage)
    if e.token().text in ("and", "then", ":", ";"):
        edit = e.replace(e.index, e.index, ", ")
        return e.report(errors.WHEN_WITHOUT_COMMA, e.index, e.index, edit, written=e.written(at, e.index))
    after = e.index if e.token(-1).kind == "DURATION" or e.index == at + 2 else at + 2
    edit = e.insert(after, ", ")
    return e.report(errors.WHEN_WITHOUT_COMMA, after - 1, after - 1, edit, written=e.written(at, after))


def unfinished(e: ParseError) -> Diagnosis | None:
    """``rule x``, ``list targets``, ``segment ideal =``: the statement stops too early."""
    if e.start != "statement" or e.token().kind != END or e.keyword not in SHAPES:
        return None
    if e.keyword == "rule" and e.find("_COLON") is not None:
        return None
    last = len(e.tokens) - 1
    return e.report(errors.UNFINISHED, last, last, shape=SHAPES[e.keyword])


def second_arrow(e: ParseError) -> Diagnosis | None:
    """``… => MQL => SQL``, ``… => MQL and SQL``, ``… => MQL within 30d``: a rule ends with its only outcome."""
    first, token, at = e.find("_ARROW"), e.token(), e.index
    if first is None or first >= at or e.open_parentheses():
        return None
    end = len(e.tokens) - 1
    if token.kind == "_ARROW" or (token.text in ("and", "or", ",", "then") and e.token(1).kind == "WORD"):
        if at == first + 1:
            return e.fix(errors.TWICE, at, at, "")
        stage, other = e.written(first + 1, at), e.written(at + 1, e.words_from(at + 1))
        message = errors.SECOND_OUTCOME if other else errors.SECOND_ARROW
        return e.report(message, at, at, e.replace(at, end, ""), stage=stage, other=other)
    if token.kind == "NAME" and token.text in ("within", "when", "since", "during", "after", "before", "where"):
        return e.fix(errors.RESTRICTION_AFTER_OUTCOME, at, end, "")
    return None


def missing_arrow(e: ParseError) -> Diagnosis | None:
    """``rule x: visited pricing >= 2``, ``visited pricing >= 2 MQL``, ``if a then MQL``."""
    if "_ARROW" not in e.expected or e.find("_ARROW") is not None or e.start != "statement":
        return None
    last = len(e.tokens) - 1
    if e.token().kind == END:
        return _if_then(e) or e.report(errors.MISSING_ARROW, max(0, last), max(0, last))
    if e.token().kind == "WORD" and e.words_from(e.index) == len(e.tokens) and e.index > 0:
        return e.report(errors.ARROW_FORGOTTEN, e.index, last, e.insert(e.index, "=> "))
    return None


def _if_then(e: ParseError) -> Diagnosis | None:
    """``if a and b then MQL``."""
    colon = e.find("_COLON")
    first = 0 if colon is None else colon + 1
    last = next((at for at in range(len(e.tokens) - 1, 0, -1) if e.at(at).text == "then"), None)
    if e.at(first).text not in ("if", "when") or last is None or e.words_from(last + 1) != len(e.tokens):
        return None
    instead = f"{e.written(first + 1, last)} => {e.written(last + 1, len(e.tokens))}"
    edits = e.replace(first, first, ""), e.replace(last, last, "=>")
    return e.report(errors.IF_THEN, first, len(e.tokens) - 1, *edits, instead=instead)


def outcome_of_condition(e: ParseError) -> Diagnosis | None:
    """A whole rule where only a condition is asked for."""
    if e.start == "bare_condition" and e.token().kind == "_ARROW" and "_AND" in e.expected:
        return e.fix(errors.OUTCOME_OF_CONDITION, e.index, len(e.tokens) - 1, "")
    return None


def quoted_name(e: ParseError) -> Diagnosis | None:
    """``=> "MQL"``, ``segment "ideal" = …``: names aren't quoted."""
    if e.token().kind != "STRING" or "WORD" not in e.expected or "STRING" in e.expected:
        return None
    inner = e.token().text[1:-1]
    if inner.strip() and all(word.replace("-", "_").isidentifier() for word in inner.split()):
        return e.fix(errors.QUOTED_NAME, e.index, e.index, inner)
    return e.report(errors.QUOTED_BAD_NAME, e.index, e.index)


def unquoted_text(e: ParseError) -> Diagnosis | None:
    """``timezone Europe/Berlin``, ``test two visits``: text is quoted."""
    if "STRING" not in e.expected or e.token().kind not in ("WORD", "NAME", "STUCK"):
        return None
    if e.expected & {"WORD", "UNSIGNED", "EQUALS", "_COLON", "CONTAINS"}:
        return None
    last, to_the_end = e.index, e.keyword in ("timezone", "test")
    while e.at(last + 1).kind != END and (to_the_end or e.at(last + 1).start == e.at(last).end):
        last += 1
    return _in_quotes(e, e.index, last)


def unquoted_file(e: ParseError) -> Diagnosis | None:
    """``list targets from lists/targets.csv``."""
    words = [token.text for token in e.tokens[: e.index]]
    if e.keyword != "list" or e.start != "statement" or "from" not in words:
        return None
    first = last = words.index("from") + 1
    while e.at(last + 1).kind != END and e.at(last + 1).start == e.at(last).end:
        last += 1
    return None if first > e.index or e.at(first).kind == "STRING" else _in_quotes(e, first, last)


def _in_quotes(e: ParseError, first: int, last: int) -> Diagnosis:
    inner = e.written(first, last + 1)
    return e.fix(errors.UNQUOTED_TEXT, first, last, f'"{inner}"', instead=inner)


def list_of_values(e: ParseError) -> Diagnosis | None:
    """``list plans = ("pro", "basic")``: a list is loaded from a file."""
    if e.keyword != "list" or e.start != "statement" or e.find("_ARROW") is not None or e.index < 2:
        return None
    if any(token.kind != "WORD" for token in e.tokens[: e.index]) or e.token(-1).text == "from":
        return None
    first = e.index + (e.token().kind in ("EQUALS", "_COLON"))
    opened = e.at(first).text in ("(", "[", "{")
    values = [token.text for token in e.tokens[first:] if token.kind in ("STRING", "UNSIGNED", "DURATION", "DATE")]
    if not values or not (opened or first > e.index):
        return None
    inside = ", ".join(values[:3]) + (", …" if len(values) > 3 else "")
    return e.report(errors.LIST_OF_VALUES, e.index, len(e.tokens) - 1, name=e.written(1, e.index), instead=inside)


def reserved_word_in_name(e: ParseError) -> Diagnosis | None:
    """``segment not active = …``: names consist of the words of phrases, so that conditions can use them."""
    token = e.token()
    if token.kind != "NAME" or "WORD" not in e.expected or e.keyword not in _NAMING or e.start != "statement":
        return None
    if any(before.kind not in ("WORD", "GREATER", "_COMMA") for before in e.tokens[: e.index]):
        return None
    if e.keyword == "lifecycle" and e.index > 1 and "GREATER" in e.expected:
        return None
    return e.fix(errors.RESERVED_WORD_IN_NAME, e.index, e.index, f"{token.text}_")


EARLY = (reserved_word_in_name, misspelled_keyword, second_arrow, list_of_values)
RECOGNISERS = (
    outcome_of_condition, wrong_divider,
    NearMiss("lifecycle: a > b", errors.NEEDLESS_SIGN, here="_COLON EQUALS", keyword="lifecycle timezone schema list",
             start="statement", index=1, put=""),
    NearMiss("score s:\n    +1 per a", errors.NEEDLESS_SIGN, here="_COLON EQUALS", after="$END", keyword="score test",
             start="statement", put=""),
    unnamed_rule, unquoted_file, when_without_comma, missing_colon,
    NearMiss("a =>", errors.MISSING_STAGE, here="$END", before="_ARROW", first=-1, last=-1),
    unfinished, quoted_name, statement_word_as_event, unquoted_text, missing_arrow,
)  # fmt: skip
