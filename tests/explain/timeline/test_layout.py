"""What is drawn of a lead, in the units of the data."""

import itertools
from decimal import Decimal

import pytest

import mqlrules
from mqlrules.events.model import Event
from mqlrules.explain.timeline.layout import ROWS, SCORES, SEGMENTS, WINDOWS, timeline_of
from mqlrules.explain.timeline.model import Pointed, Span, Threshold, Window
from tests.explain.timeline.cases import DAY, HOUR, SAAS, START, Drawn, ada, event, ladder, loop, many, scores
from tests.strategies import random_case


def windows(drawn: Drawn) -> list[tuple[int, str, str, int, int, int | None]]:
    """Windows with their instants as hours since the start."""
    found = []
    for w in drawn.timeline().windows:
        first, last = (w.first - START) // HOUR, (w.last - START) // HOUR
        found.append((w.move, w.kind, w.words, first, last, None if w.end is None else (w.end - START) // HOUR))
    return found


def test_moves_are_the_transitions_with_their_evidence_as_the_rules_call_it() -> None:
    timeline = ada().timeline()
    assert [
        (1, "anonymous", "MCL", "known", False, False),
        (2, "MCL", "MQL", "warm", False, False),
        (3, "MQL", "MEL", "recycle", True, False),
        (4, "MEL", "SQL", "called", False, False),
        (5, "SQL", "lost", "waits", False, True),
    ] == [(m.number, m.from_stage, m.to_stage, m.rule, m.down, m.out) for m in timeline.moves]
    assert (
        Pointed(START + 2 * DAY, "page_viewed", "visited pricing"),
        Pointed(START + 4 * DAY, "page_viewed", "visited pricing"),
        Pointed(START + 10 * DAY, "Attended Webinar", "Attended Webinar"),
    ) == timeline.moves[1].evidence
    assert ("scored",) == timeline.moves[1].also


def test_stays_follow_each_other_from_the_first_event_to_the_end() -> None:
    timeline = ada().timeline()
    assert ["anonymous", "MCL", "MQL", "MEL", "SQL", "lost"] == [stay.stage for stay in timeline.stays]
    assert timeline.span == Span(timeline.stays[0].start, timeline.stays[-1].end)
    assert all(a.end == b.start for a, b in itertools.pairwise(timeline.stays))


def test_each_part_of_a_rule_that_has_to_do_with_time_is_a_window() -> None:
    assert [
        (2, "open", "visited pricing >= 2", 48, 96, None),
        (2, "within", "attended webinar within 30d", 240, 240, 240 + 720),
        (3, "stay", "MQL for 30d", 240, 240 + 720, 240 + 720),
        (3, "absence", "no requested demo within 30d", 240, 240 + 720, None),
        (4, "then within", "attended webinar then within 20d requested demo", 1200, 1272, 1200 + 480),
        (5, "quiet", "requested demo then no booked call for 5d", 1272, 1272, 1272 + 120),
    ] == windows(ada())


def test_the_window_of_a_score_line_is_drawn_with_the_score() -> None:
    rules = "score heat\n    +25 for webinar within 20d\n    +5 per visit\nrule hot: heat >= 35 => MQL"
    visits = [event(START + n * DAY, "visit") for n in (1, 2)]
    drawn = Drawn(rules, [event(START, "webinar"), *visits])
    assert [(1, "within", "heat: webinar within 20d", 0, 0, 480)] == windows(drawn)


def test_of_alternatives_the_first_that_holds_is_drawn() -> None:
    rules = "rule any: visit >= 3 within 2d or visit >= 2 within 9d or visit within 1d => MQL"
    drawn = Drawn(rules, [event(START, "visit"), event(START + DAY, "visit")])
    assert "visit within 1d" == drawn.timeline().windows[0].words
    drawn = Drawn(rules.replace(" or visit within 1d", ""), drawn.events)
    assert [(1, "within", "visit >= 2 within 9d", 0, 24, 216)] == windows(drawn)


def test_with_same_draws_the_part_that_held() -> None:
    rules = "rule again: (viewed >= 2 and no bought) within 5d with same sku => MQL"
    events = [event(START + n * DAY, "viewed", sku=sku) for n, sku in enumerate(("tea", "pot", "tea"))]
    assert [
        (1, "within", "viewed >= 2 within 5d with same sku", 0, 48, 120),
        (1, "absence", "no bought within 5d with same sku", -72, 48, None),
    ] == windows(Drawn(rules, events))


def test_every_window_of_a_move_lies_on_its_evidence() -> None:
    seen = 0
    for seed in range(60):
        case = random_case(seed)
        rules = mqlrules.loads(case.rules)
        for lead in sorted({str(e["lead"]) for e in case.events}):
            timeline = timeline_of(rules.plan, case.events, lead, case.leads, case.end)
            for window in timeline.windows:
                move = timeline.moves[window.move - 1]
                times = {pointed.at for pointed in move.evidence}
                if window.kind in ("within", "then within", "open", "quiet"):
                    assert {window.first, window.last} <= times
                    assert window.first <= window.last <= move.at
                if window.kind == "within":
                    assert window.end is not None
                    assert window.end > move.at
                if window.kind in ("quiet", "stay"):
                    assert window.end is not None
                    assert window.end <= move.at
                seen += 1
    assert seen > 10


def test_moves_are_those_of_the_evaluation_whatever_the_rules() -> None:
    for seed in range(60, 100):
        case = random_case(seed)
        rules = mqlrules.loads(case.rules)
        result = rules.evaluate(case.events, as_of=case.end, leads=case.leads)
        for lead in {str(e["lead"]) for e in case.events}:
            timeline = timeline_of(rules.plan, case.events, lead, case.leads, case.end)
            expected = [(t.instant, t.rule, [e.at for e in t.evidence]) for t in result.transitions if t.lead == lead]
            assert expected == [(m.at, m.rule, [p.at for p in m.evidence]) for m in timeline.moves]


def test_a_score_is_a_step_at_each_change_with_what_rules_ask_of_it() -> None:
    (score,) = ada().timeline().scores
    assert "engagement" == score.name
    assert (Decimal(0), Decimal(100)) == (score.low, score.high)
    assert (Threshold(">=", Decimal(60), ("scored",)),) == score.thresholds
    assert [(1, 15), (48, 25), (96, 35), (240, 60)] == [
        ((at - START) // HOUR, int(value)) for at, value in score.steps[:4]
    ]


def test_a_segment_is_drawn_while_the_lead_is_in_it() -> None:
    (ideal,) = ada().timeline().segments
    assert ("ideal", (Span(START + HOUR, START + 60 * DAY),)) == (ideal.name, ideal.spans)


def test_of_many_scores_and_segments_those_not_drawn_are_named() -> None:
    timeline = scores().timeline()
    assert (SCORES, SEGMENTS) == (len(timeline.scores), len(timeline.segments))
    # The scores that rules ask for are among those that are drawn.
    assert ["points_2", "points_7", "points_8"] == [score.name for score in timeline.scores[:3]]
    assert any(note.startswith("3 more scores are not drawn: points_4") for note in timeline.notes)


def test_a_lead_goes_in_and_out_of_a_segment() -> None:
    drawn = Drawn("segment busy = visit >= 2 within 1d\nrule a: busy => MQL", [
        event(START + hours * HOUR, "visit") for hours in (0, 1, 50, 60, 90)
    ])  # fmt: skip
    (busy,) = drawn.timeline().segments
    assert [(1, 24), (60, 74)] == [((s.start - START) // HOUR, (s.end - START) // HOUR) for s in busy.spans]


def test_the_axis_of_a_score_is_its_clamp_unless_that_is_far_off() -> None:
    def reach(clamp: str) -> tuple[int, int]:
        rules = f"score heat\n    +10 per visit\n    {clamp}\nrule a: heat >= 30 => MQL"
        (score,) = Drawn(rules, [event(START, "visit")]).timeline().scores
        return int(score.reach[0]), int(score.reach[1])

    assert [(0, 100), (0, 30), (-5, 30)] == [
        reach("between 0 and 100"),
        reach("between 0 and 1000"),
        reach("-15 per visit"),
    ]


def test_every_event_stands_in_one_row_under_the_name_that_the_rules_give_it() -> None:
    timeline = ada().timeline()
    assert {"signed up": 1, "visited pricing": 2, "Attended Webinar": 2, "requested demo": 1, "page_viewed": 1} == {
        row.name: len(row.occurrences) for row in timeline.rows
    }
    assert 7 == timeline.event_count
    pricing = next(row for row in timeline.rows if row.name == "visited pricing")
    assert [(2,), (2,)] == [occurrence.moves for occurrence in pricing.occurrences]


def test_where_names_are_too_many_the_last_row_says_how_many_it_holds() -> None:
    drawn = Drawn("rule a: e3 => MQL", [event(START + n, f"e{n}") for n in range(ROWS + 6)])
    timeline = drawn.timeline()
    assert ROWS == len(timeline.rows)
    assert ("e3", 7) == (timeline.rows[0].name, timeline.rows[-1].merged)
    assert ROWS + 6 == timeline.event_count
    assert any("7 other names" in note for note in timeline.notes)


def test_a_long_ladder_is_drawn_without_the_stages_in_which_the_lead_never_was() -> None:
    timeline = ladder().timeline()
    assert set(timeline.lanes) >= {stay.stage for stay in timeline.stays}
    assert len(timeline.lanes) < 20
    assert any("stages" in note for note in timeline.notes)


def test_stages_outside_the_ladder_stand_below_it_if_the_lead_was_there() -> None:
    assert ("SQL", "MQL", "MEL", "MCL", "anonymous", "lost") == ada().timeline().lanes
    assert ("SQL", "MQL", "MEL", "MCL", "anonymous") == Drawn(SAAS, [event(START, "visit")]).timeline().lanes


def test_of_too_many_windows_it_is_said_how_many_are_not_drawn() -> None:
    rules = "lifecycle a > b\nrule up: visit within 2d => b\nrule down: when b, mail within 2d => recycle to a\n"
    events = [event(START + n * HOUR, ("visit", "mail")[n % 2]) for n in range(100)]
    timeline = Drawn(rules, events).timeline()
    assert WINDOWS == len(timeline.windows)
    assert any("more windows" in note for note in timeline.notes)
    assert 300 == len(loop().timeline().moves)


def test_a_long_quiet_end_is_cut_and_said() -> None:
    timeline = ada(START + 900 * DAY).timeline()
    assert timeline.span is not None
    assert timeline.shown is not None
    assert START + 900 * DAY == timeline.span.end
    assert timeline.shown.end < START + 120 * DAY
    assert any("Nothing changes" in note for note in timeline.notes)
    assert ada().timeline().span == ada().timeline().shown


def test_a_lead_without_events_stands_in_the_first_stage() -> None:
    timeline = Drawn(SAAS, []).timeline()
    assert (None, "anonymous", 0) == (timeline.span, timeline.stage, timeline.event_count)


def test_events_of_other_leads_set_the_end_and_nothing_else() -> None:
    rules = mqlrules.loads(SAAS)
    other = Event("ben", START + 20 * DAY, "signed up")
    timeline = timeline_of(rules.plan, [event(START, "signed up"), other], "ada")
    assert (Span(START, START + 20 * DAY), 1) == (timeline.span, timeline.event_count)


def test_five_thousand_events_are_laid_out_whole() -> None:
    assert 5000 == many().timeline().event_count


@pytest.mark.parametrize("rules", ["rule a: visit >= 0 within 9d => MQL", "rule a: not mail and visit => MQL"])
def test_nothing_is_said_of_a_window_that_says_nothing(rules: str) -> None:
    timeline = Drawn(rules, [event(START, "visit")]).timeline()
    assert (1, ()) == (len(timeline.moves), timeline.windows)


def test_a_count_below_a_number_is_an_absence_only_where_nothing_was() -> None:
    rules = "rule a: visit < 3 within 9d and mail => MQL"
    calm = Drawn(rules, [event(START, "mail")]).timeline()
    some = Drawn(rules, [event(START, "visit"), event(START + HOUR, "mail")]).timeline()
    assert ["absence"] == [window.kind for window in calm.windows]
    assert [Window(1, "within", "visit < 3 within 9d", START, START, START + 9 * DAY)] == list(some.windows)


def test_a_window_is_labelled_as_its_author_wrote_it() -> None:
    rules = """\
segment busy = visit where (path = "/a # b" and n > 1) >= 2   # looks around
    within 9d
rule a: (busy
    and not mail) within 5d => MQL
"""
    visits = [event(START + n * DAY, "visit", path="/a # b", n=2) for n in range(2)]
    assert ["visit where (…) >= 2 within 5d", "not mail within 5d"] == [
        window.words for window in Drawn(rules, visits).timeline().windows
    ]
