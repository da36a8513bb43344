"""What a caller measures of each lead: a count, an aggregate over its events, or a trait; and last touches."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from mqlrules.check import program as p
from mqlrules.events.model import Lead
from mqlrules.events.traits import known, learn
from mqlrules.language.calendar import Zone
from mqlrules.language.values import at_path, is_missing
from mqlrules.outcomes import funnel
from mqlrules.outcomes.study import Study


def measured(study: Study, text: str) -> pl.DataFrame:
    """A measure of each lead at the end: lead, value.

    ``text`` is an aggregate (``sum(amount of bought)``, ``first(source of page_viewed)``), a pattern (its count), or a
    trait (``lead.industry``). Leads without a value have no row. Raises ``RuleError`` for text that can't be read,
    ``ValueError`` for any other condition.
    """
    match _read(study, text):
        case p.Trait(test=test):
            found = [(lead, at_path(traits, test.path)) for lead, traits in _traits(study)]
        case p.Count(pattern=pattern):
            counts = study.matching({"it": pattern}).group_by("lead").agg(value=pl.len().cast(pl.Int64))
            return counts.select("lead", "value")
        case p.Aggregate() as aggregate:
            found = list(_aggregated(study, aggregate))
        case _:
            raise ValueError(f"{text!r} can't be measured; write an aggregate, an event, or a trait: lead.industry")
    rows = [(lead, value) for lead, value in found if not is_missing(value)]
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for _, value in rows)
    kind: Any = pl.Float64 if numbers else pl.String
    values = pl.Series("value", [float(v) if numbers else str(v) for _, v in rows], dtype=kind)
    leads = pl.Series("lead", [lead for lead, _ in rows], dtype=study.spans.schema["lead"])
    return pl.DataFrame([leads, values])


def _read(study: Study, text: str) -> p.Condition:
    """The condition that a measure is a part of."""
    plain = text.strip()
    if plain.startswith("lead."):
        return study.condition(f"{plain} is known")
    return study.condition(f"{plain} >= 0" if plain.endswith(")") and "(" in plain else plain)


def _aggregated(study: Study, aggregate: p.Aggregate) -> Iterator[tuple[Lead, Any]]:
    record = aggregate.record
    zone = Zone(study.program.timezone)
    events = study.matching({"it": aggregate.pattern})
    for (lead,), of in events.group_by("lead", maintain_order=True):
        if record.takes_property:
            assert aggregate.path is not None, "an aggregate of a property has one"
            values = [at_path(properties, aggregate.path) for properties in of["value"].to_list()]
        else:
            values = [zone.date_of(at) for at in of["at"].to_list()]
        # The first or last value may be of any type: there is no literal that it must fit.
        counted = [v for v in values if not is_missing(v) and (record.is_ordered or record.fits.test(v, None))]
        result = record.meaning(counted, None)
        if result is not None:
            yield lead, float(result) if hasattr(result, "numerator") and not isinstance(result, bool) else result


def _traits(study: Study) -> Iterator[tuple[Lead, dict[str, Any]]]:
    """What is known of each lead at the end: the table of leads, and the ``identify`` events after it."""
    table, events = study.known_traits()
    found = {lead: known(traits) for lead, traits in table.items()}
    for event in events:
        learn(found.setdefault(event.lead, {}), event)
    yield from found.items()


def values_by_period(study: Study, text: str, pair: tuple[str, str], by: str) -> pl.DataFrame:
    """The value of leads by the period in which they reached the first stage of a pair.

    Columns: period, leads (that reached it), arrived (at the second stage), sum (of the value of those), per_lead (the
    sum by all leads of the period).
    """
    journeys = study.journeys
    waits = funnel.waits(journeys, *pair)
    frame = pl.DataFrame({"lead": waits.leads, "since": waits.since, "arrived": waits.cause == 1})
    values = measured(study, text)
    if not values.schema["value"].is_numeric():
        raise ValueError(f"{text!r} is not a number for every lead, so it can't be summed")
    frame = frame.join(values, on="lead", how="left").with_columns(period=journeys.period("since", by))
    counted = frame.group_by("period").agg(
        leads=pl.len().cast(pl.Int64),
        arrived=pl.col("arrived").sum().cast(pl.Int64),
        sum=pl.col("value").filter("arrived").sum().cast(pl.Float64),
    )
    return counted.sort("period").with_columns(per_lead=pl.col("sum") / pl.col("leads"))


def last_touches(study: Study, text: str, stage: str) -> pl.DataFrame:
    """The latest event of a pattern before each entry into a stage: event, leads.

    Of events at the instant of the entry only those before the event that caused it count. Leads without one are
    ``(none)``. Raises ``ValueError`` for anything but a pattern.
    """
    condition = study.condition(f"({text}) >= 1")
    if not isinstance(condition, p.Count):
        raise ValueError(f"{text!r} is not a pattern of events; write one event, or several with `or`")
    entries = study.entries(stage)
    touches: dict[Lead, list[tuple[int, int, str]]] = {}
    for lead, at, position, event in (
        study.matching({"it": condition.pattern}).select("lead", "at", "position", "event").iter_rows()
    ):
        touches.setdefault(lead, []).append((at, position, event))
    counted: dict[str, int] = {}
    for lead, (at, position) in entries.items():
        before = [event for when, where, event in touches.get(lead, ()) if (when, where) < (at, position)]
        touch = before[-1] if before else "(none)"
        counted[touch] = counted.get(touch, 0) + 1
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return pl.DataFrame(ordered, schema={"event": pl.String, "leads": pl.Int64}, orient="row")
