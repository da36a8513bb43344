"""Walking syntax trees: nodes with their sources, and the text around them."""

import re
from collections.abc import Iterator, Sequence

import attrs

from mqlrules.check.program import Program
from mqlrules.language.names import normalise
from mqlrules.syntax import tree
from mqlrules.syntax.tree import Parsed
from mqlrules.text.edit import Edit
from mqlrules.text.source import Source
from mqlrules.text.span import Span


def nodes(node: tree.Node) -> Iterator[tree.Node]:
    """A node and every node below it, from above and in order."""
    yield node
    for field in _fields(type(node)):
        value = getattr(node, field)
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, tree.Node):
                yield from nodes(inner)


_FIELDS: dict[type, tuple[str, ...]] = {}


def _fields(of: type[tree.Node]) -> tuple[str, ...]:
    if of not in _FIELDS:
        _FIELDS[of] = tuple(field.name for field in attrs.fields(of) if field.name != "span")
    return _FIELDS[of]


def statements(files: Sequence[Parsed]) -> Iterator[tuple[Source, tree.Statement]]:
    """Every statement with its source."""
    for file in files:
        for statement in file.tree.statements:
            yield file.source, statement


def rule_nodes(files: Sequence[Parsed]) -> Iterator[tuple[Source, tree.Statement, tree.Node]]:
    """Every node of every statement that affects what rules mean: all but tests and schemas."""
    for source, statement in statements(files):
        if not isinstance(statement, (tree.TestDefinition, tree.Schema)):
            for node in nodes(statement):
                yield source, statement, node


def is_condition_name(program: Program, pattern: tree.Pattern) -> bool:
    """Whether a phrase names a segment or a score rather than an event."""
    if not isinstance(pattern, tree.EventPattern) or pattern.phrase.quoted:
        return False
    key = normalise(pattern.phrase.text)
    return key in program.segments or key in program.scores


def one_line(source: Source, span: Span) -> str:
    """The text of a span without comments, in one line."""
    text = re.sub(r"#[^\n\"]*$", "", source.text[span.start : span.end], flags=re.MULTILINE)
    return " ".join(text.split())


def shown(source: Source, span: Span, most: int = 70) -> str:
    """The text of a span between backticks, shortened."""
    text = one_line(source, span)
    return f"`{text if len(text) <= most else text[: most - 1] + '…'}`"


def in_parentheses(source: Source, span: Span) -> Span | None:
    """The span with the parentheses directly around it, or None without any."""
    before = len(source.text[: span.start].rstrip())
    after = span.end + len(source.text[span.end :]) - len(source.text[span.end :].lstrip())
    if source.text[before - 1 : before] == "(" and source.text[after : after + 1] == ")":
        return Span(before - 1, after + 1)
    return None


def with_parentheses(source: Source, span: Span) -> Span:
    """The span with all the parentheses right around it."""
    wider = in_parentheses(source, span)
    return span if wider is None else with_parentheses(source, wider)


def removal(source: Source, span: Span) -> Edit:
    """Removes a span and the blanks before it."""
    start = len(source.text[: span.start].rstrip())
    return Edit(source, Span(start, span.end), "")
