"""Inputs of any size through the columnar engine: scanned, evaluated part by part, and put in order."""

import contextlib
import ctypes
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from mqlrules.engine.columnar import Run
from mqlrules.engine.columnar.arrow import raw
from mqlrules.events.model import Lead
from mqlrules.plan.nodes import Plan
from mqlrules.profile.unknown_events import MOST, NamesMet
from mqlrules.readers.memory import Shares
from mqlrules.readers.rejects import Rejects, Remark
from mqlrules.readers.scan import Scan
from mqlrules.readers.values import INSTANT
from mqlrules.run.progress import progress
from mqlrules.run.spilled_results import Evidence, Pieces


class Bulk:
    """A scan through the columnar engine. All rows have been taken when it is made; a context manager."""

    def __init__(
        self,
        plan: Plan,
        fingerprint: str,
        scan: Scan,
        traits: Mapping[Lead, Mapping[str, Any]],
        *,
        as_of: int | None,
        each_rule: bool,
        evidence: bool,
        memory: Shares,
    ) -> None:
        self.events = 0
        self.names = NamesMet()
        self._scan = scan
        self._traits = traits
        self._each_rule = each_rule
        self._evidence = evidence and not each_rule
        self._fingerprint = fingerprint
        self._memory = memory
        self._run = Run(
            plan,
            traits,
            each_rule=each_rule,
            rows_of_evidence=self._evidence,
            as_of=as_of,
            memory=memory.parts,
            rows=scan.rows,
        )
        try:
            for chunk in _watched(scan, "reading"):
                self._run.add(chunk, scan.properties, scan.encoded)
                self.events += chunk.num_rows
                self.names.add(_names_in(chunk))
        except BaseException:
            self.close()
            raise
        self._give_back()

    def close(self) -> None:
        """Forgets all rows."""
        self._run.close()

    @property
    def rejects(self) -> Rejects:
        """The rows that can't be read."""
        return self._scan.rejects

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What else there is to say of the input."""
        return self._scan.remarks

    def end(self) -> int | None:
        """When evaluation ends; None if there are neither events nor a time that was given."""
        return self._run.end

    def leads(self) -> int:
        """How many leads there are, those known by traits alone too."""
        from pyarrow import compute as pc

        met = self._run.leads()
        known = [lead for lead in self._traits if (type(lead) is int) == pa.types.is_integer(met.type)]
        both = pc.sum(pc.is_in(met, pa.array(known, met.type))).as_py() if known and len(met) else 0
        return len(met) + len(self._traits) - int(both or 0)

    def outcome(self) -> Pieces:
        """All results."""
        found = Pieces(self._run.rules, self._run.stages, self._fingerprint, self._each_rule, self._memory.pieces)
        with progress("evaluating", self._run.pieces) as watch:
            for done, piece in enumerate(self._run.results(), 1):
                found.add(_frame(piece))
                if watch is not None:
                    watch(done)
        self.close()
        self._give_back()
        if self._evidence:
            found.rest_on(self._found(found.rows_of_evidence()))
        return found

    def _give_back(self) -> None:
        """Returns to the system what allocators keep for the next time: what comes next is of another kind."""
        if self._memory.scarce:
            pa.default_memory_pool().release_unused()
            with contextlib.suppress(OSError, AttributeError):  # only the C library of GNU has it
                ctypes.CDLL(None).malloc_trim(0)

    def _found(self, rows: npt.NDArray[np.int64]) -> Evidence:
        """What stands in rows of the input."""
        parts: list[pl.DataFrame] = []
        start = taken = 0
        for chunk in _watched(self._scan, "looking up evidence") if len(rows) else ():
            end = int(np.searchsorted(rows, start + chunk.num_rows))
            wanted = [name for name in ("time", "event", "id") if name in chunk.column_names]
            some = chunk.select(wanted).take(pa.array(rows[taken:end] - start))
            parts.append(pl.DataFrame(pl.from_arrow(some)))
            start, taken = start + chunk.num_rows, end
        self._give_back()
        nothing = pl.DataFrame(schema={"time": INSTANT, "event": pl.String})
        return Evidence(rows, pl.concat(parts) if parts else nothing)


def _watched(scan: Scan, what: str) -> Iterator[pa.Table]:
    """The chunks; whoever waits sees a progress bar."""
    done = 0
    with progress(what, scan.rows) as watch:
        for chunk in scan:
            yield chunk
            done += chunk.num_rows
            if watch is not None:
                watch(done)


def _names_in(chunk: pa.Table) -> list[str]:
    """The names of events that a chunk may have: few, for they stand in a dictionary."""
    return [name for part in chunk.column("event").chunks for name in part.dictionary[: MOST + 1].to_pylist()]


def _frame(piece: Mapping[str, Any]) -> pl.DataFrame:
    """A piece of results, as the engine gives it, as a table."""
    return pl.DataFrame({name: pl.Series(_series(column)) for name, column in piece.items()})


def _series(column: Any) -> Any:
    if not isinstance(column, pa.Array):
        return column
    # Numbers by way of numpy: what polars imports for an array of Arrow takes 40 ms.
    return raw(column) if column.type == pa.int64() and not column.null_count else pl.from_arrow(column)
