"""A timeline in sentences: its heading, its moves, and the text that stands for the picture where nobody can see it."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from mqlrules.explain.timeline.dates import day, length_words, span_words, when
from mqlrules.explain.timeline.grouping import Group
from mqlrules.explain.timeline.model import Membership, Move, Pointed, ScoreLine, Stay, Threshold, Timeline, Window
from mqlrules.explain.wording import counted, number
from mqlrules.language.calendar import Zone

SIGNS = {">=": "≥", "<=": "≤", "!=": "≠"}


def heading(timeline: Timeline) -> str:
    """What a reader should know before looking: how much there is, and whose clocks these are."""
    if timeline.span is None:
        return f"No events: the lead stands in the first stage, {timeline.stage}."
    zone = Zone(timeline.zone)
    stay = timeline.stays[-1]
    events = counted(f"{timeline.event_count:,}", "event")
    moves = counted(str(len(timeline.moves)), "move") if timeline.moves else "no move"
    return (
        f"{stay.stage} since {day(stay.start, zone)}  ·  {events}, {moves}  ·  {span_words(timeline.span, zone)}, "
        f"times in {timeline.zone}"
    )


def move(one: Move) -> str:
    """``MCL → MQL by rules_1``."""
    return f"{one.from_stage} → {one.to_stage} by {one.rule}"


def because(evidence: Sequence[Pointed]) -> str:
    """``visited pricing ×2, attended webinar``; of nothing, that time alone has passed."""
    times = Counter(pointed.called for pointed in evidence)
    return ", ".join(name if count == 1 else f"{name} ×{count}" for name, count in times.items())


def reason(one: Move, windows: Sequence[Window]) -> str:
    """Why a move was made, in a line: its evidence; without any, the times that its rule waited for."""
    words = because(one.evidence) or without_evidence(one, windows)
    return words + (f" (also: {', '.join(one.also)})" if one.also else "")


def without_evidence(one: Move, windows: Sequence[Window]) -> str:
    """What a move without evidence rests on."""
    waited = [window.words for window in windows if window.move == one.number]
    return ", ".join(waited) or "no event: traits, or what did not happen"


def threshold(limit: Threshold) -> str:
    """``≥ 50 scored``."""
    return f"{SIGNS.get(limit.operator, limit.operator)} {points(limit.value)} {', '.join(limit.rules)}"


def points(value: Decimal) -> str:
    """Points as a person writes them: hundredths at most, but of what is less."""
    if value == value.to_integral_value():
        return f"{value:,.0f}"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) >= Decimal("0.01") else number(value.normalize())


def stay_words(stay: Stay, zone: Zone, last: bool) -> str:
    """``MQL for 30 days: 22 Jan 2026, 15:05 to 21 Feb 2026, 15:05``."""
    end = "the end" if last else when(stay.end, zone)
    return f"{stay.stage} for {length_words(stay.end - stay.start)}: {when(stay.start, zone)} to {end}"


def member_words(member: Membership, zone: Zone) -> str:
    spans = "; ".join(f"{when(span.start, zone)} to {when(span.end, zone)}" for span in member.spans[:5])
    return f"in {member.name}: {spans}" + ("; …" if len(member.spans) > 5 else "")


def window_words(window: Window, zone: Zone) -> str:
    """What a window says, with its instants."""
    first, last = when(window.first, zone), when(window.last, zone)
    end = None if window.end is None else when(window.end, zone)
    match window.kind:
        case "absence":
            return f"{window.words}: nothing from {first} to {last}"
        case "quiet":
            return f"{window.words}: from {first}, over at {end}"
        case "stay":
            return f"{window.words}: since {first}, enough at {end}"
        case _:
            found = f"at {first}" if first == last else f"{first} to {last}"
            return f"{window.words}: {found}" + (f", counts until {end}" if end else "")


def group_words(name: str, group: Group, zone: Zone) -> str:
    """What a mark stands for."""
    span = when(group.first, zone)
    if group.last != group.first:
        span += f" to {when(group.last, zone)}"
    words = f"{name}: {span}" if group.count == 1 else f"{name}: {group.count:,} events, {span}"
    if group.moves:
        which = f"move{'s' if len(group.moves) > 1 else ''} {', '.join(map(str, group.moves))}"
        words += f"; evidence of {which}"
    return words


def score_words(score: ScoreLine) -> str:
    """``engagement: 35 in the end, 80 at most``."""
    values = [value for _, value in score.steps]
    words = f"{score.name}: {points(values[-1])} in the end, between {points(min(values))} and {points(max(values))}"
    limits = "; ".join(map(threshold, score.thresholds))
    return f"{words}; rules ask for {limits}" if limits else words


def description(timeline: Timeline) -> str:
    """The picture in words."""
    if timeline.span is None:
        return heading(timeline)
    zone = Zone(timeline.zone)
    sentences = [heading(timeline).replace("  ·  ", "; ")]
    sentences.append(f"Begins as {timeline.stays[0].stage}")
    sentences += [
        f"Move {one.number}, {when(one.at, zone)}: {move(one)}, because of {reason(one, timeline.windows)}"
        for one in timeline.moves[:30]
    ]
    if len(timeline.moves) > 30:
        sentences.append(f"And {len(timeline.moves) - 30} more moves")
    sentences += [f"Score {score_words(score)}" for score in timeline.scores]
    sentences += [f"Was {member_words(member, zone)}" for member in timeline.segments]
    return ". ".join(sentence.rstrip(".") for sentence in sentences) + "."
