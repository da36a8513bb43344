"""What is answered: conditions, scores, rules by name, other instants, leads."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mqlrules.engine.histories import gather
from mqlrules.engine.incremental import Probe, condition_holds, entries_of
from mqlrules.events.model import Event, Lead
from mqlrules.repl.data import Data, Given
from mqlrules.repl.data import ask as census_of
from mqlrules.ruleset import loads
from tests.repl.conftest import Asked
from tests.strategies import DAY, random_case


def test_a_condition_tells_how_many_leads_meet_it_now_how_many_ever_did_and_which_first(ask: Asked) -> None:
    assert """\
0 of 3 leads now, 1 ever; as of 2026-02-20 08:00 UTC
lead   first (UTC)        now
─────────────────────────────
ada    2026-01-09 09:00   no""" == ask("visited pricing >= 2 within 7d")
    assert not ask.failed


def test_a_condition_of_absence_is_asked_of_leads_that_have_none_of_its_events(ask: Asked) -> None:
    assert ask("no visited pricing").startswith("1 of 3 leads now, 1 ever;")
    assert "cy     2026-01-13 08:00   yes" in ask("no visited pricing")


def test_traits_are_learned_on_the_way(ask: Asked) -> None:
    assert "cy     2026-02-20 08:00   yes" in ask('lead.industry = "software"')


def test_a_score_by_its_name_shows_its_values(ask: Asked) -> None:
    assert "ada            45\nben            10\ncy              0" in ask("engagement")


def test_a_rule_by_its_name_asks_for_its_condition(ask: Asked) -> None:
    assert ask("warm") == ask("regular and attended webinar within 30d")


def test_an_event_that_nobody_ever_sent_is_pointed_out(ask: Asked) -> None:
    assert ask("visted pricing").endswith("The data has no event `visted pricing`. Did you mean `visited pricing`?")
    assert not ask.failed


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ('visited pricing where (pth = "/pricing")', "No `visited pricing` has a value of `pth`. Did you mean `path`?"),
        ('visited pricing where (path = "/prcing")', '`path` is never "/prcing". Did you mean "/pricing"?'),
        ('visited pricing where (path in ("/pricing", "/x"))', '`path` is never "/x".'),
        ("distinct(pth of visited pricing) >= 2", "No `visited pricing` has a value of `pth`. Did you mean `path`?"),
        ("lead.industri is known", "No lead has a value of `industri`. Did you mean `industry`?"),
        ('lead.industry = "softwar"', '`industry` is never "softwar". Did you mean "software"?'),
        ("keen sign and requested demmo", "The data has no event `requested demmo`."),
    ],
)
def test_properties_and_values_that_nobody_ever_had_are_pointed_out(ask: Asked, text: str, remark: str) -> None:
    assert remark in ask(text).splitlines()


@pytest.mark.parametrize(
    "text",
    [
        'visited pricing where (path = "/pricing")',
        'visited pricing where (path matches "/x*")',
        'visited pricing where (path != "/x")',
        'lead.industry in ("software")',
    ],
)
def test_what_the_data_holds_is_passed_over_in_silence(ask: Asked, text: str) -> None:
    assert "never" not in ask(text)
    assert "No " not in ask(text)


def test_a_mistake_has_carets_inside_the_input(ask: Asked) -> None:
    shown = ask("visited pricing >= 2 and\n    attended webinar within 30")
    assert "--> <input>:2:29" in shown
    assert "2 |     attended webinar within 30\n  |                             ^^" in shown
    assert ask.failed


def test_what_begins_as_a_statement_is_one_unless_an_event_is_called_so(ask: Asked, folder: Path) -> None:
    assert "E" in ask("score x = 3")
    assert ask.failed
    (folder / "scores.csv").write_text("lead,time,event\nada,2026-01-01,Score X\n")
    ask(":load scores.csv")
    assert ask("score x = 1").startswith("1 of 1 lead now")


def test_more_rows_come_when_they_are_asked_for(ask: Asked, folder: Path) -> None:
    lines = ["lead,time,event"] + [f"{k},2026-01-01T00:00:{k:02}Z,a" for k in range(30)]
    (folder / "many.csv").write_text("\n".join(lines))
    ask(":load many.csv")
    assert ask("a").endswith("… and 25 more: `:more`")
    first, second = ask(":more"), ask(":more")
    assert first.splitlines()[2].startswith("5 ")
    assert first.endswith("… and 5 more: `:more`")
    assert ["25", "26", "27", "28", "29"] == [line.split()[0] for line in second.splitlines()[2:]]
    assert "There is no more." == ask(":more")


# -- other instants ------------------------------------------------------------------------------------------------


def test_the_past_knows_nothing_of_what_came_later(ask: Asked) -> None:
    assert "As it was at 2026-01-09 23:59:59 UTC." == ask(":at 2026-01-09")
    assert ask("visited pricing").startswith("1 of 1 lead now, 1 ever; as of 2026-01-09")
    assert "As it was at 2026-01-10 23:59:59 UTC." == ask(":at +1d")
    assert ask("visited pricing").startswith("2 of 2 leads now")
    ask(":at 2026-01-12T14:00:00Z")
    assert "MQL since 2026-01-12 14:00 UTC, by warm" in ask(":lead ada")
    ask(":at -1us")
    assert "MEL since 2026-01-05 09:00 UTC, by looking" in ask(":lead ada")
    assert "The end of the events: 2026-02-20 08:00 UTC." == ask(":at end")


def test_a_date_is_its_last_instant_in_the_zone_of_the_rules(ask: Asked) -> None:
    ask('timezone "America/New_York"')
    assert "As it was at 2026-01-09 23:59:59 America/New_York." == ask(":at 2026-01-09")
    # The night in which the clocks go forward has 23 hours.
    assert "As it was at 2026-03-08 23:59:59 America/New_York.\n" in ask(":at 2026-03-08") + "\n"


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01", "-3 months", "7d", "2026-01-09T25:00:00Z"])
def test_what_is_no_time_is_said_and_nothing_moves(ask: Asked, time: str) -> None:
    ask(":at 2026-01-09")
    shown = ask(f":at {time}")
    assert ask.failed
    assert "is not a valid time" in shown
    assert "As it was at 2026-01-09 23:59:59 UTC." == ask(":at")


@pytest.mark.parametrize("time", ["0001-01-01", "9999-12-31", "-36500d", "1969-12-31"])
def test_the_ends_of_time_are_instants_like_others(ask: Asked, time: str) -> None:
    assert ask(f":at {time}").startswith("As it was at ")
    ask("no visited pricing within 30d")
    assert not ask.failed
    ask(":lead ada")
    assert not ask.failed


# -- leads ---------------------------------------------------------------------------------------------------------


def test_a_lead_has_a_stage_scores_segments_traits_and_a_timeline(ask: Asked) -> None:
    assert """\
ada  MQL since 2026-01-12 14:00 UTC, by warm
  in regular since 2026-01-09 09:00
  engagement 45
  3 events since 2026-01-05 09:00

2026-01-05 09:00     visited pricing  path /pricing
                       engagement 0 → 10
                       anonymous → MEL by looking
2026-01-09 09:00     Visited Pricing  path /pricing/team
                       in regular
                       engagement 10 → 20
2026-01-12 14:00     attended webinar
                       engagement 20 → 45
                       MEL → MQL by warm""" == ask(":lead ada")


def test_only_the_last_moments_are_shown_and_how_to_see_the_others(ask: Asked) -> None:
    assert "… 2 before: `:lead ada 3`\n2026-01-12 14:00     attended webinar\n" in ask(":lead ada 1")


def test_what_is_known_of_a_lead_is_shown(ask: Asked) -> None:
    assert "\n  industry software\n" in ask(":lead cy")


def test_the_lead_that_was_looked_at_last_is_remembered(ask: Asked) -> None:
    assert "Which lead?" in ask(":lead")
    ada = ask(":lead ada")
    assert ada == ask(":lead")


def test_a_lead_that_is_not_there_is_answered_with_a_close_one(ask: Asked) -> None:
    assert "error: There is no lead `adda`.\n  = hint: Did you mean `ada`?" == ask(":lead adda")


def test_a_lead_before_its_first_event_has_none(ask: Asked) -> None:
    ask(":at 2026-01-06")
    assert "ben  anonymous\n  no events up to 2026-01-06 23:59:59 UTC" == ask(":lead ben")


def test_leads_that_are_numbers_are_found_by_what_is_a_number_alone(ask: Asked, folder: Path) -> None:
    (folder / "numbers.csv").write_text("lead,time,event\n-5,2026-01-05,visited pricing\n")
    ask(":load numbers.csv")
    assert ask(":lead -5").startswith("-5 ")
    assert "There is no lead `--5`" in ask(":lead --5")


# -- why -----------------------------------------------------------------------------------------------------------


def test_why_says_what_is_missing(ask: Asked) -> None:
    shown = ask(":why warm ben")
    assert "ben is MEL since" in shown
    assert "Would hold with" in shown
    assert ask(":why warm") == shown, "the lead is remembered"


def test_why_is_asked_of_the_next_stage_without_a_rule(ask: Asked) -> None:
    assert "\nwarm\n  Would hold with" in ask(":why ben")


def test_why_is_asked_of_a_condition_too(ask: Asked) -> None:
    ask(":lead ben")
    assert "\nattended webinar\n" in ask(":why attended webinar")
    assert not ask.failed


def test_why_takes_a_condition_with_the_lead_behind_it(ask: Asked) -> None:
    shown = ask(":why visited pricing >= 5 within 9d ben")
    assert shown.startswith("ben is ")
    assert "\nvisited pricing >= 5 within 9d\n" in shown
    assert shown == ask(":why visited pricing >= 5 within 9d"), "the lead is remembered"
    assert ask(":why attended webinar ada").startswith("ada is ")
    unknown = ask(":why wram ada").replace("\n  = hint:", "")
    assert "There is no rule, lead or event `wram`. Did you mean the rule `warm`?" in unknown


def test_why_of_a_condition_without_a_lead_asks_for_one(ask: Asked) -> None:
    assert "Which lead?" in ask(":why visited pricing >= 5")
    assert ask.failed


def test_a_timeline_is_drawn(ask: Asked) -> None:
    shown = ask(":timeline ada")
    assert shown.startswith("ada\nMQL since 12 Jan 2026")
    assert "MEL → MQL  warm" in shown
    assert shown == ask(":timeline"), "the lead is remembered"
    ask(":at 2026-01-01")
    assert "No events: the lead is in the first stage, anonymous." in ask(":timeline ada")


def test_why_of_what_is_not_there_is_a_failure(ask: Asked) -> None:
    for text in (":why", ":why warm", ":why nobody", ":why warm nobody"):
        ask(text)
        assert ask.failed, text
    ask(":lead ben")
    assert "Did you mean the rule `warm`?" in ask(":why wram")


# -- trees, words, lists -------------------------------------------------------------------------------------------


def test_a_tree_counts_the_leads_that_meet_each_part(ask: Asked) -> None:
    assert """\
                                    now   ever
──────────────────────────────────────────────
and                                   0      1
├─ regular                            1      1
│  └─ visited pricing >= 2            1      1
└─ or                                 1      2
   ├─ attended webinar within 30d     0      1
   └─ opened email                    1      1
leads of 3; as of 2026-02-20 08:00 UTC""" == ask(":tree regular and (attended webinar within 30d or opened email)")


def test_a_restriction_stands_with_what_it_narrows(ask: Asked) -> None:
    assert "├─ visited pricing within 60d" in ask(":tree (visited pricing and attended webinar) within 60d")


def test_of_a_sequence_each_beginning_is_counted(ask: Asked) -> None:
    shown = ask(":tree visited pricing then no opened email then attended webinar then no activity for 2d")
    rows = [line.rsplit(None, 2) for line in shown.splitlines()[2:-1]]
    assert [
        ["sequence", "1", "1"],
        ["├─ visited pricing", "2", "2"],
        ["├─ then no opened email then attended webinar", "1", "1"],
        ["└─ then no activity for 2d", "1", "1"],
    ] == rows


def test_parts_of_a_history_are_no_leads_to_count(ask: Asked) -> None:
    shown = ask(":tree (visited pricing >= 2) with same path")
    assert ["with same path", "0", "0"] == shown.splitlines()[2].rsplit(None, 2)
    assert "└─ visited pricing >= 2" == shown.splitlines()[3].strip()


def test_a_rule_is_a_tree_by_its_name(ask: Asked) -> None:
    assert "└─ attended webinar within 30d" in ask(":tree warm")


def test_conditions_and_definitions_are_described(ask: Asked) -> None:
    assert "It holds while “visited pricing” has happened at least 2 times in the last 7 days." == ask(
        ":describe visited pricing >= 2 within 7d"
    )
    assert ask(":describe regular").startswith("regular: “They come back”\n")
    assert "“keen sign” means “visited pricing” or “requested demo”." == ask(":describe keen sign")
    assert "What these rules say\n" in ask(":describe")


def test_events_are_listed_by_name_and_one_by_its_values(ask: Asked) -> None:
    assert "visited pricing         3       2   2026-01-05 09:00   2026-01-10 10:00" in ask(":events")
    shown = ask(":events Visited_Pricing")
    assert "3 events of 2 leads; written visited pricing (2), Visited Pricing (1)." in shown
    assert "path            3        2   /pricing (2), /pricing/team (1)" in shown


def test_rules_are_listed_with_their_files(ask: Asked) -> None:
    ask("requested demo => SQL")
    shown = ask(":rules")
    assert "rule      warm         => MQL           rules.mql" in shown
    assert "rule      session_1    => SQL           <session>" in shown


def test_stages_say_what_all_rules_together_come_to_and_came_to_before(ask: Asked) -> None:
    assert """\
stage          now   ever
─────────────────────────
anonymous        1      3
MCL              0      0
MEL              1      2
MQL              1      1
SQL              0      0
SRL              0      0
customer         0      0
disqualified     0      0

rule      moves
───────────────
looking       2
warm          1
3 leads; as of 2026-02-20 08:00 UTC""" == ask(":stages")
    ask("rule warm: visited pricing => MQL")
    ask(":drop looking")
    shown = ask(":stages").splitlines()
    assert ["stage", "now", "loaded", "ever", "loaded"] == shown[0].split()
    assert ["MQL", "2", "1", "2", "1"] == shown[5].split()
    assert [["warm", "2", "1"], ["looking", "0", "2"]] == [line.split() for line in shown[-3:-1]]
    ask(":at 2026-01-05")
    assert "1 lead; as of 2026-01-05 23:59:59 UTC" in ask(":stages")


# -- all conditions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_the_answer_is_what_the_engine_says_of_each_lead(start: int) -> None:
    for number in range(start, start + 100):
        case = random_case(number)
        rules = loads(case.rules)
        histories, end = gather(case.events, case.end)
        if end is None:
            continue
        at = random.Random(number).choice([end, end - DAY])
        by_then = {lead: kept for lead, all_ in histories.items() if (kept := [e for e in all_ if e.at <= at])}
        for planned in rules.plan.rules:
            condition = planned.condition
            [census] = census_of(rules.program, data_of(histories, case.leads), [condition], at)
            firsts, holding = {}, set()
            for lead, history in by_then.items():
                traits = case.leads.get(str(lead), {})
                probe = Probe([condition], rules.program.timezone)
                firsts[lead] = probe.first_times(entries_of(history), traits, at)[0]
                if condition_holds(rules.program, condition, history, at, traits):
                    holding.add(lead)
            assert {lead: at for lead, at in firsts.items() if at is not None} == {m.lead: m.first for m in census.met}
            assert holding == {met.lead for met in census.met if met.holds}, case
            assert (len(by_then), len(holding)) == (census.leads, census.now)


def data_of(histories: Mapping[Lead, Sequence[Event]], traits: Mapping[Any, Mapping[str, Any]]) -> Data:
    """The histories as they are kept in memory."""
    events: list[Event] = []
    starts = [0]
    by_name: dict[str, list[int]] = {}
    for history in histories.values():
        for event in history:
            by_name.setdefault(event.name, []).append(len(events))
            events.append(event)
        starts.append(len(events))
    return Data(Given(), events, list(histories), starts, by_name, traits)


def test_a_session_with_nothing_answers_that_there_is_nothing(bare: Asked) -> None:
    assert "There are no events to ask: `:load FILE` reads some." == bare("visited pricing")
    for text in (":events", ":rules", ":describe", ":test", ":at", ":time", ":diff", ":more", ":tree a and b"):
        assert bare(text), text
        assert not bare.failed, text
    for text in (":lead ada", ":why", ":at -7d", ":undo", ":drop x", ":nonsense", ":load nowhere.csv", ":load"):
        bare(text)
        assert bare.failed, text
