"""A memory of checking: what each statement came to, to be used again while it and all that it names stay the same.

An editor checks a rule set at every stroke, and a stroke changes one statement. Trees that did not change are the very
same objects from one check to the next (see ``mqlrules.ide.document``). Of a statement that something is said about
nothing is kept: what is said may depend on everything.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from mqlrules.check.expansion import Measure
from mqlrules.check.lists import Stamp
from mqlrules.check.program import Condition
from mqlrules.check.scope import RawUse, ResolvedPattern, Scope
from mqlrules.check.symbols import Named, Symbol
from mqlrules.language.names import normalise
from mqlrules.language.values import Literal
from mqlrules.syntax import tree


@attrs.frozen(eq=False)
class Kept:
    """What resolving a statement came to, and the normalised names in it."""

    statement: tree.Statement
    as_what: tuple[object, ...]
    names: frozenset[str]
    result: Any
    raw_uses: list[RawUse]
    compared: list[tuple[RawUse, int]]
    expanded: int


@attrs.frozen
class Mark:
    """How much was in a scope before a statement."""

    diagnostics: int
    raw_uses: int
    compared: int
    loose: int
    expanded: int


@attrs.define(eq=False)
class Memory:
    """What is kept from one check to the next of one rule set, whose statements may change.

    All that is kept held at the end of the last check, so only names whose meaning has changed since are looked for.
    """

    statements: dict[int, Kept] = attrs.field(factory=dict)
    measures: dict[int, tuple[Condition, Measure]] = attrs.field(factory=dict)
    definitions: dict[str, tuple[tree.EventDefinition, ResolvedPattern]] = attrs.field(factory=dict)
    lists: dict[Stamp, tuple[Literal, ...]] = attrs.field(factory=dict)
    _world: tuple[object, ...] = ()
    _names: dict[int, tuple[tree.Statement, frozenset[str]]] = attrs.field(factory=dict)
    _symbols: dict[str, Symbol] = attrs.field(factory=dict)
    _changed: set[str] = attrs.field(factory=set)

    def begin(self, scope: Scope) -> None:
        """What holds for all statements is known; if it is other than before, nothing is remembered."""
        world = (
            scope.lifecycle,
            scope.stages_known,
            scope.zone.name,
            dict(scope.schemas),
            scope.lead_schema,
            dict(scope.lists),
            scope.symbols.unread,
        )
        if world != self._world:
            self._world = world
            self.statements.clear()
            self.definitions.clear()
        now, before = scope.symbols.by_name, self._symbols
        self._changed = {key for key, symbol in now.items() if key not in before or not _is_same(before[key], symbol)}
        self._changed |= before.keys() - now.keys()
        self._symbols = dict(now)

    def settle_definitions(self, scope: Scope) -> None:
        """Event definitions are resolved; those that mean the same as before are the same objects again."""
        known: dict[str, tuple[tree.EventDefinition, ResolvedPattern]] = {}
        for key, (_, node) in scope.definitions.items():
            resolved = scope.events.get(key)
            if resolved is None:
                continue
            before = self.definitions.get(key)
            if before is not None and before[0] is node and before[1] == resolved:
                scope.events[key] = resolved = before[1]
            known[key] = node, resolved
        for key in known.keys() | self.definitions.keys():
            if key not in known or key not in self.definitions or known[key][1] is not self.definitions[key][1]:
                self._changed.add(key)
        self.definitions = known

    @staticmethod
    def mark(scope: Scope) -> Mark:
        """How much is in a scope now."""
        return Mark(len(scope.diagnostics), len(scope.raw_uses), len(scope.compared), len(scope.loose), scope.expanded)

    def recall(self, scope: Scope, named: Named) -> Kept | None:
        """What a statement came to, if that still holds; it is put into the scope again."""
        kept = self.statements.get(id(named.node))
        if kept is None or kept.statement is not named.node or kept.as_what != _as_what(scope, named):
            return None
        if not kept.names.isdisjoint(self._changed):
            return None
        scope.raw_uses += kept.raw_uses
        scope.compared += kept.compared
        scope.expanded += kept.expanded
        return kept

    def keep(self, scope: Scope, named: Named, before: Mark, result: Any) -> None:
        """Remember what a statement came to, if nothing was said about it."""
        if len(scope.diagnostics) > before.diagnostics or len(scope.loose) > before.loose:
            self.statements.pop(id(named.node), None)
            return
        self.statements[id(named.node)] = Kept(
            named.node,
            _as_what(scope, named),
            self._names_in(named.node),
            result,
            scope.raw_uses[before.raw_uses :],
            scope.compared[before.compared :],
            scope.expanded - before.expanded,
        )

    def end(self, statements: list[Named], conditions: set[int]) -> None:
        """Forget what is no part of the rule set any more."""
        there = {id(named.node) for named in statements}
        for known in (self.statements, self._names):
            for key in [key for key in known if key not in there]:
                del known[key]
        for key in [key for key in self.measures if key not in conditions]:
            del self.measures[key]

    def _names_in(self, node: tree.Statement) -> frozenset[str]:
        known = self._names.get(id(node))
        if known is None or known[0] is not node:
            known = self._names[id(node)] = node, frozenset(map(normalise, _texts(node)))
        return known[1]


def _as_what(scope: Scope, named: Named) -> tuple[object, ...]:
    # In a file with mistakes nothing is said of a score without lines: some may not have been read.
    unsound = _may_lack_lines(named.node) and named.source in scope.unsound
    return named.name, named.key, named.first, named.source.name, unsound


def _may_lack_lines(node: tree.Statement) -> bool:
    match node:
        case tree.ScoreDefinition(lines=lines):
            return not lines
        case tree.TestDefinition(lines=lines):
            return not any(isinstance(line, _EXPECTING) for line in lines)
        case _:
            return False


_EXPECTING = (tree.ExpectReached, tree.ExpectStage, tree.ExpectScore)


def _is_same(a: Symbol, b: Symbol) -> bool:
    """Whether two symbols are one, though their sources may be of different times."""
    if a.kind != b.kind or a.name != b.name:
        return False
    if a.place is None or b.place is None:
        return a.place is b.place
    return a.place[0].name == b.place[0].name and a.place[1] == b.place[1]


def _texts(value: object) -> Iterator[str]:
    """Every name and phrase in a tree."""
    match value:
        case tree.Name(text=text) | tree.Phrase(text=text):
            yield text
        case tuple():
            for each in value:
                yield from _texts(each)
        case tree.Node():
            for field in attrs.fields(type(value)):
                if field.name != "span":
                    yield from _texts(getattr(value, field.name))
