"""One lead: where it stands, what is known of it, and what happened last."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from mqlrules.engine.results import Change
from mqlrules.events.model import Event, Lead
from mqlrules.events.traits import known, learn
from mqlrules.language.names import IDENTIFY
from mqlrules.repl.parts import LeadPage, Moment, Turn
from mqlrules.repl.session import Session
from mqlrules.run.evaluation import Alone, evaluate_alone

MOMENTS = 12
"""So many of a lead's last moments are shown."""


def page_of(session: Session, lead: Lead, most: int = MOMENTS) -> LeadPage:
    """The page of a lead at the instant that the session looks at, with so many of its last moments."""
    data, now = session.data, session.now
    history = data.history(lead, now)
    traits = _traits(data.traits.get(lead, {}), history)
    program = session.checked.program
    first = program.lifecycle.ladder[0]
    if not history or now is None:
        return LeadPage(lead, now, first, None, (), (), traits, 0, None, (), 0)
    alone = Alone(lead, history, data.traits.get(lead, {}), now)
    [result] = evaluate_alone(session.rules.plan, [alone], "incremental")
    moves = list(result.transitions)
    changes = result.timeline(lead)
    last: dict[tuple[str, str], Change] = {}
    turns: list[Turn] = []
    waiting = iter(moves)
    for change in changes:
        before = last.get((change.kind, change.name))
        last[change.kind, change.name] = change
        move = next(waiting, None) if change.kind == "stage" and before is not None else None
        if before is not None or change.kind != "stage":
            turns.append(Turn(change, _before(change, before), move))
    moments = list(_moments(history, turns))
    stage = last["stage", "stage"].value
    return LeadPage(
        lead,
        now,
        str(stage),
        moves[-1] if moves else None,
        tuple(
            (change.name, change.instant)
            for change in last.values()
            if change.kind == "segment" and change.value is True
        ),
        tuple((score.name, _value(last.get(("score", score.name)))) for score in program.scores.values()),
        traits,
        len(history),
        history[0].at,
        tuple(moments[-most:]),
        max(0, len(moments) - most),
    )


def _value(change: Change | None) -> Decimal:
    return change.value if change is not None and isinstance(change.value, Decimal) else Decimal(0)


def _before(change: Change, before: Change | None) -> str | bool | Decimal | None:
    if before is not None:
        return before.value
    return Decimal(0) if change.kind == "score" else False


def _traits(table: Mapping[str, Any], history: Sequence[Event]) -> tuple[tuple[str, Any], ...]:
    traits = known(table)
    for event in history:
        if event.name == IDENTIFY:
            learn(traits, event)
    return tuple(traits.items())


def _moments(history: Sequence[Event], turns: Sequence[Turn]) -> Iterator[Moment]:
    """Events and changes by time; what changed at the time of several events stands behind the last of them."""
    waiting = list(reversed(turns))

    def until(instant: int) -> Iterator[Moment]:
        while waiting and waiting[-1].change.instant < instant:
            now = waiting[-1].change.instant
            yield Moment(now, None, tuple(_take(waiting, now)))

    for number, event in enumerate(history):
        yield from until(event.at)
        is_last = number + 1 == len(history) or history[number + 1].at > event.at
        yield Moment(event.at, event, tuple(_take(waiting, event.at)) if is_last else ())
    while waiting:
        now = waiting[-1].change.instant
        yield Moment(now, None, tuple(_take(waiting, now)))


def _take(waiting: list[Turn], instant: int) -> Iterator[Turn]:
    while waiting and waiting[-1].change.instant == instant:
        yield waiting.pop()
