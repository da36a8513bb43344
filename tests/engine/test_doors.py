"""Every public call gives what the reference engine gives, whatever form the input has."""

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import settings

import mqlrules
from mqlrules.language.instants import parse_time
from tests.engine import doors
from tests.engine.doors import ENGINES, Given, Row
from tests.engine.test_corpus import CASES, Json
from tests.strategies import LISTS, random_case

pytest.importorskip("numba")
pytest.importorskip("pyarrow")

SEEDS = [range(start, start + 3) for start in range(0, settings().max_examples, 3)]


def given_by(case: Json) -> Given:
    """The input of a corpus case."""
    leads = {row["lead"]: {key: row[key] for key in row if key != "lead"} for row in case.get("leads", [])}
    events = tuple({**event, "time": parse_time(event["time"])} for event in case["events"])
    return Given(events, leads, parse_time(case["as_of"]) if "as_of" in case else None)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_corpus_through_run(case: Json, tmp_path: Path) -> None:
    given, chance = given_by(case), random.Random(case["id"])
    rules = doors.loaded(case["rules"], case.get("files", {}), tmp_path)
    expected = doors.expected(rules, given)
    moves = [(t["lead"], t["to"], parse_time(t["at"]), t["rule"]) for t in case["expect"]["transitions"]]
    assert moves == [(lead, new, at, rule) for lead, _, new, at, rule, _, _ in expected]
    inputs = list(doors.forms(given, tmp_path, chance))
    typed = doors.in_one_type(given, cells=False)
    if (typed.events, typed.leads) == (given.events, given.leads):
        inputs = chance.sample([*inputs, *doors.forms(typed, tmp_path, chance)], 3)
    for name, form in inputs:
        for engine in ENGINES:
            assert expected == doors.ran(rules, form, given.leads, given.end, engine), (name, engine)


def _random_inputs(seed: int, chance: random.Random, folder: Path) -> tuple[mqlrules.RuleSet, list[Given]]:
    lists = chance.random() < 0.25
    case = random_case(seed, lists)
    given = doors.given(case)
    if chance.random() < 0.6:
        given = doors.with_repeated_ids(given, chance)
    if chance.random() < 0.4:
        given = doors.with_numbers_for_leads(given)
    rules = doors.loaded(case.rules, LISTS if lists else {}, folder)
    return rules, [given, *(doors.in_one_type(given, cells) for cells in (False, True))]


@pytest.mark.parametrize("seeds", SEEDS, ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_random_rules_through_every_call(seeds: range, tmp_path: Path) -> None:
    for seed in seeds:
        chance = random.Random(seed)
        rules, inputs = _random_inputs(seed, chance, tmp_path)
        for given in inputs:
            expected = doors.expected(rules, given)
            of_each_rule = doors.expected_of_each_rule(rules, given)
            assert expected == doors.evaluated(rules, given), seed
            assert expected == doors.fed(rules, given), seed
            for name, form in chance.sample(list(doors.forms(given, tmp_path, chance)), 2):
                leads = chance.choice(list(doors.forms_of_leads(given, tmp_path)))
                for engine in ENGINES:
                    assert expected == doors.ran(rules, form, leads, given.end, engine), (seed, name, engine)
                if chance.random() < 0.5:
                    engine = chance.choice(ENGINES)
                    assert of_each_rule == doors.ran_each_rule(rules, form, leads, given.end, engine), (
                        seed,
                        name,
                        engine,
                    )


# -- events with repeated ids --------------------------------------------------------------------------------------


def _ran(rules: str, events: list[dict[str, Any]] | pl.DataFrame) -> list[Row]:
    """What the columnar engine gives; it is what the incremental engine gives."""
    loaded, table = mqlrules.loads(rules), events if isinstance(events, pl.DataFrame) else _table(events)
    found = [loaded.run(table, engine=engine).select("lead", "to_stage", "rule").rows() for engine in ENGINES]
    assert found[0] == found[1]
    return found[1]


def _table(events: list[dict[str, Any]]) -> pl.DataFrame:
    times = pl.Series("time", [1_767_225_600_000_000 + 1_000_000 * number for number in range(len(events))])
    return pl.DataFrame(events).with_columns(times.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("p where (x = 2)", False),
        ("sum(x of p where (x = 2)) = 2", False),
        ("last(x of p where (x = 2)) = 2", False),
        ("q and no p where (x = 2)", True),
    ],
)
def test_an_event_that_meets_nothing_hides_a_later_one_of_its_id(condition: str, holds: bool) -> None:
    events = [
        {"lead": 1, "event": "p", "id": "d", "x": 1},
        {"lead": 1, "event": "P", "id": "d", "x": 2},
        {"lead": 1, "event": "q", "id": "d", "x": 2},
    ]
    assert holds == bool(_ran(f"{condition} => MEL", events))
    events[0]["id"] = "other"
    assert holds != bool(_ran(f"{condition} => MEL", events))


def test_a_first_copy_of_identify_hides_the_traits_of_a_second() -> None:
    events: list[dict[str, Any]] = [
        {"lead": 1, "event": "identify", "id": "d", "plan": None},
        {"lead": 1, "event": "identify", "id": "d", "plan": "pro"},
        {"lead": 1, "event": "q", "id": None, "plan": None},
    ]
    assert [] == _ran('q and lead.plan = "pro" => MEL', events)
    events[0]["id"] = None
    assert [(1, "MEL", "rule_1")] == _ran('q and lead.plan = "pro" => MEL', events)


def test_an_empty_id_is_no_id() -> None:
    events = [{"lead": "a", "event": "p", "id": ""} for _ in range(2)]
    assert [("a", "MEL", "rule_1")] == _ran("p >= 2 => MEL", events)


# -- a property in two places --------------------------------------------------------------------------------------


@pytest.mark.parametrize("apart", [[2, None], [{"y": 2}, None], ["2", None], [None, None]])
@pytest.mark.parametrize("inside", [[{"x": 1}, {"x": 3}], [{"x": {"y": 1}}, {"x": {"y": 3}}], [{"x": "a"}, {"x": "b"}]])
@pytest.mark.parametrize("suffix", ["parquet", "arrow", ""])
def test_a_property_may_be_a_column_and_in_properties(
    apart: list[Any], inside: list[Any], suffix: str, tmp_path: Path
) -> None:
    table = _table([{"lead": 1, "event": "p"}, {"lead": 2, "event": "p"}]).with_columns(
        pl.Series("x", apart), pl.Series("properties", inside)
    )
    rules = mqlrules.loads('p where (x = 1 or x.y = 1 or x = 2 or x.y = 2 or x = "2" or x = "a") => MEL\np => MQL')
    form: Any = table
    if suffix:
        form = tmp_path / f"events.{suffix}"
        (table.write_parquet if suffix == "parquet" else table.write_ipc)(form)
    found = [rules.run(form, engine=engine) for engine in ENGINES]
    assert found[0].equals(found[1])
    assert ["MEL", "MQL", "MQL"] == found[1]["to_stage"].to_list() or ["MQL", "MQL"] == found[1]["to_stage"].to_list()


# -- numbers of any size -------------------------------------------------------------------------------------------


NUMBERS = ("9223372036855", "-9223372036855", "9223372036854775808", "-9999999999999999999999999", "0.0000001")


@pytest.mark.parametrize("counted", [[], [1], [2**62, 2**62], [-(2**63), 2**63 - 1], [1e300, -1e300, 5e-324], [0.5]])
def test_thresholds_of_any_size(counted: list[Any]) -> None:
    events: list[dict[str, Any]] = [{"lead": 1, "event": "p", "x": x} for x in counted]
    functions = ("sum", "avg", "min", "max", "first", "last", "distinct")
    rules = mqlrules.loads(
        "".join(
            f"{function}(x of p) {operator} {number} => MQL\n"
            for function in functions
            for operator in (">=", ">", "=", "!=", "<", "<=")
            for number in NUMBERS
        )
    )
    table = _table([*events, {"lead": 1, "event": "q", "x": None}])
    one, other = (rules.run(table, each_rule=True, engine=engine) for engine in ENGINES)
    assert one.equals(other)
    assert len(one)


def test_dates_in_a_zone_whose_offset_is_not_whole_quarters() -> None:
    rules = mqlrules.loads('timezone "Africa/Monrovia"\ndays(p) >= 2 => MEL')
    # 23:55:30 on the 31st and 00:00:10 on the 1st in Monrovia.
    times = ["1971-06-01T00:40:00Z", "1971-06-01T00:44:40Z"]
    table = pl.DataFrame({"lead": [1, 1], "time": times, "event": ["p", "p"]})
    assert [["MEL"], ["MEL"]] == [rules.run(table, engine=engine)["to_stage"].to_list() for engine in ENGINES]
    events = table.to_dicts()
    assert [1, 1] == [len(rules.evaluate(events, engine=name).transitions) for name in ("incremental", "reference")]
