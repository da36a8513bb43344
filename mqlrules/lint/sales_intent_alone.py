"""A marketing-qualified lead that only asked for sales."""

from collections.abc import Iterator

from mqlrules.check import program as p
from mqlrules.language.names import normalise
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import shown

_EVENTS = (
    "request demo", "book demo", "schedule demo", "ask demo", "request quote", "ask quote", "request pricing",
    "contact sales", "talk sales", "request call", "request callback",
)  # fmt: skip
_ENDINGS = ("", "s", "d", "ed", "ing")


def check(context: LintContext) -> Iterator[Finding]:
    """Rules that lead to the stage of marketing, and that an event of sales intent alone fulfils."""
    stage = normalise(str(context.settings["stage"]))
    events = context.settings["events"]
    assert isinstance(events, tuple), "settings have the type of their defaults"
    phrases = [normalise(event).split() for event in events]
    ladder = context.program.lifecycle.ladder
    higher = ladder[[normalise(s) for s in ladder].index(stage) + 1 :] if stage in map(normalise, ladder) else ()
    for move in context.moves:
        if normalise(move.rule.stage) == stage and not move.rule.recycle and _alone(move.rule.condition, phrases):
            yield Finding(
                move.source,
                move.written.condition.span,
                f"{shown(move.source, move.written.condition.span)} asks for sales: "
                f"such a lead is more than {move.rule.stage}.",
                f"Such a lead is usually called sales-qualified: `=> {higher[0]}`." if higher else None,
            )


def _alone(node: p.Condition, phrases: list[list[str]]) -> bool:
    """Whether events of sales intent are all that is asked."""
    match node:
        case p.And(operands=operands):
            return all(_alone(operand, phrases) or _forbids(operand) for operand in operands) and not all(
                _forbids(operand) for operand in operands
            )
        case p.Or(operands=operands):
            return any(_alone(operand, phrases) for operand in operands)
        case p.Restricted(condition=inner) | p.WithSame(condition=inner):
            return _alone(inner, phrases)
        case p.Count(pattern=pattern, operator=operator, number=number):
            return (
                operator in (">=", ">", "=") and not (operator == "=" and number == 0) and _is_intent(pattern, phrases)
            )
        case p.Sequence(steps=steps):
            return all(_is_intent(step.pattern, phrases) for step in steps)
        case _:
            return False


def _forbids(node: p.Condition) -> bool:
    match node:
        case p.Not() | p.Count(operator="=", number=0):
            return True
        case p.Restricted(condition=inner):
            return _forbids(inner)
        case _:
            return False


def _is_intent(pattern: p.Pattern, phrases: list[list[str]]) -> bool:
    """Whether some event of a pattern is one of sales intent, by the name that its author gave it."""
    return any(_says(named.name, phrase) for named in pattern.written for phrase in phrases if named.name)


def _says(name: str, phrase: list[str]) -> bool:
    """Whether each word of a phrase is in a name, in some form: ``request demo`` is in ``demo requested``."""
    words = normalise(name).split()
    return all(any(word.startswith(wanted) and word[len(wanted) :] in _ENDINGS for word in words) for wanted in phrase)


RULE = LintRule(
    code="L021",
    name="sales-intent-alone",
    severity="warning",
    what="A rule makes a lead marketing-qualified because it asked for a demo, a quote or a call, and nothing else.",
    why="A lead who asks for sales has self-qualified and is usually called sales-qualified (SQL). Counted as an MQL, "
    "it waits for a hand-over that it asked to skip, and makes marketing's conversion rates look better than they "
    "are.",
    remedy="Let the rule lead to SQL. If your company has agreed otherwise, keep it with "
    "`# mql: ignore[sales-intent-alone]`. You can configure the events and the stage: a phrase matches a name that has "
    "each of its words, in any form and order.",
    example="rule asked: requested demo => MQL\n",
    corrected="rule asked: requested demo => SQL\n",
    check=check,
    settings={"events": _EVENTS, "stage": "MQL"},
)
