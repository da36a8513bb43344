"""Mutants: a rule set with one small change in it, which a good test would notice.

Thresholds by one, windows halved, doubled and a sensible length shorter and longer, ``and`` for ``or``, steps in
another order, conditions, steps and score lines left out, ``not`` and ``no`` added and taken away, rules that move
nobody.
"""

from collections.abc import Callable, Iterator, Sequence

import attrs

from mqlrules.check.change import change_event, change_rule, change_score, change_segment, statements
from mqlrules.check.program import Program
from mqlrules.check.program import Rule as ResolvedRule
from mqlrules.syntax import tree
from mqlrules.syntax.tree import Parsed
from mqlrules.testing.mutations import Edit, Editor
from mqlrules.text.source import Source
from mqlrules.text.span import Span

Changed = Callable[[], Program | None]


@attrs.frozen(eq=False)
class Mutant:
    """``text`` in place of what stands at ``span``; ``program`` makes the changed program, None if that is no rule set.

    ``owner`` is the rule, segment, score or event that is changed.
    """

    source: Source
    owner: str
    span: Span
    text: str
    program: Changed
    is_removal: bool = False
    """Whether the rule is left out, with its outcome."""

    @property
    def line(self) -> int:
        """The line of the change, from 1."""
        return self.source.position(self.span.start)[0]

    def lines(self) -> tuple[list[str], list[str]]:
        """The lines of the source that the change touches: as they are, and as they would be."""
        first = self.source.position(self.span.start)[0]
        last = self.source.position(max(self.span.start, self.span.end - 1))[0]
        start = self.source.line_starts[first - 1]
        end = self.source.line_starts[last - 1] + len(self.source.line(last))
        before = self.source.text[start:end]
        after = self.source.text[start : self.span.start] + self.text + self.source.text[self.span.end : end]
        return before.splitlines(), [line for line in after.splitlines() if line.strip()]


def mutants(program: Program, files: Sequence[Parsed]) -> list[Mutant]:
    """All mutants of a checked program of these files, in the order of the files and of the places in them."""
    rules = iter(program.rules)
    found: list[Mutant] = []
    for source, node in statements(files):
        editor = Editor(source.text, program.segments, program.scores)
        inside: list[Mutant] = []
        match node:
            case tree.RuleDefinition():
                inside = list(_of_rule(program, next(rules), source, node, editor))
            case tree.SegmentDefinition():
                inside = [
                    Mutant(source, node.name.text, edit.span, edit.text, _segment(program, source, node, edit))
                    for edit in editor.condition(node.condition)
                ]
            case tree.ScoreDefinition():
                inside = [
                    Mutant(source, node.name.text, edit.span, edit.text, _score(program, source, edit.node))
                    for edit in _of_score(node, editor)
                ]
            case tree.EventDefinition():
                inside = [
                    Mutant(source, node.name.text, edit.span, edit.text, _event(program, files, node, edit))
                    for edit in editor.pattern(node.pattern)
                ]
        found += sorted(inside, key=lambda mutant: (mutant.span.start, mutant.span.end))
    return found


def _of_rule(
    program: Program, rule: ResolvedRule, source: Source, node: tree.RuleDefinition, editor: Editor
) -> Iterator[Mutant]:
    def mutant(edit: Edit[tree.RuleDefinition]) -> Mutant:
        return Mutant(source, rule.name, edit.span, edit.text, lambda: change_rule(program, rule, edit.node))

    def without() -> Program:
        return attrs.evolve(program, rules=tuple(each for each in program.rules if each is not rule))

    yield Mutant(source, rule.name, node.span, "", without, is_removal=True)
    for edit in editor.condition(node.condition):
        yield mutant(edit.inside(lambda new: attrs.evolve(node, condition=new)))
    when = node.when
    if when is not None:
        if when.lasting is not None:
            for length in editor.length(when.lasting):
                yield mutant(length.inside(lambda new: attrs.evolve(node, when=attrs.evolve(when, lasting=new))))
        end = when.span.end
        end += len(source.text[end:]) - len(source.text[end:].lstrip())
        yield mutant(Edit(Span(when.span.start, end), "", attrs.evolve(node, when=None)))


def _of_score(node: tree.ScoreDefinition, editor: Editor) -> Iterator[Edit[tree.ScoreDefinition]]:
    lines = node.lines

    def put(at: int) -> Callable[[tree.ScoreLine], tree.ScoreDefinition]:
        return lambda new: attrs.evolve(node, lines=(*lines[:at], new, *lines[at + 1 :]))

    for at, line in enumerate(lines):
        if isinstance(line, tree.BetweenLine):
            for low in editor.number(line.low):
                yield low.inside(lambda new, line=line: attrs.evolve(line, low=new)).inside(put(at))  # type: ignore[misc]
            for high in editor.number(line.high):
                yield high.inside(lambda new, line=line: attrs.evolve(line, high=new)).inside(put(at))  # type: ignore[misc]
            continue
        yield Edit(line.span, "", attrs.evolve(node, lines=lines[:at] + lines[at + 1 :]))
        yield editor.points(line.points).inside(lambda new, line=line: attrs.evolve(line, points=new)).inside(put(at))  # type: ignore[misc]
        for edit in _of_line(line, editor):
            yield edit.inside(put(at))


def _of_line(line: tree.PerLine | tree.ForLine | tree.IfLine, editor: Editor) -> Iterator[Edit[tree.ScoreLine]]:
    if isinstance(line, tree.IfLine):
        for condition in editor.condition(line.condition):
            yield condition.inside(lambda new: attrs.evolve(line, condition=new))
        return
    for pattern in editor.pattern(line.pattern):
        yield pattern.inside(lambda new: attrs.evolve(line, pattern=new))
    for at, restriction in enumerate(line.restrictions):
        for edit in editor.restriction(restriction):
            yield edit.inside(
                lambda new, at=at: attrs.evolve(  # type: ignore[misc]
                    line, restrictions=(*line.restrictions[:at], new, *line.restrictions[at + 1 :])
                )
            )
    if line.cap is not None:
        for cap in editor.number(line.cap, least=line.cap.value * 0):
            yield cap.inside(lambda new: attrs.evolve(line, cap=new))
    if line.halving is not None:
        for length in editor.length(line.halving):
            yield length.inside(lambda new: attrs.evolve(line, halving=new))


def _segment(program: Program, source: Source, node: tree.SegmentDefinition, edit: Edit[tree.Condition]) -> Changed:
    return lambda: change_segment(program, source, attrs.evolve(node, condition=edit.node))


def _score(program: Program, source: Source, node: tree.ScoreDefinition) -> Changed:
    return lambda: change_score(program, source, node)


def _event(program: Program, files: Sequence[Parsed], node: tree.EventDefinition, edit: Edit[tree.Pattern]) -> Changed:
    return lambda: change_event(program, files, node, attrs.evolve(node, pattern=edit.node))
