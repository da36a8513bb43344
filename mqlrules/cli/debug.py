"""``mqlrules debug``: what each stage makes of rules, for people who work on mqlrules."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import click

from mqlrules.cli.command import Command
from mqlrules.cli.options import rules_argument
from mqlrules.cli.rules import check_rules, load_rules, show_diagnostics
from mqlrules.language.record import Record
from mqlrules.text.source import Source
from mqlrules.text.span import Span

STAGES = ("tree", "program", "plan")
WIDTH = 100


@click.command(cls=Command, page="architecture", examples="""
mqlrules debug tree warm.mql
mqlrules debug program rules/
mqlrules debug plan rules/
""")  # fmt: skip
@click.argument("stage", type=click.Choice(STAGES))
@rules_argument
def command(stage: str, rules: tuple[str, ...]) -> int:
    """Print what a stage makes of rules: the syntax tree of each file, the checked program, or the evaluation plan.

    Nodes that don't fit in one line are indented below the node that has them; places in the text are left out. A node
    that occurs more than once has a number and is printed once: in a plan, it is evaluated once.

    The exit status is 1 if the rules have errors; the tree is printed all the same.
    """
    if stage == "tree":
        checked = check_rules(rules)
        show_diagnostics(checked.diagnostics)
        for file in checked.files:
            sys.stdout.write("".join(f"{line}\n" for line in (file.source.name, *_printed(file.tree))))
        return 0 if checked.sound else 1
    rule_set = load_rules(rules, "printed")
    shown: object = rule_set.program
    if stage == "plan":
        plan = rule_set.plan
        rules_ = {planned.rule.name: planned.condition for planned in plan.rules}
        shown = {"rules": rules_, "segments": plan.segments, "scores": plan.scores}
    sys.stdout.write("".join(f"{line}\n" for line in _printed(shown)))
    return 0


def _printed(value: object) -> Iterator[str]:
    """The lines of a value."""
    times: Counter[int] = Counter()
    _count(value, times)
    repeated = {key: number for number, key in enumerate((key for key in times if times[key] > 1), 1)}
    return _lines(value, "", _Shared(repeated, set()))


@attrs.frozen
class _Shared:
    """The numbers of nodes that occur more than once, by identity, and which of them were printed."""

    numbers: dict[int, int]
    printed: set[int]

    def number(self, node: object) -> str:
        return f" #{self.numbers[id(node)]}" if id(node) in self.numbers else ""


def _count(value: object, times: Counter[int]) -> None:
    if _is_node(value):
        times[id(value)] += 1
        if times[id(value)] > 1:
            return
    for _, inner in _inside(value):
        _count(inner, times)


def _lines(value: object, name: str, shared: _Shared) -> Iterator[str]:
    """A value under a name: in one line if it fits there, else with what it has indented below it."""
    before = f"{name}: " if name else ""
    if _is_node(value) and id(value) in shared.printed:
        yield f"{before}{type(value).__name__}{shared.number(value)}"
        return
    if _is_node(value) and shared.number(value):
        shared.printed.add(id(value))
    elif (flat := _flat(value, shared)) is not None and len(before + flat) <= WIDTH:
        yield before + flat
        return
    head = f"{before}{type(value).__name__}{shared.number(value)}" if _is_node(value) else before.rstrip()
    if head:
        yield head
    for field, inner in _inside(value):
        for line in _lines(inner, field, shared):
            yield f"  {line}" if head else line


def _flat(value: object, shared: _Shared) -> str | None:
    """A value in one line; None if a node in it has a number."""
    if _is_node(value) and shared.number(value):
        return None
    if not _is_node(value) and not isinstance(value, _COLLECTIONS):
        return repr(value)
    parts = [(name, _flat(inner, shared)) for name, inner in _inside(value)]
    if any(part is None for _, part in parts):
        return None
    shown = ", ".join(f"{name}={part}" if name else str(part) for name, part in parts)
    return f"{type(value).__name__ if _is_node(value) else ''}({shown})"


_COLLECTIONS = (Mapping, tuple, list, set, frozenset)


def _is_node(value: object) -> bool:
    """Whether a value is printed with what it has; a record of the language is printed as its name."""
    return attrs.has(type(value)) and not isinstance(value, Record)


def _inside(value: Any) -> Iterator[tuple[str, object]]:
    """What a value has, by name: no places in the text, no sources, nothing that is empty or false."""
    match value:
        case Mapping():
            yield from ((str(key), inner) for key, inner in value.items())
        case tuple() | list() | set() | frozenset():
            yield from (("", inner) for inner in value)
        case _ if _is_node(value):
            for field in attrs.fields(type(value)):
                inner = getattr(value, field.name)
                empty = inner is None or inner is False or (isinstance(inner, _COLLECTIONS) and not inner)
                if not empty and not isinstance(inner, (Span, Source)):
                    yield field.name.lstrip("_"), inner
