"""Raw events that nobody may send: names without a schema, and names one slip away from another (sections 2 and 10)."""

from collections import Counter

from mqlrules.check import errors
from mqlrules.check.scope import RawUse, Scope
from mqlrules.check.suggest import SlipIndex
from mqlrules.events.names import normalise

_FREQUENT = 3


def report_slips(scope: Scope) -> None:
    """Look at every raw event that is named: with schemas an unknown one is an error, without a slip is a warning."""
    # A string that stands in for an event that could not be read is none of the author's.
    uses = [use for use in scope.raw_uses if not (use.phrase.quoted and use.phrase.text == "?")]
    reported = _report_without_schema(scope, uses) if scope.schemas else set()
    _report_near(scope, [use for use in uses if use.name not in reported])


def _report_without_schema(scope: Scope, uses: list[RawUse]) -> set[str]:
    """Section 2 asks for a schema of every raw event once there is one for any; gives the names that are reported.

    While most of the events that are named have none (its own first page describes one event of ten), schemas are
    plainly not meant to be complete yet, and only names close to one that is known are errors.
    """
    without = {use.name for use in uses if use.name not in scope.schemas}
    complete = len(without) <= len(scope.schemas)
    described = [schema.name for schema in scope.schemas.values()]
    described_or_defined = [*described, *scope.symbols.named("event")]
    close: dict[tuple[str, bool], str | None] = {}
    reported = set()
    for use in uses:
        if use.name not in without:
            continue
        key = use.name, use.phrase.quoted
        if key not in close:
            known = described if use.phrase.quoted else described_or_defined
            others = (name for name in known if normalise(name) != use.name)
            close[key] = scope.suggestions.closest(use.phrase.text, others)
        if complete or close[key] is not None:
            place = (use.source, use.phrase.span)
            scope.diagnostics.append(errors.event_without_schema(place, use.phrase.text, close[key]))
            reported.add(use.name)
    return reported


def _report_near(scope: Scope, uses: list[RawUse]) -> None:
    """A name used once that is one slip away from a definition or from a frequent name. A string is meant as it is."""
    counts = Counter(use.name for use in uses)
    written = {use.name: use.phrase.text for use in reversed(uses)}
    known = {normalise(name): name for name in scope.symbols.named("event", "segment", "score")}
    known |= {name: written[name] for name, count in counts.items() if count >= _FREQUENT and name not in known}
    if not known:
        return
    index = SlipIndex(known)
    for use in uses:
        if counts[use.name] == 1 and not use.phrase.quoted and use.name not in known:
            near = index.find(use.name)
            if near is not None:
                place = (use.source, use.phrase.span)
                scope.diagnostics.append(errors.one_slip(place, use.phrase.text, known[near]))
