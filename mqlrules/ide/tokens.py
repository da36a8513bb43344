"""What kind of thing each token of a rule text is, for highlighting: as the parser reads it, in broken text too."""

from collections.abc import Iterator, Mapping
from typing import Literal

import attrs

from mqlrules.check.program import Program
from mqlrules.ide.walk import Role, Step, Walk, condition_piece, pieces, walks
from mqlrules.language.by_terminal import AGGREGATE_TERMINALS
from mqlrules.language.names import normalise
from mqlrules.syntax.layout import Piece
from mqlrules.syntax.lexer import Token

Kind = Literal[
    "keyword", "function", "operator", "punctuation", "event", "segment", "score", "list", "rule", "stage", "property",
    "type", "string", "number", "duration", "date", "boolean", "comment", "unknown",
]  # fmt: skip
"""``function``: an aggregate. ``number``: counts, points, values, days. ``date``: dates, instants, times of day.
``list`` and ``type`` are names of those. ``unknown``: nothing that the language has, or nothing that can stand there.
"""

KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]

NameKind = Literal["event", "segment", "score", "list", "rule"]
Names = Mapping[str, NameKind]
"""What defined names are, by normalised name."""


@attrs.frozen
class Classified:
    """The half-open range ``[start, end)`` of code points that one token takes, and what it is.

    ``name`` is the whole name or phrase that the token belongs to, its words one blank apart (of a quoted one with its
    quotes), ``begins`` where that starts; both for names, phrases and paths alone. ``defines``: the name is being
    defined here. ``defined``: the name is one that the rule set defines. Keywords of several words are one token.
    """

    start: int
    end: int
    kind: Kind
    name: str | None = None
    begins: int = -1
    defines: bool = False
    defined: bool = False


_BY_TERMINAL: dict[str, Kind] = {
    **dict.fromkeys(AGGREGATE_TERMINALS, "function"),
    **dict.fromkeys(
        ("EQUALS", "NOT_EQUALS", "LESS", "LESS_OR_EQUAL", "GREATER", "GREATER_OR_EQUAL", "_ARROW"), "operator"
    ),
    **dict.fromkeys(("_LPAR", "_RPAR", "_COMMA", "_COLON", "_DOT"), "punctuation"),
    **dict.fromkeys(("SIGNED", "UNSIGNED"), "number"),
    **dict.fromkeys(("DATE", "INSTANT", "CLOCK"), "date"),
    **dict.fromkeys(("TRUE", "FALSE"), "boolean"),
    **dict.fromkeys(("STRING", "UNCLOSED"), "string"),
    "DURATION": "duration",
}
_BY_ROLE: dict[Role, Kind] = {
    "event": "event",
    "schema event": "event",
    "event definition": "event",
    "segment definition": "segment",
    "score definition": "score",
    "list definition": "list",
    "rule definition": "rule",
    "rule": "rule",
    "list": "list",
    "column": "property",
    "stage": "stage",
    "expected": "stage",
    "property": "property",
    "type": "type",
}


def classify(text: str, names: Names | None = None) -> list[Classified]:
    """Every token and comment of a rule file's text, in order; whatever is wrong with it, nothing is left out.

    ``names`` says which names are segments, scores and lists; without it a name in a condition is an event.
    """
    return _classified(*pieces(text), names or {})


def classify_condition(text: str, names: Names | None = None) -> list[Classified]:
    """The same of the text of a condition alone."""
    return _classified(*condition_piece(text), names or {})


def names_of(program: Program) -> Names:
    """The names that a checked program defines."""
    names: dict[str, NameKind] = {normalise(rule.name): "rule" for rule in program.rules}
    names |= dict.fromkeys(program.lists, "list")
    names |= dict.fromkeys(program.scores, "score")
    names |= dict.fromkeys(program.segments, "segment")
    return names | dict.fromkeys(program.events, "event")


def _classified(text: str, cut: list[Piece], comments: list[Token], names: Names) -> list[Classified]:
    found = [Classified(comment.start, comment.end, "comment") for comment in comments]
    for walked in walks(text, cut):
        found += classify_walk(walked, names)
    return sorted(found, key=lambda token: token.start)


def classify_walk(walked: Walk, names: Names) -> Iterator[Classified]:
    """The tokens of one piece."""
    for at, step in enumerate(walked.steps):
        token = step.token
        if step.role is None:
            yield Classified(token.start, token.end, _kind(step))
            continue
        if step.terminal == "_DOT":
            yield Classified(token.start, token.end, "punctuation", walked.name(at), _begins(walked, step))
            continue
        name = walked.name(at)
        kind = _BY_ROLE[step.role]
        quoted = name.startswith('"')
        meant = None if quoted or step.role not in _NAMING else names.get(normalise(name))
        if meant in ("segment", "score") and step.role in ("event", "expected") and not _asks_for_stage(walked, step):
            kind = meant
        elif step.role == "schema event" and name == "lead":
            kind = "keyword"
        yield Classified(
            token.start,
            token.end,
            kind,
            name,
            _begins(walked, step),
            defines=step.role.endswith("definition") or _declares(walked, step),
            defined=meant == kind,
        )


_NAMING: frozenset[Role] = frozenset(("event", "expected", "list", "rule"))


def _begins(walked: Walk, step: Step) -> int:
    return walked.steps[step.first].token.start


def _asks_for_stage(walked: Walk, step: Step) -> bool:
    return step.first > 0 and walked.steps[step.first - 1].terminal == "_EXPECT_STAGE"


def _declares(walked: Walk, step: Step) -> bool:
    """Stages of a lifecycle, and properties of a schema."""
    heading = walked.steps[0].terminal
    return (step.role == "stage" and heading == "_LIFECYCLE") or (step.role == "property" and heading == "_SCHEMA")


def _kind(step: Step) -> Kind:
    kind = step.token.kind
    if step.terminal is not None:
        known = _BY_TERMINAL.get(step.terminal)
        return known or ("keyword" if step.terminal not in ("WORD", "NAME") else "unknown")
    # Passed over: only its look can tell.
    if kind in ("WORD", "NAME"):
        return "keyword" if kind == "NAME" else "unknown"
    if kind == "STUCK":
        return "number"
    return _BY_TERMINAL.get(kind, "unknown")
