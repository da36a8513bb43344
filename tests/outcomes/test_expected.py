"""Worked answers on real data: what a report, a backtest, a diff and a tuning say is what independent code computed."""

import datetime
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pl = pytest.importorskip("polars")
pytest.importorskip("scipy")

import mqlrules  # noqa: E402 - it needs what has just been asked for
from mqlrules.language.instants import moment  # noqa: E402
from mqlrules.outcomes import funnel  # noqa: E402
from mqlrules.outcomes.journeys import DAY, Journeys  # noqa: E402
from mqlrules.outcomes.questions import report_of  # noqa: E402
from mqlrules.outcomes.statistics import aalen_johansen, logrank  # noqa: E402
from mqlrules.outcomes.study import Input, Study  # noqa: E402
from tests.real_data.data import path_of  # noqa: E402

CASES = [
    json.loads(line) for line in (Path(__file__).parent / "expected.jsonl").read_text(encoding="utf-8").splitlines()
]
EXITS = "(A_DECLINED or A_CANCELLED)"


@cache
def study(dataset: str, rules: str) -> Study:
    loaded = mqlrules.loads(rules)
    return Study(loaded.program, Input(path_of(f"{dataset}/events.csv.gz")), loaded.condition)


def curve(journeys: Journeys, answer: dict[str, Any], start: str, end: str, cause: int = 1) -> dict[str, float]:
    waits = funnel.waits(journeys, start, end)
    found = waits.curve() if cause == 1 else aalen_johansen(waits.days, waits.cause, cause)
    return {days: found.at(float(days))[0] for days in answer}


def share(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("k", "n", "share", "low", "high")}


def answer_of(case: dict[str, Any]) -> Any:
    """What the product answers, in the shape of the expectation; None where another test asks the question."""
    question, expected = case["question"], case["answer"]
    asked = study(case["dataset"], case["rules"])
    journeys = asked.journeys
    match question:
        case "as of" | "as of (last event of the input)":
            return moment(asked.as_of)
        case "transitions by (from, to)":
            return {f"{start}>{end}": moves for start, end, moves in funnel.moves_out(journeys).iter_rows()}
        case "leads that reached each stage":
            return dict(funnel.reached(journeys).iter_rows())
        case "stage at as-of":
            return dict(journeys.last_stages["stage"].value_counts().iter_rows())
        case "conversion MQL to customer, all leads, ever up to as-of":
            return share(funnel.steps(journeys).filter(pl.col("from_stage") == "MQL").to_dicts()[0])
        case "conversion MQL to customer within 90d by month of MQL":
            table = funnel.conversion(journeys, "MQL", "customer", 90 * DAY, "month")
            return {str(row["period"])[:7]: share(row) for row in table.iter_rows(named=True)}
        case "step conversion along the ladder":
            steps = funnel.steps(journeys).iter_rows(named=True)
            return {f"{row['from_stage']}>{row['to_stage']}": share(row) for row in steps}
        case "Kaplan-Meier share converted MQL to customer after D days":
            found = funnel.waits(journeys, "MQL", "customer").curve()
            return {days: dict(zip(("share", "low", "high"), found.at(float(days)), strict=True)) for days in expected}
        case "Kaplan-Meier median days from MQL to customer":
            return funnel.waits(journeys, "MQL", "customer").curve().median
        case "time in stage":
            return {
                row["stage"]: {
                    "visits": row["visits"],
                    "still_there": row["still_there"],
                    "median_days_km": row["median_days"],
                    "median_days_of_those_that_left": row["median_days_of_those_left"],
                }
                for row in funnel.time_in_stage(journeys).iter_rows(named=True)
            }
    return _by_beginning(case, asked, journeys)


def _by_beginning(case: dict[str, Any], asked: Study, journeys: Journeys) -> Any:
    question, expected = case["question"], case["answer"]
    if question.startswith("leads that reached ") and question.endswith(", per month"):
        stage = question.removeprefix("leads that reached ").removesuffix(", per month")
        months = funnel.reached(journeys, "month").filter(pl.col("stage") == stage)
        return {str(period)[:7]: leads for period, _, leads in months.iter_rows()}
    if question.startswith("first recorded"):
        first, earlier = funnel.first_recorded(journeys, "MQL", "customer") or (0, 0)
        return {"first": moment(first), "leads_before": earlier}
    if question.startswith("days until"):
        found = funnel.waits(journeys, "MQL", "customer").curve()
        return {part: found.reached(float(part)) for part in expected}
    if question.startswith("days from MQL to customer among"):
        waits = funnel.waits(journeys, "MQL", "customer")
        return {part: float(np.quantile(waits.days[waits.cause == 1], float(part))) for part in expected}
    if question.startswith("the same with delayed entry"):
        waits = funnel.waits(journeys, "MQL", "customer")
        first, _ = funnel.first_recorded(journeys, "MQL", "customer") or (0, 0)
        found = waits.curve(waits.recorded_from(first))
        return {days: found.at(float(days))[0] for days in expected}
    if question.startswith("leads in each stage at the end of each month"):
        balances: dict[str, dict[str, int]] = {}
        for row in funnel.flow(journeys, "month").iter_rows(named=True):
            if row["balance"]:
                balances.setdefault(str(row["period"])[:7], {})[row["stage"]] = row["balance"]
        return balances
    if question.startswith("share approved D days"):
        return curve(journeys, expected, "submitted", "approved")
    if question.startswith("share declined or cancelled"):
        return curve(journeys, expected, "submitted", "approved", 2)
    if question.startswith("log-rank organic search against social"):
        from mqlrules.outcomes.values import measured

        waits = funnel.waits(journeys, "MQL", "customer")
        groups = measured(asked, "first(origin of first contact)")
        frame = pl.DataFrame({"lead": waits.leads, "days": waits.days, "cause": waits.cause}).join(groups, on="lead")
        sides = [frame.filter(pl.col("value") == origin) for origin in ("organic search", "social")]
        chi2, p = logrank(*((side["days"], side["cause"] == 1) for side in sides))
        return {"chi2": chi2, "p": p}
    if question.startswith("conversion within 90d of neighbouring months"):
        table = report_of(asked, from_stage="MQL", to_stage="customer").tables["comparisons"]
        # The answer is of the months from 2018-01 on, and adjusted for those alone.
        rows = [row for row in table.iter_rows(named=True) if str(row["first"]) >= "2018-01"]
        return [
            {"months": [str(row["first"])[:7], str(row["second"])[:7]], "z": row["z"], "p": row["p"]} for row in rows
        ]
    if question.startswith("value: "):
        table = report_of(
            asked, from_stage="submitted", to_stage="approved", value="sum(amount of A_SUBMITTED)"
        ).tables["value"]
        return {
            str(row["period"])[:7]: {
                "submitted": row["leads"],
                "approved": row["arrived"],
                "sum": row["sum"],
                "per_submitted": row["per_lead"],
            }
            for row in table.iter_rows(named=True)
        }
    if question.startswith("last touch: "):
        names = asked.event_names()
        pattern = " or ".join(f'"{name}"' for name in names if name.startswith("W_"))
        table = report_of(asked, to_stage="approved", touch=pattern).tables["touch"]
        return dict(table.iter_rows())
    return None


def same(found: Any, expected: Any) -> bool:
    match expected:
        case dict():
            return isinstance(found, dict) and all(key in found and same(found[key], expected[key]) for key in expected)
        case list():
            return len(found) == len(expected) and all(map(same, found, expected))
        case float():
            return found is not None and abs(found - expected) <= 2e-6 + 1e-5 * abs(expected)
        case str() if isinstance(found, datetime.datetime):
            return found == datetime.datetime.fromisoformat(expected)
        case _:
            return bool(found == expected)


FUNNELS = [
    case
    for case in CASES
    if case["dataset"] in ("olist", "bpic2012", "receipt")
    and not case["question"].startswith(("backtest", "diff", "tune", "score", "landmark", "which rules", "WRONG"))
]


@pytest.mark.parametrize("case", FUNNELS, ids=lambda case: f"{case['dataset']}: {case['question'][:60]}")
def test_a_report_gives_the_worked_answer(case: dict[str, Any]) -> None:
    expected = case["answer"]
    if isinstance(expected, list):
        expected = [{key: row[key] for key in ("months", "z", "p")} for row in expected]
    found = answer_of(case)
    assert found is not None or expected is None
    assert same(found, expected), f"{found} is not {expected}"


def asking(beginning: str) -> list[dict[str, Any]]:
    found = [case for case in CASES if case["question"].startswith(beginning)]
    assert found
    return found


@pytest.mark.parametrize("case", asking("backtest of"), ids=lambda case: case["question"].split()[2].rstrip(","))
def test_a_backtest_gives_the_worked_answer(case: dict[str, Any]) -> None:
    rules = mqlrules.loads(case["rules"])
    found = rules.backtest(path_of("bpic2012/events.csv.gz"), "A_APPROVED", within="30d", exits=EXITS)
    name = case["question"].split()[2].rstrip(",")
    [judged] = [rule.to_dict() for rule in found.rules if rule.rule == name]
    renamed = {"lift": "naive_lift", "lift_same_age_open": "lift"}
    assert same({key: judged[renamed.get(key, key)] for key in case["answer"]}, case["answer"])


def test_a_backtest_warns_of_rules_that_report_the_outcome() -> None:
    [case] = asking("which rules say the outcome")
    rules = mqlrules.loads(case["rules"])
    found = rules.backtest(path_of("bpic2012/events.csv.gz"), "A_APPROVED", within="30d", exits=EXITS)
    # The rule that is the outcome itself is one, too.
    assert {*case["answer"], "outcome"} == {rule.rule for rule in found.rules if rule.leaks}


def test_a_score_at_a_landmark_gives_the_worked_answer() -> None:
    [case] = asking("score 10 days")
    rules = mqlrules.loads(case["rules"])
    [found] = rules.backtest(
        path_of("bpic2012/events.csv.gz"), "A_APPROVED", within="30d", exits=EXITS, landmarks=["10d"]
    ).scores
    expected = case["answer"]
    assert (expected["at_risk"], expected["outcomes"]) == (found.at_risk, found.outcomes)
    assert same(found.auc, expected["auc"])
    thresholds = {f"{row['at_least']:g}": share(row) for row in found.thresholds.iter_rows(named=True)}
    assert same(thresholds, expected["at_least"])


def test_a_diff_gives_the_worked_answer() -> None:
    [case] = asking("diff: calls")
    ladder, *rules = case["rules"].splitlines()
    old, new = (mqlrules.loads(f"{ladder}\n{rule.split(' ', 1)[1]}\n") for rule in rules)
    found = old.diff(new, path_of("bpic2012/events.csv.gz"), outcome="A_APPROVED")
    expected = case["answer"]
    [row] = found.stages.to_dicts()
    assert {key: row[key] for key in expected["leads"]} == expected["leads"]
    assert found.outcomes is not None
    had = {row["change"]: {"k": row["k"], "n": row["n"]} for row in found.outcomes.iter_rows(named=True)}
    assert same(had, expected["outcome A_APPROVED ever among"])
    months = {f"{str(month)[:7]} {change}": leads for month, change, leads in found.by_month("MQL").iter_rows()}
    assert expected["by month of the move"] == months
    assert same(found.shift("MQL"), expected["median shift in days of those that move at another time"])
    moved = found.leads.filter(pl.col("change").is_in(["only_old", "only_new"])).select("lead", "change")
    lines = sorted(f"{lead}\t{change}" for lead, change in moved.iter_rows())
    assert expected["sha256"] == hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_a_tuning_gives_the_worked_answer() -> None:
    [case] = asking("tune N and D")
    rules = mqlrules.loads(case["rules"].replace(">= N within D", ">= 3 within 7d"))
    found = rules.tune(
        path_of("bpic2012/events.csv.gz"),
        "hot",
        "A_APPROVED",
        "precision >= 40%",
        split_at="2012-01-01T00:00:00Z",
        counts=(1, 2, 3, 5),
        windows=("1d", "3d", "7d", "30d"),
    )
    candidates = found.to_dict()["candidates"]
    answers = {label[label.index(">=") :]: groups for label, groups in candidates.items()}
    assert same(answers, case["answer"])
    assert found.best is not None
    assert ">= 1 within 7d" in found.best.label
