"""Windows and durations as people say them: ``in the last 30 days``, ``within 30``, ``30 dayz``, ``since 30d``."""

import re

from mqlrules.syntax import condition_errors
from mqlrules.syntax.diagnose import units
from mqlrules.syntax.lexer import END
from mqlrules.syntax.parse_error import Slip, Trouble

_WINDOW = re.compile(
    r"(?:(?:in|over|during|for|from|of|within|inside|since|at) )?(?:the |a )?"
    r"(?:last|past|previous|recent|latest|next)|in|over|inside"
)
_LATER = re.compile(r"(?:(?:for )?(?:more|longer) than|over)")
_ANCHORS = ("since", "after", "before", "within", "during")
_DATE = re.compile(
    r"(?:(?P<date>\d{4}-\d\d-\d\d)(?:[T ](?P<clock>\d\d:\d\d(?::\d\d)?))?"
    r"|(?P<year>\d{4})[-./](?P<month>\d{1,2})[-./](?P<day>\d{1,2})|\d{1,2}[-./]\d{1,2}[-./]\d{4})(?![\w:+-])"
)


def calendar_window(t: Trouble) -> Slip | None:
    """``within this month``, ``>= 2 in the current week``: a window is as long as it says, and begins at no first."""
    at = t.words_from(t.index) if t.token().kind == "WORD" else t.index
    current = next((i for i in range(t.index, at) if t.at(i).text.lower() in ("this", "current")), None)
    meant = None if current is None else units.read(t, current + 1)
    if current is None or meant is None:
        return None
    first = current - (t.at(current - 1).text.lower() == "the")
    first -= t.at(first - 1).text.lower() in ("within", "during", "in", "since")
    written = t.written(first, meant.stop)
    diagnostic = condition_errors.calendar_window(t.place(first, meant.stop - 1), written, meant.text)
    return Slip(diagnostic, (t.replace(first, meant.stop - 1, f"within {meant.text}"),))


def window_of_event(t: Trouble) -> Slip | None:
    """``visited pricing within 2h of opened email``: a span from another event is said in a sequence."""
    if t.token().text != "of" or t.token(-1).kind != "DURATION" or t.token(-2).text != "within":
        return None
    within = t.index - 2
    start = within - 1 if t.at(within - 1).kind == "STRING" else t.words_to(within)
    stop = t.index + 2 if t.token(1).kind == "STRING" else t.words_from(t.index + 1)
    if start == within or stop == t.index + 1:
        return None
    if t.at(stop).text == "where":
        closing = (at for at in range(stop + 2, len(t.tokens)) if t.opening(at) == stop + 1)
        stop = next(closing, stop - 1) + 1
    first, restriction, then = t.written(t.index + 1, stop), t.written(within, t.index), t.written(start, within)
    instead = f"{first} then {restriction} {then}"
    diagnostic = condition_errors.window_of_event(t.place(within, stop - 1), t.written(within, stop), instead)
    return Slip(diagnostic, (t.replace(start, stop - 1, instead),))


def window_in_words(t: Trouble) -> Slip | None:
    """``visited pricing in the last 30 days``, ``>= 2 over the past week``, ``within the last 30d``."""
    at = _skip(t, t.index) if t.token().kind == "WORD" else t.index
    meant = units.read(t, at)
    length = _window_length([token.text.lower() for token in t.tokens[t.words_to(t.index) : at]])
    anchored = t.at(at - length - 1).text.lower() in ("within", "during", "since")
    if meant is None or not (length or (anchored and t.at(at).kind == "WORD")):
        return None
    start, stop = at - length - anchored, meant.stop
    instead = f"within {meant.text}"
    diagnostic = condition_errors.window_in_words(
        t.place(start, stop - 1), t.written(start, stop), instead, meant.calendar
    )
    return Slip(diagnostic, (t.replace(start, stop - 1, instead),))


def days_ago(t: Trouble) -> Slip | None:
    """``visited pricing 30 days ago``, ``more than 30 days ago``."""
    meant = units.read(t, t.index) if t.token().kind != "WORD" else None
    if meant is None or t.at(meant.stop).text.lower() != "ago":
        return None
    first = t.words_to(t.index)
    words = " ".join(token.text.lower() for token in t.tokens[first : t.index])
    later = re.search(rf"(?:^| )({_LATER.pattern})$", words)
    start = t.index - (len(later[1].split()) if later else 0)
    instead = f"older than {meant.text}"
    diagnostic = condition_errors.window_in_words(
        t.place(start, meant.stop), t.written(start, meant.stop + 1), instead, meant.calendar
    )
    return Slip(diagnostic, (t.replace(start, meant.stop, instead),))


def anchor_with_duration(t: Trouble) -> Slip | None:
    """``b after 1d``, ``x since 30 days``: these three want an event."""
    anchor = t.token(-1).text
    if anchor not in ("after", "since", "before") or "WORD" not in t.expected or t.token().kind == "WORD":
        return None
    if t.token().kind in ("DATE", "INSTANT"):
        return Slip(condition_errors.anchor_with_date(t.place(t.index - 1, t.index), anchor, t.token().text))
    meant = units.read(t, t.index)
    if meant is None:
        return None
    stop = meant.stop + (t.at(meant.stop).text == "ago")
    instead = f"within {meant.text}" if anchor == "since" else f"older than {meant.text}"
    diagnostic = condition_errors.anchor_with_duration(t.place(t.index - 1, stop - 1), anchor, meant.text, instead)
    return Slip(diagnostic, (t.replace(t.index - 1, stop - 1, instead),))


def duration(t: Trouble) -> Slip | None:
    """``within 30``, ``within 30 days``, ``within 1 month``, ``for 30dayz``, ``within "30d"``, ``within -3d``."""
    if "DURATION" not in t.expected:
        return None
    token = t.token()
    if token.kind == "STRING" and "STRING" not in t.expected:
        inner = token.text[1:-1]
        return Slip(
            condition_errors.quoted_duration(t.place(t.index, t.index), token.text, inner),
            (t.replace(t.index, t.index, inner),),
        )
    if token.text in ("-", "+", "−") and t.token(1).kind == "DURATION":
        instead = t.token(1).text
        diagnostic = condition_errors.signed_duration(
            t.place(t.index, t.index + 1), t.written(t.index, t.index + 2), instead
        )
        return Slip(diagnostic, (t.replace(t.index, t.index, ""),))
    meant = units.read(t, t.index)
    if token.kind == "WORD" and (meant is None or "WORD" in t.expected):
        return None
    if meant is not None:
        place = t.place(t.index, meant.stop - 1)
        written = t.written(t.index, meant.stop)
        if meant.calendar:
            diagnostic = condition_errors.calendar_unit(place, written, meant.text)
        elif meant.guessed:
            diagnostic = condition_errors.unknown_unit(place, meant.unit, meant.text)
        else:
            diagnostic = condition_errors.spelled_unit(place, written, meant.text)
        return Slip(diagnostic, (t.replace(t.index, meant.stop - 1, meant.text),))
    if token.kind in ("UNSIGNED", "SIGNED") and "UNSIGNED" not in t.expected:
        number = token.text.lstrip("+-")
        word = "halve every" if t.token(-1).text == "every" else t.token(-1).text
        place = t.place(t.index, t.index)
        return Slip(
            condition_errors.no_unit(place, token.text, word, number),
            (t.replace(t.index, t.index, f"{number}d"),),
        )
    found = re.fullmatch(r"([0-9.]*[0-9])[-_]?([^\W\d_].*)", token.text) if token.kind == "STUCK" else None
    if found and "UNSIGNED" not in t.expected:
        return Slip(
            condition_errors.unknown_unit(t.place(t.index, t.index), found[2], None),
            (t.replace(t.index, t.index, "1d"),),
        )
    return None


def unit_after_number(t: Trouble) -> Slip | None:
    """``duration >= 10 seconds``: in one word."""
    if t.token().kind != "WORD" or t.token(-1).kind not in ("UNSIGNED", "SIGNED"):
        return None
    meant = units.read(t, t.index - 1)
    if meant is None or meant.guessed or not ("IGNORING_CASE" in t.expected or t.at(t.index - 2).text in _ANCHORS):
        return None
    place = t.place(t.index - 1, t.index)
    written = t.written(t.index - 1, t.index + 1)
    diagnostic = (
        condition_errors.calendar_unit(place, written, meant.text)
        if meant.calendar
        else condition_errors.spelled_unit(place, written, meant.text)
    )
    return Slip(diagnostic, (t.replace(t.index - 1, t.index, meant.text),))


def bare_window(t: Trouble) -> Slip | None:
    """``visited pricing 30 days``, ``visited pricing >= 2 30d``: a duration with nothing that says what of it."""
    meant = units.read(t, t.index) if t.token().kind != "WORD" else None
    if meant is None or "_WITHIN" not in t.expected:
        return None
    instead = f"within {meant.text}"
    diagnostic = condition_errors.window_in_words(
        t.place(t.index, meant.stop - 1), t.written(t.index, meant.stop), instead, meant.calendar
    )
    return Slip(diagnostic, (t.replace(t.index, meant.stop - 1, instead),))


def interval(t: Trouble) -> Slip | None:
    """``during 2026-01-01 - 2026-01-31``, ``between 2026-01-01 and 2026-01-31``, ``during 2026-01-01``."""
    if t.expected == {"_TO"}:
        first = t.token(-1).text
        last = next((token for token in t.tokens[t.index : t.index + 2] if token.kind == "DATE"), None)
        if last is None:
            place = t.place(t.index - 2, t.index - 1)
            return Slip(condition_errors.one_date(place, first), (t.insert(t.index, f" to {first} "),))
        stop = t.index if t.token().kind == "DATE" else t.index + 1
        edit = t.insert(t.index, " to ") if stop == t.index else t.replace(t.index, t.index, " to ")
        return Slip(condition_errors.interval(t.place(t.index - 2, stop), f"during {first} to {last.text}"), (edit,))
    token = t.token()
    if token.kind == "DATE" and "_DURING" in t.expected and t.token(-1).kind == "WORD":
        words = ("between", "from", "in", "on")
        if (
            t.token(-1).text in words
            and t.at(t.index + 1).text in ("and", "to", "until", "-")
            and t.at(t.index + 2).kind == "DATE"
        ):
            instead = f"during {token.text} to {t.at(t.index + 2).text}"
            return Slip(
                condition_errors.interval(t.place(t.index - 1, t.index + 2), instead),
                (t.replace(t.index - 1, t.index + 2, instead),),
            )
        if t.token(-1).text in words:
            instead = f"during {token.text} to {token.text}"
            return Slip(
                condition_errors.interval(t.place(t.index - 1, t.index), instead),
                (t.replace(t.index - 1, t.index, instead),),
            )
    return None


def odd_date(t: Trouble) -> Slip | None:
    """``2026-1-5``, ``31.01.2026``, ``01/31/2026``, an instant without its offset."""
    first = t.index
    while t.at(first - 1).kind in ("UNSIGNED", "SIGNED", "DATE") and (
        t.at(first - 1).end == t.at(first).start or t.at(first).kind == "CLOCK"
    ):
        first -= 1
    found = _DATE.match(t.draft.text, t.at(first).start)
    if found is None or (t.start == "test_line" and found["clock"]):
        return None
    last = first
    while t.at(last + 1).kind != END and t.at(last + 1).start < found.end():
        last += 1
    place = t.place(first, last)
    if found["clock"]:
        instead = f"{found['date']}T{found['clock']}"
        return Slip(condition_errors.instant_without_offset(place, instead), (t.replace(first, last, f"{instead}Z"),))
    if found["date"] or not found["year"]:
        return None if found["date"] else Slip(condition_errors.odd_date(place, found[0], None))
    instead = f"{found['year']}-{int(found['month']):02}-{int(found['day']):02}"
    return Slip(condition_errors.odd_date(place, found[0], instead), (t.replace(first, last, instead),))


def _skip(t: Trouble, index: int) -> int:
    """Past the words of ``in the last`` that start at a token: to where a duration may be written."""
    stop = t.words_from(index)
    for at in range(min(stop, index + 4), index, -1):
        if _WINDOW.fullmatch(" ".join(token.text.lower() for token in t.tokens[index:at])):
            return at
    return index + 1 if t.at(index).text.lower() in ("the", "last", "past") else index


def _window_length(words: list[str]) -> int:
    """How many of the last words say that a window follows."""
    for length in range(min(3, len(words)), 0, -1):
        if _WINDOW.fullmatch(" ".join(words[-length:])):
            return length
    return 0


RECOGNISERS = (
    odd_date, anchor_with_duration, calendar_window, window_of_event, window_in_words, days_ago, duration,
    unit_after_number, interval, bare_window,
)  # fmt: skip
