"""A timeline in words: its heading, its moves, and the text alternative of the picture."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from mqlrules.explain.clock import day, length_words, span_words, when
from mqlrules.explain.timeline.grouping import Group
from mqlrules.explain.timeline.model import Membership, Move, ScoreLine, Stay, Threshold, Timeline, Window
from mqlrules.explain.wording import counted, number
from mqlrules.language.calendar import Zone

MOVES_LISTED = 40
WINDOWS = "Windows at each move"
_SIGNS = {">=": "≥", "<=": "≤", "!=": "≠"}


def heading(timeline: Timeline) -> str:
    """The stage, how much there is to see, and the time zone."""
    if timeline.span is None:
        return f"No events: the lead is in the first stage, {timeline.stage}."
    zone = Zone(timeline.zone)
    stay, span = timeline.stays[-1], timeline.span
    events = counted(f"{timeline.event_count:,}", "event")
    moves = counted(str(len(timeline.moves)), "move") if timeline.moves else "no move"
    return (
        f"{stay.stage} since {day(stay.start, zone)}  ·  {events}, {moves}  ·  "
        f"{span_words(span.start, span.end, zone)}, times in {timeline.zone}"
    )


def move(one: Move) -> str:
    """``MCL → MQL by rules_1``."""
    return f"{one.from_stage} → {one.to_stage} by {one.rule}"


def reason(one: Move, windows: Sequence[Window]) -> str:
    """Why a move was made, on one line: ``visited pricing ×2, attended webinar``."""
    times = Counter(pointed.called for pointed in one.evidence)
    words = ", ".join(name if count == 1 else f"{name} ×{count}" for name, count in times.items())
    words = words or without_evidence(one, windows)
    return words + (f" (also: {', '.join(one.also)})" if one.also else "")


def without_evidence(one: Move, windows: Sequence[Window]) -> str:
    """The reason for a move without evidence: the times that its rule waited for."""
    waited = [window.words for window in windows if window.move == one.number]
    return ", ".join(waited) or "no event: traits, or events that did not happen"


def threshold(limit: Threshold) -> str:
    """``≥ 50 scored``."""
    return f"{_SIGNS.get(limit.operator, limit.operator)} {points(limit.value)} {', '.join(limit.rules)}"


def points(value: Decimal) -> str:
    """Points rounded to hundredths; values below a hundredth in full."""
    if value == value.to_integral_value():
        return f"{value:,.0f}"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) >= Decimal("0.01") else number(value.normalize())


def stay_words(stay: Stay, zone: Zone, last: bool) -> str:
    """``MQL for 30 days: 22 Jan 2026, 15:05 to 21 Feb 2026, 15:05``."""
    end = "the end" if last else when(stay.end, zone)
    return f"{stay.stage} for {length_words(stay.end - stay.start)}: {when(stay.start, zone)} to {end}"


def window_words(window: Window, zone: Zone) -> str:
    """A window with its instants."""
    first, last = when(window.first, zone), when(window.last, zone)
    end = None if window.end is None else when(window.end, zone)
    match window.kind:
        case "absence":
            return f"{window.words}: nothing from {first} to {last}"
        case "quiet":
            return f"{window.words}: from {first}, over at {end}"
        case "stay":
            return f"{window.words}: since {first}, long enough at {end}"
        case _:
            found = f"at {first}" if first == last else f"{first} to {last}"
            return f"{window.words}: {found}" + (f", counts until {end}" if end else "")


def group_words(name: str, group: Group, zone: Zone) -> str:
    """The events behind a mark."""
    span = when(group.first, zone)
    if group.last != group.first:
        span += f" to {when(group.last, zone)}"
    words = f"{name}: {span}" if group.count == 1 else f"{name}: {group.count:,} events, {span}"
    if group.moves:
        words += f"; evidence of move{'s' if len(group.moves) > 1 else ''} {', '.join(map(str, group.moves))}"
    return words


def score_words(score: ScoreLine) -> str:
    """``engagement: now 35, peak 80; rules ask for ≥ 60 hot``."""
    words = f"{score.name}: now {points(score.now)}, peak {points(score.peak)}"
    low = min(value for _, value in score.steps)
    words += f", lowest {points(low)}" if low < 0 else ""
    limits = "; ".join(map(threshold, score.thresholds))
    return f"{words}; rules ask for {limits}" if limits else words


def description(timeline: Timeline) -> str:
    """The picture in words."""
    if timeline.span is None:
        return heading(timeline)
    zone = Zone(timeline.zone)
    sentences = [heading(timeline).replace("  ·  ", "; ")]
    sentences.append(f"Starts as {timeline.stays[0].stage}")
    sentences += [
        f"Move {one.number}, {when(one.at, zone)}: {move(one)}, because of {reason(one, timeline.windows)}"
        for one in timeline.moves[:30]
    ]
    if len(timeline.moves) > 30:
        sentences.append(f"And {len(timeline.moves) - 30} more moves")
    sentences += [f"Score {score_words(score)}" for score in timeline.scores]
    sentences += [f"Was in {_memberships(member, zone)}" for member in timeline.segments]
    return ". ".join(sentence.rstrip(".") for sentence in sentences) + "."


def _memberships(member: Membership, zone: Zone) -> str:
    spans = "; ".join(f"{when(span.start, zone)} to {when(span.end, zone)}" for span in member.spans[:5])
    return f"{member.name}: {spans}" + ("; …" if len(member.spans) > 5 else "")
