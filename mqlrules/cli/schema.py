"""A schema of the events that a table really has, as statements of the language."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import attrs
import polars as pl

from mqlrules.check.program import PropertyType
from mqlrules.console.terminal import counted
from mqlrules.language.instants import EventError, parse_time
from mqlrules.language.names import IDENTIFY, normalise
from mqlrules.readers import EventTable
from mqlrules.ruleset import check_text

MOST_EVENTS = 200
"""A schema has at most this many events: the most frequent ones. More names are hardly names that rules use."""

LOOKED_AT = 1_000
"""How many values of text are examined for whether they are times."""

QUIET = """
# Quiet for thirty days: back, for a new start.
rule gone_quiet: when MQL, no activity within 30d => recycle to MEL
"""

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})


@attrs.frozen
class DescribedEvent:
    """An event as rules write it, how often it occurs, and its properties as rules write them, with their types."""

    name: str
    count: int
    properties: tuple[tuple[str, PropertyType], ...]

    @property
    def statement(self) -> str:
        """The ``schema`` statement."""
        inside = ", ".join(f"{path}: {kind}" for path, kind in self.properties)
        one_line = f"schema {self.name} ({inside})"
        if len(one_line) <= 100:
            return one_line
        return f"schema {self.name} (\n    " + ",\n    ".join(f"{path}: {kind}" for path, kind in self.properties) + ")"


@attrs.frozen
class Schema:
    """The events, most frequent first, and the text of the schema file."""

    events: tuple[DescribedEvent, ...]
    text: str


def described(table: EventTable) -> Schema:
    """The schema of the events of a table."""
    by_name = table.frame.get_column("event").value_counts().sort("count", "event", descending=[True, False])
    names: dict[str, list[str]] = {}
    counts: Counter[str] = Counter()
    for name, count in by_name.iter_rows():
        names.setdefault(normalise(name), []).append(name)
        counts[normalise(name)] += count
    events: list[DescribedEvent] = []
    traits: DescribedEvent | None = None
    left_out = 0
    for key, count in counts.most_common():
        rows = table.frame.filter(pl.col("event").is_in(names[key]))
        if key == IDENTIFY:
            traits = DescribedEvent("lead", count, tuple(_properties(table, rows)))
            continue
        spelled = _spelled(names[key][0]) if len(events) < MOST_EVENTS else None
        if spelled is None:
            left_out += 1
        else:
            events.append(DescribedEvent(spelled, count, tuple(_properties(table, rows))))
    return Schema(tuple(events), _text(events, traits, left_out))


def first_rules(schema: Schema) -> str:
    """Rules about these events, as a start."""
    if not schema.events:
        return "\n# The data has no events yet. This is a rule:\n# rule engaged: visited pricing => MEL\n"
    most = schema.events[0].name
    text = (
        "\n# An event that happened. Its name is in schema.mql.\n"
        f"rule engaged: {most} => MEL\n"
        "\n# Events can be counted, within a time before now.\n"
        f"rule warm: {most} >= 3 within 30d"
    )
    if len(schema.events) > 1:
        text += f" and {schema.events[1].name}"
    return text + " => MQL\n" + QUIET


def _text(events: Sequence[DescribedEvent], traits: DescribedEvent | None, left_out: int) -> str:
    lines = [
        "# The events in the data, with the types of their properties. A name that is not in a schema is an error:",
        "# that is how typos are found. Types: text number boolean time duration list.",
        "",
    ]
    if traits is not None and traits.properties:
        lines += ["# The traits of a lead (from identify events).", traits.statement, ""]
    for event in events:
        lines += [f"# {event.count:,} times" if event.count != 1 else "# once", event.statement]
    if left_out:
        reason = "too many, or with a name that rules can't write"
        lines += ["", f"# {counted(left_out, 'more event')} in the data, not listed here: {reason}."]
    return "\n".join(lines) + "\n"


def _properties(table: EventTable, rows: pl.DataFrame) -> Iterator[tuple[str, PropertyType]]:
    seen: set[str] = set()
    for name, column in table.properties.items():
        for path, kind in _types((name,), rows.get_column(column), column in table.encoded):
            parts = [part for part in map(_spelled_part, path) if part is not None]
            spelled = ".".join(parts)
            if len(parts) == len(path) and spelled not in seen:
                seen.add(spelled)
                yield spelled, kind


def _types(path: tuple[str, ...], values: pl.Series, encoded: bool) -> Iterator[tuple[tuple[str, ...], PropertyType]]:
    """The types of a property and of everything nested in it; nothing if it is always missing."""
    values = values.drop_nulls()
    if not len(values):
        return
    if encoded:
        kinds = Counter(kind for value in values.to_list() if (kind := _type_of(json.loads(value))) is not None)
        if kinds:
            yield path, kinds.most_common(1)[0][0]
        return
    dtype = values.dtype
    if isinstance(dtype, pl.Struct):
        for field in dtype.fields:
            yield from _types((*path, field.name), values.struct.field(field.name), False)
    elif dtype == pl.Boolean:
        yield path, "boolean"
    elif dtype.is_numeric():
        yield path, "number"
    elif dtype == pl.Duration:
        yield path, "duration"
    elif dtype.is_temporal():
        yield path, "time"
    elif dtype.is_nested():
        yield path, "list"
    else:
        yield path, "time" if _are_times(values.cast(pl.String).head(LOOKED_AT).to_list()) else "text"


def _type_of(value: object) -> PropertyType | None:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "time" if _are_times([value]) else "text"
        case list():
            return "list"
    return None


def _are_times(texts: Iterable[str]) -> bool:
    for text in texts:
        try:
            parse_time(text)
        except EventError:
            return False
    return True


def _spelled(name: str) -> str | None:
    """An event's name as rules write it: plain if possible, else in quotes; None if rules can't write it."""
    for spelling in (name, f'"{name.translate(_ESCAPES)}"'):
        checked = check_text(f"schema {spelling} (x: text)\n{spelling} => MQL")
        if not checked.diagnostics and list(checked.program.schemas) == [normalise(name)]:
            return spelling
    return None


@cache
def _spelled_part(name: str) -> str | None:
    """A part of a property's path as rules write it; None if they can't."""
    for spelling in (name, f'"{name.translate(_ESCAPES)}"'):
        checked = check_text(f"schema x ({spelling}: text)")
        if not checked.diagnostics and [list(schema.properties) for schema in checked.program.schemas.values()] == [
            [name]
        ]:
            return spelling
    return None
