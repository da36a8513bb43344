"""A whole input: chunks of rows in, and part by part the transitions, or the first times of each rule, out."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from os import cpu_count
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mqlrules.engine.columnar.arrow import lists
from mqlrules.engine.columnar.columns import passes as test_passes
from mqlrules.engine.columnar.days import Days
from mqlrules.engine.columnar.encode import Encoder, Rows, chunk_of
from mqlrules.engine.columnar.evaluate import Evaluation
from mqlrules.engine.columnar.leads import LeadCodes
from mqlrules.engine.columnar.lifecycle import table_of
from mqlrules.engine.columnar.ordering import Sheet, sheet_of
from mqlrules.engine.columnar.parting import parted
from mqlrules.engine.columnar.partitions import Parts
from mqlrules.engine.columnar.passes import Pass, evaluation_of, evidence_of, passes, table_of_sheet
from mqlrules.engine.columnar.requirements import wants_of
from mqlrules.engine.lifecycle import Ladder
from mqlrules.events.model import Lead
from mqlrules.language.calendar import Zone
from mqlrules.plan import nodes as n

ROWS_IN_PART = 200_000
"""About as many rows are evaluated at once: a processor's cache holds them, and each node costs its call only once."""

MOST_PARTS = 1024

PLACES_AT_ONCE = 5_000_000
"""Of each rule a place is kept for each lead: of many rules and leads some leads after the other are evaluated."""

Piece = dict[str, Any]


class Run:
    """One input through one plan. ``add`` its chunks, then take the ``results``; a context manager.

    ``each_rule``: the first time of each rule is asked for, the lifecycle ignored; else transitions.
    ``rows_of_evidence``: with the rows that each rests on. ``as_of`` is in microseconds since 1970 UTC, ``memory`` the
    bytes of rows that may be in memory; the others wait in a temporary file. ``rows`` is about how many there will be.
    """

    def __init__(
        self,
        plan: n.Plan,
        fingerprint: str = "",
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
        self._fingerprint = fingerprint
        self._traits = traits or {}
        self._each_rule = each_rule
        self._evidence = rows_of_evidence
        self._as_of = as_of
        self._wants = wants_of(plan, lifecycle=not each_rule)
        self._encoder = Encoder(plan, self._wants, row_numbers=rows_of_evidence)
        self._leads = LeadCodes()
        parts = 64 if rows is None else min(max(rows // ROWS_IN_PART, 1), MOST_PARTS)
        self._parts = Parts(parts, memory)
        self._latest: int | None = None
        self._rows = 0
        self._coding = Lock()
        self._threads = threads or cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._threads)
        self._encoding: deque[Future[tuple[Rows, npt.NDArray[np.int64], int]]] = deque()

    def __enter__(self) -> "Run":
        self._parts.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._parts.__exit__(*raised)

    @property
    def end(self) -> int | None:
        """When evaluation ends: ``as_of``, or the time of the last event so far (microseconds since 1970 UTC)."""
        return self._latest if self._as_of is None else self._as_of

    def add(
        self, table: pa.Table, properties: Mapping[str, str] | None = None, encoded: frozenset[str] = frozenset()
    ) -> None:
        """Adds rows in order of arrival: columns ``lead``, ``time``, ``event``, perhaps ``id``, and properties.

        The properties are those that ``mqlrules.plan.projection`` names. ``properties`` says which column is which
        property (by default they have one name), ``encoded`` which
        properties are JSON text. Raises ``TooLarge`` for a number that is summed and too large for 64 bits.
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
    ) -> tuple[Rows, npt.NDArray[np.int64], int]:
        with self._coding:
            leads = self._leads.of(table.column("lead"))
        chunk = chunk_of(table, leads, properties, encoded)
        rows, keep = self._encoder.encode(chunk, self._as_of, before)
        return *parted(rows, keep, self._parts.count), int(chunk.times.max())

    def _take_encoded(self) -> None:
        # In the order in which the chunks came, for rows of one time stay in order of arrival.
        rows, bounds, latest = self._encoding.popleft().result()
        self._latest = latest if self._latest is None else max(latest, self._latest)
        self._parts.add(rows, bounds)

    def results(self) -> Iterator[Piece]:
        """The results, part by part.

        Each piece has columns of equal length: ``lead`` (Arrow), ``at`` (microseconds), and ``rule``; of transitions
        also ``from_stage``, ``to_stage`` (rules and stages are numbers: places in ``rules`` and ``stages``), ``also``
        (Arrow lists of numbers), ``position`` (the order of one lead's moves), and where it is asked for ``evidence``
        (Arrow lists of rows of the input).
        """
        while self._encoding:
            self._take_encoded()
        end = self.end
        if end is None or not self._rows:
            return
        initial = self._initial()
        waiting: deque[Future[Piece]] = deque()
        for part in range(self._parts.count):
            waiting.append(self._pool.submit(self._piece, part, end, initial))
            if len(waiting) > 2 * self._threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    @property
    def pieces(self) -> int:
        """How many pieces the results come in."""
        return self._parts.count

    def leads(self) -> pa.Array:
        """All leads that were met so far, whether rows of theirs mattered or not."""
        return self._leads.names(np.arange(self._leads.met))

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of stages by number."""
        lifecycle = self._plan.program.lifecycle
        return (*lifecycle.ladder, *lifecycle.outside)

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of rules by number."""
        return tuple(planned.rule.name for planned in self._plan.rules)

    # -- one part --------------------------------------------------------------------------------------------------

    def _piece(self, part: int, end: int, initial: "_Initial") -> Piece:
        rows = self._parts.take(part)
        sheet = sheet_of(rows, self._parts.count)
        most = max(1, PLACES_AT_ONCE // max(1, len(self._plan.rules)))
        found = [self._found(some, end, initial) for some in sheet.in_pieces(most)]
        return {name: _concatenated([piece[name] for piece in found]) for name in found[0]}

    def _found(self, sheet: Sheet, end: int, initial: "_Initial") -> Piece:
        over = self._evaluation(sheet, end, initial)
        return self._first_times(sheet, over) if self._each_rule else self._transitions(sheet, over)

    def _evaluation(self, sheet: Sheet, end: int, initial: "_Initial") -> Evaluation:
        table = table_of_sheet(sheet, self._wants, self._encoder, initial.days, end)
        return evaluation_of(sheet, self._wants, table, lambda node: initial.of(node, sheet.leads))

    def _first_times(self, sheet: Sheet, over: Evaluation) -> Piece:
        leads, rules, times = [], [], []
        for number, planned in enumerate(self._plan.rules):
            some, first = over.truth(planned.condition, first=True).first_times()
            leads.append(sheet.leads[some])
            times.append(first)
            rules.append(np.full(len(some), number, np.int32))
        lead, at, rule = (np.concatenate(each) if each else np.empty(0, np.int64) for each in (leads, times, rules))
        return {"lead": self._leads.names(lead), "at": at, "rule": rule}

    def _transitions(self, sheet: Sheet, over: Evaluation) -> Piece:
        rules = table_of(self._plan.rules, Ladder(self._plan.program.lifecycle))
        # Each is forgotten before the next is made: a lead may be recycled many thousand times.
        pieces = [self._moves(sheet, number, each) for number, each in enumerate(passes(over, self._plan.rules, rules))]
        together = {name: _concatenated([piece[name] for piece in pieces]) for name in pieces[0]}
        together["lead"] = self._leads.names(sheet.leads[together.pop("group")])
        return together

    def _moves(self, sheet: Sheet, number: int, one: Pass) -> Piece:
        moves = one.moves
        also: tuple[npt.NDArray[Any], npt.NDArray[Any]] = np.nonzero(moves.also)  # type: ignore[assignment]
        piece: Piece = {
            "group": one.leads[moves.groups],
            "from_stage": moves.sources,
            "to_stage": moves.targets,
            "at": moves.times,
            "rule": moves.rules,
            "also": lists(*also, len(moves.rules)),
            "position": np.arange(len(moves.rules), dtype=np.int64) + (number << 40),
        }
        if self._evidence:
            numbers = sheet.columns["row"]
            found = list(evidence_of(one, self._plan.rules))
            moved = np.repeat(np.arange(len(found)), [len(rows) for rows in found])
            rows = np.array([row for rows in found for row in rows], np.int64)
            piece["evidence"] = lists(moved, numbers[rows], len(found))
        return piece

    def _initial(self) -> "_Initial":
        return _Initial(self._plan, self._traits, self._leads)


def _concatenated(columns: Sequence[Any]) -> Any:
    return pa.concat_arrays(columns) if isinstance(columns[0], pa.Array) else np.concatenate(columns)


class _Initial:
    """What holds of leads before their first event, and the calendar: for all parts."""

    def __init__(self, plan: n.Plan, traits: Mapping[Lead, Mapping[str, Any]], leads: LeadCodes) -> None:
        self.days = Days(Zone(plan.program.timezone))
        self._traits = traits
        self._names: list[Lead] | None = None
        self._leads = leads
        self._known: dict[n.Trait, npt.NDArray[np.bool_]] = {}

    def of(self, node: n.Trait, codes: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Of which leads a test of a trait holds in the beginning."""
        known = self._known.get(node)
        if known is None:
            name = node.test.path[0]
            if self._names is None:
                self._names = self._leads.names(np.arange(self._leads.met)).to_pylist() if self._traits else []
            nothing = test_passes(node.test, None)
            given = [self._traits.get(lead) for lead in self._names]
            known = np.full(self._leads.met, nothing, np.bool_)
            for code, traits in enumerate(given):
                if traits is not None:
                    known[code] = test_passes(node.test, traits.get(name))
            self._known[node] = known
        return known[codes]
