"""``RuleSet.run``: files and tables to a table."""

import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import mqlrules

RULES = mqlrules.loads("""
rule looking: visited pricing => MEL
rule warm:    visited pricing >= 2 and attended webinar within 30d => MQL
""")

EVENTS = pl.DataFrame(
    {
        "lead": ["ada", "ada", "ben", "ada"],
        "time": ["2026-01-05T09:00:00Z", "2026-01-09T09:00:00Z", "2026-01-10T10:00:00Z", "2026-01-12T14:00:00Z"],
        "event": ["visited pricing", "visited pricing", "visited pricing", "attended webinar"],
    }
)


def evaluated(events: pl.DataFrame) -> list[tuple[object, ...]]:
    moves = RULES.evaluate(events.rows(named=True)).transitions
    return [(m.lead, m.from_stage, m.to_stage, m.at, m.rule, m.also, m.fingerprint) for m in moves]


def test_the_table_holds_what_evaluate_gives() -> None:
    table = RULES.run(EVENTS)
    assert ["lead", "from_stage", "to_stage", "at", "rule", "also", "fingerprint"] == table.columns
    assert evaluated(EVENTS) == table.rows()


@pytest.mark.parametrize("kind", ["pandas", "arrow", "csv", "parquet", "files"])
def test_every_kind_of_input_gives_the_same(kind: str, tmp_path: Path) -> None:
    EVENTS.write_csv(tmp_path / "events.csv")
    EVENTS.write_parquet(tmp_path / "events.parquet")
    EVENTS.head(2).write_csv(tmp_path / "one.csv")
    EVENTS.tail(2).write_csv(tmp_path / "two.csv")
    inputs: dict[str, object] = {
        "pandas": EVENTS.to_pandas(),
        "arrow": pa.table(EVENTS.to_dict(as_series=False)),
        "csv": tmp_path / "events.csv",
        "parquet": str(tmp_path / "events.parquet"),
        "files": [tmp_path / "one.csv", tmp_path / "two.csv"],
    }
    assert RULES.run(EVENTS).equals(RULES.run(inputs[kind]))


def test_each_rule_is_the_first_time_that_it_held() -> None:
    table = RULES.run(EVENTS, each_rule=True)
    assert ["lead", "rule", "at"] == table.columns
    firsts = {rule: RULES.first_true(condition, EVENTS.rows(named=True)) for rule, condition in (
        ("looking", "visited pricing"),
        ("warm", "visited pricing >= 2 and attended webinar within 30d"),
    )}  # fmt: skip
    expected = {(lead, rule, at) for rule, found in firsts.items() for lead, at in found.items() if at is not None}
    assert expected == set(table.rows())


def test_evaluation_ends_where_it_is_told() -> None:
    assert 2 == RULES.run(EVENTS, as_of="2026-01-11T00:00:00Z").height


def test_an_event_after_the_end_changes_nothing() -> None:
    later = pl.DataFrame({"lead": ["new"], "time": ["2026-02-01T00:00:00Z"], "event": ["visited pricing"]})
    end = "2026-01-12T14:00:00Z"
    assert RULES.run(EVENTS, as_of=end).equals(RULES.run(pl.concat([EVENTS, later]), as_of=end))


def test_repeated_ids_count_once() -> None:
    ids = EVENTS.with_columns(id=pl.lit("same"))
    assert [("ada", "MEL"), ("ben", "MEL")] == RULES.run(ids).select("lead", "to_stage").rows()


def test_traits_come_from_a_table() -> None:
    rules = mqlrules.loads("rule big: visited pricing and lead.employees >= 200 => MEL")
    leads = pl.DataFrame({"lead": ["ada", "ben"], "employees": [300, 20]})
    assert ["ada"] == rules.run(EVENTS, leads=leads)["lead"].to_list()


def test_columns_may_have_other_names() -> None:
    renamed = EVENTS.rename({"lead": "who", "time": "ts", "event": "what"})
    columns = {"lead": "who", "time": "ts", "event": "what"}
    assert RULES.run(EVENTS).equals(RULES.run(renamed, columns=columns))


def test_whole_numbers_stay_whole_numbers() -> None:
    numbered = EVENTS.with_columns(lead=pl.Series([1, 1, 2, 1]))
    assert pl.Int64 == RULES.run(numbered).schema["lead"]


def test_no_event_is_an_empty_table_of_the_same_shape() -> None:
    empty = RULES.run(EVENTS.clear())
    assert (0, RULES.run(EVENTS).columns) == (empty.height, empty.columns)


def test_rows_that_can_not_be_read_are_warned_of(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("lead,time,event\nada,2026-01-05,visited pricing\nada,soon,visited pricing\n")
    with pytest.warns(UserWarning, match=r"1 row can't be read and is left out:\n.*events.csv:3: "):
        table = RULES.run(tmp_path / "events.csv")
    assert 1 == table.height


def test_good_data_is_not_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        RULES.run(EVENTS)


def test_without_polars_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "polars" or "readers" in name]:
        monkeypatch.delitem(sys.modules, name)
    for name in (
        "mqlrules.run.incremental_run",
        "mqlrules.run.request",
        "mqlrules.run.outcome",
        "mqlrules.run.spilled_results",
        "mqlrules.run.running",
        "mqlrules.run.columnar_run",
    ):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(mqlrules.MissingExtra, match=r"install it with: .*\[files\]"):
        RULES.run("events.csv")


# -- what is not an input ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [None, 5, b"events.csv", {"lead": 1}, [{"lead": 1}], [None], object()])
def test_what_is_not_an_input_is_named(given: object) -> None:
    with pytest.raises(TypeError, match="run takes files, folders, globs and tables") as raised:
        RULES.run(given)
    asked = given[0] if isinstance(given, list) else given
    assert ("None" if asked is None else type(asked).__name__) in str(raised.value)
    assert isinstance(asked, dict) == ("evaluate" in str(raised.value))


def test_a_pyarrow_dataset_is_told_how_to_become_a_table(tmp_path: Path) -> None:
    dataset = pytest.importorskip("pyarrow.dataset")
    EVENTS.write_parquet(tmp_path / "events.parquet")
    with pytest.raises(TypeError, match=r"FileSystemDataset; give its table, to_table\(\)"):
        RULES.run(dataset.dataset(tmp_path))
    assert RULES.run(EVENTS).equals(RULES.run(dataset.dataset(tmp_path).to_table()))


@pytest.mark.parametrize("engine", ["auto", "incremental", "columnar"])
@pytest.mark.parametrize("memory", ["lots", "1MB", -1])
def test_an_invalid_memory_size_is_refused_whatever_the_engine(engine: Any, memory: Any) -> None:
    with pytest.raises(ValueError, match=r"invalid memory size|is too small"):
        RULES.run(EVENTS, engine=engine, memory=memory)


@pytest.mark.parametrize("kind", ["lazy", "stream"])
def test_a_small_query_or_stream_does_not_load_the_columnar_engine(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mqlrules.run.running._columnar", lambda *given: pytest.fail("the columnar engine was chosen"))
    given = EVENTS.lazy() if kind == "lazy" else EVENTS.to_arrow().to_reader()
    assert RULES.run(EVENTS).equals(RULES.run(given))


def test_a_query_that_fails_is_an_error_in_plain_words() -> None:
    with pytest.raises(mqlrules.DataError, match="can't be read"):
        RULES.run(EVENTS.lazy().select("missing"))


def test_compiling_is_not_a_warning(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("mqlrules.run.columnar_run.is_compiled", lambda: False)
    with warnings.catch_warnings(), caplog.at_level(logging.INFO, "mqlrules"):
        warnings.simplefilter("error")
        RULES.run(EVENTS, engine="columnar")
    assert [line for line in caplog.messages if line.startswith("compiling the columnar engine")]
