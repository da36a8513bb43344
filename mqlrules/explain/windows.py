"""Which part of the history counts, in words (section 3).

Restrictions are said of each event condition by itself, wherever they were written: nobody has to look outward.
"""

import datetime
from typing import Any

import attrs

from mqlrules.check.program import Pattern, Program, Restriction
from mqlrules.explain import wording
from mqlrules.explain.events import events
from mqlrules.language.calendar import Zone
from mqlrules.language.restrictions import RestrictionRecord

Path = tuple[str, ...]


@attrs.frozen
class Window:
    """All restrictions around a condition, from the outermost in, each with the property by which the events were
    already split where it stands. ``split`` is that property for the condition itself.
    """

    program: Program
    restrictions: tuple[tuple[Restriction, Path | None], ...] = ()
    split: Path | None = None

    def narrowed(self, by: tuple[Restriction, ...]) -> "Window":
        return attrs.evolve(self, restrictions=(*self.restrictions, *((one, self.split) for one in by)))

    def split_by(self, path: Path) -> "Window":
        return attrs.evolve(self, split=path)

    @property
    def is_all(self) -> bool:
        """Whether it is the whole history."""
        return not self.restrictions

    def may_be_nowhere(self) -> list[str]:
        """The events that must have happened for anything to count at all."""
        anchors = [one.argument for one, _ in self.restrictions if one.record.needs_a_match]
        return list(dict.fromkeys(events(one, self.program).any for one in anchors if isinstance(one, Pattern)))

    def words(self) -> str:
        """``in the last 30 days``; nothing for the whole history."""
        parts = [*self._age(), *self._dates()]
        for restriction, split in self.restrictions:
            if isinstance(restriction.argument, Pattern):
                parts.append(restriction.record.english.format(self._anchor(restriction.argument, split)))
        return wording.listed(list(dict.fromkeys(parts)), "and") if parts else ""

    def _anchor(self, pattern: Pattern, split: Path | None) -> str:
        whole = self.split is not None and split is None
        return events(pattern, self.program).any + (f" of any {wording.named(self.split or ())}" if whole else "")

    def _intersected(self, takes: str) -> dict[RestrictionRecord, Any]:
        """The restrictions that take a duration, or dates: those of one record as one."""
        found: dict[RestrictionRecord, Any] = {}
        for one, _ in self.restrictions:
            if (record := one.record).takes == takes:
                found[record] = record.intersect(found[record], one.argument) if record in found else one.argument
        return found

    def _age(self) -> list[str]:
        lengths = self._intersected("duration")
        within = next((length for record, length in lengths.items() if record.leaves), None)
        older = next((length for record, length in lengths.items() if record.enters), None)
        if within is None or older is None:
            # `in the last hour`, not `1 hour`.
            said = [record.english.format(wording.duration(length)) for record, length in lengths.items()]
            return [one.replace("the last 1 ", "the last ") for one in said]
        if older >= within:
            return [f"in {wording.last(within)}, yet at least {wording.ago(older)} (which can't be)"]
        return [f"between {wording.duration(older)} and {wording.ago(within)}"]

    def _dates(self) -> list[str]:
        said = []
        for record, (start, end) in self._intersected("dates").items():
            first, final = (_date(at, self.program.timezone) for at in (start, end - 1))
            if start >= end:
                said.append("on dates that lie in all the spans of the rule (there are none)")
            else:
                said.append(f"on {first}" if first == final else record.english.format(first, final))
        return said


def _date(at: int, zone: str) -> str:
    return wording.date(datetime.date.fromordinal(Zone(zone).date_of(at)))
