"""What reports, backtests, diffs and tunings say, show, and refuse."""

import datetime
import json
import re
from pathlib import Path
from typing import Any

import pytest

pl = pytest.importorskip("polars")
pytest.importorskip("scipy")
pytest.importorskip("matplotlib")

import mqlrules  # noqa: E402 - it needs what has just been asked for
from mqlrules.events.errors import DataError  # noqa: E402
from mqlrules.language.instants import moment  # noqa: E402
from mqlrules.outcomes.tune import Goal  # noqa: E402

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
RULES = """
lifecycle anonymous > lead > MQL > customer, lost
rule known: signed up => lead
rule warm: visited pricing >= 2 within 14d => MQL
rule won: won deal => customer
rule gone: unsubscribed => lost
"""


def frame(rows: list[tuple[str, float, str]]) -> Any:
    leads, days, events = zip(*rows, strict=True)
    times = [START + datetime.timedelta(days=day) for day in days]
    return pl.DataFrame({"lead": leads, "time": times, "event": events})


def journeys(count: int = 60) -> Any:
    """Every second lead visits twice and wins on day 20 after its start; every third of the others is lost."""
    rows = []
    for number in range(count):
        start = number / 2
        rows.append((f"lead {number}", start, "signed up"))
        if number % 2 == 0:
            rows += [(f"lead {number}", start + day, "visited pricing") for day in (1, 2)]
            rows.append((f"lead {number}", start + 20, "won deal"))
        elif number % 3 == 0:
            rows.append((f"lead {number}", start + 5, "unsubscribed"))
    rows.append(("late", 90.0, "signed up"))
    return frame(rows)


@pytest.fixture(scope="module")
def rules() -> mqlrules.RuleSet:
    return mqlrules.loads(RULES)


def test_a_conversion_rate_leaves_leads_out_that_have_not_had_their_time(rules: mqlrules.RuleSet) -> None:
    rows = [("old", 0, "signed up"), ("old", 5, "won deal"), ("young", 95, "signed up"), ("young", 96, "won deal")]
    report = rules.report(
        frame([*rows, ("open", 100, "signed up")]), from_stage="lead", to_stage="customer", within="30d"
    )
    table = report.tables["conversion"]
    assert (1, 1) == (table["k"].sum(), table["n"].sum())
    assert 2 == table["immature"].sum()
    assert any("less than 30 days before the end" in warning for warning in report.warnings)


def test_leads_that_leave_the_ladder_compete_with_those_that_convert(rules: mqlrules.RuleSet) -> None:
    report = rules.report(journeys(), from_stage="lead", to_stage="customer")
    assert "Aalen-Johansen" in report.markdown()


def test_a_stage_that_was_jumped_over_counts_as_reached(rules: mqlrules.RuleSet) -> None:
    report = rules.report(frame([("a", 0, "signed up"), ("a", 1, "won deal"), ("b", 2, "signed up")]))
    reached = dict(report.tables["reached"].iter_rows())
    assert {"anonymous": 2, "lead": 2, "MQL": 1, "customer": 1} == reached


def test_a_report_is_text_markdown_html_and_json(rules: mqlrules.RuleSet) -> None:
    report = rules.report(journeys(), from_stage="lead", to_stage="customer", benchmark=["lead>MQL=13%"])
    assert "Funnel" in report.text()
    assert "| lead | MQL | 49 % (37–61), 30/61 | 13 % |" in report.markdown()
    page = report.html()
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!#)', page)
    assert page.count("<svg") >= 2
    assert "#040401" not in page
    assert 61 == report.to_dict()["leads"]
    assert json.loads(json.dumps(report.to_dict()))
    assert "<table" in report._repr_html_()


def test_names_from_data_are_never_markup(rules: mqlrules.RuleSet) -> None:
    data = frame([("<script>alert(1)</script>|x", 0, "signed up"), ("b", 1, "signed up")])
    other = mqlrules.loads(RULES.replace("signed up => lead", "signed up => MQL"))
    found = rules.diff(other, data)
    assert "<script>alert" not in found.html()
    assert "<script>" not in found.markdown()
    assert "\\|x" in found.markdown()


def test_groups_are_compared(rules: mqlrules.RuleSet) -> None:
    data = journeys().with_columns(source=pl.when(pl.col("lead").str.ends_with("0")).then(pl.lit("ads")))
    report = rules.report(
        data, from_stage="lead", to_stage="customer", split="first(source of signed up)", within="30d"
    )
    groups = {row["group"]: row["leads"] for row in report.tables["split"].iter_rows(named=True)}
    assert {"ads": 6, "(unknown)": 55} == groups


def test_value_is_added_up_for_those_that_arrive(rules: mqlrules.RuleSet) -> None:
    data = journeys().with_columns(amount=pl.when(pl.col("event") == "won deal").then(100.0))
    report = rules.report(data, from_stage="lead", to_stage="customer", value="sum(amount of won deal)")
    assert 3000.0 == report.tables["value"]["sum"].sum()


def test_the_last_touch_is_before_the_entry(rules: mqlrules.RuleSet) -> None:
    rows = [
        ("a", 0, "signed up"),
        ("a", 1, "opened email"),
        ("a", 2, "won deal"),
        ("a", 3, "opened email"),
        ("b", 4, "won deal"),
    ]
    report = rules.report(frame(rows), to_stage="customer", touch="opened email or signed up")
    assert {"opened email": 1, "(none)": 1} == dict(report.tables["touch"].iter_rows())


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"from_stage": "MLQ"}, "there is no stage MLQ. Did you mean MQL?"),
        ({"from_stage": "customer", "to_stage": "MQL"}, "MQL must be above customer"),
        ({"within": "soon"}, "soon"),
        ({"by": "decade"}, "choose week, month, quarter or year"),
        ({"benchmark": ["MQL>SQL"]}, "write it as 'MQL>SQL=13%'"),
        ({"to_stage": "customer", "touch": "lead.a = 1"}, "touch|pattern|E"),
    ],
)
def test_a_report_refuses_what_it_cannot_read(rules: mqlrules.RuleSet, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        rules.report(journeys(), **asked)


def test_nothing_can_be_reported_about_no_events(rules: mqlrules.RuleSet) -> None:
    with pytest.raises(DataError, match="there are no events"):
        rules.report(journeys().clear())


def test_an_unknown_argument_is_refused(rules: mqlrules.RuleSet) -> None:
    with pytest.raises(TypeError, match="'colour'"):
        rules.report(journeys(), colour="red")


def test_a_rule_that_fires_with_the_outcome_predicts_nothing(rules: mqlrules.RuleSet) -> None:
    found = rules.backtest(journeys(), "won deal", within="30d")
    judged = {rule.rule: rule for rule in found.rules}
    assert judged["won"].same_instant == 30
    assert 0 == judged["won"].precision.n
    assert judged["won"].leaks is not None
    assert judged["warm"].leaks is None
    assert (30, 30) == (judged["warm"].precision.k, judged["warm"].precision.n)
    assert 30 == judged["warm"].recall.k
    assert any("Only 30 leads had the outcome" in warning for warning in found.warnings)


def test_the_lift_compares_with_leads_of_the_same_age(rules: mqlrules.RuleSet) -> None:
    [warm] = [rule for rule in rules.backtest(journeys(), "won deal", within="30d").rules if rule.rule == "warm"]
    # On day 2 all 61 leads are open, of whom those watched for 32 days count: 30 of 60 win within 30 days.
    assert pytest.approx(0.5) == warm.expected
    assert pytest.approx(2.0) == warm.lift


def test_an_outcome_that_nobody_has_names_the_nearest_event(rules: mqlrules.RuleSet) -> None:
    with pytest.raises(DataError, match="no lead ever had the outcome won deel") as caught:
        rules.backtest(journeys(), "won deel")
    assert "won deal" in str(caught.value)


def test_rule_sets_of_the_same_meaning_are_equal_without_reading_events(rules: mqlrules.RuleSet) -> None:
    same = mqlrules.loads(RULES.replace("rule known:", "# a comment\nrule known:"))
    found = rules.diff(same, "no such file.csv")
    assert found.same_meaning
    assert "no lead can move" in found.text()


def test_a_diff_says_who_moves(rules: mqlrules.RuleSet) -> None:
    stricter = mqlrules.loads(RULES.replace(">= 2 within", ">= 3 within"))
    found = rules.diff(stricter, journeys(), outcome="won deal")
    row = {row["stage"]: row for row in found.stages.iter_rows(named=True)}["MQL"]
    # Without the rule those leads reach MQL only by the jump to customer.
    assert (30, 0) == (row["later"], row["only_old"])
    assert 0 == found.moved
    assert [("rule", "warm", "changed")] == [(c.kind, c.name, c.change) for c in found.definitions]


@pytest.mark.parametrize(
    ("condition", "proven"),
    [
        ("visited pricing >= 3 within 14d", "stricter"),
        ("visited pricing >= 2 within 30d", "looser"),
        ("visited pricing > 1 within 14d", "equivalent"),
        ("attended webinar", None),
    ],
)
def test_a_diff_says_what_is_proven_of_a_changed_rule(
    rules: mqlrules.RuleSet, condition: str, proven: str | None
) -> None:
    changed = mqlrules.loads(RULES.replace("visited pricing >= 2 within 14d", condition))
    found = rules.diff(changed, journeys())
    if proven == "equivalent" and found.same_meaning:
        pytest.fail("the fingerprints are expected to differ")
    [warm] = [change for change in found.definitions if change.name == "warm"]
    assert proven == warm.proven
    assert (proven is not None) == ("Proven: " in found.markdown())


def test_leads_that_are_looked_at_from_a_stage_on_must_still_be_open_then(rules: mqlrules.RuleSet) -> None:
    rows = [("a", 0, "signed up"), ("a", 1, "visited pricing"), ("a", 2, "visited pricing"), ("a", 9, "won deal")]
    # The deal of b came before b was an MQL.
    rows += [("b", 0, "won deal"), ("b", 1, "visited pricing"), ("b", 2, "visited pricing"), ("b", 90, "signed up")]
    found = rules.backtest(frame(rows), "won deal", within="30d", among="visited pricing >= 2")
    assert 1 == found.outcomes


def test_a_date_alone_splits_at_its_beginning() -> None:
    rules = mqlrules.loads('timezone "Europe/Berlin"\nrule warm: visited pricing >= 2 within 14d => MQL\n')
    found = rules.tune(journeys(), "warm", "won deal", "f1", counts=[2], windows=["7d"], split_at="2026-01-15")
    assert datetime.datetime(2026, 1, 14, 23, tzinfo=datetime.UTC) == moment(found.split)


def test_a_rename_changes_no_meaning() -> None:
    old = mqlrules.loads("segment big = lead.size > 5\nrule a: big => MQL\nrule b: x => SQL\n")
    new = mqlrules.loads("segment big = lead.size > 5\nrule c: big => MQL\nrule b: x => SQL\n")
    from mqlrules.outcomes.diff import changed_definitions

    assert [("a → c", "renamed")] == [(c.name, c.change) for c in changed_definitions(old.program, new.program)]


@pytest.mark.parametrize("text", ["precision > 1", "precision >= 140%", "many", "", "recall >= 0%"])
def test_an_unreadable_goal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid goal"):
        Goal.parse(text)


def test_tuning_gives_a_patch_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "rules.mql").write_text(RULES.replace(">= 2 within", ">= 3 within"))
    rules = mqlrules.load(tmp_path / "rules.mql")
    found = rules.tune(
        journeys(120), "warm", "won deal", "f1", counts=[1, 2, 3], windows=["7d", "14d"], split_at="2026-02-20"
    )
    assert found.best is not None
    assert "-rule warm: visited pricing >= 3 within 14d => MQL" in found.patch
    assert re.search(r"\+rule warm: visited pricing >= [12] within 14d => MQL", found.patch)


def test_no_change_helps_is_a_result(rules: mqlrules.RuleSet) -> None:
    found = rules.tune(
        journeys(120), "warm", "won deal", "f1", counts=[2], windows=["7d", "14d"], split_at="2026-02-01"
    )
    assert "No change helps" in found.verdict
    assert "" == found.patch


def test_a_rule_without_numbers_has_nothing_to_tune(rules: mqlrules.RuleSet) -> None:
    with pytest.raises(DataError, match="no count, threshold or window"):
        rules.tune(journeys(), "known", "won deal", "f1", counts=[], windows=[])


def test_a_rule_to_tune_that_does_not_exist_has_a_close_name(rules: mqlrules.RuleSet) -> None:
    with pytest.raises(LookupError, match="Did you mean warm"):
        rules.tune(journeys(), "wram", "won deal", "f1")
