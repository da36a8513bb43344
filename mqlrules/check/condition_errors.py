"""The diagnostics about conditions, scores and rules that the language forbids (E3xx): one constructor each."""

from collections.abc import Sequence

from mqlrules.check.errors import Place, a, finding, here, listed
from mqlrules.text.diagnostic import Diagnostic, Note

# -- segments and scores in conditions (section 5) -----------------------------------------------------------------


def score_without_comparison(place: Place, name: str) -> Diagnostic:
    return finding(
        "E301", place, f"`{name}` is a score, and a score alone is no condition.", f"Compare it: `{name} >= 50`."
    )


def segment_compared(place: Place, name: str, comparison: str) -> Diagnostic:
    return finding(
        "E302",
        place,
        f"`{name}` is a segment: it holds or it doesn't, and can't be counted.",
        f"Write `{name}` alone, without `{comparison}`.",
    )


def name_narrowed(place: Place, name: str, kind: str) -> Diagnostic:
    return finding(
        "E303",
        place,
        f"`{name}` is {a(kind)}, and `where` is for events.",
        f"Write the `where` inside the {kind}, after the event that it narrows.",
    )


def score_times(place: Place, name: str) -> Diagnostic:
    return finding(
        "E304",
        place,
        f"`{name}` is a score: it has points, and doesn't happen a number of times.",
        "Leave `times` out.",
    )


# -- restrictions and with same (section 3) ------------------------------------------------------------------------


def nothing_to_narrow(place: Place, words: str) -> Diagnostic:
    return finding(
        "E305",
        place,
        f"`{words}` narrows events, and there are none here: traits and scores are as of now.",
        f"Leave it out, or write it after an event: `visited pricing {words}`.",
    )


def same_inside_same(place: Place, notes: Sequence[Note] = ()) -> Diagnostic:
    return finding(
        "E306",
        place,
        "One `with same` stands inside another.",
        "Split once: write them side by side, joined with `and`.",
        notes=notes,
    )


def nothing_to_split(place: Place, path: str) -> Diagnostic:
    return finding(
        "E307",
        place,
        f"`with same {path}` splits events, and there are none here: traits and scores are not split.",
        f"Leave it out, or write it after an event: `viewed product >= 2 with same {path}`.",
    )


# -- sequences (section 6) -----------------------------------------------------------------------------------------


def starts_with_no(place: Place, absent: str, following: str) -> Diagnostic:
    return finding(
        "E310",
        place,
        "A sequence can't start with `no`: there is nothing that it could come after.",
        f"If `{absent}` must not come before `{following}`, write `{following} and no {absent} before {following}`.",
    )


def ends_with_no(place: Place, absent: str) -> Diagnostic:
    return finding(
        "E311",
        place,
        f"`then no {absent}` at the end needs to know how long to wait.",
        f"Say for how long: `then no {absent} for 2d`.",
    )


def gap_before_no(place: Place, word: str, duration: str, absent: str) -> Diagnostic:
    hint = (
        f"To wait until {duration} have passed without it, write `then no {absent} for {duration}`."
        if word == "within"
        else f"Write `then no {absent} for {duration}`, or put `after {duration}` before the next step that happens."
    )
    return finding("E312", place, f"`{word} {duration}` is for a step that happens, and `no {absent}` doesn't.", hint)


def two_noes(place: Place, first: str, second: str) -> Diagnostic:
    return finding("E313", place, "Two `no` steps in a row are one.", f"Write `then no ({first} or {second})`.")


def step_comparison(place: Place, words: str, comparison: str, hint: str) -> Diagnostic:
    return finding(
        "E314", place, f"`{comparison}` can't stand in a sequence: a step is `{words}`, or `{words} >= 2`.", hint
    )


def lasting_step(place: Place, words: str, duration: str) -> Diagnostic:
    return finding(
        "E315",
        place,
        f"`for {duration}` is for a step that does not happen: `then no {words} for {duration}`.",
        f"For a time limit write `then within {duration} {words}`.",
    )


def impossible_gap(place: Place, within: str, after: str) -> Diagnostic:
    """A warning: a step that is too early and too late at once."""
    return finding(
        "E316",
        place,
        f"This step can never happen: not before {after} have passed, and within {within}.",
        "Make `within` longer than `after`.",
        severity="warning",
    )


# -- scores (section 7) --------------------------------------------------------------------------------------------


def empty_score(place: Place, name: str) -> Diagnostic:
    return finding(
        "E320",
        place,
        f"The score `{name}` has no line that gives points.",
        "Write one, indented: `+10 per visited pricing`.",
    )


def between_twice(place: Place, first: Place) -> Diagnostic:
    return finding(
        "E321",
        place,
        "`between` stands twice in this score.",
        "Keep one, as the last line.",
        notes=here(first, "the first one is here"),
    )


def between_not_last(place: Place) -> Diagnostic:
    return finding(
        "E322",
        place,
        "`between` holds for the whole score, so it is its last line.",
        "Move it to the end of the score.",
    )


# -- rules (section 8) ---------------------------------------------------------------------------------------------


def never_moves(place: Place, why: str, hint: str) -> Diagnostic:
    """A warning: a rule whose outcome is never a move."""
    return finding("E330", place, f"This rule can never move a lead: {why}.", hint, severity="warning")


# -- tests in rule files (section 9) -------------------------------------------------------------------------------


def expectation_without_time(place: Place, name: str, negated: bool) -> Diagnostic:
    expect = "expect no" if negated else "expect"
    return finding(
        "E340",
        place,
        f"`{name}` is a segment: a lead can be in it on one day and not on another.",
        f"Say when: `{expect} {name} on day 3`.",
    )


def segment_by_rule(place: Place, name: str) -> Diagnostic:
    return finding("E341", place, f"`{name}` is a segment, and no rule moves a lead into it.", "Leave `by …` out.")


def score_expected(place: Place, name: str) -> Diagnostic:
    return finding(
        "E342", place, f"`{name}` is a score, and a score has a value.", f"Say which: `expect {name} >= 50 on day 3`."
    )


def event_expected(place: Place, name: str, kind: str) -> Diagnostic:
    return finding(
        "E343",
        place,
        f"`{name}` is {a(kind)}; a test expects stages, segments and scores.",
        f"Write a segment of it, `segment name = {name}`, and expect that.",
    )


def not_one_event(place: Place, name: str, raw: Sequence[str], defined: Place | None) -> Diagnostic:
    """A definition in a test that doesn't say which event was sent."""
    if len(raw) > 1:
        why, hint = f"it can be any of {listed(raw)}", f"Write the one that happens: `{raw[0]}`."
    elif raw:
        why, hint = (
            "its `where` can be met in many ways",
            f"Write the event with its properties: `{raw[0]} (property: value)`.",
        )
    else:
        why, hint = "it can be any event", "Write the one that happens."
    return finding(
        "E344",
        place,
        f"`{name}` does not say which event happened: {why}.",
        hint,
        notes=here(defined, f"`{name}` is defined here"),
    )


# -- when things happen in tests (section 9) -----------------------------------------------------------------------


def not_as_defined(place: Place, name: str, wanted: str, defined: Place | None) -> Diagnostic:
    """A property of an event in a test that its definition does not allow."""
    return finding(
        "E345",
        place,
        f"With these properties it is no `{name}`: its definition asks for `{wanted}`.",
        "Leave the property out, or write the event as it is sent, in quotes.",
        notes=here(defined, f"`{name}` is defined here"),
    )


def no_such_day(place: Place, written: str) -> Diagnostic:
    return finding(
        "E346",
        place,
        f"There is no day {written}.",
        "Days are whole numbers; day 0 is 2026-01-01. A time of the day is a clock: `day 3 10:30`.",
    )


def out_of_order(place: Place, earlier: Place) -> Diagnostic:
    return finding(
        "E347",
        place,
        "This event happens before the one above it.",
        "Write the events in the order in which they happen. Without a clock an event happens at 12:00.",
        notes=here(earlier, "this one happens later"),
    )


def line_twice(place: Place, what: str, first: Place) -> Diagnostic:
    return finding(
        "E348",
        place,
        f"`{what}` stands twice in this test.",
        "Keep one of them.",
        notes=here(first, "the first one is here"),
    )


def lead_after_events(place: Place) -> Diagnostic:
    return finding(
        "E349",
        place,
        "`lead` stands before the events: what it says holds from the beginning.",
        'Write it first. What becomes known later is an event: `day 3 "identify" (industry: "software")`.',
    )


def after_the_end(place: Place, end: Place) -> Diagnostic:
    return finding(
        "E350",
        place,
        "This is after the end of the test.",
        "Let the test end later, or leave `as of` out: then it ends with the latest time that it mentions.",
        notes=here(end, "time ends here"),
    )


def nothing_expected(place: Place, name: str) -> Diagnostic:
    """A warning: a test that can't fail."""
    return finding(
        "E351",
        place,
        f'The test "{name}" expects nothing, so it can\'t fail.',
        "Say what must come of it: `expect MQL on day 10`, or `expect no MQL`.",
        severity="warning",
    )
