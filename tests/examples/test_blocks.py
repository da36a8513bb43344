"""The `test` blocks of the examples speak true: each is played through the public interface."""

import datetime
import zoneinfo
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import attrs
import pytest

import mqlrules
from mqlrules.language.names import normalise
from mqlrules.language.values import Literal
from mqlrules.syntax import tree
from mqlrules.syntax.parse import parse
from mqlrules.text.source import Source
from tests.examples.folders import ALL, Example

DAY_ZERO = datetime.date(2026, 1, 1)
NOON = datetime.time(12)


@attrs.frozen
class Case:
    """A test block, and the rules that it stands beside."""

    example: Example
    zone: zoneinfo.ZoneInfo
    stages: frozenset[str]
    block: tree.TestDefinition

    def instants(self, moment: tree.Moment) -> tuple[datetime.datetime, datetime.datetime]:
        """The first instant that is meant and the last: without a clock a whole date, else twice the same."""
        if isinstance(moment.day, tree.Instant):
            at = datetime.datetime.fromtimestamp(moment.day.microseconds / 1e6, datetime.UTC)
            return at, at
        date = self._date(moment)
        if moment.clock is not None:
            at = self._at(date, datetime.time()) + datetime.timedelta(microseconds=moment.clock)
            return at, at
        start = self._at(date, datetime.time())
        end = self._at(date + datetime.timedelta(days=1), datetime.time()) - datetime.timedelta(microseconds=1)
        return start, end

    def event_time(self, moment: tree.Moment) -> datetime.datetime:
        """When an event happens: without a clock at noon."""
        if isinstance(moment.day, tree.Instant) or moment.clock is not None:
            return self.instants(moment)[0]
        return self._at(self._date(moment), NOON)

    def _date(self, moment: tree.Moment) -> datetime.date:
        if isinstance(moment.day, tree.Date):
            return moment.day.value
        assert isinstance(moment.day, tree.Number)
        return DAY_ZERO + datetime.timedelta(days=int(moment.day.value))

    def _at(self, date: datetime.date, clock: datetime.time) -> datetime.datetime:
        return datetime.datetime.combine(date, clock, self.zone).astimezone(datetime.UTC)


def cases() -> Iterator[Any]:
    for example in ALL:
        where = example.folder / example.rules
        files = sorted(where.rglob("*.mql")) if where.is_dir() else [where]
        statements = [
            statement
            for file in files
            for statement in parse(Source(file.name, file.read_text(encoding="utf-8"))).tree.statements
        ]
        [zone] = [statement.zone.value for statement in statements if isinstance(statement, tree.Timezone)]
        [lifecycle] = [statement for statement in statements if isinstance(statement, tree.Lifecycle)]
        stages = frozenset(name.text for name in (*lifecycle.ladder, *lifecycle.outside))
        for block in statements:
            if isinstance(block, tree.TestDefinition):
                case = Case(example, zoneinfo.ZoneInfo(zone), stages, block)
                yield pytest.param(case, id=f"{example.name}: {block.name.value}")


def plain(value: tree.Value) -> Literal | str:
    match value:
        case tree.Number(value=number):
            return int(number) if number == int(number) else number
        case tree.Text(value=text) | tree.Boolean(value=text):
            return text
        case tree.Duration(microseconds=microseconds):
            return Decimal(microseconds) / 1_000_000
        case _:
            raise AssertionError(f"no example has such a value: {value}")


def values(given: tuple[tree.PropertyValue, ...]) -> dict[str, Any]:
    return {".".join(each.path.parts): plain(each.value) for each in given}


@pytest.mark.parametrize("case", list(cases()))
def test_blocks_speak_true(case: Case) -> None:
    rules = case.example.load()
    events: list[dict[str, Any]] = []
    traits: dict[str, dict[str, Any]] = {}
    ends: list[datetime.datetime] = []
    as_of: datetime.datetime | None = None
    for line in case.block.lines:
        match line:
            case tree.TestLead():
                traits["lead"] = values(line.traits)
            case tree.TestEvent():
                time = case.event_time(line.moment)
                ends.append(time)
                events.append({"lead": "lead", "time": time, "event": line.phrase.text} | values(line.properties))
            case tree.TestEnd():
                as_of = case.event_time(line.moment) if line.moment.clock is not None else case.instants(line.moment)[1]
            case tree.ExpectReached(moment=moment) | tree.ExpectStage(moment=moment) | tree.ExpectScore(moment=moment):
                if moment is not None:
                    ends.append(case.instants(moment)[1])
    result = rules.evaluate(events, as_of=as_of or max(ends), leads=traits)
    expected = [line for line in case.block.lines if isinstance(line, Expectation)]
    assert expected
    for line in expected:
        check(case, result, line)


Expectation = tree.ExpectReached | tree.ExpectStage | tree.ExpectScore


def check(case: Case, result: mqlrules.Result, line: Expectation) -> None:
    start, end = case.instants(line.moment) if line.moment is not None else (None, None)
    match line:
        case tree.ExpectScore():
            assert line.operator == "="
            assert line.number.value == result.score("lead", line.score.text, at=end)
        case tree.ExpectStage():
            assert line.stage.text == result.stage("lead", at=end)
        case tree.ExpectReached() if line.stage.text not in case.stages:
            assert (not line.negated) == ("lead" in result.members(line.stage.text, at=end))
        case tree.ExpectReached():
            found = [
                (t.at, t.rule)
                for t in result.transitions
                if t.to_stage == line.stage.text
                and (start is None or end is None or start <= t.at <= end)
                and (line.rule is None or normalise(line.rule.text) == normalise(t.rule))
            ]
            assert line.negated == (not found), [(t.to_stage, t.at, t.rule) for t in result.transitions]
