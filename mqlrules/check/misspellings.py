"""Raw events that nobody may send: stages, names without a schema, names one slip away from another (section 10)."""

from collections import Counter
from functools import lru_cache

from mqlrules.check import errors
from mqlrules.check.scope import RawUse, Scope
from mqlrules.language.names import normalise
from mqlrules.language.suggest import TypoIndex
from mqlrules.syntax.diagnose.phrases import doubtful_phrase

_FREQUENT = 3
_MANY = 20
_SCORES = frozenset(("score", "scores", "scoring", "points"))
_LIKE_SCORES = frozenset(("engagement", "fit", "interest", "intent", "warmth", "grade", "rating", "rank", "readiness"))
_WHOSE = frozenset((
    "lead", "account", "company", "contact", "customer", "buyer", "buying", "purchase", "product", "brand", "total",
    "overall", "behavioral", "behavioural", "demographic", "firmographic", "engagement", "fit", "interest", "intent",
    "marketing", "sales",
))  # fmt: skip
"""What a score may be of; other words before one (`scored points`, `updated grade`) are those of events."""


def report_slips(scope: Scope) -> None:
    """Look at every raw event that is named: with schemas an unknown one is an error, without a slip is a warning."""
    # A string that stands in for an event that could not be read is none of the author's.
    uses = [use for use in scope.raw_uses if not (use.phrase.quoted and use.phrase.text == "?")]
    _report_stages(scope, uses)
    reported = _report_doubtful(scope, uses)
    if scope.schemas:
        reported |= _report_without_schema(scope, [use for use in uses if use.name not in reported])
    reported |= _report_scores(scope, [use for use in uses if use.name not in reported])
    _report_near(scope, [use for use in uses if use.name not in reported])


def _report_stages(scope: Scope, uses: list[RawUse]) -> None:
    """A stage named where an event is: likely it was to be asked for. A string is meant as it is."""
    stages = {normalise(stage) for stage in scope.stages}
    for use in uses:
        if use.name in stages and not use.phrase.quoted and use.name not in scope.schemas:
            place = (use.source, use.phrase.span)
            scope.diagnostics.append(errors.stage_in_condition(place, use.phrase.text))


def _report_doubtful(scope: Scope, uses: list[RawUse]) -> set[str]:
    """``visited pricing twice``: words that say more than a name, where no definition or schema has that name."""
    reported = set()
    for use in uses:
        doubt = None if use.name in scope.schemas else doubtful_phrase(use.source, use.phrase)
        if doubt is not None:
            scope.diagnostics.append(doubt)
            reported.add(use.name)
    return reported


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


def _report_scores(scope: Scope, uses: list[RawUse]) -> set[str]:
    """``engagement > 50`` where no score has that name: the words sound like a score, and nobody counts so many events.

    Only for a name that nothing else uses; gives the names that are reported.
    """
    times = Counter(use.name for use in uses)
    compared: dict[str, list[tuple[RawUse, int]]] = {}
    for use, number in scope.compared:
        compared.setdefault(use.name, []).append((use, number))
    reported = set()
    for name, comparisons in compared.items():
        alone = times[name] == len(comparisons) and name not in scope.schemas
        if alone and _sounds_like_a_score(name.split()) and all(number >= _MANY for _, number in comparisons):
            for use, _ in comparisons:
                if not use.phrase.quoted:
                    place = (use.source, use.phrase.span)
                    scope.diagnostics.append(errors.score_nowhere_defined(place, use.phrase.text))
                    reported.add(name)
    return reported


def _sounds_like_a_score(words: list[str]) -> bool:
    if not words:
        return False
    *before, last = words
    return last in _SCORES | _LIKE_SCORES and all(word in _WHOSE for word in before)


def _report_near(scope: Scope, uses: list[RawUse]) -> None:
    """A name used once that is one slip away from a definition or from a frequent name. A string is meant as it is."""
    counts = Counter(use.name for use in uses)
    written = {use.name: use.phrase.text for use in reversed(uses)}
    known = {normalise(name): name for name in scope.symbols.named("event", "segment", "score")}
    known |= {name: written[name] for name, count in counts.items() if count >= _FREQUENT and name not in known}
    once = [use for use in uses if counts[use.name] == 1 and not use.phrase.quoted and use.name not in known]
    if known and once:
        index = _index(tuple(known))
        for use in once:
            near = index.find(use.name)
            if near is not None:
                place = (use.source, use.phrase.span)
                scope.diagnostics.append(errors.one_slip(place, use.phrase.text, known[near]))


@lru_cache(maxsize=4)
def _index(names: tuple[str, ...]) -> TypoIndex:
    """Remembered, for it takes longer to make than all else, and an editor asks at every stroke."""
    return TypoIndex(names)
