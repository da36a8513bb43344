"""Which part of the history counts, in words (section 3).

Restrictions are said of each event condition by itself, wherever they were written: nobody has to look outward.
"""

import datetime

import attrs

from mqlrules.check.program import After, Before, During, OlderThan, Pattern, Program, Restriction, Since, Within
from mqlrules.explain import wording
from mqlrules.explain.events import events
from mqlrules.language.calendar import Zone

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
        anchors = [one.pattern for one, _ in self.restrictions if isinstance(one, Since | After)]
        return list(dict.fromkeys(events(anchor, self.program).any for anchor in anchors))

    def words(self) -> str:
        """``in the last 30 days``; nothing for the whole history."""
        parts = [*self._age(), *self._dates()]
        for restriction, split in self.restrictions:
            match restriction:
                case Since(pattern=pattern):
                    parts.append(f"since the latest {self._anchor(pattern, split)}")
                case After(pattern=pattern):
                    parts.append(f"after the first {self._anchor(pattern, split)}")
                case Before(pattern=pattern):
                    anchor = self._anchor(pattern, split)
                    parts.append(f"before the first {anchor} (or at any time, if there has been none)")
                case _:
                    pass
        return wording.listed(list(dict.fromkeys(parts)), "and") if parts else ""

    def _anchor(self, pattern: Pattern, split: Path | None) -> str:
        whole = self.split is not None and split is None
        return events(pattern, self.program).any + (f" of any {wording.named(self.split or ())}" if whole else "")

    def _age(self) -> list[str]:
        within = min((r.duration for r, _ in self.restrictions if isinstance(r, Within)), default=None)
        older = max((r.duration for r, _ in self.restrictions if isinstance(r, OlderThan)), default=None)
        if within is None:
            return [] if older is None else [f"at least {wording.ago(older)}"]
        if older is None:
            return [f"in {wording.last(within)}"]
        if older >= within:
            return [f"in {wording.last(within)}, yet at least {wording.ago(older)} (which can't be)"]
        return [f"between {wording.duration(older)} and {wording.ago(within)}"]

    def _dates(self) -> list[str]:
        spans = [r for r, _ in self.restrictions if isinstance(r, During)]
        if not spans:
            return []
        start, end = max(span.start for span in spans), min(span.end for span in spans)
        if start >= end:
            return ["on dates that lie in all the spans of the rule (there are none)"]
        first, final = (_date(at, self.program.timezone) for at in (start, end - 1))
        return [f"on {first}" if first == final else f"from {first} to {final}"]


def _date(at: int, zone: str) -> str:
    return wording.date(datetime.date.fromordinal(Zone(zone).date_of(at)))
