"""A run over a whole input: chunks of rows in; transitions, or the first times of each rule, out, batch by batch."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from os import cpu_count
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa

from mqlrules.engine.columnar.arrow import lists
from mqlrules.engine.columnar.batch import Batch, batch_of
from mqlrules.engine.columnar.columns import tester
from mqlrules.engine.columnar.dates import Dates
from mqlrules.engine.columnar.encode import Encoder, chunk_of
from mqlrules.engine.columnar.evaluate import Evaluation
from mqlrules.engine.columnar.leads import LeadCodes
from mqlrules.engine.columnar.lifecycle import stages_of, table_of
from mqlrules.engine.columnar.partitions import Partitions, Rows, partitioned
from mqlrules.engine.columnar.passes import Pass, evaluation_of, evidence_of, passes
from mqlrules.engine.columnar.requirements import requirements_of
from mqlrules.engine.columnar.truth_changes import Mask, Places, Whole
from mqlrules.engine.lifecycle import Ladder
from mqlrules.events.model import Lead
from mqlrules.language.calendar import Zone
from mqlrules.plan import nodes as n

ROWS_IN_PARTITION = 200_000
"""About the rows of a partition: few enough for a processor's cache, and enough to make calls for each node cheap."""

MOST_PARTITIONS = 1024

PLACES_AT_ONCE = 5_000_000
"""Every rule keeps a place for every lead of a batch, so with many rules a batch has fewer leads."""

Piece = dict[str, Any]


class Run:
    """One input through one plan: ``add`` its chunks, then take the ``results``. A context manager.

    ``each_rule`` asks for the first time of each rule, ignoring the lifecycle, instead of transitions;
    ``rows_of_evidence`` for the rows that each transition rests on. ``as_of`` is in microseconds since 1970 UTC.
    ``memory`` is how many bytes of rows may be in memory; others wait in a temporary file. ``rows`` is about how many
    there will be.
    """

    def __init__(
        self,
        plan: n.Plan,
        traits: Mapping[Lead, Mapping[str, Any]] | None = None,
        *,
        each_rule: bool = False,
        rows_of_evidence: bool = False,
        as_of: int | None = None,
        memory: int = 2**62,
        rows: int | None = None,
        threads: int | None = None,
    ) -> None:
        self._plan = plan
        self._ladder = Ladder(plan.program.lifecycle)
        self._dates = Dates(Zone(plan.program.timezone))
        self._each_rule = each_rule
        self._evidence = rows_of_evidence
        self._as_of = as_of
        self._encoder = Encoder(plan, requirements_of(plan, lifecycle=not each_rule), row_numbers=rows_of_evidence)
        self._leads = LeadCodes()
        self._initial = _InitialTraits(traits or {}, self._leads)
        partitions = 64 if rows is None else min(max(rows // ROWS_IN_PARTITION, 1), MOST_PARTITIONS)
        self._partitions = Partitions(partitions, memory)
        self._latest: int | None = None
        self._rows = 0
        self._coding = Lock()
        self._threads = threads or cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._threads)
        self._encoding: deque[Future[tuple[Rows, Whole, int]]] = deque()

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Forgets all rows."""
        self._pool.shutdown(cancel_futures=True)
        self._partitions.close()

    @property
    def end(self) -> int | None:
        """When evaluation ends: ``as_of``, or the time of the last event so far (microseconds since 1970 UTC)."""
        return self._latest if self._as_of is None else self._as_of

    @property
    def pieces(self) -> int:
        """The number of pieces that the results come in."""
        return self._partitions.count

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of stages by number."""
        return stages_of(self._ladder)

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of rules by number."""
        return tuple(planned.rule.name for planned in self._plan.rules)

    def leads(self) -> pa.Array:
        """All leads of the rows so far, whether or not the rows are needed."""
        return self._leads.names(np.arange(self._leads.met))

    def add(
        self, table: pa.Table, properties: Mapping[str, str] | None = None, encoded: frozenset[str] = frozenset()
    ) -> None:
        """Adds rows in order of arrival: columns ``lead``, ``time``, ``event``, perhaps ``id``, and the properties that
        ``mqlrules.plan.projection`` names.

        ``properties`` says which column is which property (by default the one of its name), ``encoded`` which of them
        are JSON text. Raises ``TooLarge`` for a number that is summed and doesn't fit 64 bits.
        """
        if not len(table):
            return
        named = {name: name for name in table.column_names} if properties is None else properties
        self._encoding.append(self._pool.submit(self._encoded, table, named, encoded, self._rows))
        self._rows += len(table)
        if len(self._encoding) > self._threads:
            self._take_encoded()

    def _encoded(
        self, table: pa.Table, properties: Mapping[str, str], encoded: frozenset[str], before: int
    ) -> tuple[Rows, Whole, int]:
        with self._coding:
            leads = self._leads.of(table.column("lead"))
        chunk = chunk_of(table, leads, properties, encoded)
        rows, needed = self._encoder.encode(chunk, self._as_of, before)
        return *partitioned(rows, needed, self._partitions.count), int(chunk.times.max())

    def _take_encoded(self) -> None:
        # In the order of the chunks, so that events of one time stay in order of arrival.
        rows, bounds, latest = self._encoding.popleft().result()
        self._latest = latest if self._latest is None else max(latest, self._latest)
        self._partitions.add(rows, bounds)

    def results(self) -> Iterator[Piece]:
        """The results, partition by partition.

        Each piece has columns of equal length: ``lead`` (Arrow), ``at`` (microseconds) and ``rule``. Transitions also
        have ``from_stage``, ``to_stage``, ``also`` (Arrow lists), ``position`` (the order of one lead's moves) and, if
        asked for, ``evidence`` (Arrow lists of rows of the input). Rules and stages are their numbers.
        """
        while self._encoding:
            self._take_encoded()
        if self.end is not None and self._rows:
            yield from self._evaluating(self.end)

    def _evaluating(self, end: int) -> Iterator[Piece]:
        waiting: deque[Future[Piece]] = deque()
        for partition in range(self._partitions.count):
            waiting.append(self._pool.submit(self._piece, partition, end))
            if len(waiting) > 2 * self._threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    # -- one partition ---------------------------------------------------------------------------------------------

    def _piece(self, partition: int, end: int) -> Piece:
        batch = batch_of(self._partitions.take(partition), self._partitions.count)
        most = max(1, PLACES_AT_ONCE // max(1, len(self._plan.rules)))
        return _joined([self._results_of(some, end) for some in batch.in_pieces(most)])

    def _results_of(self, batch: Batch, end: int) -> Piece:
        def initially(node: n.Trait) -> Mask:
            return self._initial.passing(node, batch.leads)

        over = evaluation_of(batch, self._encoder, self._dates.of, end, initially)
        return self._first_times(batch, over) if self._each_rule else self._transitions(batch, over)

    def _first_times(self, batch: Batch, over: Evaluation) -> Piece:
        pieces: list[Piece] = [
            {"lead": np.empty(0, np.int32), "at": np.empty(0, np.int64), "rule": np.empty(0, np.int32)}
        ]
        for number, planned in enumerate(self._plan.rules):
            groups, first = over.truth(planned.condition, first=True).first_times()
            pieces.append({"lead": batch.leads[groups], "at": first, "rule": np.full(len(groups), number, np.int32)})
        found = _joined(pieces)
        return {**found, "lead": self._leads.names(found["lead"])}

    def _transitions(self, batch: Batch, over: Evaluation) -> Piece:
        rules = table_of(self._plan.rules, self._ladder)
        # Each pass is forgotten before the next is made: a lead may be recycled thousands of times.
        found = _joined([self._moves(batch, *each) for each in enumerate(passes(over, self._plan.rules, rules))])
        return {**found, "lead": self._leads.names(batch.leads[found["lead"]])}

    def _moves(self, batch: Batch, number: int, one: Pass) -> Piece:
        moves = one.moves
        of, also = np.nonzero(moves.also)
        piece: Piece = {
            "lead": one.leads[moves.groups],
            "from_stage": moves.sources,
            "to_stage": moves.targets,
            "at": moves.times,
            "rule": moves.rules,
            "also": lists(of, also, len(moves.rules)),
            "position": np.arange(len(moves.rules), dtype=np.int64) + (number << 40),
        }
        if self._evidence:
            found = list(evidence_of(one, self._plan.rules))
            of = np.repeat(np.arange(len(found)), [len(rows) for rows in found])
            rows = np.array([row for rows in found for row in rows], np.int64)
            piece["evidence"] = lists(of, batch.columns["row"][rows], len(found))
        return piece


def _joined(pieces: Sequence[Piece]) -> Piece:
    return {name: _concatenated([piece[name] for piece in pieces]) for name in pieces[0]}


def _concatenated(columns: Sequence[Any]) -> Any:
    return pa.concat_arrays(columns) if isinstance(columns[0], pa.Array) else np.concatenate(columns)


class _InitialTraits:
    """The traits that hold from before the first event. All rows must have been added."""

    def __init__(self, traits: Mapping[Lead, Mapping[str, Any]], leads: LeadCodes) -> None:
        self._traits = traits
        self._leads = leads
        self._of_code: dict[int, Mapping[str, Any]] | None = None
        self._known: dict[n.Trait, Mask] = {}

    def passing(self, node: n.Trait, codes: Places) -> Mask:
        """For which leads a test of a trait passes."""
        known = self._known.get(node)
        if known is None:
            passes, name = tester(node.test), node.test.path[0]
            known = np.full(self._leads.met, passes(None), np.bool_)
            for code, traits in self._traits_of_codes().items():
                known[code] = passes(traits.get(name))
            self._known[node] = known
        return known[codes]

    def _traits_of_codes(self) -> dict[int, Mapping[str, Any]]:
        if self._of_code is None:
            names = self._leads.names(np.arange(self._leads.met)).to_pylist() if self._traits else []
            self._of_code = {code: self._traits[lead] for code, lead in enumerate(names) if lead in self._traits}
        return self._of_code
