"""Every case of the corpus on every engine: transitions, ``also``, evidence, and the state at the end."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mqlrules.engine import reference
from mqlrules.engine.histories import gather
from mqlrules.engine.results import Change
from mqlrules.events.model import Event, as_event
from mqlrules.language.instants import parse_time
from mqlrules.language.names import normalise
from tests.engine.engines import ENGINES, Outcome, checked, condition_of, evaluate, program_of

CORPUS = Path(__file__).parents[1] / "corpus"

Json = dict[str, Any]


def _cases() -> list[Json]:
    return [
        json.loads(line) for file in sorted(CORPUS.glob("*.jsonl")) for line in file.read_text("utf-8").splitlines()
    ]


EVERY_CASE = _cases()
CASES = [case for case in EVERY_CASE if "error" not in case["expect"]]
WRONG = [case for case in EVERY_CASE if "error" in case["expect"]]


def test_every_id_names_its_file_and_is_given_once() -> None:
    ids = [case["id"] for case in EVERY_CASE]
    assert sorted(set(ids)) == sorted(ids)
    for file in CORPUS.glob("*.jsonl"):
        for line in file.read_text("utf-8").splitlines():
            assert json.loads(line)["id"].rpartition("-")[0] == file.stem


def test_a_case_says_nothing_that_is_not_looked_at() -> None:
    known = {"id", "section", "why", "source", "rules", "files", "events", "leads", "as_of", "expect"}
    expected = {"transitions", "stages", "scores", "members", "timeline", "holds", "error"}
    for case in EVERY_CASE:
        assert set(case) <= known, case["id"]
        assert set(case["expect"]) <= expected, case["id"]


def _instant(case: Json) -> int | None:
    return parse_time(case["as_of"]) if "as_of" in case else None


def _traits(case: Json) -> dict[Any, Json]:
    return {row["lead"]: {key: row[key] for key in row if key != "lead"} for row in case.get("leads", [])}


def _shown(outcome: Outcome, events: list[Event], expected: list[Json]) -> list[Json]:
    """The transitions in the form of the corpus, with ``also`` and ``evidence`` where the case says them."""
    shown = []
    for number, transition in enumerate(outcome.transitions):
        one: Json = {
            "lead": transition.lead,
            "to": transition.to_stage,
            "at": transition.instant,
            "rule": transition.rule,
        }
        wanted = expected[number] if number < len(expected) else {}
        if "also" in wanted:
            one["also"] = transition.also
        if "evidence" in wanted:
            places = {id(event): index for index, event in enumerate(events)}
            one["evidence"] = sorted(places[id(event)] for event in transition.evidence)
        shown.append(one)
    return shown


def _at_the_end(changes: tuple[Change, ...], kind: str, name: str, nothing: Any) -> Any:
    values = [change.value for change in changes if change.kind == kind and normalise(change.name) == normalise(name)]
    return values[-1] if values else nothing


def folder_of(case: Json, folder: Path) -> Path | None:
    """The folder of the rule set, with the files that stand beside its rules; None where there are none."""
    for name, text in case.get("files", {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder if "files" in case else None


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case: Json, engine: str, tmp_path: Path) -> None:
    program = program_of(case["rules"], folder_of(case, tmp_path))
    events = [as_event(event) for event in case["events"]]
    outcome = evaluate(ENGINES[engine], program, events, _traits(case), _instant(case))
    expect = case["expect"]
    expected = [{**transition, "at": parse_time(transition["at"])} for transition in expect["transitions"]]
    assert expected == _shown(outcome, events, expected)

    changes: Mapping[Any, tuple[Change, ...]] = outcome.changes
    for lead, stage in expect.get("stages", {}).items():
        first = program.lifecycle.ladder[0]
        assert stage == _at_the_end(changes.get(lead, ()), "stage", "stage", first)
    for lead, scores in expect.get("scores", {}).items():
        for name, value in scores.items():
            found = _at_the_end(changes.get(lead, ()), "score", name, Decimal(0))
            assert Decimal(str(value)) == found
    for name, leads in expect.get("members", {}).items():
        found = [lead for lead in changes if _at_the_end(changes[lead], "segment", name, False)]
        assert leads == sorted(found)
    for lead, timeline in expect.get("timeline", {}).items():
        assert [_change(*change) for change in timeline] == list(changes[lead])


def _change(at: str, kind: Any, name: str, value: Any) -> Change:
    return Change(parse_time(at), kind, name, Decimal(str(value)) if kind == "score" else value)


@pytest.mark.parametrize("case", WRONG, ids=[case["id"] for case in WRONG])
def test_a_wrong_rule_set_is_told_where_and_what_to_write(case: Json, tmp_path: Path) -> None:
    _, errors = checked(case["rules"], folder_of(case, tmp_path))
    expected = case["expect"]["error"]
    told = [f"{error.message} {error.hint}" for error in errors if error.line == expected["line"]]
    assert [expected["says"]] == [expected["says"] for text in told if expected["says"] in text][:1], told


ASKED = [(case, question) for case in CASES for question in case["expect"].get("holds", [])]


@pytest.mark.parametrize(("case", "question"), ASKED, ids=[case["id"] for case, _ in ASKED])
def test_a_condition_holds_at_an_instant(case: Json, question: Json) -> None:
    program, condition = condition_of(case["rules"], question["condition"])
    lead, at = question["lead"], parse_time(question["at"])
    histories, _ = gather(case["events"], _instant(case))
    traits = _traits(case).get(lead, {})
    assert question["is"] == reference.holds(program, condition, histories.get(lead, []), at, traits)
