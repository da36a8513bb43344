"""Durations, windows and dates as people write them: ``30 days``, ``in the last month``, ``since 30d``."""

import re
from collections.abc import Iterable
from decimal import Decimal

import attrs

from mqlrules.language.calendar import UNITS
from mqlrules.language.suggest import closest
from mqlrules.syntax import errors
from mqlrules.syntax.lexer import END
from mqlrules.syntax.parse_error import Diagnosis, ParseError

NUMERALS = {
    word: number
    for number, words in enumerate(
        ("a an one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=1
    )
    for word in words.split()
}
"""Small numbers in words."""

_UNITS = {
    name: unit
    for unit, names in {
        "us": "us µs microsecond microseconds usec", "ms": "ms millisecond milliseconds msec millis",
        "s": "s sec secs second seconds", "m": "m min mins minute minutes", "h": "h hr hrs hour hours",
        "d": "d day days", "w": "w wk wks week weeks",
    }.items()
    for name in names.split()
}  # fmt: skip
_CALENDAR = {
    name: days
    for days, names in {30: "mo mos mon month months", 91: "quarter quarters", 365: "y yr yrs year years"}.items()
    for name in names.split()
}
_LONG_NAMES = [name for name in (*_UNITS, *_CALENDAR) if len(name) > 2]
_STUCK = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)[-_]?(?P<unit>[^\W\d_]+)")
_WINDOW = re.compile(
    r"(?:(?:in|over|during|for|from|of|within|inside|since|at) )?(?:the |a )?"
    r"(?:last|past|previous|recent|latest|next)|in|over|inside"
)
_LATER = re.compile(r"(?:^| )((?:(?:for )?(?:more|longer) than|over))$")
_ANCHORS = ("since", "after", "before", "within", "during")
_DATE = re.compile(
    r"(?:(?P<date>\d{4}-\d\d-\d\d)(?:[T ](?P<clock>\d\d:\d\d(?::\d\d)?))?"
    r"|(?P<year>\d{4})[-./](?P<month>\d{1,2})[-./](?P<day>\d{1,2})|\d{1,2}[-./]\d{1,2}[-./]\d{4})(?![\w:+-])"
)


# -- durations that were meant -------------------------------------------------------------------------------------


@attrs.frozen
class Meant:
    """A duration that was meant: how it is written, and the index after its last token.

    ``calendar`` marks a unit that varies in length, ``guessed`` a misspelled one.
    """

    text: str
    stop: int
    unit: str
    calendar: bool = False
    guessed: bool = False


def read(e: ParseError, index: int) -> Meant | None:
    """The duration at a token, however it is written; None if it has no number or no unit."""
    token, following = e.at(index), e.at(index + 1)
    match token.kind:
        case "DURATION":
            return Meant(token.text, index + 1, token.text.lstrip("0123456789."))
        case "UNSIGNED" | "SIGNED" if following.kind == "WORD":
            return _meant(token.text.lstrip("+-"), following.text, index + 2)
        case "STUCK":
            found = _STUCK.fullmatch(token.text)
            return _meant(found["number"], found["unit"], index + 1) if found else None
        case "WORD":
            if token.text.lower() in NUMERALS and following.kind == "WORD":
                return _meant(str(NUMERALS[token.text.lower()]), following.text, index + 2)
            return _meant("1", token.text, index + 1, exact=True)
    return None


def _meant(number: str, unit: str, stop: int, exact: bool = False) -> Meant | None:
    name = unit.lower()
    if name in _UNITS:
        return Meant(f"{number}{_UNITS[name]}", stop, unit)
    if name in _CALENDAR:
        return Meant(f"{Decimal(number) * _CALENDAR[name]:f}d", stop, unit, calendar=True)
    if exact:
        return None
    if len(name) <= 2 and len(set(name)) == 1 and name[0] in UNITS:
        return Meant(f"{number}{name[0]}", stop, unit, guessed=True)
    close = closest(name, _LONG_NAMES)
    meant = _meant(number, close, stop, exact=True) if close else None
    return meant and attrs.evolve(meant, unit=unit, guessed=True)


# -- windows -------------------------------------------------------------------------------------------------------


def calendar_window(e: ParseError) -> Diagnosis | None:
    """``within this month``, ``>= 2 in the current week``: a window has a length and no calendar date to start at."""
    at = e.words_from(e.index) if e.token().kind == "WORD" else e.index
    current = next((i for i in range(e.index, at) if e.at(i).text.lower() in ("this", "current")), None)
    meant = None if current is None else read(e, current + 1)
    if current is None or meant is None:
        return None
    first = current - (e.at(current - 1).text.lower() == "the")
    first -= e.at(first - 1).text.lower() in ("within", "during", "in", "since")
    instead = f"within {meant.text}"
    return e.fix(errors.CALENDAR_WINDOW, first, meant.stop - 1, instead, duration=meant.text)


def window_of_event(e: ParseError) -> Diagnosis | None:
    """``visited pricing within 2h of opened email``: the time from another event belongs in a sequence."""
    if e.token().text != "of" or e.token(-1).kind != "DURATION" or e.token(-2).text != "within":
        return None
    within = e.index - 2
    start = within - 1 if e.at(within - 1).kind == "STRING" else e.words_to(within)
    stop = e.index + 2 if e.token(1).kind == "STRING" else e.words_from(e.index + 1)
    if start == within or stop == e.index + 1:
        return None
    if e.at(stop).text == "where":
        closing = (at for at in range(stop + 2, len(e.tokens)) if e.opening(at) == stop + 1)
        stop = next(closing, stop - 1) + 1
    first, restriction, then = e.written(e.index + 1, stop), e.written(within, e.index), e.written(start, within)
    instead = f"{first} then {restriction} {then}"
    edit = e.replace(start, stop - 1, instead)
    return e.report(errors.WINDOW_OF_EVENT, within, stop - 1, edit, instead=instead)


def window_in_words(e: ParseError) -> Diagnosis | None:
    """``visited pricing in the last 30 days``, ``>= 2 over the past week``, ``within the last 30d``."""
    at = _after_window_words(e, e.index) if e.token().kind == "WORD" else e.index
    meant = read(e, at)
    length = _window_length([token.text.lower() for token in e.tokens[e.words_to(e.index) : at]])
    anchored = e.at(at - length - 1).text.lower() in ("within", "during", "since")
    if meant is None or not (length or (anchored and e.at(at).kind == "WORD")):
        return None
    return _window(e, at - length - anchored, meant.stop, f"within {meant.text}", meant.calendar)


def days_ago(e: ParseError) -> Diagnosis | None:
    """``visited pricing 30 days ago``, ``more than 30 days ago``."""
    meant = read(e, e.index) if e.token().kind != "WORD" else None
    if meant is None or e.at(meant.stop).text.lower() != "ago":
        return None
    later = _LATER.search(" ".join(token.text.lower() for token in e.tokens[e.words_to(e.index) : e.index]))
    start = e.index - (len(later[1].split()) if later else 0)
    return _window(e, start, meant.stop + 1, f"older than {meant.text}", meant.calendar)


def bare_window(e: ParseError) -> Diagnosis | None:
    """``visited pricing 30 days``, ``visited pricing >= 2 30d``: a duration without a word that says what it limits."""
    meant = read(e, e.index) if e.token().kind != "WORD" else None
    if meant is None or "_WITHIN" not in e.expected:
        return None
    return _window(e, e.index, meant.stop, f"within {meant.text}", meant.calendar)


def _window(e: ParseError, start: int, stop: int, instead: str, calendar: bool) -> Diagnosis:
    message = errors.CALENDAR_WINDOW_IN_WORDS if calendar else errors.WINDOW_IN_WORDS
    return e.fix(message, start, stop - 1, instead)


def _after_window_words(e: ParseError, index: int) -> int:
    """The index after the words of ``in the last`` at a token, where a duration may follow."""
    stop = e.words_from(index)
    for at in range(min(stop, index + 4), index, -1):
        if _WINDOW.fullmatch(" ".join(token.text.lower() for token in e.tokens[index:at])):
            return at
    return index + 1 if e.at(index).text.lower() in ("the", "last", "past") else index


def _window_length(words: list[str]) -> int:
    """How many of the last words introduce a window."""
    lengths: Iterable[int] = range(min(3, len(words)), 0, -1)
    return next((length for length in lengths if _WINDOW.fullmatch(" ".join(words[-length:]))), 0)


def anchor_with_duration(e: ParseError) -> Diagnosis | None:
    """``b after 1d``, ``x since 30 days``: these three restrictions take an event."""
    anchor = e.token(-1).text
    if anchor not in ("after", "since", "before") or "WORD" not in e.expected or e.token().kind == "WORD":
        return None
    if e.token().kind in ("DATE", "INSTANT"):
        date = e.token().text
        instead = f"during … to {date[:10]}" if anchor == "before" else f"during {date[:10]} to …"
        return e.report(errors.ANCHOR_WITH_DATE, e.index - 1, e.index, word=anchor, date=date, instead=instead)
    meant = read(e, e.index)
    if meant is None:
        return None
    stop = meant.stop + (e.at(meant.stop).text == "ago")
    instead = f"within {meant.text}" if anchor == "since" else f"older than {meant.text}"
    message = errors.AFTER_WITH_DURATION if anchor == "after" else errors.ANCHOR_WITH_DURATION
    return e.fix(message, e.index - 1, stop - 1, instead, word=anchor, duration=meant.text)


# -- durations -----------------------------------------------------------------------------------------------------


def duration(e: ParseError) -> Diagnosis | None:
    """``within 30``, ``within 30 days``, ``within 1 month``, ``for 30dayz``, ``within "30d"``, ``within -3d``."""
    if "DURATION" not in e.expected:
        return None
    token, at = e.token(), e.index
    if token.kind == "STRING" and "STRING" not in e.expected:
        return e.fix(errors.QUOTED_DURATION, at, at, token.text[1:-1])
    if token.text in ("-", "+", "−") and e.token(1).kind == "DURATION":
        edit = e.replace(at, at, "")
        return e.report(errors.SIGNED_DURATION, at, at + 1, edit, instead=e.token(1).text)
    meant = read(e, at)
    if token.kind == "WORD" and (meant is None or "WORD" in e.expected):
        return None
    if meant is not None:
        return _duration(e, at, meant)
    if token.kind in ("UNSIGNED", "SIGNED") and "UNSIGNED" not in e.expected:
        number = token.text.lstrip("+-")
        word = "halve every" if e.token(-1).text == "every" else e.token(-1).text
        return e.fix(errors.NO_UNIT, at, at, f"{number}d", word=word, number=number)
    found = re.fullmatch(r"([0-9.]*[0-9])[-_]?([^\W\d_].*)", token.text) if token.kind == "STUCK" else None
    if found and "UNSIGNED" not in e.expected:
        return e.fix(errors.UNKNOWN_UNIT, at, at, "1d", unit=found[2])
    return None


def unit_after_number(e: ParseError) -> Diagnosis | None:
    """``duration >= 10 seconds``: a duration is one word."""
    if e.token().kind != "WORD" or e.token(-1).kind not in ("UNSIGNED", "SIGNED"):
        return None
    meant = read(e, e.index - 1)
    if meant is None or meant.guessed or not ("IGNORING_CASE" in e.expected or e.at(e.index - 2).text in _ANCHORS):
        return None
    return _duration(e, e.index - 1, meant)


def _duration(e: ParseError, first: int, meant: Meant) -> Diagnosis:
    if meant.calendar:
        message = errors.CALENDAR_UNIT
    else:
        message = errors.MISSPELLED_UNIT if meant.guessed else errors.SPELLED_UNIT
    return e.fix(message, first, meant.stop - 1, meant.text, unit=meant.unit)


# -- dates ---------------------------------------------------------------------------------------------------------


def interval(e: ParseError) -> Diagnosis | None:
    """``during 2026-01-01 - 2026-01-31``, ``between 2026-01-01 and 2026-01-31``, ``during 2026-01-01``."""
    token, before = e.token(), e.token(-1)
    if e.expected == {"_TO"}:
        last = next((token for token in e.tokens[e.index : e.index + 2] if token.kind == "DATE"), None)
        if last is None:
            edit = e.insert(e.index, f" to {before.text} ")
            return e.report(errors.ONE_DATE, e.index - 2, e.index - 1, edit, date=before.text)
        stop = e.index if token.kind == "DATE" else e.index + 1
        edit = e.insert(e.index, " to ") if stop == e.index else e.replace(e.index, e.index, " to ")
        instead = f"during {before.text} to {last.text}"
        return e.report(errors.INTERVAL, e.index - 2, stop, edit, instead=instead)
    if token.kind != "DATE" or "_DURING" not in e.expected or before.kind != "WORD":
        return None
    if before.text not in ("between", "from", "in", "on"):
        return None
    if e.token(1).text in ("and", "to", "until", "-") and e.token(2).kind == "DATE":
        return e.fix(errors.INTERVAL, e.index - 1, e.index + 2, f"during {token.text} to {e.token(2).text}")
    return e.fix(errors.INTERVAL, e.index - 1, e.index, f"during {token.text} to {token.text}")


def odd_date(e: ParseError) -> Diagnosis | None:
    """``2026-1-5``, ``31.01.2026``, ``01/31/2026``, an instant without its offset."""
    first = e.index
    while e.at(first - 1).kind in ("UNSIGNED", "SIGNED", "DATE") and (
        e.at(first - 1).end == e.at(first).start or e.at(first).kind == "CLOCK"
    ):
        first -= 1
    found = _DATE.match(e.text.text, e.at(first).start)
    if found is None or (e.start == "test_line" and found["clock"]):
        return None
    last = first
    while e.at(last + 1).kind != END and e.at(last + 1).start < found.end():
        last += 1
    if found["clock"]:
        instant = f"{found['date']}T{found['clock']}"
        return e.fix(errors.INSTANT_WITHOUT_OFFSET, first, last, f"{instant}Z", written=instant)
    if found["date"]:
        return None
    if not found["year"]:
        return e.report(errors.NO_SUCH_DATE, first, last, written=found[0])
    instead = f"{found['year']}-{int(found['month']):02}-{int(found['day']):02}"
    return e.fix(errors.ODD_DATE, first, last, instead, written=found[0])


RECOGNISERS = (
    odd_date, anchor_with_duration, calendar_window, window_of_event, window_in_words, days_ago, duration,
    unit_after_number, interval, bare_window,
)  # fmt: skip
