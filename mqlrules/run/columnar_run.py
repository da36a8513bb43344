"""Inputs of any size through the columnar engine: scanned, evaluated batch by batch, and put in order."""

import contextlib
import ctypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from mqlrules.engine.columnar import Run, TooLarge
from mqlrules.engine.columnar.arrow import raw
from mqlrules.engine.columnar.jit import is_compiled
from mqlrules.profile.unknown_events import MOST, NamesMet
from mqlrules.readers import read_leads
from mqlrules.readers.memory import Shares
from mqlrules.readers.rejects import Rejects, Remark, together
from mqlrules.readers.scan import Scan
from mqlrules.readers.values import INSTANT
from mqlrules.run.outcome import Outcome
from mqlrules.run.progress import progress
from mqlrules.run.request import Request, named
from mqlrules.run.spilled_results import Evidence, Pieces


class ColumnarRun:
    """A request that the columnar engine evaluates; a ``Running``. All rows are in the engine when it is made.

    ``note`` is told before loops are compiled, ``instead`` what to do if points are too large for 64 bits.
    """

    def __init__(
        self,
        request: Request,
        scan: Scan,
        memory: Shares,
        note: Callable[[str], None],
        instead: Callable[[], Outcome],
    ) -> None:
        self.events = 0
        self._request = request
        self._scan = scan
        self._memory = memory
        self._instead = instead
        self._evidence = request.evidence and not request.each_rule
        self._names = NamesMet()
        self._traits = read_leads(
            [] if request.leads is None else request.leads,
            columns=named(request.columns, request.leads),
            program=request.plan.program,
            text=scan.leads_are_text,
        )
        if not is_compiled():
            note("compiling the columnar engine, once on this machine: this takes about 15 seconds")
        self._run = Run(
            request.plan,
            self._traits.traits,
            each_rule=request.each_rule,
            rows_of_evidence=self._evidence,
            as_of=request.as_of,
            memory=memory.parts,
            rows=scan.rows,
        )
        try:
            for chunk in _watched(scan, "reading"):
                self._run.add(chunk, scan.properties, scan.encoded)
                self.events += chunk.num_rows
                self._names.add(_names_in(chunk))
        except BaseException:
            self._run.close()
            raise
        self._release_memory()

    def __enter__(self) -> "ColumnarRun":
        return self

    def __exit__(self, *raised: object) -> None:
        self._run.close()

    @property
    def rejects(self) -> Rejects:
        return together([self._scan.rejects, self._traits.rejects])

    @property
    def remarks(self) -> Sequence[Remark]:
        return (*self._scan.remarks, *self._traits.remarks)

    def names(self) -> Sequence[str]:
        return self._names.all()

    def end(self) -> int | None:
        return self._run.end

    def leads(self) -> int:
        from pyarrow import compute as pc

        met, traits = self._run.leads(), self._traits.traits
        known = [lead for lead in traits if (type(lead) is int) == pa.types.is_integer(met.type)]
        both = pc.sum(pc.is_in(met, pa.array(known, met.type))).as_py() if known and len(met) else 0
        return len(met) + len(traits) - int(both or 0)

    def outcome(self) -> Outcome:
        request, run = self._request, self._run
        found = Pieces(run.rules, run.stages, request.fingerprint, request.each_rule, self._memory.pieces)
        try:
            with progress("evaluating", run.pieces) as watch:
                for done, piece in enumerate(run.results(), 1):
                    found.add(_frame(piece))
                    if watch is not None:
                        watch(done)
        except TooLarge:
            return self._instead()
        run.close()
        self._release_memory()
        if self._evidence:
            found.rest_on(self._events_at(found.rows_of_evidence()))
        return found

    def _events_at(self, rows: npt.NDArray[np.int64]) -> Evidence:
        """The events at rows of the input."""
        parts: list[pl.DataFrame] = []
        start = taken = 0
        for chunk in _watched(self._scan, "looking up evidence") if len(rows) else ():
            end = int(np.searchsorted(rows, start + chunk.num_rows))
            wanted = [name for name in ("time", "event", "id") if name in chunk.column_names]
            some = chunk.select(wanted).take(pa.array(rows[taken:end] - start))
            parts.append(pl.DataFrame(pl.from_arrow(some)))
            start, taken = start + chunk.num_rows, end
        self._release_memory()
        nothing = pl.DataFrame(schema={"time": INSTANT, "event": pl.String})
        return Evidence(rows, pl.concat(parts) if parts else nothing)

    def _release_memory(self) -> None:
        """Returns memory that allocators keep to the system, if it is scarce: the next step needs other memory."""
        if self._memory.scarce:
            pa.default_memory_pool().release_unused()
            with contextlib.suppress(OSError, AttributeError):  # only the C library of GNU has it
                ctypes.CDLL(None).malloc_trim(0)


def _watched(scan: Scan, what: str) -> Iterator[pa.Table]:
    """The chunks, under a progress bar."""
    done = 0
    with progress(what, scan.rows) as watch:
        for chunk in scan:
            yield chunk
            done += chunk.num_rows
            if watch is not None:
                watch(done)


def _names_in(chunk: pa.Table) -> list[str]:
    """The names in a chunk's dictionary of events; too many of them are cut off."""
    return [name for part in chunk.column("event").chunks for name in part.dictionary[: MOST + 1].to_pylist()]


def _frame(piece: Mapping[str, Any]) -> pl.DataFrame:
    """A piece of the engine's results as a table."""
    return pl.DataFrame({name: pl.Series(_series(column)) for name, column in piece.items()})


def _series(column: Any) -> Any:
    if not isinstance(column, pa.Array):
        return column
    # Numbers through numpy: what polars imports to read an Arrow array takes 40 ms.
    return raw(column) if column.type == pa.int64() and not column.null_count else pl.from_arrow(column)
