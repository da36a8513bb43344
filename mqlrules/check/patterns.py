"""Event patterns and the definitions they name: from phrases to raw events (section 4).

A pattern becomes flat: a tuple of raw events, each with all that is asked of it. A definition is resolved when it is
first needed, wherever it stands.
"""

from collections.abc import Sequence
from typing import Literal

from mqlrules.check import errors, limit_errors, limits, program
from mqlrules.check.predicates import both, predicate, size
from mqlrules.check.scope import Here, RawUse, ResolvedPattern
from mqlrules.check.symbols import Symbol
from mqlrules.check.types import UNKNOWN, Known
from mqlrules.language.names import ACTIVITY, IDENTIFY, normalise
from mqlrules.syntax import tree

Role = Literal["count", "no", "step", "absent step", "anchor", "aggregate", "score line", "definition", "test"]
"""Where an event is needed: it decides what to write instead of a segment or a score."""

_Path = tuple[str, ...]


def pattern(here: Here, node: tree.Pattern, role: Role) -> program.Pattern | None:
    """The raw events that a pattern means; None if something in it is wrong, which has been reported."""
    resolved = _pattern(here, node, role, ())
    return None if resolved is None else resolved.pattern


def define_events(here: Here, keys: Sequence[str]) -> None:
    """Resolve the definitions with these names that nothing has asked for yet."""
    for key in keys:
        _definition(here, key, ())


def again(here: Here, node: tree.EventDefinition) -> None:
    """Check a definition whose name another one has taken; nothing can mean it."""
    _pattern(here, node.pattern, "definition", ())


def known_of(here: Here, alternatives: Sequence[program.Alternative], owner: str) -> Known:
    """What schemas tell of the properties of these events: nothing, as soon as one of them has none."""
    schemas = []
    for name in dict.fromkeys(alternative.name for alternative in alternatives):
        schema = here.scope.schema_of(name)
        if schema is None:
            return UNKNOWN
        schemas.append(schema)
    return Known(owner, tuple(schemas))


def words(node: tree.Pattern) -> str:
    """How the author calls the events of a pattern."""
    match node:
        case tree.EventPattern(phrase=phrase):
            return f'"{phrase.text}"' if phrase.quoted else phrase.text
        case tree.AnyPattern(alternatives=alternatives):
            return " or ".join(map(words, alternatives))


def _pattern(here: Here, node: tree.Pattern, role: Role, path: _Path, level: int = 1) -> ResolvedPattern | None:
    if level > limits.NESTING:
        here.report(limit_errors.too_deep(here.place(node), "event"))
        return None
    if isinstance(node, tree.EventPattern):
        return _event(here, node, role, path)
    parts = [_pattern(here, alternative, role, path, level + 1) for alternative in node.alternatives]
    if None in parts:
        return None
    found = [part for part in parts if part is not None]
    if sum(part.size for part in found) > 10 * limits.PATTERN_SIZE:
        here.report(limit_errors.pattern_too_large(here.place(node)))
        return None
    unique = tuple(dict.fromkeys(a for part in found for a in part.pattern.alternatives))
    total = sum(1 + size(alternative.where) for alternative in unique)
    if not _within_limits(here, node, len(unique), total):
        return None
    depth = max(part.depth for part in found)
    written = tuple(event for part in found for event in part.pattern.written)
    return ResolvedPattern(program.Pattern(unique, words(node), written, span=node.span), total, depth)


def _event(here: Here, node: tree.EventPattern, role: Role, path: _Path) -> ResolvedPattern | None:
    named = _phrase(here, node.phrase, role, path)
    if named is None:
        if node.where is not None:
            predicate(here, node.where, UNKNOWN)
        return None
    if node.where is None:
        alternatives, written = named.pattern.alternatives, (_written(here, node.phrase, None),)
        return ResolvedPattern(
            program.Pattern(alternatives, words(node), written, span=node.span), named.size, named.depth
        )
    known = known_of(here, named.pattern.alternatives, node.phrase.text)
    where = predicate(here, node.where, known)
    if where is None:
        return None
    count = len(named.pattern.alternatives)
    total = named.size + size(where) * count
    if not _within_limits(here, node, count, total):
        return None
    narrowed = (program.Alternative(a.name, both(a.where, where)) for a in named.pattern.alternatives)
    written = (_written(here, node.phrase, where),)
    return ResolvedPattern(
        program.Pattern(tuple(dict.fromkeys(narrowed)), words(node), written, span=node.span), total, named.depth
    )


def _written(here: Here, phrase: tree.Phrase, where: program.Predicate | None) -> program.NamedEvent:
    key = normalise(phrase.text)
    if phrase.quoted or here.is_own(phrase.text):
        return program.NamedEvent(phrase.text, False, where)
    return program.NamedEvent(None if key == ACTIVITY else phrase.text, key in here.scope.events, where)


def _within_limits(here: Here, node: tree.Pattern, alternatives: int, total: int) -> bool:
    if alternatives > limits.ALTERNATIVES or total > limits.PATTERN_SIZE:
        here.report(limit_errors.pattern_too_large(here.place(node)))
        return False
    if here.scope.expanded + total > limits.EXPANSION:
        here.report(limit_errors.rule_set_too_large(here.place(node)))
        return False
    here.scope.expanded += total
    return True


def _phrase(here: Here, phrase: tree.Phrase, role: Role, path: _Path) -> ResolvedPattern | None:
    key = normalise(phrase.text)
    if phrase.quoted or here.is_own(phrase.text):
        return _raw(here, phrase, key)
    if key == ACTIVITY:
        return ResolvedPattern(program.Pattern((program.Alternative(None),)), 1, 0)
    symbol = here.scope.symbols.find(phrase.text)
    if symbol is None:
        return None if key in here.scope.symbols.unread else _raw(here, phrase, key)
    if symbol.kind == "event":
        if key in path:
            _report_cycle(here, path[path.index(key) :])
            return None
        return _definition(here, key, path)
    place = here.place(phrase)
    if symbol.kind == "rule":
        here.report(errors.rule_in_condition(place, phrase.text, symbol.place))
    else:
        here.report(errors.not_an_event(place, phrase.text, symbol.kind, _instead(symbol, role), symbol.place))
    return None


def _raw(here: Here, phrase: tree.Phrase, key: str) -> ResolvedPattern:
    if key != IDENTIFY:
        here.scope.raw_uses.append(RawUse(key, phrase, here.source))
    return ResolvedPattern(program.Pattern((program.Alternative(key),)), 1, 0)


def _definition(here: Here, key: str, path: _Path) -> ResolvedPattern | None:
    events = here.scope.events
    if key in events:
        return events[key]
    source, node = here.scope.definitions[key]
    inside = Here(here.scope, source, key)
    if len(path) == limits.NESTING:
        inside.report(limit_errors.too_deep(inside.place(node.name), "event definition"))
        events[key] = None
        return None
    resolved = _pattern(inside, node.pattern, "definition", (*path, key))
    if resolved is not None:
        if resolved.depth >= limits.NESTING:
            inside.report(limit_errors.too_deep(inside.place(node.name), "event definition"))
            resolved = None
        else:
            resolved = ResolvedPattern(resolved.pattern, resolved.size, resolved.depth + 1)
    events[key] = resolved
    return resolved


def _report_cycle(here: Here, keys: _Path) -> None:
    places: list[tuple[str, errors.Place]] = []
    for key in keys:
        source, node = here.scope.definitions[key]
        places.append((node.name.text, (source, node.name.span)))
    names = [name for name, _ in places]
    here.report(errors.event_cycle(places[0][1], [*names, names[0]], places[1:]))


def _instead(symbol: Symbol, role: Role) -> str:
    """What to write where a segment, score or list stands for an event."""
    name = symbol.name
    if symbol.kind == "list":
        return f"A list is asked with `in`: `lead.domain in {name}`."
    asked = name if symbol.kind == "segment" else f"{name} >= 50"
    match role:
        case "no":
            return f"Write `not {asked}`."
        case "step" | "absent step":
            return f"A sequence is made of events. Ask for the {symbol.kind} beside it: `(… then …) and {asked}`."
        case "score line":
            return f"Write `+10 if {asked}`."
        case "count":
            return f"Take it out of the parentheses: `… or {asked}`."
        case "definition":
            return f"Ask for the {symbol.kind} where the event is used: `… and {asked}`."
        case "test":
            return "Write an event that was sent."
        case "anchor":
            return "`since`, `after` and `before` look for an event: write the one that counts."
        case "aggregate":
            return "Write the event that has the property."
