"""Large outcomes: results that come in pieces of some leads each.

They wait, in memory or in a temporary file, until the last is there; then they are put in order, one span of time after
the other.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

import attrs
import numpy as np
import numpy.typing as npt
import polars as pl

from mqlrules.engine.results import Transition
from mqlrules.events.model import Event
from mqlrules.readers.spool import Spool
from mqlrules.readers.values import INSTANT
from mqlrules.run.outcome import OF_EVIDENCE, Held, Listed, Result, Tally

PIECE = 50_000
"""Results in a piece of a table."""


@attrs.frozen(eq=False)
class Evidence:
    """The events that transitions rest on: ``rows`` of the input, rising, and what stands there."""

    rows: npt.NDArray[np.int64]
    events: pl.DataFrame
    """Columns time, event (text or categories), and id where there are ids."""


class Pieces:
    """Results that come in pieces, each of leads of its own, in any order of time.

    A piece has the columns lead, at (microseconds), rule; of transitions also from_stage, to_stage, also, position, and
    perhaps evidence (rows of the input). Rules and stages are numbers: places in ``rules`` and ``stages``. ``memory``
    is how many bytes of them may be in memory.
    """

    def __init__(
        self, rules: Sequence[str], stages: Sequence[str], fingerprint: str, each_rule: bool, memory: int
    ) -> None:
        self._rules = pl.Series(rules, dtype=pl.String)
        self._stages = pl.Series(stages, dtype=pl.String)
        self._fingerprint = fingerprint
        self._each_rule = each_rule
        self._memory = memory
        self._spool = Spool(memory // 2)
        self._spans: list[tuple[int, int]] = []
        self._samples: list[npt.NDArray[np.int64]] = []
        self._count = 0
        self._bytes = 0
        self._counts: dict[str, Counter[int]] = {name: Counter() for name in ("rule", "into", "out_of", "reached")}
        self._evidence: Evidence | None = None
        self._has_evidence = False

    def __len__(self) -> int:
        return self._count

    def add(self, piece: pl.DataFrame) -> None:
        """Takes a piece. Raises ``DataError`` where it finds no room in memory and the disk is full."""
        if not piece.height:
            return
        self._spool.add(piece)
        at = piece["at"]
        self._spans.append((int(at.min()), int(at.max())))  # type: ignore[arg-type]
        self._samples.append(at.gather_every(max(1, piece.height // 64)).to_numpy())
        self._count += piece.height
        self._bytes += int(piece.estimated_size())
        self._has_evidence = "evidence" in piece.columns
        self._tell("rule", piece["rule"])
        if not self._each_rule:
            self._tell("into", piece["to_stage"])
            self._tell("out_of", piece["from_stage"])
            self._tell("reached", piece.select("lead", "to_stage").unique()["to_stage"])

    def _tell(self, name: str, numbers: pl.Series) -> None:
        self._counts[name].update(dict(numbers.value_counts().iter_rows()))

    def rows_of_evidence(self) -> npt.NDArray[np.int64]:
        """The rows of the input that some evidence speaks of, rising, each once."""
        if not self._has_evidence:
            return np.empty(0, np.int64)
        # Pieces have leads of their own, and so have their rows.
        found = [piece["evidence"].explode().drop_nulls().unique().to_numpy() for piece in self._spool]
        together = np.concatenate(found)
        together.sort()
        return together

    def rest_on(self, evidence: Evidence) -> None:
        """Says what stands in the rows of the evidence."""
        self._evidence = evidence

    def tally(self) -> Tally:
        """What they come to."""

        def named(name: str, names: pl.Series) -> dict[str, int]:
            return {str(names[number]): count for number, count in self._counts[name].items()}

        stages = self._stages
        return Tally(
            Counter(named("rule", self._rules)),
            Counter(named("into", stages)),
            Counter(named("out_of", stages)),
            Counter(named("reached", stages)),
        )

    def frames(self) -> Iterator[pl.DataFrame]:
        """All of them in order, ids of evidence as text."""
        if not self._count:
            yield from Listed([], self._each_rule, self._evidence is not None).frames()
            return
        for piece in self._in_order():
            frame = self._named(piece)
            yield frame.cast({"evidence": OF_EVIDENCE}) if "evidence" in frame.columns else frame

    def __iter__(self) -> Iterator[Result]:
        for piece in self._in_order():
            frame = self._named(piece)
            leads, rules, at = frame["lead"].to_list(), frame["rule"].to_list(), piece["at"].to_list()
            if self._each_rule:
                yield from map(Held, leads, rules, at)
                continue
            evidence = self._events(frame, leads)
            sources, targets, also = frame["from_stage"].to_list(), frame["to_stage"].to_list(), frame["also"].to_list()
            prints = itertools.repeat(self._fingerprint)
            yield from map(Transition, leads, sources, targets, at, rules, also, evidence, prints)

    def _events(self, frame: pl.DataFrame, leads: Sequence[int | str]) -> Iterator[list[Event]]:
        if "evidence" not in frame.columns:
            yield from ([] for _ in leads)
            return
        for lead, events in zip(leads, frame["evidence"].to_list(), strict=True):
            yield [Event(lead, each["time"], each["event"], {}, each["id"]) for each in events]

    def _in_order(self) -> Iterator[pl.DataFrame]:
        """Pieces of all results by time, lead and position, as they were taken."""
        if not self._count:
            return
        order = ["at", "lead", "rule" if self._each_rule else "position"]
        for begin, end in self._spans_of_time():
            parts = [
                part
                if begin <= first and last < end
                else part.filter(pl.col("at").is_between(begin, end, closed="left"))
                for part, (first, last) in zip(self._spool, self._spans, strict=True)
                if first < end and last >= begin
            ]
            if parts:
                together = pl.concat(parts).sort(order)
                for start in range(0, together.height, PIECE):
                    yield together.slice(start, PIECE)

    def _spans_of_time(self) -> Iterator[tuple[int, int]]:
        """From and to before: spans of time of about as many results as find room at once."""
        least, most = min(first for first, _ in self._spans), max(last for _, last in self._spans) + 1
        # What is put in order is there twice.
        count = 1 + self._bytes * 4 // max(self._memory, 1)
        cuts = np.quantile(np.concatenate(self._samples), np.arange(1, count) / count, method="nearest")
        edges = [least, *sorted({int(cut) for cut in cuts} - {least}), most]
        yield from itertools.pairwise(edges)

    def _named(self, piece: pl.DataFrame) -> pl.DataFrame:
        """A piece with names for numbers."""
        at = piece["at"].cast(INSTANT).alias("at")
        rule = self._rules.gather(piece["rule"]).alias("rule")
        if self._each_rule:
            return pl.DataFrame([piece["lead"], rule, at])
        columns = [
            piece["lead"],
            self._stages.gather(piece["from_stage"]).alias("from_stage"),
            self._stages.gather(piece["to_stage"]).alias("to_stage"),
            at,
            rule,
            _members(piece["also"], self._rules),
            pl.Series("fingerprint", [self._fingerprint]).new_from_index(0, piece.height),
        ]
        if self._evidence is not None and "evidence" in piece.columns:
            columns.append(_found(piece["evidence"], self._evidence))
        return pl.DataFrame(columns)


def _members(lists: pl.Series, names: pl.Series) -> pl.Series:
    """Lists of numbers as lists of the names they stand for."""
    numbers = lists.explode().drop_nulls()
    return _with_values(lists, names.gather(numbers))


def _with_values(lists: pl.Series, values: pl.Series) -> pl.Series:
    """The lists with other values in the same places."""
    import pyarrow as pa

    lengths = lists.list.len().cast(pl.Int64)
    offsets = pl.concat([pl.Series([0], dtype=pl.Int64), lengths.cum_sum().alias("")]).to_arrow()
    return pl.Series(lists.name, pl.from_arrow(pa.LargeListArray.from_arrays(offsets, values.to_arrow())))


def _found(rows: pl.Series, evidence: Evidence) -> pl.Series:
    """Lists of rows as lists of the events that stand there."""
    numbers = rows.explode().drop_nulls()
    places = np.searchsorted(evidence.rows, numbers.to_numpy())
    events = evidence.events[places].with_columns(pl.col("event").cast(pl.String))
    if "id" not in events.columns:
        events = events.with_columns(id=pl.lit(None, dtype=pl.String))
    return _with_values(rows, events.to_struct(rows.name))
