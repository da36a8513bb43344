"""From what a caller asks in words to the studies that answer: durations, stages, benchmarks, splits."""

import re
from collections.abc import Sequence
from typing import Any

from mqlrules.check.program import Program
from mqlrules.events.durations import Duration, in_microseconds
from mqlrules.events.errors import DataError
from mqlrules.language.suggest import closest
from mqlrules.outcomes.backtest import Backtest, backtest
from mqlrules.outcomes.report import BENCHMARKS, Period, Report, split_by
from mqlrules.outcomes.study import Study, stage_named
from mqlrules.outcomes.tune import COUNTS, WINDOWS, Tuning, tune
from mqlrules.outcomes.values import last_touches, measured, values_by_period
from mqlrules.syntax import tree
from mqlrules.text.source import Source


def stage(program: Program, text: str) -> str:
    """The stage of that name. Raises ``ValueError`` with a close one."""
    found = stage_named(program, text)
    if found is None:
        stages = (*program.lifecycle.ladder, *program.lifecycle.outside)
        close = closest(text, stages)
        meant = f" Did you mean {close}?" if close else f" The stages are {', '.join(stages)}."
        raise ValueError(f"there is no stage {text}.{meant}")
    return found


def benchmarks(program: Program, given: Sequence[str]) -> dict[tuple[str, str], tuple[float, str]]:
    """Shares to compare with: those of the field between stages that the rules have, and ``MQL>SQL=13%``.

    Raises ``ValueError`` for what can't be read.
    """
    ladder = program.lifecycle.ladder
    found: dict[tuple[str, str], tuple[float, str]] = {}
    for key, value in BENCHMARKS.items():
        start, _, end = key.partition(">")
        if start in ladder and end in ladder:
            found[start, end] = value
    for text in given:
        parts = re.fullmatch(r"(.+?)\s*>\s*(.+?)\s*=\s*(\d+(?:\.\d+)?)\s*%", text.strip())
        if parts is None or not 0 <= float(parts[3]) <= 100:
            raise ValueError(f"invalid benchmark {text!r}; write it as 'MQL>SQL=13%'")
        found[stage(program, parts[1]), stage(program, parts[2])] = (float(parts[3]) / 100, "as given")
    return found


def report_of(
    study: Study,
    by: Period = "month",
    from_stage: str | None = None,
    to_stage: str | None = None,
    within: Duration = "90d",
    split: str | None = None,
    value: str | None = None,
    touch: str | None = None,
    benchmark: Sequence[str] = (),
) -> Report:
    """The report of a study. Raises ``ValueError`` for what can't be read, ``RuleError`` for a wrong condition."""
    if by not in ("week", "month", "quarter", "year"):
        raise ValueError(f"invalid period {by!r}; choose week, month, quarter or year")
    horizon = in_microseconds(within, "within")
    program = study.program
    pair = _pair(study, from_stage, to_stage)
    groups = None if split is None else measured(study, split).rename({"value": "group"})
    journeys = study.journeys
    return Report(
        journeys,
        by,
        horizon,
        pair,
        split=None if groups is None or pair is None else split_by(journeys, pair, groups, horizon),
        value=None if value is None or pair is None else values_by_period(study, value, pair, by),
        touch=None if touch is None or pair is None else last_touches(study, touch, pair[1]),
        benchmarks=benchmarks(program, benchmark),
        remarks=study.remarks,
    )


def _pair(study: Study, start: str | None, end: str | None) -> tuple[str, str] | None:
    """The two stages that a report is about: those given, or the last step of the ladder that a lead has made."""
    program = study.program
    ladder = program.lifecycle.ladder
    there = [name for name in ladder if study.journeys.reaching(name).height]
    first = stage(program, start) if start is not None else None
    last = stage(program, end) if end is not None else None
    if last is None:
        last = there[-1] if there and (first is None or there[-1] != first) else None
    if first is None and last is not None:
        below = [
            name for name in there if name in ladder and (last not in ladder or ladder.index(name) < ladder.index(last))
        ]
        first = below[-1] if below else None
    if first is None or last is None:
        return None
    if first in ladder and last in ladder and ladder.index(first) >= ladder.index(last):
        raise ValueError(f"{last} must be above {first} in the lifecycle")
    return first, last


def backtest_of(
    study: Study,
    outcome: str,
    within: Duration = "30d",
    lead_time: Duration | None = None,
    among: str | None = None,
    exits: str | None = None,
    landmarks: Sequence[Duration] = (),
    naive: bool = False,
) -> Backtest:
    """The backtest of a study. Raises as ``backtest`` does, and ``ValueError`` for a duration that can't be read."""
    return backtest(
        study,
        outcome,
        in_microseconds(within, "within"),
        lead_time=0 if lead_time is None else in_microseconds(lead_time, "lead time"),
        among=among,
        exits=exits,
        landmarks=[in_microseconds(landmark, "landmarks") for landmark in landmarks],
        naive=naive,
    )


def tuning_of(
    study: Study,
    files: Sequence[tree.Parsed],
    rule: str,
    outcome: str,
    goal: str,
    within: Duration = "30d",
    split: int | None = None,
    counts: Sequence[int] | None = None,
    windows: Sequence[str] | None = None,
) -> Tuning:
    """The tuning of one rule. Raises ``LookupError`` for a rule that doesn't exist, and as ``tune`` does."""
    for text in windows or ():
        in_microseconds(text, "windows")
    return tune(
        study,
        rule,
        _written(study.program, files, rule),
        outcome,
        in_microseconds(within, "within"),
        goal,
        split=split,
        counts=COUNTS if counts is None else counts,
        windows=WINDOWS if windows is None else windows,
    )


def _written(program: Program, files: Sequence[tree.Parsed], name: str) -> tuple[Source, tree.RuleDefinition]:
    from mqlrules.language.names import normalise

    found: Any = next((rule for rule in program.rules if normalise(rule.name) == normalise(name)), None)
    if found is None:
        close = closest(name, [rule.name for rule in program.rules])
        raise LookupError(f"there is no rule {name}." + (f" Did you mean {close}?" if close else ""))
    for file in files:
        for statement in file.tree.statements:
            if (
                isinstance(statement, tree.RuleDefinition)
                and file.source is found.source
                and statement.span == found.span
            ):
                return file.source, statement
    raise DataError(name, "the text of the rule is not known, so it can't be tuned")
