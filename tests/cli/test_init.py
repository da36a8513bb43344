"""``mqlrules init``: a rules folder that passes the check, and nothing overwritten."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mqlrules.ruleset import check_text
from tests.cli.conftest import Call


def test_the_first_rules_pass_the_check(call: Call, folder: Path) -> None:
    assert 0 == call("init").exit_code
    result = call("check", "rules")
    assert 0 == result.exit_code, result.stdout
    assert (folder / "rules" / "rules.mql").exists()


def test_the_schema_holds_what_the_file_holds(call: Call, folder: Path) -> None:
    rows = [
        {"lead": 1, "time": "2026-01-01", "event": "page_viewed", "path": "/a", "seconds": 3, "bot": False},
        {"lead": 1, "time": "2026-01-02", "event": "page_viewed", "path": "/b", "at": "2026-01-02T10:00:00Z"},
        {"lead": 1, "time": "2026-01-02", "event": "$identify"},
        {"lead": 1, "time": "2026-01-03", "event": "identify", "employees": 3, "Lead Source": "fair", "tags": ["x"]},
    ]
    (folder / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert 0 == call("init", "own", "--events", "own.jsonl").exit_code
    schema = (folder / "own" / "schema.mql").read_text()
    assert "schema page_viewed (path: text, seconds: number, bot: boolean, at: time)" in schema
    assert 'schema "$identify" ()' in schema
    assert 'schema lead (employees: number, "Lead Source": text, tags: list)' in schema
    assert 0 == call("check", "own").exit_code


def test_a_slip_in_an_event_is_found_with_the_schema(call: Call, folder: Path) -> None:
    call("init", "own", "--events", "events.csv")
    (folder / "own" / "more.mql").write_text("rule more: visted pricing => SQL\n")
    result = call("check", "own")
    assert 1 == result.exit_code
    assert "visited pricing" in result.stdout


def test_nothing_is_overwritten(call: Call, folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "mine.mql").write_text("# mine\n")
    result = call("init")
    assert 2 == result.exit_code
    assert ["mine.mql"] == [path.name for path in (folder / "rules").iterdir()]


def test_a_folder_with_other_things_is_used(call: Call, folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "README.md").write_text("mine\n")
    assert 0 == call("init").exit_code
    assert "mine\n" == (folder / "rules" / "README.md").read_text()


def test_rows_that_can_not_be_read_are_said(call: Call, folder: Path) -> None:
    (folder / "events.csv").write_text("lead,time,event\nada,2026-01-05,visited\nada,soon,visited\n")
    result = call("init", "--events", "events.csv")
    assert 1 == result.exit_code
    assert "1 row can't be read" in result.stderr


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), min_size=1, max_size=6))
def test_no_name_in_the_data_makes_a_faulty_schema(names: list[tuple[str, str]]) -> None:
    import polars as pl

    from mqlrules.cli.schema import described, first_rules
    from mqlrules.readers import read_events

    names = [(event, name) for event, name in names if event.strip() and name not in ("lead", "time", "event", "id")]
    rows = [{"lead": 1, "time": "2026-01-01", "event": event, name: 1} for event, name in names]
    if not rows:
        return
    schema = described(read_events(pl.DataFrame(rows, infer_schema_length=None)))
    assert () == check_text(schema.text + first_rules(schema)).diagnostics
