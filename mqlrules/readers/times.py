"""Columns of times to instants: text as ``parse_time`` reads it, whole numbers as microseconds, any datetimes.

Text goes through polars for the shapes that files really have; whatever polars does not take is asked of
``parse_time``, once for each different text, so that both always agree.
"""

import attrs
import polars as pl

from mqlrules.events.calls import UNITS, why_not
from mqlrules.events.errors import DataError
from mqlrules.language.instants import EARLIEST, LATEST, EventError, microseconds, parse_time
from mqlrules.readers.values import INSTANT, Column, where, within_years

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}"


@attrs.frozen(eq=False)
class Instants:
    """``series`` are instants, null where a cell is missing or no time; ``reasons`` says why, where it is no time."""

    series: pl.Series
    reasons: pl.Series


def instants(file: str, name: str, column: Column, numbers_as_text: bool) -> Instants:
    """The instants of a column.

    ``numbers_as_text`` is for text formats, in which a whole number is text. Raises ``DataError`` if the column's type
    has no times in it.
    """
    series = column.series
    if column.encoded:
        return _one_by_one(column)
    dtype = series.dtype
    if dtype in (pl.Categorical, pl.Enum):
        series, dtype = series.cast(pl.String), pl.String()
    if dtype == pl.String:
        return _of_text(series, numbers_as_text)
    if dtype.is_integer():
        return _of_numbers(series)
    if isinstance(dtype, pl.Datetime):
        return _in_range(series, in_utc(series))
    if dtype == pl.Date:
        return _in_range(series, within_years(series).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    if dtype == pl.Null:
        return Instants(series.cast(INSTANT), _no_reasons(series))
    raise DataError(
        file,
        f'column "{name}" has values of type {dtype}, which are no times',
        "Times are ISO-8601 text, timestamps, dates, or whole microseconds since 1970 UTC.",
    )


def in_utc(series: pl.Series) -> pl.Series:
    """Datetimes of any unit and zone as instants; without a zone they are UTC. Finer digits are cut off, and what is
    outside the years 1 to 9999 is null.
    """
    dtype = series.dtype
    assert isinstance(dtype, pl.Datetime)
    series = within_years(series).dt.cast_time_unit("us")
    return series.dt.replace_time_zone("UTC") if dtype.time_zone is None else series.dt.convert_time_zone("UTC")


def _in_range(given: pl.Series, found: pl.Series) -> Instants:
    """Instants that were datetimes, and why some of these are none."""
    if found.null_count() == given.null_count():
        return Instants(found, _no_reasons(given))
    lost = pl.when(given.is_not_null() & found.is_null()).then(pl.lit("the time is outside the years 1 to 9999"))
    return Instants(found, pl.select(lost).to_series())


def parse_text(series: pl.Series) -> pl.Series:
    """The instants of ISO-8601 text; null for what is missing or no time. Agrees with ``parse_time``."""
    parsed = pl.Series([None] * len(series), dtype=INSTANT)
    left = series
    for _ in range(4):
        sample = left.drop_nulls().head(1)
        if sample.is_empty():
            return parsed
        shape = _shape_of(sample.item())
        if shape is None:
            break
        pattern, form = shape
        fits = left.str.contains(pattern)
        found = where(left, fits).str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False, exact=True)
        in_range = found.to_physical().is_between(EARLIEST, LATEST)
        found = where(found, in_range)
        parsed = pl.select(pl.coalesce(parsed, found)).to_series()
        left = where(left, parsed.is_null())
    texts = left.drop_nulls().unique()
    known = {text: at for text in texts.to_list() if (at := _parsed(text)) is not None}
    if not known:
        return parsed
    rest = left.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.Int64).cast(INSTANT)
    return pl.select(pl.coalesce(parsed, rest)).to_series()


def _shape_of(text: str) -> tuple[str, str] | None:
    """A pattern of texts written like this one, and the polars format that reads them."""
    if len(text) == 10:
        return rf"^{_DATE}$", "%Y-%m-%d"
    if len(text) < 16 or text[10] not in "T ":
        return None
    mark, rest = text[10], text[16:]
    pattern, form = rf"^{_DATE}{mark}{_CLOCK}", f"%Y-%m-%d{mark}%H:%M"
    if rest[:1] == ":":
        pattern, form, rest = pattern + ":[0-5][0-9]", form + ":%S", rest[3:]
        digits = len(rest) - len(rest.lstrip(".0123456789"))
        if digits:
            pattern, form, rest = pattern + r"\.[0-9]{1,6}", form + "%.f", rest[digits:]
        elif not rest or rest[0] in "Z+-":
            # Whole seconds stand among fractions in many exports, and "%.f" takes both.
            pattern, form = pattern + r"(?:\.[0-9]{1,6})?", form + "%.f"
    if rest == "Z":
        return pattern + "Z$", form + "Z"
    if rest and rest[0] in "+-":
        return pattern + r"[+-][0-9]{2}:?[0-9]{2}$", form + "%z"
    return (pattern + "$", form) if not rest else None


def _parsed(text: str) -> int | None:
    try:
        return parse_time(text)
    except EventError:
        return None


def _of_text(series: pl.Series, numbers_as_text: bool) -> Instants:
    numbers = None
    if numbers_as_text:
        numbers = where(series, series.str.contains(r"^\s*-?[0-9]+\s*$"))
        if numbers.null_count() < len(numbers):
            series = where(series, numbers.is_null())
        else:
            numbers = None
    series = where(series, series.str.strip_chars() != "")
    parsed = parse_text(series)
    reasons = _reasons(where(series, parsed.is_null()))
    if numbers is None:
        return Instants(parsed, reasons)
    of_numbers = _of_numbers(numbers.str.strip_chars().cast(pl.Int128, strict=False))
    return Instants(
        pl.select(pl.coalesce(parsed, of_numbers.series)).to_series(),
        pl.select(pl.coalesce(reasons, of_numbers.reasons)).to_series(),
    )


def _reasons(wrong: pl.Series) -> pl.Series:
    """Why each text that is left is no time."""
    texts = wrong.drop_nulls().unique().to_list()
    if not texts:
        return _no_reasons(wrong)
    return wrong.replace_strict(texts, [why_not(text) for text in texts], default=None, return_dtype=pl.String)


def _of_numbers(series: pl.Series) -> Instants:
    """Whole numbers are microseconds; as many digits as seconds or milliseconds have today are told, never guessed."""
    series = series.cast(pl.Int128)
    size = series.abs()
    suspicious = pl.Series([False] * len(series), dtype=pl.Boolean)
    for digits in UNITS:
        suspicious = suspicious | size.is_between(10 ** (digits - 1), 10**digits - 1).fill_null(False)
    usable = series.is_between(EARLIEST, LATEST).fill_null(False) & ~suspicious
    wrong = where(series, ~usable)
    numbers = wrong.drop_nulls().unique().to_list()
    reasons = _no_reasons(series)
    if numbers:
        reasons = wrong.replace_strict(
            numbers, [why_not(number) for number in numbers], default=None, return_dtype=pl.String
        )
    good = where(series, usable)
    return Instants(good.cast(pl.Int64).cast(INSTANT), reasons)


def _one_by_one(column: Column) -> Instants:
    """A column of several types: JSON lines in which some times are text and others numbers."""
    found: list[int | None] = []
    reasons: list[str | None] = []
    for value in column.values():
        missing = value is None or (isinstance(value, str) and not value.strip())
        reason = "" if missing else why_not(value)
        found.append(None if missing or reason else microseconds(value))
        reasons.append(reason or None)
    return Instants(pl.Series(found, dtype=pl.Int64).cast(INSTANT), pl.Series(reasons, dtype=pl.String))


def _no_reasons(series: pl.Series) -> pl.Series:
    return pl.Series([None], dtype=pl.String).new_from_index(0, len(series))
