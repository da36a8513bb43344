"""An explanation of one lead, and the page that shows it."""

from collections.abc import Iterator
from typing import Any

import attrs

from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, Lead
from mqlrules.explain.clock import Clock
from mqlrules.explain.document import Block, Clause, Heading, Paragraph, as_text
from mqlrules.explain.model import Part, RuleExplanation
from mqlrules.explain.wording import capital, counted, listed, one_line, quoted
from mqlrules.language.calendar import Zone
from mqlrules.language.instants import moment

_MOVES_SHOWN = 10
_MARKS = {True: "✓", False: "✗", None: "·"}
"""Before a part that is true, that is false, that is neither."""


@attrs.frozen(eq=False)
class Explanation:
    """Why a lead qualified, why not, and what is still missing, at one instant.

    ``rules`` are the rules that were asked for; without a name those that lead to the next stage. ``events`` is the
    lead's history up to the instant; the first ``begins`` of them were before a recycle and count only for traits.
    """

    lead: Lead
    instant: int
    stage: str
    stage_since: int | None
    timezone: str
    events: tuple[Event, ...]
    begins: int
    traits: dict[str, Any]
    transitions: tuple[Transition, ...]
    rules: tuple[RuleExplanation, ...]
    notes: tuple[str, ...] = ()

    @property
    def at(self) -> Any:
        """The instant as an aware datetime in UTC."""
        return moment(self.instant)

    def __str__(self) -> str:
        """The explanation as indented text."""
        return as_text(page(self)).rstrip("\n")


def page(explanation: Explanation) -> Iterator[Block]:
    """An explanation as headings, sentences and lists."""
    clock = Clock(Zone(explanation.timezone), explanation.instant)
    since = "" if explanation.stage_since is None else f" since {clock.instant(explanation.stage_since)}"
    yield Heading(f"{one_line(str(explanation.lead))} is {explanation.stage}{since}", 1)
    happened = counted(f"{len(explanation.events):,}", "event")
    first = f", the first on {clock.instant(explanation.events[0].at)}" if explanation.events else ""
    yield Paragraph(f"As of {clock.instant(explanation.instant)} ({explanation.timezone}): {happened}{first}.")
    yield from map(Paragraph, explanation.notes)
    if moves := explanation.transitions:
        hidden = len(moves) - _MOVES_SHOWN
        items = [Clause(f"{hidden:,} earlier moves")] if hidden > 0 else []
        items += [Clause(_move(move, clock)) for move in moves[-_MOVES_SHOWN:]]
        yield Paragraph("How it got there:", tuple(items), apart=True)
    for rule in explanation.rules:
        about = "" if rule.description is None else f": {quoted(rule.description)}"
        yield Heading(f"{one_line(rule.name)}{about}", 2)
        yield Paragraph(one_line(rule.verdict.sentence), style=rule.verdict.kind)
        others = (f"Or {way.sentence}." for way in rule.verdict.suggestions[1:])
        yield from (Paragraph(one_line(line)) for line in (*others, *rule.notes))
        yield Paragraph(f"{rule.asks}:", (_part(rule.tree, clock),), apart=True)


def _move(move: Transition, clock: Clock) -> str:
    also = f" (and {listed(move.also, 'and')})" if move.also else ""
    evidence = f", based on {clock.evidence(move.evidence)}" if move.evidence else ""
    return (
        f"{clock.instant(move.instant)}: {move.from_stage} → {move.to_stage} by {one_line(move.rule)}{also}{evidence}"
    )


def _part(part: Part, clock: Clock) -> Clause:
    found = [part.value] if part.value else []
    if part.holds is not None and part.kind not in ("step", "stage"):
        found += [] if part.since is None else [f"since {clock.instant(part.since)}"]
        found += [] if part.until is None else [f"until {clock.instant(part.until)}"]
    return Clause(
        capital(part.asks),
        tuple(_part(inner, clock) for inner in part.parts),
        mark=_MARKS[part.holds],
        found="; ".join(found),
        is_short=part.kind in ("all", "any", "same"),
    )
