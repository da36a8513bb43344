"""Suggestions and verdicts in plain words."""

from collections.abc import Sequence
from itertools import groupby

import attrs

from mqlrules.events.model import Event, Lead
from mqlrules.explain.candidates import Item
from mqlrules.explain.clock import Clock
from mqlrules.explain.model import Step, Suggestion
from mqlrules.explain.search import Tried
from mqlrules.explain.wording import capital, data, duration, listed, named


@attrs.frozen(eq=False)
class Phrasing:
    """Words for one lead: an event that has happened before is asked for once `more`."""

    clock: Clock
    lead: Lead
    names: frozenset[str]
    """Normalised names of the events that have happened."""

    # -- suggestions -----------------------------------------------------------------------------------------------

    def suggestion(self, tried: Tried, now: int) -> Suggestion:
        """A way that works, as values and in words."""
        events = tuple(tried.events(self.lead))
        steps: list[Step] = []
        for spec, group in groupby(zip(tried.way, events, strict=True), key=lambda one: one[0].spec):
            together = list(group)
            steps.append(Step(together[0][1], spec.words, len(together), spec.trait))
        wishes = [item.spec.words for item in tried.way if item.spec.trait]
        happens = [item for item in tried.way if not item.spec.trait]
        words = [self._events(list(items)) for _, items in groupby(happens, key=_said_together)]
        said = [f"if {listed(wishes, 'and')}"] if wishes else []
        said += [f"{'and ' if wishes else ''}with {', then '.join(words)}"] if words else []
        # The first event may have to wait: what is said of the beginning is said of it.
        ahead = tried.times[0] - tried.start
        before = None if tried.before is None else tried.before + ahead
        sentence = ", ".join(said) + self._when(tried, ahead, now)
        return Suggestion(sentence, tuple(steps), events, tried.start + ahead, before, tried.holds_at)

    def _events(self, items: Sequence[Item]) -> str:
        many, spec, gap = len(items), items[0].spec, items[0].gap
        more = " more" if spec.event(self.lead, 0).name in self.names else ""
        said = f"{'one' if many == 1 else many}{more} {spec.words}"
        each = "each " if many > 1 else ""
        for k, (path, value) in enumerate(spec.given):
            word = "with" if k == 0 else "and"
            others = len({repr(item.spec.given[k][1]) for item in items}) > 1
            bound = f"{spec.bounds[path]} " if path in spec.bounds else ""
            said += f", {each}{word} another {named(path)}" if others else f" {word} {named(path)} {bound}{data(value)}"
        if items[0].manner:
            return f"{said}{', ' if each else ' '}{each}{items[0].manner}"
        return f"{each}at least {duration(gap)} later {said}" if gap else said

    def _when(self, tried: Tried, ahead: int, now: int) -> str:
        said = []
        if tried.start > now:
            said.append(f"no earlier than {self.clock.instant(tried.start + ahead)}")
        if tried.before is not None:
            said.append(f"before {self.clock.instant(tried.before + ahead)}")
        when = f" {' and '.join(said)}" if said else ""
        last = tried.times[-1] if tried.way else tried.start
        if tried.holds_at > last:
            when += f", then {duration(tried.holds_at - last)} in which nothing breaks it"
        return when

    # -- verdicts --------------------------------------------------------------------------------------------------

    def holds(self, since: int | None, until: int | None, events: Sequence[Event]) -> str:
        """The verdict that it holds."""
        begun = "from the beginning" if since is None else f"since {self.clock.instant(since)}"
        end = "stays that way" if until is None else f"will hold until {self.clock.instant(until)}"
        based = f"Based on {self.clock.evidence(events)}" if events else "It needs no event"
        return f"Has held {begun}, and {end} if nothing happens. {based}."

    def pending(self, at: int, unless: Sequence[str]) -> str:
        """The verdict that time will decide."""
        condition = f"unless {listed(unless, 'or')} happens first" if unless else "if nothing happens"
        return f"Pending: it will hold on {self.clock.instant(at)} {condition}."

    def would(self, suggestions: Sequence[Suggestion], reasons: Sequence[str]) -> str:
        """The verdict that something is missing."""
        if suggestions:
            return f"Would hold {suggestions[0].sentence}."
        return f"Does not hold. {' '.join(f'{capital(reason)}.' for reason in reasons)}"

    def cannot(self, reasons: Sequence[str]) -> str:
        """The verdict that it is too late."""
        return f"Can no longer hold: {'; '.join(reasons)}."


def _said_together(item: Item) -> object:
    """Items in a row with the same key become one phrase: the same event and properties, whatever their values."""
    spec = item.spec
    return spec.words, spec.name, tuple(path for path, _ in spec.given), item.gap, item.manner
