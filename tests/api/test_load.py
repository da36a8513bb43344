"""Loading rules and handing in events: what the public calls take, and what they say where they can't."""

from pathlib import Path
from typing import Any

import pytest

import mqlrules

EVENTS = [{"lead": "a", "time": 0, "event": "visit"}, {"lead": "a", "time": 1, "event": "mail"}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.mql").write_text("segment keen = visit\n", encoding="utf-8")
    (tmp_path / "two.mql").write_text("keen and mail => MQL\n", encoding="utf-8")
    return tmp_path


def moves(rules: mqlrules.RuleSet) -> list[tuple[str, str]]:
    return [(t.to_stage, t.rule) for t in rules.evaluate(EVENTS).transitions]


def test_a_folder_is_one_name_space(folder: Path) -> None:
    assert [("MQL", "two_1")] == moves(mqlrules.load(folder))


def test_several_paths_are_one_name_space_as_arguments_or_as_a_list(folder: Path) -> None:
    paths = [folder / "one.mql", str(folder / "two.mql")]
    assert [("MQL", "two_1")] == moves(mqlrules.load(*paths)) == moves(mqlrules.load(paths))


def test_hidden_folders_are_read_only_if_they_are_given(folder: Path) -> None:
    hidden = folder / ".venv" / "lib"
    hidden.mkdir(parents=True)
    (hidden / "three.mql").write_text("mail => SQL\n", encoding="utf-8")
    (folder / "deeper").mkdir()
    (folder / "deeper" / "four.mql").write_text("visit => MEL\n", encoding="utf-8")
    assert ["MEL", "MQL"] == [stage for stage, _ in moves(mqlrules.load(folder))]
    for given in (folder / ".venv", hidden, hidden / "three.mql"):
        assert [("SQL", "three_1")] == moves(mqlrules.load(given))


def test_a_path_that_is_not_there_is_said(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such file"):
        mqlrules.load(folder / "three.mql")


def test_no_path_is_said() -> None:
    with pytest.raises(ValueError, match="needs the path"):
        mqlrules.load()


def test_an_error_lists_every_diagnostic_with_its_place() -> None:
    with pytest.raises(mqlrules.RuleError) as raised:
        mqlrules.loads("visit >= 2 => MLQ\nmail within 30 => MEL")
    found = [(d.severity, d.line, d.column, d.end_line, d.end_column) for d in raised.value.diagnostics]
    assert [("error", 1, 15, 1, 18), ("error", 2, 13, 2, 15)] == found
    assert isinstance(raised.value, ValueError)
    assert "Did you mean `MQL`?" in str(raised.value)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"time": 0, "event": "visit"}, "needs lead, time and event"),
        ({"lead": None, "time": 0, "event": "visit"}, "needs a lead"),
        ({"lead": "a", "time": "soon", "event": "visit"}, "is not a valid time"),
        ({"lead": "a", "time": 1.5, "event": "visit"}, "is not a valid time"),
        ({"lead": "a", "time": True, "event": "visit"}, "is not a valid time"),
        ({"lead": "a", "time": 10**30, "event": "visit"}, "outside the years"),
        ({"lead": "a", "time": 0, "event": ""}, "needs a name"),
        ({"lead": "a", "time": 0, "event": "visit", "id": [1]}, "id is text or a whole number"),
        (3, "needs lead, time and event"),
    ],
)
def test_an_event_that_can_not_be_read_is_said(event: Any, said: str) -> None:
    rules = mqlrules.loads("visit => MQL")
    with pytest.raises(mqlrules.EventError, match=said):
        rules.evaluate([event])
    with pytest.raises(mqlrules.EventError, match=said):
        rules.engine().feed(event)


def test_an_empty_cell_of_a_data_frame_is_no_id() -> None:
    rules = mqlrules.loads("visit >= 2 => MQL")
    result = rules.evaluate([{"lead": "a", "time": t, "event": "visit", "id": float("nan")} for t in range(2)])
    assert "MQL" == result.stage("a")


def test_what_is_no_score_or_segment_is_said() -> None:
    result = mqlrules.loads("visit => MQL").evaluate(EVENTS)
    with pytest.raises(KeyError, match="no score 'warmth'"):
        result.score("a", "warmth")
    with pytest.raises(KeyError, match="no segment 'keen'"):
        result.members("keen")


def test_values_without_bounds_are_taken() -> None:
    rules = mqlrules.loads("sum(n of buy) >= 1 with same sku => MQL")
    odd = [object(), float("inf"), 10**400, b"x", {1, 2}, [[]], {"a": {}}]
    events = [{"lead": "🦄", "time": t, "event": "buy", "n": n, "sku": s} for t, n in enumerate(odd) for s in odd]
    assert rules.evaluate(events, engine="reference").transitions == rules.evaluate(events).transitions


def test_a_file_is_no_event() -> None:
    with pytest.raises(TypeError, match="use run"):
        mqlrules.loads("visit => MQL").evaluate("events.csv")  # type: ignore[arg-type]


def test_rules_and_results_show_what_they_are() -> None:
    rules = mqlrules.loads("visit => MQL")
    assert f"RuleSet(1 file, 1 rule, fingerprint {rules.fingerprint})" == repr(rules)
    assert "Result(1 transitions of 1 leads, up to 1970-01-01T00:00:00.000001+00:00)" == repr(rules.evaluate(EVENTS))


def test_a_score_is_shown_without_needless_zeros() -> None:
    result = mqlrules.loads("score warmth\n    +2.5 per visit\n    +10 per mail\nwarmth >= 1 => MQL").evaluate(EVENTS)
    assert "12.5" == str(result.score("a", "warmth"))
    assert "2.5" == str(result.score("a", "warmth", at=0))
