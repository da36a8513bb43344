"""The TextMate grammar, as data that is written to vscode/syntaxes/mql.tmLanguage.json.

A word is a keyword only where it can be nothing else, so the grammar follows the statements: each has its own contexts,
and in each only the keywords that the parser would take there. A statement is a ``while`` rule: whatever is left open
in one ends with the next line in column 1. Three things are beyond what expressions on one line can tell: a keyword of
two words with a line end between them, a phrase or a name that begins with `with same` or `ignoring case`, a property
called `and` or `or`.
"""

import json
from collections.abc import Mapping
from typing import Any

from mqlrules.language.aggregates import AGGREGATES

Pattern = dict[str, Any]

_WORD = r"(?:[\p{L}\p{Nl}\p{No}_](?:[\p{L}\p{M}\p{N}_]|-(?!>))*)"
_NEVER = r"(?!)"
_SOMETHING = r"(?=[^\s#])"
_COMMENT: Pattern = {"include": "#comment"}
_STRING: Pattern = {"include": "#string"}


def grammar_file(words: Mapping[str, str]) -> str:
    """The text of the grammar's file, of the grammar's terminals."""
    return json.dumps(grammar(words), indent=2, ensure_ascii=False) + "\n"


def _scopes(*names: str | None) -> dict[str, Any]:
    """Scopes of the groups of an expression, from the first on."""
    return {str(at): {"name": f"{name}.mql"} for at, name in enumerate(names, start=1) if name}


def _match(expression: str, scope: str) -> Pattern:
    return {"name": f"{scope}.mql", "match": expression}


def _region(begin: str, end: str, patterns: list[Pattern], *scopes: str | None, closing: str | None = None) -> Pattern:
    found: Pattern = {"begin": begin, "end": end, "patterns": patterns}
    if scopes:
        found["beginCaptures"] = _scopes(*scopes)
    if closing:
        found["endCaptures"] = {"0": {"name": f"{closing}.mql"}}
    return found


def _names(scope: str) -> Pattern:
    return _match(_WORD, scope)


def grammar(words: Mapping[str, str]) -> dict[str, Any]:
    """The whole grammar."""

    def key(name: str) -> str:
        return rf"(?<![\w\-]){words[name]}"

    def keys(*names: str) -> str:
        return rf"(?<![\w\-])(?:{'|'.join(words[name] for name in names)})"

    def statement(name: str, patterns: list[Pattern], about: str = "") -> Pattern:
        return {
            "begin": rf"^\x{{FEFF}}?({words[name]}){about}",
            "while": r"^(?=[\s#)]|$)",
            "beginCaptures": _scopes(f"storage.type.{name.lower()}", about and "variable.language.lead"),
            "patterns": [_COMMENT, *patterns],
        }

    def item(shape: str, patterns: list[Pattern]) -> Pattern:
        """A line of a score or a test, with the lines after it that begin no other: parentheses may span lines."""
        return {"begin": r"^(?=\s+[^\s#])", "while": rf"^(?!\s*(?:{shape}))", "patterns": [_COMMENT, *patterns]}

    operator = "|".join(
        words[name] for name in ("GREATER_OR_EQUAL", "LESS_OR_EQUAL", "NOT_EQUALS", "GREATER", "LESS", "EQUALS")
    )
    operator = rf"(?!{words['ARROW']})(?:{operator})"
    definition = "entity.name.function"
    stage = "entity.name.type.stage"
    event = "variable.other.event"
    prop = "variable.other.property"
    signs = {"name": "punctuation.separator.mql", "match": f"[{words['COMMA']}{words['COLON']}]"}

    # A phrase may begin with `older than`; a duration can't follow it then.
    older_than = rf"{key('OLDER_THAN')}(?=\s*[0-9])"
    restriction_words = rf"(?:{keys('WITHIN', 'SINCE', 'AFTER', 'BEFORE')}|{older_than})"
    end_of_test = rf"(?=\)|{words['ARROW']}|{keys('RESERVED', 'WITH_SAME')}|{older_than})"
    aggregate = keys(*(record.terminal for record in AGGREGATES.values() if record.takes_property))
    of_events = keys(*(record.terminal for record in AGGREGATES.values() if not record.takes_property))
    moment: list[Pattern] = [
        _match(key("DAY"), "keyword.control.test"),
        {"include": "#date"},
        {"include": "#number"},
    ]
    in_column_1: Pattern = {
        "begin": r"^(?=[^\s#)])",
        "while": r"^(?=[\s#)]|$)",
        "patterns": [_COMMENT, {"include": "#when"}, {"include": "#conclusion"}],
    }
    score_item = rf"{words['SIGNED']}\s+(?:{words['PER']}|{words['FOR_THE_LATEST']}|{words['IF']})|{words['BETWEEN']}"
    test_item = rf"(?:{words['DAY']}|[0-9]{{4}}-[0-9]|{words['EXPECT']}|{words['AS_OF']}|{words['LEAD_WITH']})(?!\s*:)"

    repository: dict[str, Any] = {
        "comment": {
            "name": "comment.line.number-sign.mql",
            "match": "(#).*$",
            "captures": _scopes("punctuation.definition.comment"),
        },
        "string": {
            "name": "string.quoted.double.mql",
            "match": words["STRING"],
            "captures": {"0": {"patterns": [_match(r"\\[\"\\nt]", "constant.character.escape")]}},
        },
        "unclosed": _match(r'"[^"]*$', "invalid.illegal.unclosed-string"),
        "date": {
            "patterns": [
                _match(rf"(?<![\w\-]){words[name]}", "constant.numeric.date") for name in ("INSTANT", "DATE", "CLOCK")
            ]
        },
        "duration": _match(rf"(?<![\w\-.]){words['DURATION']}", "constant.numeric.duration"),
        "number": {
            "patterns": [
                _match(words["SIGNED"], "constant.numeric"),
                _match(rf"(?<![\w\-.]){words['UNSIGNED']}", "constant.numeric"),
            ]
        },
        "values": {
            "patterns": [
                _STRING,
                {"include": "#unclosed"},
                {"include": "#date"},
                {"include": "#duration"},
                {"include": "#number"},
            ]
        },
        "truth": _match(keys("TRUE", "FALSE"), "constant.language.boolean"),
        "operator": _match(operator, "keyword.operator.comparison"),
        "path-part": _region(
            rf"({words['DOT']})",
            rf"({_WORD})|({words['STRING']})|{_SOMETHING}",
            [_COMMENT],
            "punctuation.accessor",
        )
        | {"endCaptures": _scopes(prop, "string.quoted.double.property")},
        # -- events and what is asked of their properties
        "phrase": {
            "patterns": [
                _STRING,
                {"include": "#unclosed"},
                {"include": "#where"},
                _match(rf"(?<![\w\-])(?i:{words['RESERVED']})", "invalid.illegal.reserved"),
                _names(event),
            ]
        },
        "pattern": {
            "patterns": [
                _COMMENT,
                _match(key("OR"), "keyword.control.logical"),
                _match("[()]", "punctuation.section.parens"),
                {"include": "#phrase"},
            ]
        },
        "where": _region(
            f"({key('WHERE')})",
            r"\)",
            [
                _COMMENT,
                _region(r"(\()", r"(?=\))", [{"include": "#predicate"}], "punctuation.section.parens"),
            ],
            "keyword.control.where",
            closing="punctuation.section.parens",
        ),
        "predicate": {
            "patterns": [
                _COMMENT,
                _region(
                    r"(\()",
                    r"\)",
                    [{"include": "#predicate"}],
                    "punctuation.section.parens",
                    closing="punctuation.section.parens",
                ),
                _match(keys("AND", "OR", "NOT"), "keyword.control.logical"),
                _region(
                    rf"({_WORD})|({words['STRING']})",
                    rf"(?=\)|{keys('AND', 'OR')})",
                    [{"include": "#test-of-property"}],
                    prop,
                    "string.quoted.double.property",
                ),
                {"include": "#values"},
            ]
        },
        "test-of-property": {
            "patterns": [
                _COMMENT,
                {"include": "#path-part"},
                _region(
                    f"({key('IN')})",
                    end_of_test,
                    [
                        _COMMENT,
                        _region(
                            r"(\()",
                            r"\)",
                            [_COMMENT, {"include": "#truth"}, {"include": "#values"}, signs],
                            "punctuation.section.parens",
                            closing="punctuation.section.parens",
                        ),
                        _match(key("IGNORING_CASE"), "keyword.control.predicate"),
                        {"include": "#values"},
                        _names("variable.other.list"),
                    ],
                    "keyword.control.predicate",
                ),
                _match(
                    keys("CONTAINS", "STARTS_WITH", "ENDS_WITH", "MATCHES", "IS_KNOWN", "IS_MISSING", "IGNORING_CASE"),
                    "keyword.control.predicate",
                ),
                {"include": "#operator"},
                {"include": "#truth"},
                {"include": "#values"},
            ]
        },
        # -- conditions
        "restriction": {
            "patterns": [
                _match(restriction_words, "keyword.control.restriction"),
                _region(
                    f"({key('DURING')})",
                    rf"(?=[^\s#\d])(?!{words['TO']})",
                    [_COMMENT, {"include": "#date"}, _match(key("TO"), "keyword.control.restriction")],
                    "keyword.control.restriction",
                ),
            ]
        },
        "condition": {
            "patterns": [
                _COMMENT,
                _region(
                    f"({aggregate})",
                    r"\)",
                    [
                        _COMMENT,
                        _region(
                            rf"(\()\s*(?:({_WORD})|({words['STRING']}))?",
                            r"(?=\))",
                            [
                                _COMMENT,
                                {"include": "#path-part"},
                                _region(
                                    f"({key('OF')})", r"(?=\))", [{"include": "#pattern-in-parens"}], "keyword.other.of"
                                ),
                                _names(prop),
                            ],
                            "punctuation.section.parens",
                            prop,
                            "string.quoted.double.property",
                        ),
                    ],
                    "support.function.aggregate",
                    closing="punctuation.section.parens",
                ),
                _match(of_events, "support.function.aggregate"),
                _region(f"({key('LEAD')})", end_of_test, [{"include": "#test-of-property"}], "variable.language.lead"),
                {"include": "#restriction"},
                _region(
                    rf"({key('WITH_SAME')})\s*(?:({_WORD})|({words['STRING']}))?",
                    r"(?=[^\s#.])",
                    [_COMMENT, {"include": "#path-part"}],
                    "keyword.control.restriction",
                    prop,
                    "string.quoted.double.property",
                ),
                _match(key("FOR"), "keyword.control.restriction"),
                _match(key("THEN"), "keyword.control.sequence"),
                _match(keys("AND", "OR", "NOT"), "keyword.control.logical"),
                _match(key("NO"), "keyword.control.absence"),
                {
                    "match": rf"({operator})\s*(?:({words['STRING']})|({keys('TRUE', 'FALSE')}))",
                    "captures": _scopes(
                        "keyword.operator.comparison", "string.quoted.double", "constant.language.boolean"
                    ),
                },
                {"include": "#operator"},
                {"include": "#date"},
                {"include": "#duration"},
                {
                    "match": rf"(?<![\w\-.])({words['UNSIGNED']})\s+({words['TIMES']})",
                    "captures": _scopes("constant.numeric", "keyword.other.times"),
                },
                {"include": "#number"},
                signs,
                _match("[()]", "punctuation.section.parens"),
                {"include": "#phrase"},
            ]
        },
        "pattern-in-parens": {
            "patterns": [
                _COMMENT,
                _region(
                    r"(\()",
                    r"\)",
                    [{"include": "#pattern-in-parens"}],
                    "punctuation.section.parens",
                    closing="punctuation.section.parens",
                ),
                _match(key("OR"), "keyword.control.logical"),
                {"include": "#phrase"},
            ]
        },
        # -- rules
        "when": _region(
            f"({key('WHEN')})",
            rf"(?={words['COMMA']})",
            [_COMMENT, _match(key("FOR"), "keyword.control.lifecycle"), {"include": "#duration"}, _names(stage)],
            "keyword.control.lifecycle",
        ),
        "conclusion": _region(
            rf"({words['COMMA']})|{_SOMETHING}",
            _NEVER,
            [
                _COMMENT,
                _region(
                    rf"({words['ARROW']})(?:\s*({words['RECYCLE_TO']}))?",
                    _NEVER,
                    [_COMMENT, _match(rf"^\s*{words['RECYCLE_TO']}", "keyword.control.lifecycle"), _names(stage)],
                    "keyword.operator.arrow",
                    "keyword.control.lifecycle",
                ),
                {"include": "#condition"},
            ],
            "punctuation.separator",
        ),
        # -- items of tests
        "properties": _region(
            r"(\()",
            r"\)",
            [
                _COMMENT,
                _region(
                    rf"({words['COLON']})",
                    rf"(?=[{words['COMMA']})])",
                    [_COMMENT, {"include": "#truth"}, {"include": "#values"}],
                    "punctuation.separator",
                ),
                {"include": "#path-part"},
                _match(words["STRING"], "string.quoted.double.property"),
                _names(prop),
                signs,
            ],
            "punctuation.section.parens",
            closing="punctuation.section.parens",
        ),
        "stages": _names(stage),
    }

    statements = [
        statement("LIFECYCLE", [{"include": "#operator"}, signs, {"include": "#stages"}]),
        statement("TIMEZONE", [_STRING, {"include": "#unclosed"}]),
        statement(
            "SCHEMA",
            [
                _region(
                    r"(\()",
                    r"\)",
                    [
                        _COMMENT,
                        _region(
                            rf"({words['COLON']})",
                            rf"(?=[{words['COMMA']})])",
                            [_COMMENT, _names("support.type")],
                            "punctuation.separator",
                        ),
                        {"include": "#path-part"},
                        _match(words["STRING"], "string.quoted.double.property"),
                        _names(prop),
                        signs,
                    ],
                    "punctuation.section.parens",
                    closing="punctuation.section.parens",
                ),
                {"include": "#phrase"},
            ],
            about=rf"(?:\s+({words['LEAD_WITH']}))?",
        ),
        statement(
            "EVENT",
            [
                _region(rf"({words['EQUALS']})", _NEVER, [{"include": "#pattern"}], "keyword.operator.definition"),
                _names(f"{definition}.event"),
            ],
        ),
        statement(
            "LIST",
            [
                _region(
                    f"({key('FROM')})",
                    _NEVER,
                    [
                        _COMMENT,
                        _STRING,
                        {"include": "#unclosed"},
                        _region(
                            f"({key('COLUMN')})",
                            _NEVER,
                            [_COMMENT, _match(words["STRING"], "string.quoted.double.property"), _names(prop)],
                            "keyword.other.column",
                        ),
                    ],
                    "keyword.other.from",
                ),
                _names(f"{definition}.list"),
            ],
        ),
        statement(
            "SEGMENT",
            [
                _STRING,
                _region(rf"({words['EQUALS']})", _NEVER, [{"include": "#condition"}], "keyword.operator.definition"),
                _names(f"{definition}.segment"),
            ],
        ),
        statement(
            "SCORE",
            [
                item(
                    score_item,
                    [
                        _region(
                            rf"({words['SIGNED']})\s+({words['PER']}|{words['FOR_THE_LATEST']})",
                            _NEVER,
                            [
                                _COMMENT,
                                {"include": "#restriction"},
                                _match(key("UP_TO"), "keyword.control.score"),
                                _match(rf"{key('HALVE_EVERY')}(?=\s+[0-9])", "keyword.control.score"),
                                {"include": "#date"},
                                {"include": "#duration"},
                                {"include": "#number"},
                                {"include": "#pattern"},
                            ],
                            "constant.numeric",
                            "keyword.control.score",
                        ),
                        _region(
                            rf"({words['SIGNED']})\s+({words['IF']})",
                            _NEVER,
                            [{"include": "#condition"}],
                            "constant.numeric",
                            "keyword.control.score",
                        ),
                        _match(keys("BETWEEN", "AND"), "keyword.control.score"),
                        {"include": "#number"},
                    ],
                ),
                _STRING,
                {"include": "#unclosed"},
                _names(f"{definition}.score"),
            ],
        ),
        statement(
            "RULE",
            [
                _STRING,
                _region(
                    rf"({words['COLON']})",
                    _NEVER,
                    [_COMMENT, {"include": "#when"}, {"include": "#conclusion"}],
                    "punctuation.separator",
                ),
                _names(f"{definition}.rule"),
            ],
        ),
        statement(
            "TEST",
            [
                item(
                    test_item,
                    [
                        _region(
                            f"({key('LEAD_WITH')})", _NEVER, [{"include": "#properties"}], "variable.language.lead"
                        ),
                        _region(f"({key('AS_OF')})", _NEVER, [_COMMENT, *moment], "keyword.control.test"),
                        _region(
                            f"({key('EXPECT_STAGE')})",
                            _NEVER,
                            [
                                _COMMENT,
                                _region(f"({key('ON')})", _NEVER, [_COMMENT, *moment], "keyword.control.test"),
                                _names(stage),
                            ],
                            "keyword.control.test",
                        ),
                        _region(
                            f"({key('EXPECT_NO')}|{key('EXPECT')})",
                            _NEVER,
                            [
                                _COMMENT,
                                _region(
                                    rf"(?<!expect )(?<!expect no )({key('BY')})",
                                    _NEVER,
                                    [_COMMENT, _names("entity.name.function.rule")],
                                    "keyword.control.test",
                                ),
                                _match(key("ON"), "keyword.control.test"),
                                _match(key("DAY"), "keyword.control.test"),
                                {"include": "#operator"},
                                {"include": "#date"},
                                {"include": "#number"},
                                _names(stage),
                            ],
                            "keyword.control.test",
                        ),
                        _region(
                            r"(?=[^\s#])",
                            _NEVER,
                            [
                                _COMMENT,
                                _match(key("DAY"), "keyword.control.test"),
                                {"include": "#date"},
                                {"include": "#number"},
                                {"include": "#properties"},
                                {"include": "#phrase"},
                            ],
                        ),
                    ],
                ),
                _STRING,
                {"include": "#unclosed"},
            ],
        ),
    ]
    return {
        "name": "mqlrules",
        "scopeName": "source.mql",
        "fileTypes": ["mql"],
        "patterns": [_COMMENT, *statements, in_column_1],
        "repository": repository,
    }
