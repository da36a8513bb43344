"""Cells of text to typed columns: what CSV means (interface: "Event files").

A column is numbers, booleans or times when all its non-empty cells are, else text. Where a schema of the rule set
speaks, it decides: a cell that does not fit it counts as missing, and is remarked on. Whole numbers with leading
zeros, and those beyond 64 bits, name something (a postal code, an account) and count nothing: such a column is text.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import attrs
import polars as pl

from mqlrules.check.program import PropertyType
from mqlrules.language.calendar import UNITS
from mqlrules.readers.times import parse_text
from mqlrules.readers.values import Column, column_of, encoded, stacked, where

_WHOLE = r"^\s*-?(?:0|[1-9][0-9]*)\s*$"
_NUMBER = r"^\s*-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*$"
_LOOSE_WHOLE = r"^\s*[+-]?[0-9]+\s*$"
_LOOSE_NUMBER = r"^\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*$"
_BOOLEAN = r"^(?i:true|false)$"
_DATE_ALONE = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*$"
_DURATION = r"^\s*([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*(us|ms|s|m|h|d|w)\s*$"
_TRUE, _FALSE = ["true", "yes", "y", "1", "t", "on"], ["false", "no", "n", "0", "f", "off"]


@attrs.frozen(eq=False)
class Misfits:
    """Cells that do not fit the type that a schema gives them: ``rows`` in the column, and the type."""

    type: PropertyType
    rows: pl.Series


@attrs.frozen
class Declared:
    """What the schemas say of a column: ``rows`` (a mask) are those of events whose schema gives it ``type``."""

    type: PropertyType
    rows: pl.Series


def typed(cells: pl.Series, declared: Sequence[Declared] = ()) -> tuple[Column, list[Misfits]]:
    """The column that cells of text mean. An empty cell is missing."""
    cells = where(cells, cells != "")
    if not declared:
        return Column(guessed(cells)), []
    misfits = []
    spoken_for = pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(cells))
    parts: list[pl.Series] = []
    columns: list[Column] = []
    for part in declared:
        rows = part.rows.arg_true()
        mine = cells.gather(rows)
        column = _AS[part.type](mine)
        wrong = (mine.is_not_null() & column.series.is_null()).arg_true()
        if len(wrong):
            misfits.append(Misfits(part.type, rows.gather(wrong)))
        spoken_for = spoken_for | part.rows
        parts.append(rows)
        columns.append(column)
    rest = (~spoken_for).arg_true()
    if len(rest):
        parts.append(rest)
        columns.append(Column(guessed(cells.gather(rest))))
    joined = stacked(columns)
    back = pl.concat(parts).arg_sort()
    return Column(joined.series.gather(back), joined.encoded), misfits


def guessed(cells: pl.Series) -> pl.Series:
    """The type that all non-empty cells have in common."""
    there = cells.drop_nulls()
    if there.is_empty():
        return cells
    first = there.head(1)
    for could_be, convert in _GUESSES:
        if first.str.contains(could_be).item() and there.str.contains(could_be).all():
            column = convert(cells)
            if column.null_count() == cells.null_count():
                return column
    return cells


def whole_or_text(cells: pl.Series) -> pl.Series:
    """Whole numbers when all cells are, else text: what names a lead or an event. Nothing that text can say is lost."""
    cells = cells.str.strip_chars()
    cells = where(cells, cells != "")
    there = cells.drop_nulls()
    if there.is_empty() or not there.str.contains(r"^(?:0|-?[1-9][0-9]*)$").all():
        return cells
    numbers = cells.cast(pl.Int64, strict=False)
    return numbers if numbers.null_count() == cells.null_count() else cells


def _floats(cells: pl.Series) -> pl.Series:
    # Among decimals, too, a whole number that a float can't hold exactly is a name.
    texts = cells.str.strip_chars()
    if (texts.str.len_bytes().fill_null(0) > 15).any():
        whole = where(texts, texts.str.contains(_WHOLE)).cast(pl.Int128, strict=False).drop_nulls()
        if (whole.abs() > 2**53).any():
            return pl.Series([None] * len(cells), dtype=pl.Float64)
    return texts.cast(pl.Float64, strict=False)


def _dates(cells: pl.Series) -> pl.Series:
    return parse_text(cells).dt.date()


_GUESSES: tuple[tuple[str, Callable[[pl.Series], pl.Series]], ...] = (
    (_WHOLE, lambda cells: cells.str.strip_chars().cast(pl.Int64, strict=False)),
    (_NUMBER, _floats),
    (_BOOLEAN, lambda cells: cells.str.to_lowercase() == "true"),
    (_DATE_ALONE, _dates),
    # Dates alone among times stay text: it compares with dates as a date, with instants as midnight UTC.
    (r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]", parse_text),
)


def _number(cells: pl.Series) -> Column:
    texts = cells.str.strip_chars()
    if texts.drop_nulls().str.contains(_LOOSE_WHOLE).all():
        whole = texts.cast(pl.Int64, strict=False)
        if whole.null_count() == texts.null_count():
            return Column(whole)
    return Column(where(texts, texts.str.contains(_LOOSE_NUMBER)).cast(pl.Float64, strict=False))


def _boolean(cells: pl.Series) -> Column:
    words = cells.str.strip_chars().str.to_lowercase()
    answers = [True] * len(_TRUE) + [False] * len(_FALSE)
    return Column(words.replace_strict(_TRUE + _FALSE, answers, default=None, return_dtype=pl.Boolean))


def _time(cells: pl.Series) -> Column:
    instants = parse_text(cells)
    times = where(cells, instants.is_not_null())
    alone = times.drop_nulls().str.contains(_DATE_ALONE)
    if alone.all():
        return Column(instants.dt.date())
    return Column(times if alone.any() else instants)


def _duration(cells: pl.Series) -> Column:
    """Seconds: a number, or a number with its unit as in a rule, ``40s``."""
    groups = cells.str.extract(_DURATION, 1).cast(pl.Float64, strict=False)
    if groups.null_count() == len(groups):
        return _number(cells)
    seconds: list[float | None] = []
    for amount, unit in zip(
        cells.str.extract(_DURATION, 1).to_list(), cells.str.extract(_DURATION, 2).to_list(), strict=True
    ):
        seconds.append(None if amount is None else float(Decimal(amount) * UNITS[unit] / 1_000_000))
    plain = _number(where(cells, groups.is_null())).series.cast(pl.Float64)
    return Column(pl.select(pl.coalesce(pl.Series(seconds, dtype=pl.Float64), plain)).to_series())


def _list(cells: pl.Series) -> Column:
    """A list as JSON writes it."""
    values: list[object] = []
    for cell in cells.to_list():
        try:
            value = None if cell is None else json.loads(cell)
        except (ValueError, RecursionError):
            value = None
        values.append(value if isinstance(value, list) else None)
    return column_of(values)


_AS: Mapping[PropertyType, Callable[[pl.Series], Column]] = {
    "text": Column,
    "number": _number,
    "boolean": _boolean,
    "time": _time,
    "duration": _duration,
    "list": _list,
}


@attrs.frozen(eq=False)
class Variant:
    """A type that a column of text may have. ``read`` gives the values of cells, or None where some cell has none in
    it; ``make`` those of cells of which it is known that they have, or where those that have none are missing.
    ``encoded``: the values are JSON text.
    """

    read: Callable[[pl.Series], Column | None]
    make: Callable[[pl.Series], Column]
    encoded: bool = False


def variants(declared: PropertyType | None) -> tuple[Variant, ...]:
    """What a column may be that a schema says this of, or nothing: the first that all its cells can be.

    Together with ``typed`` this is one meaning, told twice: at once for a whole column, and bit by bit for one that is
    too long. (A list stays JSON text here.)
    """
    return _VARIANTS[declared]


def name_variants() -> tuple[Variant, ...]:
    """What a column of leads or ids may be: whole numbers, else text."""
    return _NAMES


def _guess(could_be: str, convert: Callable[[pl.Series], pl.Series]) -> Variant:
    def read(cells: pl.Series) -> Column | None:
        there = cells.drop_nulls()
        if not there.head(1).str.contains(could_be).all() or not there.str.contains(could_be).all():
            return None
        column = convert(cells)
        return Column(column) if column.null_count() == cells.null_count() else None

    return Variant(read, lambda cells: Column(convert(cells)))


def _only(make: Callable[[pl.Series], Column], encoded: bool = False) -> Variant:
    return Variant(make, make, encoded)


def _if(fits: Callable[[pl.Series], bool], make: Callable[[pl.Series], Column]) -> Variant:
    return Variant(lambda cells: make(cells) if fits(cells) else None, make)


def _is_whole(cells: pl.Series) -> bool:
    texts = cells.str.strip_chars()
    return bool(texts.drop_nulls().str.contains(_LOOSE_WHOLE).all()) and not _beyond(texts)


def _beyond(texts: pl.Series) -> bool:
    return texts.cast(pl.Int64, strict=False).null_count() != texts.null_count()


def _whole(cells: pl.Series) -> Column:
    return Column(cells.str.strip_chars().cast(pl.Int64, strict=False))


def _float(cells: pl.Series) -> Column:
    texts = cells.str.strip_chars()
    return Column(where(texts, texts.str.contains(_LOOSE_NUMBER)).cast(pl.Float64, strict=False))


def _seconds(cells: pl.Series) -> Column:
    return Column(_duration(cells).series.cast(pl.Float64))


def _times_among(cells: pl.Series) -> pl.Series:
    return where(cells, parse_text(cells).is_not_null())


def _alone(cells: pl.Series) -> pl.Series:
    return _times_among(cells).drop_nulls().str.contains(_DATE_ALONE)


def _has_unit(cells: pl.Series) -> bool:
    return bool(cells.drop_nulls().str.contains(_DURATION).any())


_TEXT = _only(Column)
_NAMES = (
    Variant(
        lambda cells: Column(names) if (names := whole_or_text(cells)).dtype == pl.Int64 else None,
        lambda cells: Column(cells.str.strip_chars().cast(pl.Int64)),
    ),
    _only(lambda cells: Column(cells.str.strip_chars())),
)
_VARIANTS: Mapping[PropertyType | None, tuple[Variant, ...]] = {
    None: (*(_guess(could_be, convert) for could_be, convert in _GUESSES), _TEXT),
    "text": (_TEXT,),
    "number": (_if(_is_whole, _whole), _only(_float)),
    "boolean": (_only(_boolean),),
    "time": (
        _if(lambda cells: bool(_alone(cells).all()), lambda cells: Column(_dates(cells))),
        _if(lambda cells: not _alone(cells).any(), lambda cells: Column(parse_text(cells))),
        _only(lambda cells: Column(_times_among(cells))),
    ),
    "duration": (_if(lambda cells: _is_whole(cells) and not _has_unit(cells), _whole), _only(_seconds)),
    "list": (_only(lambda cells: encoded(_list(cells)), encoded=True),),
}

MISFIT: Mapping[PropertyType, str] = {
    "text": "text",
    "number": "a number",
    "boolean": "true or false",
    "time": "a time",
    "duration": "a duration (seconds, or 40s, 2m, 1.5h)",
    "list": 'a list (["a", "b"])',
}
"""How a message names what a cell should have been."""
