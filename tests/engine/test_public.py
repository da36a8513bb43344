"""The corpus once more, through what callers use: ``evaluate``, ``engine``, ``holds``, ``first_true`` and results."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import mqlrules
from mqlrules.engine import reference
from mqlrules.engine.histories import gather
from mqlrules.language.instants import microseconds, moment, parse_time
from tests.engine.engines import program_of
from tests.engine.test_corpus import ASKED, CASES, Json, folder_of
from tests.strategies import Case, single_conditions


def _rules(case: Json, folder: Path) -> mqlrules.RuleSet:
    if folder_of(case, folder) is None:
        return mqlrules.loads(case["rules"])
    (folder / "rules.mql").write_text(case["rules"], "utf-8")
    return mqlrules.load(folder)


def _end(case: Json) -> int:
    return parse_time(case["as_of"]) if "as_of" in case else max(parse_time(event["time"]) for event in case["events"])


def _expected(case: Json) -> list[tuple[Any, ...]]:
    return [(t["lead"], t["to"], moment(parse_time(t["at"])), t["rule"]) for t in case["expect"]["transitions"]]


each_case = pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])


@each_case
def test_evaluate(case: Json, tmp_path: Path) -> None:
    result = _rules(case, tmp_path).evaluate(case["events"], as_of=case.get("as_of"), leads=case.get("leads"))
    assert _expected(case) == [(t.lead, t.to_stage, t.at, t.rule) for t in result.transitions]
    expect = case["expect"]
    for lead, stage in expect.get("stages", {}).items():
        assert stage == result.stage(lead)
    for lead, scores in expect.get("scores", {}).items():
        for name, value in scores.items():
            assert Decimal(str(value)) == result.score(lead, name)
    for name, leads in expect.get("members", {}).items():
        assert set(leads) == result.members(name)


@each_case
def test_one_event_at_a_time(case: Json, tmp_path: Path) -> None:
    engine, end = _rules(case, tmp_path).engine(case.get("leads"), max_ahead=None), _end(case)
    found = []
    for event in sorted(case["events"], key=lambda event: parse_time(event["time"])):
        if parse_time(event["time"]) <= end:
            found += engine.feed(event)
    found += engine.advance(moment(end))
    found.sort(key=lambda transition: (transition.at, transition.lead))
    assert _expected(case) == [(t.lead, t.to_stage, t.at, t.rule) for t in found]


@pytest.mark.parametrize(("case", "question"), ASKED, ids=[case["id"] for case, _ in ASKED])
def test_holds(case: Json, question: Json) -> None:
    rules, lead, at = mqlrules.loads(case["rules"]), question["lead"], question["at"]
    assert question["is"] == rules.holds(question["condition"], case["events"], lead, at, leads=case.get("leads"))


@given(case=single_conditions())
def test_holds_and_first_true_are_those_of_the_reference(case: Case) -> None:
    rules = mqlrules.loads(case.rules)
    asked = case.rules.removeprefix("rule asked: ").removesuffix(" => MQL\n")
    program = program_of(case.rules)
    condition = program.rules[0].condition
    assert case.end is not None
    history = gather(case.events, case.end)[0]["a"]
    first = rules.first_true(asked, case.events, as_of=case.end)["a"]
    expected = reference.first_true(program, condition, history, {}, case.end)
    assert expected == (None if first is None else microseconds(first))
    for at in sorted({event.at for event in history} | {case.end, history[0].at - 1}):
        assert reference.holds(program, condition, history, at, {}) == rules.holds(asked, case.events, "a", at)
