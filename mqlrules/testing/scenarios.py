"""From a test block to what an engine takes: one lead's events, its traits, and when time ends (section 9)."""

from collections.abc import Iterable
from typing import Any

import attrs

from mqlrules.check import moments
from mqlrules.check import test_events as sent
from mqlrules.check.program import Program
from mqlrules.events.model import Event, checked_event
from mqlrules.language.calendar import Zone
from mqlrules.language.names import normalise
from mqlrules.syntax import tree
from mqlrules.text.source import Source
from mqlrules.text.span import Span

Expectation = tree.ExpectReached | tree.ExpectStage | tree.ExpectScore


@attrs.frozen(eq=False)
class Scenario:
    """One test block. ``lead`` is its number in the rule set, from 1; ``as_of`` is in microseconds since 1970 UTC.

    ``written`` are the events as the author wrote them, in the order of ``events``. ``by_day`` says whether times are
    shown as days of the test, or as dates.
    """

    lead: int
    name: str
    source: Source
    span: Span
    events: tuple[Event, ...]
    written: tuple[str, ...]
    traits: dict[str, Any]
    expected: tuple[Expectation, ...]
    as_of: int
    by_day: bool


def scenarios(program: Program, named: str | None = None) -> list[Scenario]:
    """The test blocks of a program, in order; with ``named`` those whose names contain it, in any case."""
    zone = Zone(program.timezone)
    return [
        _scenario(program, zone, number, source, node)
        for number, (source, node) in enumerate(program.tests, start=1)
        if named is None or named.casefold() in node.name.value.casefold()
    ]


def _scenario(program: Program, zone: Zone, lead: int, source: Source, node: tree.TestDefinition) -> Scenario:
    events = [line for line in node.lines if isinstance(line, tree.TestEvent)]
    given = [line.traits for line in node.lines if isinstance(line, tree.TestLead)]
    times = [line.moment for line in node.lines if not isinstance(line, tree.TestLead) and line.moment is not None]
    return Scenario(
        lead,
        " ".join(node.name.value.split()),
        source,
        node.span,
        tuple(_event(program, zone, lead, line) for line in events),
        tuple(_words(source, Span(line.phrase.span.start, line.span.end)) for line in events),
        sent.properties((), (trait for traits in given for trait in traits)),
        tuple(line for line in node.lines if isinstance(line, Expectation)),
        _end(zone, node.lines),
        any(isinstance(moment.day, tree.Number) for moment in times),
    )


def _event(program: Program, zone: Zone, lead: int, line: tree.TestEvent) -> Event:
    name = line.phrase.text
    equalities: tuple[sent.Equality, ...] = ()
    definition = None if line.phrase.quoted else program.events.get(normalise(name))
    if definition is not None:
        meant = sent.only_event(definition.pattern)
        assert meant is not None, "checked: the definition says which event was sent"
        name, equalities = meant
    return checked_event(lead, moments.happens(line.moment, zone), name, sent.properties(equalities, line.properties))


def _end(zone: Zone, lines: Iterable[tree.TestLine]) -> int:
    """What ``as of`` says, else the latest time that is mentioned: of a date alone its end, but for events."""
    latest = zone.first_instant(moments.DAY_ZERO)
    for line in lines:
        match line:
            case tree.TestEnd(moment=moment):
                return moments.end(moment, zone)
            case tree.TestEvent(moment=moment):
                latest = max(latest, moments.happens(moment, zone))
            case tree.ExpectReached(moment=tree.Moment() as moment) | tree.ExpectStage(moment=moment):
                latest = max(latest, moments.end(moment, zone))
            case tree.ExpectScore(moment=moment):
                latest = max(latest, moments.end(moment, zone))
    return latest


def _words(source: Source, span: Span) -> str:
    return " ".join(source.text[span.start : span.end].split())
