"""The profile of a table of events, which rules are compared with."""

import json

import polars as pl

from mqlrules.language.names import normalise
from mqlrules.profile.profile import VALUES, EventProfile, Profile, Property
from mqlrules.readers import EventTable


def profile_of_table(table: EventTable) -> Profile:
    """Names, properties, texts and times of all events of a table."""
    frame = table.frame
    if not frame.height:
        return Profile({}, None, None)
    names = frame.get_column("event").unique().to_list()
    keys = pl.col("event").replace_strict({name: normalise(name) for name in names})
    events: dict[str, EventProfile] = {}
    for of in frame.with_columns(keys.alias("event.key")).partition_by("event.key"):
        spelled = of.get_column("event").mode().sort()[0]
        properties = {}
        for name, column in table.properties.items():
            values = of.get_column(column).drop_nulls()
            if len(values):
                properties[name] = _property(values, column in table.encoded or name in table.encoded)
        events[of.get_column("event.key")[0]] = EventProfile(spelled, of.height, properties)
    times = frame.get_column("time").to_physical()
    return Profile(events, int(times.min()), int(times.max()))  # type: ignore[arg-type]


def _property(values: pl.Series, encoded: bool) -> Property:
    if values.dtype != pl.String:
        return Property(frozenset(), others=True)
    if values.n_unique() > VALUES:
        return Property(None)
    there = values.unique().to_list()
    if encoded:
        there = [json.loads(value) for value in there]
    texts = frozenset(value for value in there if isinstance(value, str))
    return Property(texts, others=len(texts) < len(there))
