"""The diagnostics about how conditions, counts and times are written (E030 to E059): one constructor each."""

from mqlrules.syntax.errors import Place, error, quoted
from mqlrules.text.diagnostic import Diagnostic

UNITS = "The units are `us ms s m h d w`: `90s`, `12h`, `30d`, `2w`."

# -- joining and grouping ------------------------------------------------------------------------------------------


def capitals(place: Place, written: str, instead: str) -> Diagnostic:
    hint = f"Write `{instead}`; an event that has {quoted(written)} in its name is written in quotes."
    return error("E030", place, f"{quoted(written)} has to be in small letters.", hint)


def missing_parenthesis(place: Place, last: str, before: str | None) -> Diagnostic:
    where = f"after {quoted(last)}" + (f", before {quoted(before)}" if before else "")
    return error("E031", place, "This parenthesis is never closed.", f"Write the `)` {where}, or where its part ends.")


def extra_parenthesis(place: Place) -> Diagnostic:
    return error("E032", place, "This `)` closes nothing.", "Leave it out, or write the `(` that it belongs to.")


def empty_parentheses(place: Place) -> Diagnostic:
    return error("E033", place, "There is nothing in these parentheses.", "Write a condition or an event in them.")


def missing_operand(place: Place, word: str, side: str) -> Diagnostic:
    hint = "Write one, or leave the word out."
    return error("E033", place, f"There is no condition {side} this `{word}`.", hint)


def no_condition_at_all(place: Place) -> Diagnostic:
    hint = "Write it before the `=>`, such as `visited pricing >= 2 => MQL`."
    return error("E033", place, "This rule has no condition.", hint)


def two_joining_words(place: Place, written: str, kept: str) -> Diagnostic:
    return error("E034", place, f"`{written}` are two words where one is enough.", f"Write `{kept}`.")


def where_without_parentheses(place: Place, inner: str) -> Diagnostic:
    hint = f"Write {quoted('where (' + inner + ')', 100)}."
    return error("E035", place, "What follows `where` stands in parentheses.", hint)


def where_after_group(place: Place) -> Diagnostic:
    hint = "Write a `where` after each of them, or define the events first: `event NAME = a or b`."
    return error("E036", place, "`where` follows one event, not several in parentheses.", hint)


def not_for_no(place: Place) -> Diagnostic:
    return error("E037", place, "What must not happen is said with `no` here.", "Write `no` instead of `not`.")


def no_for_not(place: Place) -> Diagnostic:
    hint = "Write `not` instead of `no`."
    return error("E037", place, "`no` is for events; what is not so is said with `not`.", hint)


def negation_in_words(place: Place, written: str, instead: str) -> Diagnostic:
    return error("E038", place, f"{quoted(written)} is not how it is written here.", f"Write {quoted(instead)}.")


def restriction_after_with_same(place: Place, restriction: str, same: str) -> Diagnostic:
    message = f"{quoted(restriction)} comes before `with same`."
    hint = f"Write {quoted(restriction + ' ' + same)}; to narrow all of it, put what comes before in parentheses."
    return error("E039", place, message, hint)


def for_elsewhere(place: Place, duration: str) -> Diagnostic:
    message = f"`for {duration}` says how long something did not happen, after `then no`."
    return error("E040", place, message, f"For the last {duration} write `within {duration}`.")


def lone_for(place: Place, absent: str, duration: str) -> Diagnostic:
    message = f"`for {duration}` needs something that it starts from: `a then no b for {duration}`."
    return error("E040", place, message, f"For the last {duration} write {quoted(f'no {absent} within {duration}')}.")


def counted_condition(place: Place) -> Diagnostic:
    hint = "Count one event, or several joined with `or`: `(attended webinar or downloaded guide) >= 2`."
    return error("E041", place, "Only events can be counted, and this is more than events.", hint)


def step_is_no_event(place: Place) -> Diagnostic:
    hint = "Join conditions with `and`; a step is an event, or several joined with `or` in parentheses."
    return error("E042", place, "`then` stands between events, and this is none.", hint)


def then_after_restriction(place: Place, restriction: str) -> Diagnostic:
    hint = f"Write it at the end to narrow the whole sequence; between two steps write `then {restriction} …`."
    return error("E042", place, f"`{restriction}` stands in the middle of a sequence.", hint)


def said_twice(place: Place, words: str) -> Diagnostic:
    return error("E043", place, f"`{words}` is said twice here.", "Keep one of them.")


def doubtful_words(place: Place, phrase: str, instead: str) -> Diagnostic:
    hint = f"Write {quoted(instead)}; an event that is really called so is written in quotes."
    return error("E044", place, f"{quoted(phrase)} is read as the name of an event.", hint)


# -- counts --------------------------------------------------------------------------------------------------------


def count_in_words(place: Place, written: str, instead: str) -> Diagnostic:
    message = f"{quoted(written)} is not how a count is written."
    return error("E045", place, message, f"Write {quoted(instead)}; there are `= != < <= > >=`.")


def counted_absence(place: Place, written: str, instead: str) -> Diagnostic:
    message = f"{quoted(written)}: `no` means none already, and takes no count."
    return error("E046", place, message, f"Write {quoted(instead)}.")


def text_compared_as_count(place: Place, name: str, trait: str) -> Diagnostic:
    message = f"{quoted(name)} is read as an event, and events are counted with whole numbers."
    hint = f"For a trait of the lead write {quoted(trait)}; for a property of an event write `EVENT where (…)`."
    return error("E047", place, message, hint)


def stage_compared(place: Place, written: str, stage: str) -> Diagnostic:
    message = f"{quoted(written)}: a rule asks for the stage of a lead at its beginning, with `when`."
    return error("E047", place, message, f"Write {quoted(f'when {stage}, … => …')}.")


def counted_by_function(place: Place, written: str, instead: str) -> Diagnostic:
    return error("E045", place, f"{quoted(written)} is not how a count is written.", f"Write {quoted(instead)}.")


def aggregate_without_of(place: Place, function: str, instead: str) -> Diagnostic:
    message = f"`{function}` takes a property of an event."
    return error("E049", place, message, f"Write {quoted(instead)}.")


def odd_number(place: Place, written: str, instead: str) -> Diagnostic:
    return error("E048", place, f"{quoted(written)} is not how a number is written.", f"Write `{instead}`.")


# -- times ---------------------------------------------------------------------------------------------------------


def no_unit(place: Place, written: str, word: str, number: str) -> Diagnostic:
    hint = f"For {number} days write {quoted(f'{word} {number}d')}. {UNITS}"
    return error("E050", place, f"{quoted(written)} has no unit.", hint)


def spelled_unit(place: Place, written: str, instead: str) -> Diagnostic:
    return error("E051", place, f"{quoted(written)} is not how a duration is written.", f"Write `{instead}`. {UNITS}")


def unknown_unit(place: Place, unit: str, instead: str | None) -> Diagnostic:
    hint = f"Did you mean `{instead}`? {UNITS}" if instead else UNITS
    return error("E051", place, f"There is no unit {quoted(unit)}.", hint)


def calendar_unit(place: Place, written: str, instead: str) -> Diagnostic:
    message = f"{quoted(written)} has no fixed length: there are no months and years here."
    return error("E052", place, message, f"Write it in days: `{instead}`.")


def calendar_window(place: Place, written: str, duration: str) -> Diagnostic:
    message = f"{quoted(written)}: there are no windows that begin with a day of the calendar."
    hint = f"Write how long it is, `within {duration}`, or both dates, `during 2026-03-01 to 2026-03-31`."
    return error("E052", place, message, hint)


def window_of_event(place: Place, written: str, instead: str) -> Diagnostic:
    message = f"{quoted(written)}: a window goes back from now, not from another event."
    return error("E059", place, message, f"Write {quoted(instead, 100)}, or the two the other way round.")


def quoted_duration(place: Place, written: str, instead: str) -> Diagnostic:
    return error("E051", place, f"{quoted(written)} is in quotes, and durations are not.", f"Write {quoted(instead)}.")


def signed_duration(place: Place, written: str, instead: str) -> Diagnostic:
    return error("E051", place, f"{quoted(written)} has a sign, and durations have none.", f"Write `{instead}`.")


def window_in_words(place: Place, written: str, instead: str, calendar: bool) -> Diagnostic:
    hint = f"Write `{instead}`" + ("; months and years have no fixed length." if calendar else ".")
    return error("E053", place, f"{quoted(written)} is not how a span of time is written.", hint)


def anchor_with_duration(place: Place, word: str, duration: str, instead: str) -> Diagnostic:
    message = f"`{word}` takes an event, and `{duration}` is a duration."
    hint = f"Write `{instead}`."
    if word == "after":
        hint = f"For a step that much later write `then after {duration}`; for what is that long ago write `{instead}`."
    return error("E054", place, message, hint)


def anchor_with_date(place: Place, word: str, date: str) -> Diagnostic:
    hint = (
        f"Write both ends: `during {date[:10]} to …`"
        if word != "before"
        else f"Write both ends: `during … to {date[:10]}`"
    )
    return error("E054", place, f"`{word}` takes an event, and `{date}` is a date.", hint + ".")


def interval(place: Place, instead: str) -> Diagnostic:
    return error("E055", place, "This is not how an interval of dates is written.", f"Write `{instead}`.")


def one_date(place: Place, date: str) -> Diagnostic:
    message = "`during` takes two dates, the first and the last."
    return error("E055", place, message, f"For one day write `during {date} to {date}`.")


def odd_date(place: Place, written: str, instead: str | None) -> Diagnostic:
    hint = f"Write `{instead}`." if instead else "Write year, month and day: `2026-01-31`."
    return error("E056", place, f"{quoted(written)} is not how a date is written.", hint)


def no_such_date(place: Place, written: str) -> Diagnostic:
    return error("E056", place, f"There is no date `{written}`.", "Write year, month and day: `2026-01-31`.")


def no_such_instant(place: Place, written: str) -> Diagnostic:
    hint = "Write it as `2026-01-31T09:30:00+01:00`, or with `Z` for UTC."
    return error("E057", place, f"There is no instant `{written}`.", hint)


def instant_without_offset(place: Place, written: str) -> Diagnostic:
    hint = f"Write `{written}Z` for UTC, or the offset from it: `{written}+01:00`."
    return error("E057", place, f"`{written}` does not say in which zone.", hint)


def no_such_clock(place: Place, written: str) -> Diagnostic:
    return error("E057", place, f"No clock shows `{written}`.", "Hours go from 00 to 23: `09:30`, `21:05:30`.")


def duration_out_of_range(place: Place, written: str, fault: str) -> Diagnostic:
    hint = {
        "too long": "The longest one is `36500d`.",
        "too short": "The shortest one is `1us`, a microsecond.",
        "fraction": "Durations are whole microseconds: `0.001ms` is one.",
    }
    what = {"too long": "is too long", "too short": "is too short", "fraction": "is too fine"}
    return error("E058", place, f"The duration `{written}` {what[fault]}.", hint[fault])
