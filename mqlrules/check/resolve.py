"""Checking: from the syntax trees of a rule set to its program, with everything that is wrong with it.

The order is that in which things need each other: the name space, what holds for all (lifecycle, zone, schemas), lists,
event definitions, the conditions of segments, scores and rules, and last what those come to in place.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mqlrules.check import lists, program, symbols
from mqlrules.check.conditions import condition
from mqlrules.check.expansion import Places
from mqlrules.check.misspellings import report_slips
from mqlrules.check.patterns import again, define_events
from mqlrules.check.rules import rule
from mqlrules.check.scenarios import scenario
from mqlrules.check.scope import Here, ResolvedPattern, Scope
from mqlrules.check.scores import score
from mqlrules.check.settings import settle
from mqlrules.check.symbols import Named
from mqlrules.language.calendar import Zone
from mqlrules.syntax import tree
from mqlrules.syntax.tree import Parsed
from mqlrules.text.diagnostic import Diagnostic, in_order
from mqlrules.text.source import Source

# Only editors need it, and `mqlrules check` must not wait for it.
if TYPE_CHECKING:
    from mqlrules.check.state_bound import Memory


def check(
    files: Sequence[Parsed], folder: Path | None, memory: "Memory | None" = None
) -> tuple[program.Program, tuple[Diagnostic, ...]]:
    """The program of a rule set, given its files in order, and all its diagnostics, those of parsing too.

    ``folder`` is the rule set's folder, the only place that lists are read from; None for rules without one. What is
    wrong is left out of the program, and so is what asks for it: the program is always whole in itself. Nothing that an
    author wrote makes this raise. ``memory`` is for checking the same rule set again and again while it is edited.
    """
    named, statements, found = symbols.collect(files, folder)
    scope = Scope(named, [*(diagnostic for file in files for diagnostic in file.diagnostics), *found])
    scope.unsound = frozenset(file.source for file in files if file.diagnostics)
    scope.definitions = {
        s.key: (s.source, s.node) for s in statements if s.first and isinstance(s.node, tree.EventDefinition)
    }
    settle(scope, statements)
    scope.stages_known = scope.lifecycle_place is not None or not any(map(_says_lifecycle, scope.unsound))
    known = None if memory is None else memory.lists
    _load_lists(scope, statements, lists.Reader(folder, scope.suggestions, known=known))
    if memory is not None:
        memory.begin(scope)
    _resolve_events(scope, statements)
    if memory is not None:
        memory.settle_definitions(scope)
    segments, scores, rules = _resolve_conditions(scope, statements, memory)
    places = Places(scope, segments, scores, {} if memory is None else memory.measures)
    sound = places.sound([*segments, *scores])
    kept = tuple(rule for rule in rules if rule.source and places.condition(rule.condition, rule.source, "rule"))
    for asked, source in scope.loose:
        places.condition(asked, source, "condition")
    report_slips(scope)
    if memory is not None:
        memory.end(statements, {id(rule.condition) for rule in rules})
    checked = program.Program(
        lifecycle=scope.lifecycle,
        timezone=scope.zone.name,
        schemas=scope.schemas,
        lead_schema=scope.lead_schema,
        events=_events(scope),
        segments={key: segment for key, segment in segments.items() if segment is not None and key in sound},
        scores={key: score for key, score in scores.items() if score is not None and key in sound},
        lists={key: values for key, values in scope.lists.items() if values is not None},
        rules=kept,
        tests=tuple((s.source, s.node) for s in statements if isinstance(s.node, tree.TestDefinition)),
    )
    return checked, in_order(scope.diagnostics)


def check_condition(
    node: tree.Condition, source: Source, of: program.Program
) -> tuple[program.Condition | None, tuple[Diagnostic, ...]]:
    """A condition that speaks of the definitions of a checked program, or None if it is wrong; and its diagnostics."""
    scope = scope_of(of)
    resolved = condition(Here(scope, source), node)
    places = Places(scope, dict(of.segments), dict(of.scores))
    for asked, at in scope.loose:
        places.condition(asked, at, "condition")
    if resolved is not None and places.condition(resolved, source, "condition") is None:
        resolved = None
    report_slips(scope)
    return resolved, in_order(scope.diagnostics)


def scope_of(of: program.Program) -> Scope:
    """The scope of a checked program, for what is written later. Its event definitions are resolved."""
    scope = Scope(symbols.of_program(of))
    scope.lifecycle = of.lifecycle
    scope.zone = Zone(of.timezone)
    scope.schemas, scope.lead_schema = of.schemas, of.lead_schema
    scope.lists = dict(of.lists)
    scope.events = {
        key: ResolvedPattern(definition.pattern, len(definition.pattern.alternatives), 0)
        for key, definition in of.events.items()
    }
    return scope


def _says_lifecycle(source: Source) -> bool:
    return source.text.startswith("lifecycle") or "\nlifecycle" in source.text


def _load_lists(scope: Scope, statements: Sequence[Named], reader: lists.Reader) -> None:
    for statement in statements:
        if isinstance(statement.node, tree.ListDefinition):
            values, problem = lists.load(reader, statement.node, statement.source)
            if problem is not None:
                scope.diagnostics.append(problem)
            if statement.first:
                loaded = values and program.ListOfValues(
                    statement.name, values, statement.source, span=statement.node.span
                )
                scope.lists[statement.key] = loaded or None


def _resolve_events(scope: Scope, statements: Sequence[Named]) -> None:
    for statement in statements:
        if isinstance(statement.node, tree.EventDefinition):
            here = Here(scope, statement.source, statement.key)
            if statement.first:
                define_events(here, (statement.key,))
            else:
                again(here, statement.node)


def _events(scope: Scope) -> dict[str, program.EventDefinition]:
    events = {}
    for key, (source, node) in scope.definitions.items():
        resolved = scope.events.get(key)
        if resolved is not None:
            events[key] = program.EventDefinition(node.name.text, resolved.pattern, source, span=node.span)
    return events


def _resolve_conditions(
    scope: Scope, statements: Sequence[Named], memory: "Memory | None"
) -> tuple[dict[str, program.Segment | None], dict[str, program.Score | None], list[program.Rule]]:
    segments: dict[str, program.Segment | None] = {}
    scores: dict[str, program.Score | None] = {}
    rules: list[program.Rule] = []
    for statement in statements:
        if not isinstance(statement.node, _CONDITIONAL):
            continue
        kept = None if memory is None else memory.recall(scope, statement)
        if kept is not None:
            found = kept.result
        else:
            before = None if memory is None else memory.mark(scope)
            found = _resolved(Here(scope, statement.source, statement.key or None), statement)
            if memory is not None and before is not None:
                memory.keep(scope, statement, before, found)
        match statement.node:
            case tree.SegmentDefinition() if statement.first:
                segments[statement.key] = found
            case tree.ScoreDefinition() if statement.first:
                scores[statement.key] = found
            case tree.RuleDefinition() if statement.first and found is not None:
                rules.append(found)
    return segments, scores, rules


_CONDITIONAL = (tree.SegmentDefinition, tree.ScoreDefinition, tree.RuleDefinition, tree.TestDefinition)


def _resolved(here: Here, statement: Named) -> program.Segment | program.Score | program.Rule | None:
    """What a statement means. Of one whose name another one has, the condition is still looked at."""
    match statement.node:
        case tree.SegmentDefinition() as node:
            found = segment(here, node)
            if found is not None and not statement.first:
                here.leave(found.condition)
            return found
        case tree.ScoreDefinition() as node:
            return score(here, node)
        case tree.RuleDefinition() as node:
            move = rule(here, node, statement.name)
            if move is not None and not statement.first:
                here.leave(move.condition)
            return move
        case tree.TestDefinition() as node:
            scenario(here, node)
    return None


def segment(here: Here, node: tree.SegmentDefinition) -> program.Segment | None:
    """A segment; None if something in it is wrong, which has been reported."""
    holds = condition(here, node.condition)
    if holds is None:
        return None
    description = None if node.description is None else node.description.value
    return program.Segment(node.name.text, holds, description, here.source, span=node.span)
