"""``mqlrules explain``: one lead, and all of them."""

import json
from pathlib import Path

import polars as pl
import pytest

from tests.cli.conftest import Call
from tests.terminal import in_a_terminal

ASKED = ("explain", "rules.mql", "--events", "events.jsonl")


def test_a_lead_is_explained_as_a_tree(call: Call) -> None:
    result = call(*ASKED, "--lead", "ben")
    assert (0, "") == (result.exit_code, result.stderr)
    assert result.stdout.startswith("ben is MEL since 10 Jan 2026, 10:00\n")
    assert "  Would hold with one more “visited pricing”, then one “attended webinar”.\n" in result.stdout
    assert "✗ “attended webinar” has happened in the last 30 days\n          0 of 1\n" in result.stdout


def test_a_rule_and_an_instant_can_be_named(call: Call) -> None:
    result = call(*ASKED, "--lead", "ada", "--rule", "Warm", "--at", "2026-01-11")
    assert "As of 11 Jan 2026, 23:59:59 (UTC): 2 events" in result.stdout
    assert "  Would hold with one “attended webinar”.\n" in result.stdout


def test_an_explanation_comes_as_json(call: Call) -> None:
    told = json.loads(call(*ASKED, "--lead", "ada", "--rule", "warm", "--output-format", "json").stdout)
    assert ["lead", "at", "stage", "stage_since", "timezone", "events", "traits", "notes", "transitions", "rules"] == (
        list(told)
    )
    [rule] = told["rules"]
    verdict = rule["verdict"]
    assert ("holds", "2026-01-12T14:00:00Z", "2026-02-11T14:00:00Z") == (
        verdict["kind"], verdict["since"], verdict["until"]
    )  # fmt: skip
    assert ["e1", "e2", "e4"] == [event["id"] for event in verdict["evidence"]]
    assert ["MQL"] == [move["to_stage"] for move in rule["fired"]]


def test_an_explanation_comes_as_markdown(call: Call) -> None:
    shown = call(*ASKED, "--lead", "ben", "--output-format", "markdown").stdout
    assert shown.startswith("# ben is MEL since 10 Jan 2026, 10:00\n\n")
    assert "\n- ✗ Both of these (0 of 2)\n  - ✗ “visited pricing” has happened" in shown


@pytest.mark.parametrize(("name", "begins"), [("ben.md", "# ben"), ("ben.json", "{\n"), ("ben.txt", "ben is MEL")])
def test_the_ending_of_a_file_says_how_it_is_written(call: Call, folder: Path, name: str, begins: str) -> None:
    result = call(*ASKED, "--lead", "ben", "--out", name)
    assert (0, "", f"written to {name}\n") == (result.exit_code, result.stdout, result.stderr)
    assert (folder / name).read_text("utf-8").startswith(begins)


def test_the_answer_and_the_files_have_formats_of_their_own(call: Call, folder: Path) -> None:
    (folder / "events.jsonl").rename(folder / "events.log")
    asked = ("explain", "rules.mql", "--events", "events.log", "--lead", "ben", "--format", "jsonl")
    assert "ben" == json.loads(call(*asked, "--output-format", "json").stdout)["lead"]


def test_an_unknown_lead_gets_a_close_name(call: Call) -> None:
    result = call(*ASKED, "--lead", "adda")
    expected = "mqlrules: lead 'adda' has no events and no traits. Did you mean 'ada'?\n"
    assert (2, "", expected) == (result.exit_code, result.stdout, result.stderr)


def test_an_unknown_rule_gets_a_close_name(call: Call) -> None:
    result = call(*ASKED, "--lead", "ada", "--rule", "worm")
    expected = "mqlrules: unknown rule 'worm'. Did you mean 'warm'?\n"
    assert (2, "", expected) == (result.exit_code, result.stdout, result.stderr)


def test_a_lead_may_be_a_number(call: Call, folder: Path) -> None:
    (folder / "numbers.csv").write_text("lead,time,event\n7,2026-01-01,visited pricing\n")
    result = call("explain", "rules.mql", "--events", "numbers.csv", "--lead", "7")
    assert result.stdout.startswith("7 is MEL since 1 Jan 2026, 00:00\n")
    assert 2 == call("explain", "rules.mql", "--events", "numbers.csv", "--lead", "seven").exit_code


def test_a_lead_known_by_its_traits_alone_is_explained(call: Call, folder: Path) -> None:
    (folder / "big.mql").write_text("rule big: lead.size >= 200 and signed up => MQL\n")
    (folder / "leads.csv").write_text("lead,size\ncy,300\n")
    result = call("explain", "big.mql", "--events", "events.csv", "--leads", "leads.csv", "--lead", "cy")
    assert "The lead had no event by then, so only its traits count.\n" in result.stdout
    assert "  Would hold with one “signed up”.\n" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Give either --lead, for one lead, or --batch, for all of them."),
        (("--lead", "ada", "--batch"), "Give either --lead, for one lead, or --batch, for all of them."),
        (("--batch", "--timeline"), "A timeline shows one lead"),
        (("--lead", "ada", "--out", "ada.pdf"), "ada.pdf must end in .md, .json or .txt"),
        (
            ("--lead", "ada", "--out", "ada.md", "--output-format", "json"),
            "--output-format json doesn't fit the ending of ada.md",
        ),
        (("--batch", "--out", "leads.md"), "leads.md must end in .jsonl, .csv or .parquet"),
    ],
)
def test_a_wrong_call_says_what_to_write(call: Call, arguments: tuple[str, ...], said: str) -> None:
    result = call(*ASKED, *arguments)
    assert (2, "", True) == (result.exit_code, result.stdout, said in result.stderr), result.stderr


def test_rows_that_cannot_be_read_are_said_and_kept(call: Call, folder: Path) -> None:
    with (folder / "events.jsonl").open("a") as file:
        file.write('{"lead": "ada", "event": "visited pricing"}\n')
    result = call(*ASKED, "--lead", "ada", "--rejects", "rejects.jsonl")
    assert (1, True) == (result.exit_code, "1 row can't be read and is left out" in result.stderr)
    assert 1 == len((folder / "rejects.jsonl").read_text().splitlines())
    assert 0 == call(*ASKED, "--lead", "ada", "--allow-rejects").exit_code


def test_all_leads_are_summed_up(call: Call) -> None:
    result = call(*ASKED, "--batch")
    assert (0, "") == (result.exit_code, result.stderr)
    assert "2 leads as of 2026-01-12 14:00 UTC; no rule moves 1 lead any higher\n" in result.stdout
    assert "\nMQL               1               0                0         1              0\n" in result.stdout


def test_the_file_of_all_leads_is_the_same_in_each_format(call: Call, folder: Path) -> None:
    for name in ("away.csv", "away.jsonl", "away.parquet"):
        result = call(*ASKED, "--at", "2026-01-11", "--batch", "--out", name)
        assert (0, f"2 rows written to {name}\n") == (result.exit_code, result.stderr)
    rows = [json.loads(line) for line in (folder / "away.jsonl").read_text("utf-8").splitlines()]
    assert [("ada", "warm", "one event", "“attended webinar”"), ("ben", "warm", "more", None)] == [
        (row["lead"], row["rule"], row["verdict"], row["one_more"]) for row in rows
    ]
    parquet = pl.read_parquet(folder / "away.parquet")
    assert list(rows[0]) == parquet.columns == pl.read_csv(folder / "away.csv").columns
    assert [row["verdict"] for row in rows] == parquet["verdict"].to_list()


def test_all_leads_come_as_json_and_as_markdown(call: Call) -> None:
    asked = (*ASKED, "--at", "2026-01-11", "--batch", "--rule", "warm")
    told = json.loads(call(*asked, "--output-format", "json").stdout)
    assert [{"stage": "MQL", "one_more": "“attended webinar”", "leads": 1, "rules": ["warm"]}] == told["one_event"]
    assert "| MQL | “attended webinar” | 1 | warm |" in call(*asked, "--output-format", "markdown").stdout


@pytest.mark.parametrize(("name", "begins"), [("ada.svg", "<svg"), ("ada.html", "<!DOCTYPE html>")])
def test_a_timeline_is_drawn_into_a_file(call: Call, folder: Path, name: str, begins: str) -> None:
    assert 0 == call(*ASKED, "--lead", "ada", "--timeline", "--out", name).exit_code
    assert begins.casefold() in (folder / name).read_text("utf-8")[:300].casefold()


def test_a_timeline_is_drawn_on_the_terminal(call: Call) -> None:
    shown = call(*ASKED, "--lead", "ada", "--timeline").stdout
    assert "\nvisited pricing " in shown


def test_no_events_at_all_are_no_leads(call: Call, folder: Path) -> None:
    (folder / "empty.csv").write_text("lead,time,event\n")
    assert 2 == call("explain", "rules.mql", "--events", "empty.csv", "--lead", "ada").exit_code
    result = call("explain", "rules.mql", "--events", "empty.csv", "--batch")
    assert (0, True) == (result.exit_code, result.stdout.startswith("0 leads"))


def test_a_terminal_shows_colours_and_a_name_cannot_steer_it(folder: Path) -> None:
    event = {"lead": "e\x1b[31mve", "time": "2026-01-01T00:00:00Z", "event": "visited pricing"}
    (folder / "steer.jsonl").write_text(json.dumps(event) + "\n")
    shown = in_a_terminal("mqlrules explain rules.mql --events steer.jsonl --lead $'e\\x1b[31mve'", folder, {}).text
    assert "\x1b[31mve" not in shown
    assert "\x1b[" in shown
