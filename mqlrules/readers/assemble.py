"""Raw rows to the table of events: which columns mean what, which rows can't be read, which type each property has."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs
import polars as pl

from mqlrules.check.program import EventSchema, Program, PropertyType
from mqlrules.events.errors import DataError
from mqlrules.language.names import IDENTIFY, normalise
from mqlrules.readers.cells import MISFIT, Declared, Misfits, typed, whole_or_text
from mqlrules.readers.columns import ColumnNames, Role, check_header, find_columns
from mqlrules.readers.jsonl import parsed
from mqlrules.readers.raw import Raw
from mqlrules.readers.rejects import SCHEMA, Rejects, Remark, in_line_order, rejects_of, together
from mqlrules.readers.table import EventTable, Origin, property_column
from mqlrules.readers.times import in_utc, instants
from mqlrules.readers.values import Column, columns_of, identify_rows, stacked, where, within_years


@attrs.frozen
class Wanted:
    """What a caller wants: the names of the columns, the rule set's schemas, the properties (None: all)."""

    names: ColumnNames = attrs.field(factory=ColumnNames)
    program: Program | None = None
    properties: Collection[str] | None = None

    def has(self, name: str) -> bool:
        """Whether a property is asked for."""
        return self.properties is None or name in self.properties


def assemble(raw: Raw, wanted: Wanted) -> EventTable:
    """The table of events of one file. Raises ``DataError`` where a column is missing or can't be what it must be."""
    check_header(raw.name, raw.frame.columns)
    names = wanted.names
    fallen_back = (Remark(raw.name, 1, f'there is no column "{names.lead}"; the leads are those of the column "lead"'),)
    try:
        roles = find_columns(raw.name, raw.frame.columns, names)
    except DataError as error:
        raise DataError(error.file, error.message + raw.note, error.hint) from None
    lead, lead_reasons = leads(raw, roles["lead"])
    when = instants(raw.name, roles["time"], column(raw, roles["time"]))
    event, event_reasons = _events(raw, roles["event"])
    opened, open_reasons = _opened(raw, roles)
    no_time = pl.when(when.series.is_null() & when.reasons.is_null()).then(pl.lit("no time"))
    reasons = pl.select(pl.coalesce(lead_reasons, when.reasons, no_time, event_reasons, open_reasons)).to_series()
    good = reasons.is_null()
    rejects = rejected_rows(raw, reasons, good)
    everything = bool(good.all())
    rows = None if everything else good.arg_true()

    def kept(series: pl.Series) -> pl.Series:
        return series if rows is None else series.gather(rows)

    lead, event = kept(lead), kept(event)
    if raw.cells:
        # Only now: a rejected row has no say in whether leads are whole numbers.
        lead = lead if roles["lead"] in raw.typed else whole_or_text(lead)
    frame: dict[str, pl.Series] = {"lead": lead, "time": kept(when.series), "event": event}
    if "id" in roles:
        frame["id"] = (
            whole_or_text(kept(raw.frame[roles["id"]]))
            if raw.cells and roles["id"] not in raw.typed
            else kept(names_of_things(raw, roles["id"]))
        )
    numbers = pl.int_range(raw.frame.height, eager=True) if rows is None else rows
    properties, remarks = _properties(raw, roles, wanted, event, numbers, opened)
    columns = {property_column(name): property_ for name, property_ in properties.items()}
    return EventTable(
        # A mapping: in a list of columns one that is called "" would get another name.
        frame=pl.DataFrame({**frame, **{name: each.series for name, each in columns.items()}}),
        properties={name: property_column(name) for name in properties},
        encoded=frozenset(name for name, each in properties.items() if each.encoded),
        origins=(Origin(raw.name, 0, _lines(raw, rows)),),
        rejects=in_line_order([rejects_of(raw.rejected), rejects]),
        remarks=(*(fallen_back if names.fallen_back(raw.frame.columns) else ()), *raw.remarks, *remarks),
    )  # fmt: skip


def column(raw: Raw, name: str) -> Column:
    """One raw column."""
    return Column(raw.frame.get_column(name), name in raw.encoded)


def _lines(raw: Raw, rows: pl.Series | None) -> pl.Series | None:
    if rows is None:
        return raw.lines
    return (rows + 1).cast(pl.UInt32) if raw.lines is None else raw.lines.gather(rows)


# -- what every event needs ----------------------------------------------------------------------------------------


def leads(raw: Raw, name: str) -> tuple[pl.Series, pl.Series]:
    """The leads of a column, text or whole numbers, and why some rows have none. CSV still has them as text."""
    series = names_of_things(raw, name)
    missing = pl.when(series.is_null()).then(pl.lit("no lead"))
    if name not in raw.encoded:
        return series, pl.select(missing).to_series()
    wrong = [
        None
        if value is None or type(value) in (str, int)
        else f"lead {_short(value)} is neither text nor a whole number"
        for value in column(raw, name).values()
    ]
    return series, pl.select(pl.coalesce(pl.Series(wrong, dtype=pl.String), missing)).to_series()


def names_of_things(raw: Raw, name: str) -> pl.Series:
    """A column of leads or ids: whole numbers (Int64) or text, null where there is none.

    Where some are numbers and others text, all are text. Raises ``DataError`` for a type that names nothing.
    """
    series = raw.frame.get_column(name)
    dtype = series.dtype
    if name in raw.encoded:
        values = column(raw, name).values()
        return pl.Series([_text_of(value) for value in values], dtype=pl.String)
    if dtype.is_integer():
        numbers = series.cast(pl.Int64, strict=False)
        return numbers if numbers.null_count() == series.null_count() else series.cast(pl.String)
    if dtype.is_float():
        numbers = series.fill_nan(None)
        if ((numbers != numbers.round()) | (numbers.abs() >= 2**53)).any():
            raise DataError(raw.name, f'column "{name}" has decimal numbers in it', "Names are text or whole numbers.")
        return numbers.cast(pl.Int64)
    if dtype in (pl.Categorical, pl.Enum, pl.Null):
        series, dtype = series.cast(pl.String), pl.String()
    if dtype != pl.String:
        raise DataError(
            raw.name, f'column "{name}" has values of type {dtype}', "A lead or an id is text or a whole number."
        )
    return where(series, series.str.strip_chars() != "")


def _text_of(value: Any) -> str | None:
    return (str(value).strip() or None) if type(value) in (str, int) else None


def _events(raw: Raw, name: str) -> tuple[pl.Series, pl.Series]:
    """The names of events, and why some rows have none."""
    series = raw.frame.get_column(name)
    if name in raw.encoded:
        values = column(raw, name).values()
        series = pl.Series([value if isinstance(value, str) else None for value in values], dtype=pl.String)
    elif series.dtype in (pl.Categorical, pl.Enum, pl.Null):
        series = series.cast(pl.String)
    elif series.dtype != pl.String:
        raise DataError(raw.name, f'column "{name}" has values of type {series.dtype}', "The name of an event is text.")
    named = {text: normalise(text) != "" for text in series.unique().drop_nulls().to_list()}
    blank = [text for text, good in named.items() if not good]
    nameless = series.is_null() | series.is_in(blank) if blank else series.is_null()
    return series, pl.select(pl.when(nameless).then(pl.lit("no event name"))).to_series()


def rejected_rows(raw: Raw, reasons: pl.Series, good: pl.Series) -> Rejects:
    """The rows of a file that are not good, with their reasons."""
    bad = (~good).arg_true()
    if bad.is_empty():
        return Rejects()
    file = pl.Series([raw.name], dtype=pl.String).new_from_index(0, len(bad))
    parts = (file, raw.line_of(bad), reasons.gather(bad), raw.shown(bad))
    return Rejects(pl.DataFrame(dict(zip(SCHEMA, parts, strict=True)), schema=SCHEMA))


def _short(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 60 else shown[:57] + "..."


# -- properties ----------------------------------------------------------------------------------------------------


def _opened(raw: Raw, roles: Mapping[Role, str]) -> tuple[list[dict[str, Any]] | None, pl.Series]:
    """The mappings in a container of JSON text, and why some rows can't be read. None if it is none."""
    none = pl.Series([None], dtype=pl.String).new_from_index(0, raw.frame.height)
    if raw.container not in raw.frame.columns or raw.container in roles.values():
        return None, none
    texts = raw.frame.get_column(raw.container)
    if texts.dtype != pl.String:
        return None, none
    first = texts.drop_nulls().str.strip_chars_start().str.head(1)
    if first.filter(first != "").head(1).to_list() != ["{"]:
        return None, none
    mappings: list[dict[str, Any]] = []
    reasons: list[str | None] = []
    for text in texts.to_list():
        value = {} if text is None or text.strip() in ("", "null") else parsed(text)
        mappings.append(value if isinstance(value, dict) else {})
        reasons.append(f"{raw.container}: {value}" if isinstance(value, str) else None)
    return mappings, pl.Series(reasons, dtype=pl.String)


def _properties(
    raw: Raw,
    roles: Mapping[Role, str],
    wanted: Wanted,
    event: pl.Series,
    rows: pl.Series,
    opened: list[dict[str, Any]] | None,
) -> tuple[dict[str, Column], list[Remark]]:
    """The properties of the rows that can be read, those inside a container among them."""
    names = [name for name in raw.frame.columns if name not in roles.values()]
    container = raw.container
    if container not in names or (opened is None and not isinstance(raw.frame.schema[container], pl.Struct)):
        container = None
    apart = [name for name in names if wanted.has(name) and name != container]
    found, remarks = _columns(raw, apart, rows, declared(wanted.program, event) if raw.cells else {})
    if container is None:
        return found, remarks
    if opened is not None:
        more = columns_of([opened[row] for row in rows.to_list()], identify_rows(event))
    else:
        series = _kept(raw, container, rows)
        more = {field: plain(series.struct.field(field)) for field in series.struct.fields}
    for name, column_ in more.items():
        if wanted.has(name):
            found[name] = _either(found[name], column_) if name in found else column_
    return found, remarks


def trait_columns(
    raw: Raw, lead: str, rows: pl.Series, program: Program | None
) -> tuple[dict[str, Column], list[Remark]]:
    """The traits in some rows of a table of leads: every column but that of the leads."""
    said: dict[str, list[Declared]] = {}
    if raw.cells and program is not None and program.lead_schema is not None:
        everywhere = pl.Series([True], dtype=pl.Boolean).new_from_index(0, len(rows))
        said = {trait: [Declared(type_, everywhere)] for trait, type_ in program.lead_schema.properties.items()}
    return _columns(raw, [name for name in raw.frame.columns if name != lead], rows, said)


def _kept(raw: Raw, name: str, rows: pl.Series) -> pl.Series:
    series = raw.frame.get_column(name)
    return series if len(rows) == raw.frame.height else series.gather(rows)


def _columns(
    raw: Raw, names: Sequence[str], rows: pl.Series, said: Mapping[str, Sequence[Declared]]
) -> tuple[dict[str, Column], list[Remark]]:
    """Columns of properties in their types, and remarks on cells and columns that are none."""
    found: dict[str, Column] = {}
    remarks: list[Remark] = []
    for name in names:
        series = _kept(raw, name, rows)
        if raw.cells and name not in raw.typed:
            found[name], misfits = typed(series, said.get(name, ()))
            remarks.extend(_remark(raw, name, series, misfit, rows) for misfit in misfits)
        elif series.dtype in (pl.Binary, pl.Object):
            remarks.append(Remark(raw.name, 1, f'column "{name}" holds {series.dtype}, which is no property; left out'))
        else:
            found[name] = Column(series, True) if name in raw.encoded else plain(series)
            lost = found[name].series.null_count() - series.null_count() if series.dtype.is_temporal() else 0
            if lost:
                message = f'times in column "{name}" outside the years 1 to 9999 count as missing'
                remarks.append(Remark(raw.name, 1, message, lost))
    return found, remarks


def _remark(raw: Raw, name: str, series: pl.Series, misfit: Misfits, rows: pl.Series) -> Remark:
    line = raw.line_of(rows.gather(misfit.rows.head(1)))
    return misfit_remark(raw.name, int(line[0]), name, series[int(misfit.rows[0])], misfit)


def misfit_remark(file: str, line: int, name: str, cell: str, misfit: Misfits) -> Remark:
    """What there is to say of cells that don't fit their schema; the first stands in this line."""
    message = f'{_short(cell)} in column "{name}" should be {MISFIT[misfit.type]} by the schema, and counts as missing'
    return Remark(file, line, message, len(misfit.rows))


def declared(program: Program | None, event: pl.Series) -> dict[str, list[Declared]]:
    """What the schemas of a rule set say of each property, for the rows of these events."""
    if program is None:
        return {}
    schemas: dict[str, EventSchema] = dict(program.schemas)
    if program.lead_schema is not None:
        schemas[IDENTIFY] = program.lead_schema
    spelled: dict[str, list[str]] = {}
    for name in event.unique().to_list():
        spelled.setdefault(normalise(name), []).append(name)
    where: dict[tuple[str, PropertyType], list[str]] = {}
    for name, schema in schemas.items():
        for path, type_ in schema.properties.items():
            if name in spelled:
                where.setdefault((path, type_), []).extend(spelled[name])
    said: dict[str, list[Declared]] = {}
    for (path, type_), names in where.items():
        said.setdefault(path, []).append(Declared(type_, event.is_in(names)))
    return said


def plain(series: pl.Series) -> Column:
    """A typed column as properties have it: times are instants, durations seconds, categories text, NaN missing."""
    dtype = series.dtype
    if isinstance(dtype, pl.Datetime):
        return Column(in_utc(series))
    if dtype == pl.Date:
        return Column(within_years(series))
    if isinstance(dtype, pl.Duration):
        return Column(series.dt.total_microseconds() / 1_000_000)
    if dtype == pl.Float32:
        # A floating number means its shortest decimal (section 4): 0.1 in 32 bits is 0.1, not 0.10000000149011612.
        return Column(series.fill_nan(None).cast(pl.String).cast(pl.Float64))
    if dtype.is_float():
        return Column(series.fill_nan(None))
    if dtype in (pl.Categorical, pl.Enum, pl.Null):
        return Column(series.cast(pl.String))
    if dtype == pl.Time:
        return Column(series.dt.to_string("%H:%M:%S"))
    if isinstance(dtype, pl.Array):
        return Column(series.arr.to_list())
    return Column(series)


def _either(one: Column, other: Column) -> Column:
    """The value of a column of its own, and where that is missing the one inside ``properties``."""
    there = one.series.is_not_null()
    rows, rest = there.arg_true(), (~there).arg_true()
    both: Sequence[Column] = (
        Column(one.series.gather(rows), one.encoded),
        Column(other.series.gather(rest), other.encoded),
    )
    joined = stacked(both)
    back = pl.concat([rows, rest]).arg_sort()
    return Column(joined.series.gather(back), joined.encoded)


# -- several files -------------------------------------------------------------------------------------------------


def one_table(tables: Sequence[EventTable]) -> EventTable:
    """The tables of several files, one after the other. Where leads are text in one of them, they are text in all."""
    if len(tables) == 1:
        return tables[0]
    names: dict[str, None] = {}
    for table in tables:
        names.update(dict.fromkeys(table.properties))
    frame = {name: pl.concat([table.frame[name] for table in tables]) for name in ("time", "event")}
    frame["lead"] = _alike([table.frame["lead"] for table in tables])
    if any("id" in table.frame.columns for table in tables):
        frame["id"] = _alike([
            table.frame["id"] if "id" in table.frame.columns else pl.Series([None] * len(table), dtype=pl.String)
            for table in tables
        ])  # fmt: skip
    columns = {name: stacked([_property(table, name) for table in tables]) for name in names}
    origins: list[Origin] = []
    start = 0
    for table in tables:
        origins.extend(attrs.evolve(origin, start=start + origin.start) for origin in table.origins)
        start += len(table)
    order = ["lead", "time", "event", *(["id"] if "id" in frame else [])]
    return EventTable(
        frame=pl.DataFrame({**{name: frame[name] for name in order},
                            **{property_column(name): each.series for name, each in columns.items()}}),
        properties={name: property_column(name) for name in names},
        encoded=frozenset(name for name, each in columns.items() if each.encoded),
        origins=tuple(origins),
        rejects=together([table.rejects for table in tables]),
        remarks=tuple(remark for table in tables for remark in table.remarks),
    )  # fmt: skip


def _alike(parts: Sequence[pl.Series]) -> pl.Series:
    there = [part for part in parts if part.null_count() < len(part)]
    types = {part.dtype for part in there}
    dtype = pl.Int64 if types == {pl.Int64()} else pl.String
    return pl.concat([part.cast(dtype) for part in parts])


def _property(table: EventTable, name: str) -> Column:
    if name not in table.properties:
        return Column(pl.Series([None] * len(table), dtype=pl.String))
    return Column(table.frame[table.properties[name]].alias(""), name in table.encoded)
