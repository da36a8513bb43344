"""``run`` with either engine: the same results, and which of them takes an input."""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import mqlrules
from mqlrules.events.errors import DataError
from mqlrules.language.instants import moment
from mqlrules.plan.projection import properties_of
from mqlrules.readers import memory, read_events
from mqlrules.run import outcome, running
from mqlrules.run import spilled_results as pieces
from mqlrules.run.outcome import Held
from mqlrules.run.running import Request, start
from tests.strategies import random_case

pytest.importorskip("numba")
pytest.importorskip("pyarrow")

RULES = mqlrules.loads("""
rule looking: visited pricing => MEL
rule warm:    visited pricing >= 2 and attended webinar within 30d => MQL
rule quiet:   when MQL for 5d, no activity within 5d => recycle to MEL
""")


def history(leads: int, name: str = "{}") -> pl.DataFrame:
    rows = []
    for lead in range(leads):
        day = 1 + lead % 9
        for at, event in ((day, "visited pricing"), (day + 2, "Visited_Pricing"), (12, "attended webinar")):
            if lead % 3 or at < 12:
                time = f"2026-01-{at:02}T{lead % 24:02}:00:00Z"
                rows.append({"lead": name.format(lead), "time": time, "event": event, "id": f"{lead}-{at}"})
    return pl.DataFrame(rows).sample(fraction=1, shuffle=True, seed=1)


def in_full(result: outcome.Result) -> tuple[Any, ...]:
    if isinstance(result, Held):
        return result.lead, result.rule, result.instant
    evidence = [(event.at, event.event, event.id) for event in result.evidence]
    return result.lead, result.from_stage, result.to_stage, result.instant, result.rule, result.also, evidence


def asked(rules: mqlrules.RuleSet, given: object, engine: Any, **options: Any) -> tuple[Any, ...]:
    """All that comes out with an engine, evidence too."""
    request = Request(rules.plan, rules.fingerprint, given, engine=engine, evidence=True, **options)
    with start(request, lambda line: None) as input_:
        found = input_.outcome()
        results = [in_full(result) for result in found]
        frame = pl.concat(found.frames())
        return results, frame, found.tally(), len(found), input_.events, input_.leads(), input_.end()


def assert_same(rules: mqlrules.RuleSet, given: object, **options: Any) -> None:
    one, other = (asked(rules, given, engine, **options) for engine in ("incremental", "columnar"))
    assert one[0] == other[0]
    assert one[1].schema == other[1].schema
    assert one[1].equals(other[1])
    assert one[2:] == other[2:]


@pytest.mark.parametrize("name", ["{}", "lead {}"])
@pytest.mark.parametrize("each_rule", [False, True])
def test_both_engines_give_the_same(name: str, each_rule: bool) -> None:
    events = history(300, name)
    leads = {"7": {"plan": "pro"}, "unheard of": {"plan": "free"}}
    numbers = events.with_columns(pl.col("lead").cast(pl.Int64)) if name == "{}" else events
    assert_same(RULES, numbers, each_rule=each_rule)
    assert_same(RULES, events, each_rule=each_rule, leads=leads)
    assert_same(RULES, events, each_rule=each_rule, as_of=1_768_000_000_000_000)
    assert_same(RULES, events.drop("id"), each_rule=each_rule)


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_both_engines_give_the_same_of_random_rules(seed: int, tmp_path: Path) -> None:
    case = random_case(seed)
    rules = mqlrules.loads(case.rules)
    file = tmp_path / "events.jsonl"
    with file.open("w") as out:
        for event in case.events:
            out.write(json.dumps({**event, "time": moment(event["time"]).isoformat()}) + "\n")
    for each_rule in (False, True):
        if case.events:
            assert_same(rules, file, leads=dict(case.leads), as_of=case.end, each_rule=each_rule)


def test_an_input_without_an_event_gives_the_same(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("lead,time,event\n,2026-01-01,x\n")
    for each_rule in (False, True):
        assert_same(RULES, tmp_path / "events.csv", each_rule=each_rule)


def test_results_that_find_no_room_are_put_in_order_span_by_span(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE", 50)
    events = history(400)
    request = Request(RULES.plan, "f", events, engine="columnar", evidence=True)
    with start(request, lambda line: None) as input_:
        whole = input_.outcome()
        assert isinstance(whole, pieces.Pieces)
        small = pieces.Pieces(whole._rules.to_list(), whole._stages.to_list(), "f", False, 2000)
        for piece in whole._spool:
            for half in (piece.head(len(piece) // 2), piece.tail(len(piece) - len(piece) // 2)):
                small.add(half)
        small.rest_on(whole._evidence)  # type: ignore[arg-type]
        assert 3 < len(list(small._spans_of_time()))
        assert list(whole) == list(small)
        assert 50 >= max(frame.height for frame in small.frames())


def test_the_size_picks_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history(30).write_parquet(tmp_path / "events.parquet")
    kinds = []
    for many in (70, 90):
        monkeypatch.setattr(running, "MANY", many)
        with start(Request(RULES.plan, "", tmp_path), lambda line: None) as input_:
            kinds.append(type(input_).__name__)
    assert ["ColumnarRun", "IncrementalRun"] == kinds


def test_without_the_extra_a_line_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MANY", 1)
    monkeypatch.setattr(running, "_is_installed", lambda: False)
    with pytest.warns(UserWarning, match=r"install it with: .*\[columnar\]"):
        found = RULES.run(history(9))
    assert found.equals(RULES.run(history(9), engine="incremental"))


def test_an_engine_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if "columnar" in name or name == "mqlrules.run.columnar_run"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(mqlrules.MissingExtra, match=r"install it with: .*\[columnar\]"):
        RULES.run(history(9), engine="columnar")


def test_what_is_too_large_for_one_engine_goes_to_the_other_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MANY", 1)
    rules = mqlrules.loads("score s\n    +900000000 per visited pricing\ns >= 5 => MQL")
    events = history(9)
    with pytest.raises(DataError, match="columnar engine: the points of a score are too large") as raised:
        rules.run(events, engine="columnar")
    assert 'engine="incremental"' in str(raised.value.hint)
    with pytest.warns(UserWarning, match="using the incremental engine"):
        found = rules.run(events)
    assert 9 == found.height
    assert found.equals(rules.run(events, engine="incremental"))


def test_only_what_the_rules_look_at_is_read() -> None:
    rules = mqlrules.loads("""
schema lead (plan: text)
score s
    +1 per a where (p1 = 1)
    +2 if sum(p2.x of b) >= 2 since c where (p3 is known)
(a where (p4 starts with "x") then no b where (not p5) then c) with same p6 and lead.plan = "pro" and s >= 2 => MQL
""")
    expected = {"p1", "p2", "p3", "p4", "p5", "p6", "plan"}
    assert expected == properties_of(rules.plan)


@pytest.mark.parametrize(
    ("text", "bytes_"), [("1GB", 10**9), ("500 MB", 5 * 10**8), ("2GiB", 2**31), ("1.5gb", 15 * 10**8)]
)
def test_a_size_is_written_as_people_write_it(text: str, bytes_: int) -> None:
    assert bytes_ == memory.memory_of(text)


@pytest.mark.parametrize("text", ["", "lots", "1 XB", "-1GB", "1MB", "0"])
def test_what_is_no_size_is_said_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"invalid memory size|is too small"):
        RULES.run(history(3), engine="columnar", memory=text)


def test_an_engine_that_there_is_not_is_said_in_words() -> None:
    with pytest.raises(ValueError, match="unknown engine 'fast'; choose 'auto', 'incremental' or 'columnar'"):
        RULES.run(history(3), engine="fast")  # type: ignore[arg-type]


def test_half_of_what_is_free_is_taken() -> None:
    assert memory.LEAST <= memory.memory_of(None) <= memory.free()


def test_remarks_and_rejects_are_those_of_the_other_engine(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text("lead,time,event\n1,2026-01-01,visited pricing\n,2026-01-01,a\n1,never,a\n")
    said = []
    for engine in ("incremental", "columnar"):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            RULES.run(file, engine=engine)  # type: ignore[arg-type]
        said.append([str(one.message) for one in found if "can't be read" in str(one.message)])
    assert said[0] == said[1]
    assert 1 == len(said[0])
    assert 2 == len(read_events(file).rejects)
