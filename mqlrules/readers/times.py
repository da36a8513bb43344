"""Columns of times to instants: ISO-8601 text, declared formats, numbers since 1970, timestamps and dates.

Text in the shapes that files usually have is parsed by polars; each other text is parsed once by ``parse_time``, so
both always agree. Numbers are microseconds unless another unit is declared, and without a declared unit they must lie
between 1990 and 2100. Times without an offset are UTC unless a time zone is declared.
"""

from typing import Literal
from zoneinfo import ZoneInfo

import attrs
import polars as pl

from mqlrules.events.errors import DataError
from mqlrules.language.instants import (
    EARLIEST,
    LATEST,
    PLAUSIBLE,
    EventError,
    microseconds,
    moment,
    parse_time,
    why_not_microseconds,
)
from mqlrules.readers.values import INSTANT, Column, where, within_years

TimeUnit = Literal["s", "ms", "us", "ns"]

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}"
_WHOLE = r"^\s*-?[0-9]{1,37}\s*$"
_NUMBER = r"^\s*-?[0-9]{1,20}(?:\.[0-9]*)?\s*$"
_WITH_OFFSET = r":[0-9]{2}.*(?:[Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)\s*$"
_RATIO = {"s": (1_000_000, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}


@attrs.frozen
class TimeFormat:
    """How the times of an input are written, as far as it is declared.

    ``zone`` is the time zone (a name such as ``Europe/Berlin``, or an offset such as ``+02:00``) of times that have no
    offset. ``unit`` is the unit of numbers. ``formats`` are ``strptime`` patterns, tried in order before ISO-8601.
    """

    zone: str | None = None
    unit: TimeUnit | None = None
    formats: tuple[str, ...] = ()


AS_WRITTEN = TimeFormat()
"""No declaration: ISO-8601, microseconds, UTC."""


@attrs.frozen(eq=False)
class Instants:
    """``series`` are instants, null where a cell is missing or invalid; ``reasons`` says why it is invalid."""

    series: pl.Series
    reasons: pl.Series


def instants(file: str, name: str, column: Column, format: TimeFormat = AS_WRITTEN) -> Instants:
    """The instants of a column. Raises ``DataError`` if its type can't hold times."""
    series = column.series
    if column.encoded:
        return _of_several_types(column, format)
    dtype = series.dtype
    if dtype in (pl.Categorical, pl.Enum) or (format.formats and dtype.is_integer()):
        series, dtype = series.cast(pl.String), pl.String()
    if dtype == pl.String:
        return _of_text(series, format)
    if dtype.is_integer():
        return _of_whole_numbers(series, format)
    if dtype.is_float():
        numbers = series.fill_nan(None)
        if format.unit is not None or (numbers == numbers.round()).all():
            return _of_decimal_numbers(numbers, format)
    if isinstance(dtype, pl.Datetime):
        return _within_range(series, in_utc(series, format.zone))
    if dtype == pl.Date:
        return _within_range(series, in_utc(within_years(series).cast(pl.Datetime("us")), format.zone))
    if dtype == pl.Null:
        return Instants(series.cast(INSTANT), _no_reasons(series))
    raise DataError(
        file,
        f'column "{name}" has values of type {dtype}, which are not times',
        "Times are ISO-8601 text, timestamps, dates, or whole microseconds since 1970 UTC.",
    )


def in_utc(series: pl.Series, zone: str | None = None) -> pl.Series:
    """Datetimes of any unit and zone as instants; those without a zone are in ``zone``, by default UTC.

    Digits beyond microseconds are cut off; what lies outside the years 1 to 9999 is null. Where clocks show a time
    twice it is the first; a time that they skip is as much later as they are put forward.
    """
    dtype = series.dtype
    assert isinstance(dtype, pl.Datetime)
    series = within_years(series).dt.cast_time_unit("us")
    if dtype.time_zone is not None:
        return series.dt.convert_time_zone("UTC")
    if zone is None:
        return series.dt.replace_time_zone("UTC")
    if zone[0] in "+-":
        offset = parse_time(f"1970-01-01T00:00{zone}")
        return (series.to_physical() + offset).cast(INSTANT)
    found = series.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
    skipped = where(series, found.is_null()).drop_nulls().unique()
    if skipped.is_empty():
        return found
    clock = ZoneInfo(zone)
    later = [microseconds(local.replace(tzinfo=clock)) for local in skipped.to_list()]
    return found.fill_null(
        series.to_physical()
        .replace_strict(skipped.to_physical(), later, default=None, return_dtype=pl.Int64)
        .cast(INSTANT)
    )


def parse_text(series: pl.Series) -> pl.Series:
    """The instants of ISO-8601 text; null for missing and invalid ones. Agrees with ``parse_time``."""
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
        found = where(found, found.to_physical().is_between(EARLIEST, LATEST))
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
        elif not rest or rest[0] in "Z+- ":
            # Whole seconds occur among fractions in many exports, and "%.f" takes both.
            pattern, form = pattern + r"(?:\.[0-9]{1,6})?", form + "%.f"
    if rest[:1] == " ":
        pattern, form, rest = pattern + " ", form + " ", rest[1:]
    if rest in ("Z", "UTC", "GMT"):
        return f"{pattern}{rest}$", form + rest
    if rest[:1] in ("+", "-"):
        return pattern + r"[+-][0-9]{2}:?[0-9]{2}$", form + "%z"
    return (pattern + "$", form) if not rest and not pattern.endswith(" ") else None


def _parsed(text: str) -> int | None:
    try:
        return parse_time(text)
    except EventError:
        return None


def _of_text(series: pl.Series, format: TimeFormat) -> Instants:
    series = where(series, series.str.strip_chars() != "")
    found, left = pl.Series([None] * len(series), dtype=INSTANT), series
    for pattern in format.formats:
        read = left.str.strip_chars().str.to_datetime(pattern, time_unit="us", strict=False, exact=True)
        found = pl.select(pl.coalesce(found, in_utc(read, format.zone))).to_series()
        left = where(left, found.is_null())
    parsed = parse_text(left)
    if format.zone is not None:
        naive = where(parsed, ~left.str.contains(_WITH_OFFSET)).dt.replace_time_zone(None)
        parsed = pl.select(pl.coalesce(in_utc(naive, format.zone), parsed)).to_series()
    found = pl.select(pl.coalesce(found, parsed)).to_series()
    left = where(left, found.is_null())
    numbers = where(left, left.str.contains(_WHOLE if format.unit is None else _NUMBER))
    if numbers.null_count() == len(numbers):
        return Instants(found, _reasons(left, format))
    if numbers.drop_nulls().str.contains(_WHOLE).all():
        of_numbers = _of_whole_numbers(numbers.str.strip_chars().cast(pl.Int128, strict=False), format)
    else:
        of_numbers = _of_decimal_numbers(numbers.str.strip_chars().cast(pl.Float64, strict=False), format)
    reasons = _reasons(where(left, numbers.is_null()), format)
    return Instants(
        pl.select(pl.coalesce(found, of_numbers.series)).to_series(),
        pl.select(pl.coalesce(reasons, of_numbers.reasons)).to_series(),
    )


def _reasons(wrong: pl.Series, format: TimeFormat) -> pl.Series:
    """Why each text that is left isn't a valid time."""
    texts = wrong.drop_nulls().unique().to_list()
    if not texts:
        return _no_reasons(wrong)
    reasons = [_why_not(text, format) for text in texts]
    return wrong.replace_strict(texts, reasons, default=None, return_dtype=pl.String)


def _why_not(text: str, format: TimeFormat) -> str:
    if format.formats:
        return f"{_short(text)} doesn't have the declared time format ({', '.join(format.formats)})"
    try:
        parse_time(text)
    except EventError as error:
        return str(error)
    return f"{_short(text)} is not a valid time"


def _short(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _of_whole_numbers(series: pl.Series, format: TimeFormat) -> Instants:
    """Whole numbers in the declared unit; without one microseconds, if they can be nothing else."""
    series = series.cast(pl.Int128)
    if format.unit is None:
        usable = series.is_between(PLAUSIBLE[0], PLAUSIBLE[1] - 1)
        found = series
    else:
        many, one = _RATIO[format.unit]
        found = pl.select(
            series.clip(-(10**25), 10**25) * pl.lit(many, pl.Int128) // pl.lit(one, pl.Int128)
        ).to_series()
        usable = found.is_between(EARLIEST, LATEST)
    wrong = where(series, ~usable)
    numbers = wrong.drop_nulls().unique().to_list()
    reasons = _no_reasons(series)
    if numbers:
        told = [_why_not_a_number(number, format) for number in numbers]
        reasons = wrong.replace_strict(numbers, told, default=None, return_dtype=pl.String)
    return Instants(where(found, usable).cast(pl.Int64).cast(INSTANT), reasons)


def _of_decimal_numbers(series: pl.Series, format: TimeFormat) -> Instants:
    """Numbers with a fraction in the declared unit, to the nearest microsecond."""
    factor = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}[format.unit or "us"]
    scaled = (series * factor).round()
    scaled = where(scaled, scaled.is_between(-1e30, 1e30)).cast(pl.Int128)
    return _of_whole_numbers(scaled, attrs.evolve(format, unit=None if format.unit is None else "us"))


def _why_not_a_number(number: int, format: TimeFormat) -> str:
    if not EARLIEST <= number <= LATEST:
        if format.unit is None and (reason := why_not_microseconds(number)):
            return reason
        return f"{number} is outside the years 1 to 9999; times given as numbers are microseconds since 1970 UTC"
    if reason := why_not_microseconds(number):
        return reason
    return (
        f"{number} microseconds since 1970 is in the year {moment(number).year}, outside 1990 to 2100; "
        "if that is right, declare the time unit"
    )


def _of_several_types(column: Column, format: TimeFormat) -> Instants:
    """A column in which some times are text and others numbers."""
    values = column.values()

    def only(*types: type) -> list[object]:
        return [value if type(value) in types else None for value in values]

    wrong = [
        None if value is None or type(value) in (str, int, float) else f"{_short(value)} is not a valid time"
        for value in values
    ]
    parts = [_of_text(pl.Series(only(str), dtype=pl.String), format)]
    parts.append(_of_whole_numbers(pl.Series(only(int), dtype=pl.Int128, strict=False), format))
    decimals = pl.Series(only(float), dtype=pl.Float64)
    if format.unit is not None:
        parts.append(_of_decimal_numbers(decimals, format))
    else:
        wrong = [
            f"{value} is not a valid time" if type(value) is float else reason
            for value, reason in zip(values, wrong, strict=True)
        ]
    return Instants(
        pl.select(pl.coalesce([part.series for part in parts])).to_series(),
        pl.select(pl.coalesce([pl.Series(wrong, dtype=pl.String), *(part.reasons for part in parts)])).to_series(),
    )


def _within_range(given: pl.Series, found: pl.Series) -> Instants:
    if given.null_count() == found.null_count():
        return Instants(found, _no_reasons(given))
    lost = pl.when(given.is_not_null() & found.is_null()).then(pl.lit("the time is outside the years 1 to 9999"))
    return Instants(found, pl.select(lost).to_series())


def _no_reasons(series: pl.Series) -> pl.Series:
    return pl.Series([None], dtype=pl.String).new_from_index(0, len(series))
