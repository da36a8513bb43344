"""A checked program with one of its statements changed, without checking everything again.

Each function gives None where the change makes a statement wrong. Lists, schemas, lifecycle and zone stay as they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import attrs

from mqlrules.check import program
from mqlrules.check.expansion import Places
from mqlrules.check.patterns import define_events
from mqlrules.check.resolve import scope_of, segment
from mqlrules.check.rules import rule
from mqlrules.check.scope import Here, Scope
from mqlrules.check.scores import score
from mqlrules.language.names import normalise
from mqlrules.syntax import tree
from mqlrules.syntax.tree import Parsed
from mqlrules.text.source import Source

_T = TypeVar("_T")


def change_rule(of: program.Program, old: program.Rule, node: tree.RuleDefinition) -> program.Program | None:
    """The program with this rule in place of an old one."""
    assert old.source is not None
    scope = scope_of(of)
    new = rule(Here(scope, old.source, normalise(old.name)), node, old.name)
    if new is None:
        return None
    Places(scope, dict(of.segments), dict(of.scores)).condition(new.condition, old.source, "rule")
    rules = tuple(new if each is old else each for each in of.rules)
    return None if _is_wrong(scope) else attrs.evolve(of, rules=rules)


def change_segment(of: program.Program, source: Source, node: tree.SegmentDefinition) -> program.Program | None:
    """The program with this segment in place of the one of its name."""
    scope, key = scope_of(of), normalise(node.name.text)
    new = segment(Here(scope, source, key), node)
    return None if new is None else _placed(scope, attrs.evolve(of, segments={**of.segments, key: new}))


def change_score(of: program.Program, source: Source, node: tree.ScoreDefinition) -> program.Program | None:
    """The program with this score in place of the one of its name."""
    scope, key = scope_of(of), normalise(node.name.text)
    new = score(Here(scope, source, key), node)
    return None if new is None else _placed(scope, attrs.evolve(of, scores={**of.scores, key: new}))


def change_event(
    of: program.Program, files: Sequence[Parsed], old: tree.EventDefinition, node: tree.EventDefinition
) -> program.Program | None:
    """The program of these files with this event definition in place of an old one: whatever uses it is changed."""
    scope = scope_of(of)
    scope.events.clear()
    for source, each in statements(files):
        if isinstance(each, tree.EventDefinition):
            scope.definitions[normalise(each.name.text)] = source, node if each is old else each
    for key, (source, _) in scope.definitions.items():
        define_events(Here(scope, source, key), (key,))
    events = {
        key: attrs.evolve(definition, pattern=resolved.pattern)
        for key, definition in of.events.items()
        if (resolved := scope.events.get(key)) is not None
    }
    segments: dict[str, program.Segment | None] = {}
    scores: dict[str, program.Score | None] = {}
    rules: list[program.Rule | None] = []
    for source, each in statements(files):
        match each:
            case tree.SegmentDefinition(name=name):
                key = normalise(name.text)
                segments[key] = segment(Here(scope, source, key), each)
            case tree.ScoreDefinition(name=name):
                key = normalise(name.text)
                scores[key] = score(Here(scope, source, key), each)
            case tree.RuleDefinition():
                called = of.rules[len(rules)].name
                rules.append(rule(Here(scope, source, normalise(called)), each, called))
    if _is_wrong(scope) or len(events) < len(of.events):
        return None
    changed = attrs.evolve(of, events=events, segments=_all(segments), scores=_all(scores))
    return _placed(scope, attrs.evolve(changed, rules=tuple(each for each in rules if each is not None)))


def statements(files: Sequence[Parsed]) -> Iterator[tuple[Source, tree.Statement]]:
    """All statements of a rule set, in order."""
    for file in files:
        for statement in file.tree.statements:
            yield file.source, statement


def _placed(scope: Scope, changed: program.Program) -> program.Program | None:
    """The program, if everything in it is sound in its place."""
    places = Places(scope, dict(changed.segments), dict(changed.scores))
    places.sound([*changed.segments, *changed.scores])
    for each in changed.rules:
        if each.source is not None:
            places.condition(each.condition, each.source, "rule")
    return None if _is_wrong(scope) else changed


def _is_wrong(scope: Scope) -> bool:
    return any(diagnostic.severity == "error" for diagnostic in scope.diagnostics)


def _all(found: Mapping[str, _T | None]) -> dict[str, _T]:
    return {key: each for key, each in found.items() if each is not None}
