"""Tuning: which counts, thresholds and windows of a rule would have gone together best with an outcome.

Every candidate is the rule with other numbers. All of them are asked in one pass over the input. Leads that began
before the split train, as if the split were the end; leads that began at it or later test. Among candidates within one
standard error of the best, the one that changes least wins.
"""

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Literal

import attrs
import numpy as np
import polars as pl

from mqlrules.events.errors import DataError
from mqlrules.language.instants import moment
from mqlrules.lint.trees import nodes
from mqlrules.outcomes.backtest import FEW_OUTCOMES, RuleOutcome, Timings, judge
from mqlrules.outcomes.document import Column, Document, Section, Table
from mqlrules.outcomes.journeys import DAY
from mqlrules.outcomes.rendering import Shown
from mqlrules.outcomes.statistics import NEVER
from mqlrules.outcomes.study import Study, stage_named
from mqlrules.syntax import tree
from mqlrules.text.edit import Edit, applied
from mqlrules.text.source import Source
from mqlrules.text.span import Span

COUNTS = (1, 2, 3, 5, 8)
WINDOWS = ("1d", "3d", "7d", "14d", "30d", "60d", "90d")
MOST = 500
"""Candidates of one run."""
MONTH = 30.4375 * DAY


@attrs.frozen
class Goal:
    """What is wanted: the most outcomes caught at a precision, the best precision at a workload, or both balanced."""

    kind: Literal["precision", "recall", "a month", "f1"]
    value: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Goal":
        """``precision >= 40%``, ``recall >= 80%``, ``200 a month``, or ``f1``; else raises ``ValueError``."""
        plain = text.strip().lower()
        if plain == "f1":
            return cls("f1")
        found = re.fullmatch(r"(precision|recall)\s*>=\s*(\d+(?:\.\d+)?)\s*(%?)", plain)
        if found:
            value = float(found[2]) / (100 if found[3] else 1)
            if 0 < value <= 1:
                return cls("precision" if found[1] == "precision" else "recall", value)
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s+(?:a|per)\s+month", plain)
        if found:
            return cls("a month", float(found[1]))
        raise ValueError(f"invalid goal {text!r}; write 'precision >= 40%', 'recall >= 80%', '200 a month' or 'f1'")

    def value_of(self, judged: RuleOutcome, months: float) -> float:
        """How good a result is; -inf where it misses what is asked."""
        precision, recall = judged.precision.share or 0.0, judged.recall.share or 0.0
        match self.kind:
            case "precision":
                return recall if precision >= self.value else -math.inf
            case "recall":
                return precision if recall >= self.value else -math.inf
            case "a month":
                return precision if judged.fired / max(months, 1e-9) <= self.value else -math.inf
            case "f1":
                return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    def error_of(self, judged: RuleOutcome) -> float:
        """The standard error of that value, of the share that it rests on most."""
        share = judged.recall if self.kind in ("precision", "f1") else judged.precision
        return math.sqrt((share.share or 0) * (1 - (share.share or 0)) / share.n) if share.n else 0.0


@attrs.frozen(eq=False)
class Candidate:
    """The rule with other numbers: what is written, how many numbers differ, and how it did on both groups of leads."""

    label: str
    edits: tuple[Edit, ...]
    changed: int
    train: RuleOutcome
    test: RuleOutcome


@attrs.frozen(eq=False)
class Tuning(Shown):
    """The candidates of a rule, the best one, and the patch that makes it.

    ``best`` is None where no candidate meets the goal on the training leads; ``best.changed`` is 0 if none helps.
    """

    rule: str
    outcome: str
    horizon: int
    goal: str
    split: int
    candidates: Sequence[Candidate]
    best: Candidate | None
    source: Source = attrs.field(repr=False)
    outcomes: tuple[int, int] = (0, 0)
    remarks: Sequence[str] = ()

    @cached_property
    def patch(self) -> str:
        """The change as a unified diff of the rule file; empty where no change helps."""
        if self.best is None or not self.best.changed:
            return ""
        import difflib

        name = self.source.name
        after = applied(self.source.text, self.best.edits)
        lines = difflib.unified_diff(
            self.source.text.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}"
        )
        return "".join(lines)

    @property
    def verdict(self) -> str:
        """One sentence: which change helps, or that none does."""
        if self.best is None:
            return f"No candidate reaches {self.goal} on the training leads."
        if not self.best.changed:
            return "No change helps: the rule as it is written is within one standard error of the best candidate."
        return f"Best on the training leads: {self.best.label}."

    @property
    def warnings(self) -> tuple[str, ...]:
        found = list(self.remarks)
        if min(self.outcomes) < FEW_OUTCOMES:
            found.append(
                f"Only {self.outcomes[0]:,} training and {self.outcomes[1]:,} test leads had the outcome: "
                "differences between candidates may be chance."
            )
        return tuple(found)

    @property
    def table(self) -> pl.DataFrame:
        """One row a candidate: candidate, and of train and test precision and recall, each with k, n, low, high."""
        found = []
        for candidate in self.candidates:
            row: dict[str, Any] = {"candidate": candidate.label}
            for group, judged in (("train", candidate.train), ("test", candidate.test)):
                row[f"{group}_fired"] = judged.fired
                for name, share in (("precision", judged.precision), ("recall", judged.recall)):
                    row[f"{group}_{name}"] = share.share
                    row |= {f"{group}_{name}_{k}": v for k, v in share.to_dict().items() if k != "share"}
            found.append(row)
        return pl.DataFrame(found, infer_schema_length=None)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, as JSON can say them."""
        return {
            "rule": self.rule,
            "outcome": self.outcome,
            "within_days": self.horizon / DAY,
            "goal": self.goal,
            "split": moment(self.split).isoformat(),
            "verdict": self.verdict,
            "best": None if self.best is None else self.best.label,
            "patch": self.patch,
            "warnings": list(self.warnings),
            "candidates": {
                c.label: {
                    group: {"fired": j.fired, "precision": j.precision.to_dict(), "recall": j.recall.to_dict()}
                    for group, j in (("train", c.train), ("test", c.test))
                }
                for c in self.candidates
            },
        }

    @cached_property
    def document(self) -> Document:
        """The tuning as sections of text and tables."""
        columns = [Column("candidate", "candidate")]
        for group in ("train", "test"):
            columns += [
                Column(f"{group}_fired", f"{group}: fired", "count"),
                Column(f"{group}_precision", f"{group}: precision", "share", f"{group}_precision_"),
                Column(f"{group}_recall", f"{group}: recall", "share", f"{group}_recall_"),
            ]
        summary = [
            f"Rule {self.rule}, outcome {self.outcome} within {self.horizon / DAY:g} days, goal: {self.goal}.",
            f"Trained on leads that began before {moment(self.split):%d %b %Y, %H:%M} UTC, tested on later ones.",
            self.verdict,
        ]
        sections = [Section("Candidates", [], [Table(self.table, columns)])]
        if self.patch:
            sections.append(Section("Patch", self.patch.splitlines()))
        return Document("Tuning", summary, sections, self.warnings)


@attrs.frozen(eq=False)
class Slot:
    """A number in a rule's condition that may be another: where it is written, and what may stand there."""

    span: Span
    written: str
    options: tuple[str, ...]


def slots(source: Source, condition: tree.Node, counts: Sequence[int], windows: Sequence[str]) -> list[Slot]:
    """The counts and thresholds that are compared with ``>=`` or ``>``, and the windows, of a condition as written."""
    found = []
    for node in nodes(condition):
        match node:
            case tree.Occurrence(operator=">=" | ">", number=number) if number is not None:
                found.append(_slot(source, number.span, map(str, counts)))
            case tree.Restriction(record=record, argument=tree.Duration() as duration) if record.name == "within":
                found.append(_slot(source, duration.span, windows))
    return sorted(found, key=lambda slot: slot.span.start)


def _slot(source: Source, span: Span, options: Iterable[str]) -> Slot:
    written = source.text[span.start : span.end]
    return Slot(span, written, tuple(dict.fromkeys([written, *options])))


def candidates(source: Source, condition: Span, slots: Sequence[Slot]) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """Every combination of options, the written one first: the text of the condition, and the edits that make it."""
    for values in itertools.product(*(slot.options for slot in slots)):
        edits = tuple(
            Edit(source, slot.span, value) for slot, value in zip(slots, values, strict=True) if value != slot.written
        )
        text = applied(source.text, edits)
        grown = len(text) - len(source.text)
        yield text[condition.start : condition.end + grown], edits


def tune(
    study: Study,
    rule: str,
    written: tuple[Source, tree.RuleDefinition],
    outcome: str,
    horizon: int,
    goal: str,
    *,
    split: int | None = None,
    counts: Sequence[int] = COUNTS,
    windows: Sequence[str] = WINDOWS,
) -> Tuning:
    """Tries other counts, thresholds and windows of one rule. ``split`` is microseconds since 1970 UTC.

    Without it the split is where 70 % of the leads have begun. Raises ``DataError`` where there is nothing to try or
    nobody has the outcome, ``ValueError`` for a goal that can't be read.
    """
    wanted = Goal.parse(goal)
    source, definition = written
    open_slots = slots(source, definition.condition, counts, windows)
    number = math.prod(len(slot.options) for slot in open_slots)
    if number < 2:
        raise DataError(rule, "the rule has no count, threshold or window to tune")
    if number > MOST:
        raise DataError(
            rule, f"{number:,} candidates are too many; name fewer counts and windows, at most {MOST} in all"
        )
    tried = list(candidates(source, definition.condition.span, open_slots))
    stage = stage_named(study.program, outcome)
    conditions = {f"\0{place}": study.condition(text) for place, (text, _) in enumerate(tried)}
    if stage is None:
        conditions["\0outcome"] = study.condition(outcome)
    found = study.first_times(conditions)
    firsts = {name: frame.select("lead", "at") for (name,), frame in found.group_by("name")}
    nothing = found.clear().select("lead", "at")
    had = study.journeys.reaching(stage) if stage is not None else firsts.get("\0outcome", nothing)
    if not had.height:
        raise DataError("outcome", f"no lead ever had the outcome {outcome}")
    spans = study.spans
    split = _split(spans) if split is None else split
    groups = (
        _group(spans.filter(pl.col("first") < split), had, split - 1),
        _group(spans.filter(pl.col("first") >= split), had, study.as_of),
    )
    judged = []
    for place, (text, edits) in enumerate(tried):
        label = " ".join(text.split())
        train, test = (_judged(label, group, firsts.get(f"\0{place}", nothing), horizon) for group in groups)
        judged.append(Candidate(label, edits, len(edits), train, test))
    months = max(1e-9, (split - int(spans["first"].min())) / MONTH)  # type: ignore[arg-type]
    best = _best(judged, wanted, months)
    outcomes = (judged[0].train.recall.n, judged[0].test.recall.n)
    return Tuning(rule, outcome, horizon, goal, split, judged, best, source, outcomes, study.remarks)


def _split(spans: pl.DataFrame) -> int:
    return int(spans["first"].sort()[int(spans.height * 0.7)])


def _group(spans: pl.DataFrame, had: pl.DataFrame, as_of: int) -> Timings:
    empty = np.empty(0, np.int64)
    timings = Timings(spans["lead"], spans["first"].to_numpy(), empty, empty, as_of)
    outcome = _until(timings.of(had), as_of)
    return attrs.evolve(timings, outcome=outcome, exit=np.full(len(outcome), NEVER))


def _until(instants: np.ndarray[Any, np.dtype[np.int64]], as_of: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """What happens after the end has not happened."""
    return np.where(instants > as_of, NEVER, instants)


def _judged(label: str, group: Timings, firsts: pl.DataFrame, horizon: int) -> RuleOutcome:
    return judge(label, _until(group.of(firsts), group.as_of), group, horizon)


def _best(judged: Sequence[Candidate], goal: Goal, months: float) -> Candidate | None:
    """The candidate that changes least among those within one standard error of the best on the training leads."""
    values = [goal.value_of(candidate.train, months) for candidate in judged]
    highest = max(values)
    if highest == -math.inf:
        return None
    top = judged[values.index(highest)]
    near = [c for c, value in zip(judged, values, strict=True) if value >= highest - goal.error_of(top.train)]
    return min(near, key=lambda candidate: (candidate.changed, -goal.value_of(candidate.train, months)))
