"""Suggestions, evidence and verdicts in plain words."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

import attrs

from mqlrules.events.model import Event, Lead
from mqlrules.explain.candidates import Item
from mqlrules.explain.clock import Clock
from mqlrules.explain.model import Step, Suggestion
from mqlrules.explain.search import Tried
from mqlrules.explain.wording import capital, counted, data, duration, listed, named, quoted

_EVENTS_NAMED = 5


@attrs.frozen(eq=False)
class Saying:
    """Speaks to one lead's history: what has happened before is asked for once `more`."""

    clock: Clock
    lead: Lead
    names: frozenset[str]
    """Normalised names of the events that have happened."""

    def suggestion(self, tried: Tried, now: int) -> Suggestion:
        """A way that works, as values and in words."""
        events = tuple(item.spec.event(self.lead, at) for item, at in zip(tried.way, tried.times, strict=True))
        steps: list[Step] = []
        words: list[str] = []
        wishes = [item.spec.words for item in tried.way if item.spec.trait]
        happens = [(item, event) for item, event in zip(tried.way, events, strict=True) if not item.spec.trait]
        for spec, group in groupby(zip(tried.way, events, strict=True), key=lambda one: one[0].spec):
            together = list(group)
            steps.append(Step(together[0][1], spec.words, len(together), spec.trait))
        for _, pairs in groupby(happens, key=lambda one: self._together(one[0])):
            items = [item for item, _ in pairs]
            words.append(f"{'then ' if words else ''}{self._events(items)}")
        said = f"if {listed(wishes, 'and')}" if wishes else ""
        if words:
            said += f"{', and with ' if said else 'with '}{', '.join(words)}"
        # The first event may have to wait itself: what is said of the beginning is said of it.
        ahead = tried.times[0] - tried.start
        said += self._when(tried, ahead, now)
        before = None if tried.before is None else tried.before + ahead
        return Suggestion(tuple(steps), events, tried.start + ahead, before, tried.holds_at, said)

    def _together(self, item: Item) -> object:
        """Items in a row that are said in one go: the same event, the same properties, whatever their values."""
        spec = item.spec
        return spec.words, spec.name, tuple(path for path, _ in spec.given), item.gap, item.manner

    def _events(self, items: Sequence[Item]) -> str:
        many, spec, gap = len(items), items[0].spec, items[0].gap
        more = " more" if spec.event(self.lead, 0).name in self.names else ""
        said = f"{'one' if many == 1 else many}{more} {spec.words}"
        each = "each " if many > 1 else ""
        for k, (path, value) in enumerate(spec.given):
            word = "with" if k == 0 else "and"
            others = len({repr(item.spec.given[k][1]) for item in items}) > 1
            said += f", {each}{word} another {named(path)}" if others else f" {word} {named(path)} {data(value)}"
        if items[0].manner:
            return f"{said}{', ' if each else ' '}{each}{items[0].manner}"
        return f"{each}at least {duration(gap)} later {said}" if gap else said

    def _when(self, tried: Tried, ahead: int, now: int) -> str:
        said = []
        if tried.start > now:
            said.append(f"not before {self.clock.instant(tried.start + ahead)}")
        if tried.before is not None:
            said.append(f"before {self.clock.instant(tried.before + ahead)}")
        when = f" {', and '.join(said)}" if said else ""
        last = tried.times[-1] if tried.way else tried.start
        if tried.holds_at > last:
            wait = duration(tried.holds_at - last)
            when += f"{',' if when else ''} and then nothing that breaks it for {wait}"
        return when

    def evidence(self, events: Sequence[Event]) -> str:
        """``“visited pricing” ×2, “attended webinar”``, with days where they are few."""
        if len(events) <= _EVENTS_NAMED:
            return ", ".join(f"{quoted(event.event)} ({self.clock.day(event.at)})" for event in events)
        times = Counter(event.name for event in events)
        spelled = {event.name: quoted(event.event) for event in reversed(events)}
        said = [spelled[name] if many == 1 else f"{spelled[name]} ×{many:,}" for name, many in times.items()]
        return f"{counted(f'{len(events):,}', 'event')}: {', '.join(said)}"

    # -- verdicts --------------------------------------------------------------------------------------------------

    def holds(self, since: int | None, until: int | None, events: Sequence[Event]) -> str:
        """The verdict that it holds."""
        begun = "from the beginning" if since is None else f"since {self.clock.instant(since)}"
        end = (
            "and goes on to hold if nothing happens"
            if until is None
            else f"until {self.clock.instant(until)} if nothing happens"
        )
        rests = f"It rests on: {self.evidence(events)}" if events else "No event is needed for it"
        return f"Holds {begun}, {end}. {rests}."

    def pending(self, at: int, unless: Sequence[str]) -> str:
        """The verdict that time will decide."""
        if not unless:
            return f"Pending: it will hold on {self.clock.instant(at)}, if nothing happens."
        words = listed(unless, "or")
        return f"Pending: it will hold on {self.clock.instant(at)}, unless {words} happens before."

    def would(self, suggestions: Sequence[Suggestion], reasons: Sequence[str]) -> str:
        """The verdict that something is missing."""
        if suggestions:
            return f"Would hold {suggestions[0].sentence}."
        return f"Does not hold. {' '.join(f'{capital(reason)}.' for reason in reasons)}"

    def cannot(self, reasons: Sequence[str]) -> str:
        """The verdict that it is too late."""
        return f"Cannot hold any more: {'; '.join(reasons)}."
