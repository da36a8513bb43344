"""Encoding: rows of events as loops want them, with a code for the lead, a bit for each mark, and the values needed."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mqlrules.check import program as p
from mqlrules.engine.columnar.arrow import as_type, raw
from mqlrules.engine.columnar.columns import Coded, Column, Numbers, column_of, in_one, meeting, passing
from mqlrules.engine.columnar.ids import Ids, ids_of
from mqlrules.engine.columnar.jit import kernel
from mqlrules.engine.columnar.partitions import Rows
from mqlrules.engine.columnar.requirements import (
    Compares,
    Divides,
    Mark,
    Matches,
    Requirements,
    SetsTrait,
    TraitPasses,
    Used,
    Value,
)
from mqlrules.engine.columnar.truth_changes import Mask, Places, Whole
from mqlrules.engine.columnar.values import Dictionary, identities, millionths_of, orders
from mqlrules.language.aggregates import FINITE_NUMBERS
from mqlrules.language.names import IDENTIFY, normalise
from mqlrules.language.values import at_path, identity
from mqlrules.plan.nodes import Plan

Array = npt.NDArray[Any]

WORD = 64


@attrs.frozen(eq=False)
class Chunk:
    """Rows in order of arrival. ``times`` are microseconds since 1970 UTC; ``column`` gives that of a property."""

    leads: Places
    times: Whole
    events: Coded
    column: Callable[[str], Column | None]
    ids: Ids | None = None

    def __len__(self) -> int:
        return len(self.times)


def chunk_of(table: pa.Table, leads: Places, properties: Mapping[str, str], encoded: frozenset[str]) -> Chunk:
    """An Arrow table as a chunk: columns ``lead``, ``time``, ``event``, perhaps ``id``, and properties.

    ``properties`` says which column is which property, and ``encoded`` which of them are JSON text.
    """
    names = set(table.column_names)
    made: dict[str, Column | None] = {}

    def column(name: str) -> Column | None:
        if name not in made:
            at = properties.get(name)
            made[name] = None if at is None or at not in names else column_of(table.column(at), name in encoded)
        return made[name]

    times = in_one(as_type(table.column("time"), pa.timestamp("us", "UTC")))
    events = column_of(table.column("event"))
    assert isinstance(events, Coded), "names of events are text"
    return Chunk(
        leads, raw(times.view(pa.int64())), events, column, ids_of(table.column("id")) if "id" in names else None
    )


class Encoder:
    """Encodes chunks. What it learns from one, the dictionaries of values and names, it keeps for the next."""

    def __init__(self, plan: Plan, requirements: Requirements, *, row_numbers: bool = False) -> None:
        self.requirements = requirements
        self.dictionaries = {value: Dictionary() for value in requirements.values}
        self._plan = plan
        self._row_numbers = row_numbers
        self._names = Dictionary()
        self._types: dict[str, Any] = {}
        marks = len(requirements.marks)
        self._words = max(1, -(-marks // WORD))
        self._word: Any = next((t for t in (np.uint8, np.uint16, np.uint32) if marks <= np.iinfo(t).bits), np.uint64)

    def encode(self, chunk: Chunk, as_of: int | None, before: int = 0) -> tuple[Rows, Mask | None]:
        """The rows, and which of them are needed (None: all). ``before`` is the number of rows before the chunk."""
        names = [normalise(name) for name in chunk.events.values]
        marks = self._marks(chunk, names)
        rows: Rows = {"lead": chunk.leads, "time": chunk.times}
        rows |= {f"m{word}": marks[word] for word in range(self._words)}
        for value, at in self.requirements.values.items():
            found = self._value(value, chunk.column(value.path[0]), len(chunk))
            # A chunk without any value doesn't tell how wide the column must be.
            wide = np.int64 if (found < 0).all() else found.dtype
            rows[f"v{at}"] = found.astype(self._types.setdefault(f"v{at}", wide), copy=False)
        if chunk.ids is not None:
            rows["id0"], rows["id1"] = chunk.ids
            rows["name"] = chunk.events.looked_up(map(self._names.code, names), -1, np.int32)
        if self._row_numbers:
            rows["row"] = np.arange(before, before + len(chunk), dtype=np.int64)
        return rows, self._needed(chunk, names, marks, as_of)

    def _needed(self, chunk: Chunk, names: list[str], marks: list[Array], as_of: int | None) -> Mask | None:
        needed: Mask | None = None
        if not self.requirements.every_row:
            needed = np.logical_or.reduce([word != 0 for word in marks])
            if chunk.ids is not None:
                needed |= (chunk.ids[1] != 0) & _named(chunk, [self._may_hide_others(name) for name in names])
        if as_of is not None and len(chunk) and chunk.times.max() > as_of:
            in_time = chunk.times <= as_of
            needed = in_time if needed is None else needed & in_time
        return needed

    def _may_hide_others(self, name: str) -> bool:
        """Whether a row of this name that has no mark is needed all the same, because a later one of the same id has a
        mark: of events with one id and one name the first counts, whatever its properties are (section 2).
        """
        return any(
            (isinstance(mark, SetsTrait) and name == IDENTIFY)
            or (isinstance(mark, Matches) and any(_is_met(each, name) for each in mark.pattern.alternatives))
            for mark in self.requirements.marks
        )

    # -- marks -----------------------------------------------------------------------------------------------------

    def _marks(self, chunk: Chunk, names: list[str]) -> list[Array]:
        tables = [np.zeros(len(names) + 1, self._word) for _ in range(self._words)]
        masks: list[tuple[int, Mask]] = []
        for mark, bit in self.requirements.marks.items():
            by_name, mask = self._mark(mark, chunk, names)
            if by_name is not None:
                tables[bit // WORD][:-1] |= by_name.astype(self._word) << self._word(bit % WORD)
            if mask is not None:
                masks.append((bit, mask))
        found = [chunk.events.looked_up(table[:-1], 0, self._word) for table in tables]
        for bit, mask in masks:
            _set_bit(found[bit // WORD], mask, self._word(1) << self._word(bit % WORD))
        return found

    def _mark(self, mark: Mark, chunk: Chunk, names: list[str]) -> tuple[Array | None, Mask | None]:
        """For each name whether rows of it have the mark, and which other rows have it."""
        match mark:
            case Matches():
                return _matching(mark, chunk, names)
            case Used():
                return np.array([self._plan.uses(name) for name in names], np.bool_), None
            case Compares(test=test):
                return None, passing(test, chunk.column(test.path[0]), len(chunk))
            case Divides(path=path):
                return None, _fitting(chunk.column(path[0]), path, lambda v: identity(v) is not None, len(chunk))
            case SetsTrait(name=name):
                return None, _sets(name, chunk, names)
            case TraitPasses(test=test):
                passes = passing(test, chunk.column(test.path[0]), len(chunk))
                return None, _sets(test.path[0], chunk, names) & passes

    # -- values ----------------------------------------------------------------------------------------------------

    def _value(self, value: Value, column: Column | None, rows: int) -> Array:
        if column is None or (isinstance(column, Numbers) and len(value.path) > 1):
            column = Coded(np.full(rows, -1, np.int32), [])
        match value.kind:
            case "millionths":
                return millionths_of(column, value.path, self.dictionaries[value])
            case "identity":
                return identities(column, value.path, self.dictionaries[value])
            case "order":
                return orders(column, value.path, self.dictionaries[value], value.literal)


def _is_met(alternative: p.Alternative, name: str) -> bool:
    """Whether events of a name meet an alternative, apart from its ``where``."""
    # `activity` is every event but `identify` (section 2).
    return name != IDENTIFY if alternative.name is None else name == alternative.name


def _named(chunk: Chunk, chosen: "list[bool] | Array") -> Mask:
    """The rows of the names that are chosen."""
    return chunk.events.looked_up(chosen, False, np.bool_)


def _matching(mark: Matches, chunk: Chunk, names: list[str]) -> tuple[Array | None, Mask | None]:
    plain = np.zeros(len(names), np.bool_)
    mask: Mask | None = None
    for alternative in mark.pattern.alternatives:
        named = np.array([_is_met(alternative, name) for name in names], np.bool_)
        if alternative.where is None:
            plain |= named
        elif named.any():
            met = _named(chunk, named) & meeting(alternative.where, chunk.column, len(chunk))
            mask = met if mask is None else mask | met
    if mark.path is None:
        return plain, mask
    every = _named(chunk, plain) if mask is None else _named(chunk, plain) | mask
    return None, every & _counted(mark, chunk.column(mark.path[0]), len(chunk))


def _sets(trait: str, chunk: Chunk, names: list[str]) -> Mask:
    """The ``identify`` rows that carry a trait, a null included."""
    match chunk.column(trait):
        case None:
            return np.zeros(len(chunk), np.bool_)
        case Numbers() as column:
            carried = column.known()
        case Coded(codes=codes):
            carried = codes >= 0
    return carried & _named(chunk, [name == IDENTIFY for name in names])


def _counted(mark: Matches, column: Column | None, rows: int) -> Mask:
    """Which rows have a value that an aggregate counts (section 5)."""
    fits, literal = mark.fits, mark.literal
    assert mark.path is not None
    assert fits is not None
    found = _fitting(column, mark.path, lambda value: fits.test(value, literal), rows)
    if fits is FINITE_NUMBERS and isinstance(column, Numbers) and column.values.dtype == np.float64:
        found = found & np.isfinite(column.values)
    return found


def _fitting(column: Column | None, path: tuple[str, ...], fits: Callable[[Any], bool], rows: int) -> Mask:
    match column:
        case Numbers() if len(path) == 1 and fits(0):
            # Any other number fits, too.
            return column.known()
        case Coded(values=values):
            inner = (at_path({path[0]: value}, path) for value in values)
            return column.looked_up((value is not None and fits(value) for value in inner), False, np.bool_)
        case _:
            return np.zeros(rows, np.bool_)


@kernel
def _set_bit(word: Array, mask: Mask, bit: Any) -> None:
    for row in range(len(mask)):
        if mask[row]:
            word[row] |= bit
