"""Rows of events as the loops want them: a code for the lead, an instant, a bit for each mark, the values asked for."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mqlrules.check import program as p
from mqlrules.engine.columnar.arrow import as_type, raw
from mqlrules.engine.columnar.columns import Coded, Column, Mask, Numbers, column_of, meeting, passing
from mqlrules.engine.columnar.ids import Told as ToldApart
from mqlrules.engine.columnar.ids import told_apart
from mqlrules.engine.columnar.jit import kernel
from mqlrules.engine.columnar.requirements import Hit, Mark, Meets, Single, Tells, Told, Used, Value, Wants
from mqlrules.engine.columnar.values import Dictionary, identities, millionths_of, orders
from mqlrules.language.aggregates import FINITE_NUMBERS
from mqlrules.language.names import IDENTIFY, normalise
from mqlrules.language.values import at_path, identity
from mqlrules.plan.nodes import Plan

Array = npt.NDArray[Any]
Rows = dict[str, Array]
"""Columns of rows: ``lead`` (code), ``time`` (microseconds), ``m0`` … (marks, up to 64 in each), ``v0`` … (values), and
where they are needed ``name`` (code), ``id0`` and ``id1`` (what tells an id from others), ``row`` (the row's place in
the input)."""

WORD = 64


@attrs.frozen(eq=False)
class Chunk:
    """Rows in order of arrival. ``times`` are microseconds since 1970 UTC."""

    leads: npt.NDArray[np.int32]
    times: npt.NDArray[np.int64]
    events: Coded
    column: Callable[[str], Column | None]
    ids: ToldApart | None = None

    def __len__(self) -> int:
        return len(self.times)


def chunk_of(
    table: pa.Table, leads: npt.NDArray[np.int32], properties: Mapping[str, str], encoded: frozenset[str]
) -> Chunk:
    """The chunk that an Arrow table is: columns ``lead``, ``time``, ``event``, perhaps ``id``, and properties, of which
    ``properties`` says in which column each is, and ``encoded`` which of them are JSON text.
    """
    there = set(table.column_names)
    made: dict[str, Column | None] = {}

    def column(name: str) -> Column | None:
        if name not in made:
            at = properties.get(name)
            made[name] = None if at is None or at not in there else column_of(table.column(at), name in encoded)
        return made[name]

    times = as_type(table.column("time"), pa.timestamp("us", "UTC"))
    events = column_of(table.column("event"))
    assert isinstance(events, Coded), "names of events are text"
    ids = told_apart(table.column("id")) if "id" in there else None
    return Chunk(leads, _plain(times), events, column, ids)


def _plain(array: pa.ChunkedArray) -> Array:
    whole = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
    return raw(whole.view(pa.int64()))


class Encoder:
    """Encodes chunks; what it learns of one (the dictionaries of values and names) it keeps for the next."""

    def __init__(self, plan: Plan, wants: Wants, *, row_numbers: bool = False) -> None:
        self._plan = plan
        self._wants = wants
        self._row_numbers = row_numbers
        self.dictionaries = {value: Dictionary() for value in wants.values}
        self.names = Dictionary()
        self._types: dict[str, Any] = {}
        words = max(1, -(-len(wants.marks) // WORD))
        narrow = np.uint8 if len(wants.marks) <= 8 else np.uint16 if len(wants.marks) <= 16 else np.uint32
        self._word: Any = narrow if len(wants.marks) <= 32 else np.uint64
        self._words = words

    def encode(self, chunk: Chunk, as_of: int | None, before: int = 0) -> tuple[Rows, Mask | None]:
        """The rows, and which of them matter (None: all): those up to ``as_of`` with a mark, or each where the plan
        wants every row. ``before`` is the number of rows that came before the chunk.
        """
        names = [normalise(name) for name in chunk.events.values]
        marks = self._marks(chunk, names)
        rows: Rows = {"lead": chunk.leads, "time": chunk.times}
        rows |= {f"m{word}": marks[word] for word in range(self._words)}
        for value, at in self._wants.values.items():
            found = self._value(value, chunk.column(value.path[0]), len(chunk))
            # Where a chunk has no value at all, nothing yet says how wide they are.
            wide = np.int64 if (found < 0).all() else found.dtype
            rows[f"v{at}"] = found.astype(self._types.setdefault(f"v{at}", wide), copy=False)
        if chunk.ids is not None:
            rows["id0"], rows["id1"] = chunk.ids
            rows["name"] = chunk.events.looked_up((self.names.place(name) for name in names), -1, np.int32)
        if self._row_numbers:
            rows["row"] = np.arange(before, before + len(chunk), dtype=np.int64)
        keep: Mask | None = None
        if not self._wants.every_row:
            keep = marks[0] != 0
            for word in marks[1:]:
                keep |= word != 0
            if chunk.ids is not None:
                keep |= (chunk.ids[1] != 0) & _by_name(chunk.events, self._may_hide_others(names))
        if as_of is not None and len(chunk) and chunk.times.max() > as_of:
            in_time = chunk.times <= as_of
            keep = in_time if keep is None else keep & in_time
        return rows, keep

    # -- marks -----------------------------------------------------------------------------------------------------

    def _may_hide_others(self, names: list[str]) -> Array:
        """For each name whether a row without a mark may still matter, because a later one of the same id has a mark:
        of events with one id and one name the first counts, whatever its properties are (section 2).
        """
        if any(isinstance(mark, Tells) for mark in self._wants.marks):
            found = np.array([name == IDENTIFY for name in names], np.bool_)
        else:
            found = np.zeros(len(names), np.bool_)
        for mark in self._wants.marks:
            if isinstance(mark, Hit):
                for alternative in mark.pattern.alternatives:
                    if alternative.where is not None or mark.path is not None:
                        found |= [_named(alternative, name) for name in names]
        return found

    def _marks(self, chunk: Chunk, names: list[str]) -> list[Array]:
        tables = [np.zeros(len(names) + 1, self._word) for _ in range(self._words)]
        masks: list[tuple[int, Mask]] = []
        for mark, bit in self._wants.marks.items():
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
        """Of a mark that the event's name alone gives, for each name whether it does; else for each row."""
        match mark:
            case Hit(pattern=pattern):
                return self._hit(mark, pattern, chunk, names)
            case Used():
                return np.array([self._plan.uses(name) for name in names], np.bool_), None
            case Meets(test=test):
                return None, passing(test, chunk.column(test.path[0]), len(chunk))
            case Single(path=path):
                return None, _fitting(chunk.column(path[0]), path, lambda v: identity(v) is not None, len(chunk))
            case Tells(name=name):
                return None, _is(IDENTIFY, chunk, names) & _sent(chunk.column(name), len(chunk))
            case Told(test=test):
                sent = _sent(chunk.column(test.path[0]), len(chunk))
                return None, _is(IDENTIFY, chunk, names) & sent & passing(test, chunk.column(test.path[0]), len(chunk))

    def _hit(self, hit: Hit, pattern: p.Pattern, chunk: Chunk, names: list[str]) -> tuple[Array | None, Mask | None]:
        plain = np.zeros(len(names), np.bool_)
        mask: Mask | None = None
        for alternative in pattern.alternatives:
            named = np.array([_named(alternative, name) for name in names], np.bool_)
            if alternative.where is None:
                plain |= named
            elif named.any():
                met = _by_name(chunk.events, named) & meeting(alternative.where, chunk.column, len(chunk))
                mask = met if mask is None else mask | met
        if hit.path is None:
            return plain, mask
        all_of_it = _by_name(chunk.events, plain) if mask is None else _by_name(chunk.events, plain) | mask
        return None, all_of_it & _fits(hit, chunk.column(hit.path[0]), len(chunk))

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


def _named(alternative: p.Alternative, name: str) -> bool:
    # `activity` is every event but `identify` (section 2).
    return name != IDENTIFY if alternative.name is None else name == alternative.name


def _by_name(events: Coded, named: Array) -> Mask:
    return events.looked_up(named.tolist(), False, np.bool_)


def _is(name: str, chunk: Chunk, names: list[str]) -> Mask:
    return _by_name(chunk.events, np.array([each == name for each in names], np.bool_))


def _sent(column: Column | None, rows: int) -> Mask:
    """Which rows have something to say of a property, be it a null."""
    match column:
        case None:
            return np.zeros(rows, np.bool_)
        case Numbers():
            return column.known()
        case Coded(codes=codes):
            return codes >= 0


def _fits(hit: Hit, column: Column | None, rows: int) -> Mask:
    """Which rows have a value that an aggregate counts (section 5)."""
    assert hit.path is not None
    fits, literal = hit.fits, hit.literal
    assert fits is not None
    found = _fitting(column, hit.path, lambda value: fits.test(value, literal), rows)
    if fits is FINITE_NUMBERS and isinstance(column, Numbers) and column.values.dtype == np.float64:
        found = found & np.isfinite(column.values)
    return found


def _fitting(column: Column | None, path: tuple[str, ...], fits: Callable[[Any], bool], rows: int) -> Mask:
    match column:
        case None:
            return np.zeros(rows, np.bool_)
        case Numbers():
            # What fits one number fits them all.
            return column.known() if len(path) == 1 and fits(0) else np.zeros(rows, np.bool_)
        case Coded(values=values):
            inner = [at_path({path[0]: value}, path) for value in values]
            return column.looked_up((value is not None and fits(value) for value in inner), False, np.bool_)


@kernel
def _set_bit(word: Array, mask: Mask, bit: Any) -> None:
    for row in range(len(mask)):
        if mask[row]:
            word[row] |= bit
