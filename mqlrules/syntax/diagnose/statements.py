"""How statements begin and end: keywords, names, colons, arrows."""

import difflib
from functools import lru_cache

from mqlrules.syntax import condition_errors, errors
from mqlrules.syntax.lexer import END
from mqlrules.syntax.parse_error import OPERATORS, Slip, Trouble

KEYWORDS = ("lifecycle", "timezone", "schema", "event", "list", "segment", "score", "rule", "test")
_NAMING = ("lifecycle", "event", "segment", "score", "list", "schema")
SHAPES = {
    "lifecycle": "lifecycle STAGE > STAGE > STAGE, STAGE", "timezone": 'timezone "Europe/Berlin"',
    "schema": "schema EVENT (PROPERTY: TYPE, …)", "event": "event NAME = EVENT where (…)",
    "list": 'list NAME from "FILE" column COLUMN', "segment": "segment NAME = CONDITION",
    "score": "score NAME", "rule": "rule NAME: CONDITION => STAGE", "test": 'test "NAME"',
}  # fmt: skip
_OTHER_WORDS = {
    "stages": "lifecycle", "stage": "lifecycle", "funnel": "lifecycle", "pipeline": "lifecycle", "ladder": "lifecycle",
    "tz": "timezone", "zone": "timezone", "audience": "segment", "cohort": "segment", "group": "segment",
    "scoring": "score", "points": "score", "rules": "rule", "def": "event", "define": "event", "alias": "event",
    "properties": "schema", "properites": "schema", "table": "list",
}  # fmt: skip


def misspelled_keyword(t: Trouble) -> Slip | None:
    """``segmnt x = …``, ``Rule x: …``: the first word starts no statement, but nearly."""
    first = t.at(0)
    if t.start != "statement" or first.kind != "WORD" or first.text in KEYWORDS or t.index == 0:
        return None
    word = first.text.lower()
    meant = _close(word)
    if meant is None or not _looks_like(meant, t):
        return None
    return Slip(errors.misspelled_keyword(t.place(0, 0), first.text, meant), (t.replace(0, 0, meant),))


@lru_cache(maxsize=256)
def _close(word: str) -> str | None:
    if word in KEYWORDS:
        return word
    close = difflib.get_close_matches(word, KEYWORDS, n=1, cutoff=0.75)
    return close[0] if close else _OTHER_WORDS.get(word)


def _looks_like(keyword: str, t: Trouble) -> bool:
    """Whether the signs after the first words are those of this statement, and no phrase is taken for a keyword."""
    stop = t.words_from(1)
    after = t.at(stop).kind
    if after == "STRING" and t.at(stop + 1).kind in ("EQUALS", "_COLON", END):
        return True
    match keyword:
        case "lifecycle":
            return after in ("GREATER", "_COMMA")
        case "timezone":
            return after == "STRING" or "/" in t.written(1, len(t.tokens))
        case "schema":
            return after == "_LPAR"
        case "event" | "segment":
            value = t.at(stop + 1).kind in ("UNSIGNED", "SIGNED", "STUCK")
            return stop > 1 and (after == "_COLON" or (after == "EQUALS" and not value))
        case "list":
            return after == "STRING" and t.at(stop - 1).text == "from"
        case "rule":
            return after == "_COLON"
        case "score":
            return after == END and stop > 1
        case _:
            return after == "STRING"


def statement_word_as_event(t: Trouble) -> Slip | None:
    """``list updated => MQL``: in column 1 the word starts another statement."""
    word = t.at(0).text
    arrow = t.find("_ARROW")
    if t.start != "statement" or word not in KEYWORDS or word == "rule" or arrow is None or t.index == 0:
        return None
    if t.find("_COLON") is not None or (word in ("segment", "event") and t.find("EQUALS") is not None):
        return None
    rest = t.written(0, len(t.tokens))
    return Slip(errors.statement_word_as_event(t.place(0, 0), word, rest), (t.insert(0, "rule unnamed: "),))


def wrong_divider(t: Trouble) -> Slip | None:
    """``rule x = …``, ``segment x: …``, ``event x => …``."""
    written = t.token().text
    keyword = t.at(0).text
    if t.token().kind == "EQUALS" and "_COLON" in t.expected and keyword == "rule":
        return Slip(
            errors.wrong_divider(t.place(t.index, t.index), keyword, written, ":"), (t.replace(t.index, t.index, ":"),)
        )
    if t.token().kind in ("_COLON", "_ARROW") and t.expected & {"EQUALS"} and keyword in ("segment", "event"):
        if t.words_to(t.index) > 1 and t.token(-1).kind != "STRING":
            return None
        last = t.index + (t.token(1).kind == "EQUALS")
        return Slip(
            errors.wrong_divider(t.place(t.index, last), keyword, t.written(t.index, last + 1), "="),
            (t.replace(t.index, last, "="),),
        )
    return None


def needless_colon(t: Trouble) -> Slip | None:
    """``lifecycle: a > b``, ``score x:``, ``test "x":``, ``timezone = "…"``."""
    keyword = t.at(0).text
    if t.start != "statement" or t.token().kind not in ("_COLON", "EQUALS"):
        return None
    last = t.index == len(t.tokens) - 1
    if (keyword in ("lifecycle", "timezone", "schema", "list") and t.index == 1) or (
        keyword in ("score", "test") and last
    ):
        return Slip(errors.needless_sign(t.place(t.index, t.index), t.token().text), (t.replace(t.index, t.index, ""),))
    return None


def unnamed_rule(t: Trouble) -> Slip | None:
    """``rule: …``: a rule without a name has no ``rule`` either."""
    if t.at(0).text == "rule" and t.index == 1 and t.token().kind in ("_COLON", "STRING"):
        last = t.find("_COLON")
        edits = () if last is None else (t.replace(0, last, ""),)
        return Slip(errors.unnamed_rule(t.place(0, t.index)), edits)
    return None


def missing_colon(t: Trouble) -> Slip | None:
    """``rule warm visited pricing >= 2 => MQL``: where the name ends nobody knows."""
    if t.at(0).text != "rule" or "_COLON" not in t.expected or t.token().kind == "EQUALS":
        return None
    name = t.at(1).text
    if t.index < 3 and t.token().kind not in ("_LPAR", "_ARROW", "STRING"):
        return None
    after = t.index if t.token(-1).kind == "STRING" else 2
    return Slip(errors.missing_colon(t.place(after - 1, after - 1), name), (t.insert(after, ": "),))


def when_without_comma(t: Trouble) -> Slip | None:
    """``when MQL for 30d no requested demo => …``, ``when MQL and …``."""
    at = next((i for i, token in enumerate(t.tokens[: t.index]) if token.text == "when"), None)
    if at is None or "_COMMA" not in t.expected or t.find("_COMMA", at, t.index) is not None:
        return None
    stage = t.at(at + 1).text
    if t.token().kind in OPERATORS and t.token(1).kind == "WORD" and stage.lower() in ("stage", "lead", "status"):
        instead = t.written(t.index + 1, t.words_from(t.index + 1))
        return Slip(errors.when_compares(t.place(at, t.index), instead), (t.replace(at + 1, t.index, ""),))
    if t.token().text in ("and", "then", ":", ";"):
        head = t.written(at, t.index)
        return Slip(errors.when_without_comma(t.place(t.index, t.index), head), (t.replace(t.index, t.index, ", "),))
    after = t.index if t.token(-1).kind == "DURATION" or t.index == at + 2 else at + 2
    head = t.written(at, after)
    edit = t.insert(after, ", ")
    return Slip(errors.when_without_comma(t.place(after - 1, after - 1), head), (edit,))


def unfinished(t: Trouble) -> Slip | None:
    """``rule x``, ``list targets``, ``segment ideal =``: the statement stops before it has said what it is for."""
    keyword = t.at(0).text
    if t.start != "statement" or t.token().kind != END or keyword not in SHAPES:
        return None
    if keyword == "rule" and t.find("_COLON") is not None:
        return None
    last = len(t.tokens) - 1
    return Slip(errors.unfinished(t.place(last, last), keyword, SHAPES[keyword]))


def second_arrow(t: Trouble) -> Slip | None:
    """``… => MQL => SQL``, ``… => MQL and SQL``: a rule has one outcome."""
    first = t.find("_ARROW")
    if first is None or first >= t.index or t.depth():
        return None
    token = t.token()
    if token.kind == "_ARROW" or (token.text in ("and", "or", ",", "then") and t.token(1).kind == "WORD"):
        if t.index == first + 1:
            edits = (t.replace(t.index, t.index, ""),)
            return Slip(condition_errors.said_twice(t.place(t.index, t.index), token.text), edits)
        stage = t.written(first + 1, t.index)
        other = t.written(t.index + 1, t.words_from(t.index + 1))
        end = len(t.tokens) - 1
        return Slip(
            errors.second_arrow(t.place(t.index, t.index), token.text, stage, other), (t.replace(t.index, end, ""),)
        )
    if token.kind == "NAME" and token.text in ("within", "when", "since", "during", "after", "before", "where"):
        end = len(t.tokens) - 1
        return Slip(
            errors.restriction_after_outcome(t.place(t.index, end), t.written(t.index, end + 1)),
            (t.replace(t.index, end, ""),),
        )
    return None


def missing_arrow(t: Trouble) -> Slip | None:
    """``rule x: visited pricing >= 2``, ``visited pricing >= 2 MQL``: a rule ends with ``=> STAGE``."""
    if "_ARROW" not in t.expected or t.find("_ARROW") is not None or t.start != "statement":
        return None
    if t.token().kind == END:
        end = max(0, len(t.tokens) - 1)
        return _if_then(t) or Slip(errors.missing_arrow(t.place(end, end)))
    if t.token().kind == "WORD" and t.words_from(t.index) == len(t.tokens) and t.index > 0:
        words = t.written(t.index, len(t.tokens))
        return Slip(errors.arrow_forgotten(t.place(t.index, len(t.tokens) - 1), words), (t.insert(t.index, "=> "),))
    return None


def _if_then(t: Trouble) -> Slip | None:
    """``if a and b then MQL``."""
    colon = t.find("_COLON")
    first = 0 if colon is None else colon + 1
    last = next((at for at in range(len(t.tokens) - 1, 0, -1) if t.at(at).text == "then"), None)
    if t.at(first).text not in ("if", "when") or last is None or t.words_from(last + 1) != len(t.tokens):
        return None
    condition, stage = t.written(first + 1, last), t.written(last + 1, len(t.tokens))
    edits = (t.replace(first, first, ""), t.replace(last, last, "=>"))
    return Slip(errors.if_then(t.place(first, len(t.tokens) - 1), f"{condition} => {stage}"), edits)


def outcome_of_condition(t: Trouble) -> Slip | None:
    """A whole rule where a condition alone is asked for."""
    if t.start == "bare_condition" and t.token().kind == "_ARROW" and "_AND" in t.expected:
        last = len(t.tokens) - 1
        return Slip(errors.outcome_of_condition(t.place(t.index, last)), (t.replace(t.index, last, ""),))
    return None


def missing_stage(t: Trouble) -> Slip | None:
    """``… =>`` with nothing after it, or a stage in quotes."""
    if t.token(-1).kind == "_ARROW" and t.token().kind == END:
        return Slip(errors.missing_stage(t.place(t.index - 1, t.index - 1)))
    return None


def quoted_name(t: Trouble) -> Slip | None:
    """``=> "MQL"``, ``segment "ideal" = …``: names are written without quotes."""
    token = t.token()
    if token.kind != "STRING" or "WORD" not in t.expected or "STRING" in t.expected:
        return None
    inner = token.text[1:-1]
    plain = all(word.replace("-", "_").isidentifier() for word in inner.split()) and inner.strip()
    return Slip(
        errors.quoted_name(t.place(t.index, t.index), token.text, inner if plain else None),
        (t.replace(t.index, t.index, inner),) if plain else (),
    )


def unquoted_text(t: Trouble) -> Slip | None:
    """``timezone Europe/Berlin``, ``test two visits``: here text is meant, in quotes."""
    if "STRING" not in t.expected or "WORD" in t.expected or t.token().kind not in ("WORD", "NAME", "STUCK"):
        return None
    if "UNSIGNED" in t.expected or "EQUALS" in t.expected or t.expected & {"_COLON", "CONTAINS"}:
        return None
    last = t.index
    while t.at(last + 1).kind != END and (
        t.at(last + 1).start == t.at(last).end or t.at(0).text in ("timezone", "test")
    ):
        last += 1
    inner = t.written(t.index, last + 1)
    return Slip(errors.unquoted_text(t.place(t.index, last), inner), (t.replace(t.index, last, f'"{inner}"'),))


def unquoted_file(t: Trouble) -> Slip | None:
    """``list targets from lists/targets.csv``."""
    if t.at(0).text != "list" or t.start != "statement":
        return None
    words = [token.text for token in t.tokens[: t.index]]
    if "from" not in words:
        return None
    first = words.index("from") + 1
    last = first
    while t.at(last + 1).kind != END and t.at(last + 1).start == t.at(last).end:
        last += 1
    if first > t.index or t.at(first).kind == "STRING":
        return None
    file = t.written(first, last + 1)
    return Slip(errors.unquoted_text(t.place(first, last), file), (t.replace(first, last, f'"{file}"'),))


def list_of_values(t: Trouble) -> Slip | None:
    """``list plans = ("pro", "basic")``: a list comes from a file."""
    if t.at(0).text != "list" or t.start != "statement" or t.find("_ARROW") is not None or t.index < 2:
        return None
    if any(token.kind != "WORD" for token in t.tokens[: t.index]) or t.token(-1).text == "from":
        return None
    first = t.index + (t.token().kind in ("EQUALS", "_COLON"))
    opened = t.at(first).text in ("(", "[", "{")
    values = [token.text for token in t.tokens[first:] if token.kind in ("STRING", "UNSIGNED", "DURATION", "DATE")]
    if not values or not (opened or first > t.index):
        return None
    name = t.written(1, t.index)
    inside = ", ".join(values[:3]) + (", …" if len(values) > 3 else "")
    return Slip(errors.list_of_values(t.place(t.index, len(t.tokens) - 1), name, inside))


def reserved_word_in_name(t: Trouble) -> Slip | None:
    """``segment not active = …``: names use the words of phrases, so that conditions can say them."""
    token, keyword = t.token(), t.at(0).text
    if token.kind != "NAME" or "WORD" not in t.expected or keyword not in _NAMING or t.start != "statement":
        return None
    if any(before.kind not in ("WORD", "GREATER", "_COMMA") for before in t.tokens[: t.index]):
        return None
    if keyword == "lifecycle" and t.index > 1 and "GREATER" in t.expected:
        return None
    diagnostic = errors.reserved_word_in_name(t.place(t.index, t.index), token.text)
    return Slip(diagnostic, (t.replace(t.index, t.index, f"{token.text}_"),))


EARLY = (reserved_word_in_name, misspelled_keyword, second_arrow, list_of_values)
RECOGNISERS = (
    outcome_of_condition, wrong_divider, needless_colon, unnamed_rule, unquoted_file, when_without_comma, missing_colon,
    missing_stage, unfinished, quoted_name, statement_word_as_event, unquoted_text, missing_arrow,
)  # fmt: skip
