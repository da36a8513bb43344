"""Unparsing: the canonical text of a syntax tree, with parentheses only where the tree needs them.

``parse(unparse(tree)) == tree`` for every tree that the parser makes. Each statement and item is one line; breaking
long lines and placing comments is up to the formatter.
"""

import datetime

from mqlrules.language.calendar import UNITS
from mqlrules.syntax import tree
from mqlrules.syntax.grammar import vocabulary

_UTC = datetime.UTC
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=_UTC)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}

_FIRST_WORDS = frozenset(
    ("lifecycle", "timezone", "schema", "event", "list", "segment", "score", "rule", "test", "when")
)

# How tightly conditions bind, the loosest first. A condition gets parentheses where a tighter one is required.
_OR, _AND, _NOT, _SAME, _NARROWED, _SEQUENCE, _ATOM = range(7)


def unparse(node: tree.File | tree.Statement | tree.Condition | tree.Predicate | tree.Pattern) -> str:
    """The text of a file (a blank line between statements), or of one statement, condition, predicate or pattern."""
    match node:
        case tree.File(statements=statements):
            return "\n\n".join(map(_statement, statements)) + ("\n" if statements else "")
        case tree.EventPattern() | tree.AnyPattern():
            return _pattern(node)
        case (
            tree.Lifecycle() | tree.Timezone() | tree.Schema() | tree.EventDefinition() | tree.ListDefinition()
            | tree.SegmentDefinition() | tree.ScoreDefinition() | tree.RuleDefinition() | tree.TestDefinition()
        ):  # fmt: skip
            return _statement(node)
        case _:
            return _condition(node, _OR)


# -- statements ----------------------------------------------------------------------------------------------------


def _statement(node: tree.Statement) -> str:
    match node:
        case tree.Lifecycle(ladder=ladder, outside=outside):
            return "lifecycle " + ", ".join([" > ".join(map(_name, ladder)), *map(_name, outside)])
        case tree.Timezone(zone=zone):
            return f"timezone {_value(zone)}"
        case tree.Schema(event=event, properties=properties):
            declared = ", ".join(f"{_path(p.path)}: {_name(p.type)}" for p in properties)
            return f"schema {_phrase(event)} ({declared})"
        case tree.EventDefinition(name=name, pattern=tree.AnyPattern(alternatives=alternatives)):
            return f"event {_phrase(name)} = {' or '.join(map(_pattern, alternatives))}"
        case tree.EventDefinition(name=name, pattern=pattern):
            return f"event {_phrase(name)} = {_pattern(pattern)}"
        case tree.ListDefinition(name=name, file=file, column=column):
            return f"list {_name(name)} from {_value(file)}{_column(column)}"
        case tree.SegmentDefinition(name=name, description=description, condition=condition):
            return f"segment {_name(name)}{_described(description)} = {_condition(condition, _OR)}"
        case tree.ScoreDefinition(name=name, description=description, lines=lines):
            return "\n    ".join([f"score {_name(name)}{_described(description)}", *map(_score_line, lines)])
        case tree.RuleDefinition(name=name, description=description, condition=condition, outcome=outcome):
            head = "" if name is None else f"rule {_name(name)}{_described(description)}: "
            return f"{head}{_when(node.when)}{_rule_condition(condition)} => {_outcome(outcome)}"
        case tree.TestDefinition(name=title, lines=items):
            return "\n    ".join([f"test {_value(title)}", *map(_test_line, items)])


def _rule_condition(condition: tree.Condition) -> str:
    """The condition of a rule, in parentheses if its first word would be read as the keyword of a statement."""
    text = _condition(condition, _OR)
    return f"({text})" if text.split(" ", 1)[0] in _FIRST_WORDS else text


def _described(description: tree.Text | None) -> str:
    return "" if description is None else f" {_value(description)}"


def _column(column: tree.Name | tree.Text | None) -> str:
    if column is None:
        return ""
    return f" column {_name(column) if isinstance(column, tree.Name) else _value(column)}"


def _when(when: tree.When | None) -> str:
    if when is None:
        return ""
    return f"when {_name(when.stage)}{_lasting(when.lasting)}, "


def _lasting(duration: tree.Duration | None) -> str:
    return "" if duration is None else f" for {_value(duration)}"


def _outcome(outcome: tree.Outcome) -> str:
    return f"recycle to {_name(outcome.stage)}" if outcome.recycle else _name(outcome.stage)


def _score_line(line: tree.ScoreLine) -> str:
    match line:
        case tree.PerLine() | tree.ForLine():
            word = "per" if isinstance(line, tree.PerLine) else "for"
            parts = [f"{_points(line.points)} {word} {_pattern(line.pattern)}", *map(_restriction, line.restrictions)]
            if line.cap is not None:
                parts.append(f"up to {_value(line.cap)}")
            if line.halving is not None:
                parts.append(f"halve every {_value(line.halving)}")
            return " ".join(parts)
        case tree.IfLine(points=points, condition=condition):
            return f"{_points(points)} if {_condition(condition, _OR)}"
        case tree.BetweenLine(low=low, high=high):
            return f"between {_value(low)} and {_value(high)}"


def _points(points: tree.Number) -> str:
    text = _value(points)
    return text if text.startswith("-") else f"+{text}"


def _test_line(line: tree.TestLine) -> str:
    match line:
        case tree.TestLead(traits=traits):
            return f"lead {_properties(traits)}"
        case tree.TestEvent(moment=moment, phrase=phrase, properties=properties):
            given = f" {_properties(properties)}" if properties else ""
            return f"{_moment(moment)} {_phrase(phrase)}{given}"
        case tree.ExpectReached(stage=stage, negated=negated, moment=moment, rule=rule):
            on = "" if moment is None else f" on {_moment(moment)}"
            by = "" if rule is None else f" by {_name(rule)}"
            return f"expect {'no ' if negated else ''}{_name(stage)}{on}{by}"
        case tree.ExpectStage(stage=stage, moment=moment):
            return f"expect stage {_name(stage)} on {_moment(moment)}"
        case tree.ExpectScore(score=score, operator=operator, number=number, moment=moment):
            return f"expect {_name(score)} {operator} {_value(number)} on {_moment(moment)}"
        case tree.TestEnd(moment=moment):
            return f"as of {_moment(moment)}"


def _properties(properties: tuple[tree.PropertyValue, ...]) -> str:
    return "(" + ", ".join(f"{_path(p.path)}: {_value(p.value)}" for p in properties) + ")"


def _moment(moment: tree.Moment) -> str:
    day = f"day {_value(moment.day)}" if isinstance(moment.day, tree.Number) else _value(moment.day)
    if moment.clock is None:
        return day
    minutes, seconds = divmod(moment.clock // 1_000_000, 60)
    clock = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{day} {clock}:{seconds:02}" if seconds else f"{day} {clock}"


# -- conditions ----------------------------------------------------------------------------------------------------


def _condition(node: tree.Condition | tree.Predicate, wanted: int) -> str:
    level, text = _condition_at(node)
    return f"({text})" if level < wanted else text


def _condition_at(node: tree.Condition | tree.Predicate) -> tuple[int, str]:
    """How tightly a condition binds, and its text without parentheses around it."""
    match node:
        case tree.Or(operands=operands):
            return _OR, " or ".join(_condition(operand, _AND) for operand in operands)
        case tree.And(operands=operands):
            return _AND, " and ".join(_condition(operand, _NOT) for operand in operands)
        case tree.Not(operand=operand):
            return _NOT, f"not {_condition(operand, _NOT)}"
        case tree.WithSame(condition=condition, path=path):
            return _SAME, f"{_condition(condition, _NARROWED)} with same {_path(path)}"
        case tree.Restricted(condition=condition, restrictions=restrictions):
            narrowed = " ".join(map(_restriction, restrictions))
            return _NARROWED, f"{_condition(condition, _SEQUENCE)} {narrowed}"
        case tree.Sequence(steps=steps):
            return _SEQUENCE, " then ".join(map(_step, steps))
        case tree.Occurrence() | tree.Absence():
            return _ATOM, _event(node)
        case tree.Aggregate(record=record, path=path, pattern=pattern, operator=operator, value=value):
            of = "" if path is None else f"{_path(path)} of "
            return _ATOM, f"{record.name}({of}{_pattern(pattern)}) {operator} {_value(value)}"
        case tree.Trait(test=test):
            return _ATOM, f"lead.{_test(test)}"
        case _:
            return _ATOM, _test(node)


def _event(node: tree.Occurrence | tree.Absence) -> str:
    match node:
        case tree.Absence(pattern=pattern):
            return f"no {_pattern(pattern)}"
        case tree.Occurrence(pattern=pattern, operator=operator, number=number, times=times):
            if operator is None or number is None:
                return _pattern(pattern)
            return f"{_pattern(pattern)} {operator} {_value(number)}{' times' if times else ''}"


def _step(step: tree.Step) -> str:
    within = "" if step.within is None else f"within {_value(step.within)} "
    after = "" if step.after is None else f"after {_value(step.after)} "
    return f"{within}{after}{_event(step.event)}{_lasting(step.lasting)}"


def _restriction(node: tree.Restriction) -> str:
    match node.argument:
        case tree.Duration() as duration:
            return f"{node.record.name} {_value(duration)}"
        case tree.Dates(first=first, last=last):
            return f"{node.record.name} {_value(first)} to {_value(last)}"
        case pattern:
            return f"{node.record.name} {_pattern(pattern)}"


# -- patterns and tests --------------------------------------------------------------------------------------------


def _pattern(node: tree.Pattern) -> str:
    match node:
        case tree.AnyPattern(alternatives=alternatives):
            return f"({' or '.join(map(_pattern, alternatives))})"
        case tree.EventPattern(phrase=phrase, where=where):
            return _phrase(phrase) if where is None else f"{_phrase(phrase)} where ({_condition(where, _OR)})"


def _test(node: tree.Comparison | tree.OneOf | tree.TextTest | tree.Presence | tree.Bare) -> str:
    path = _path(node.path)
    match node:
        case tree.Comparison(operator=operator, value=value):
            test = f"{path} {operator} {_value(value)}"
        case tree.OneOf(values=values):
            test = f"{path} in {_name(values) if isinstance(values, tree.Name) else _values(values)}"
        case tree.TextTest(record=record, text=text):
            test = f"{path} {record.name} {_value(text)}"
        case tree.Presence(known=known):
            return f"{path} is {'known' if known else 'missing'}"
        case tree.Bare():
            return path
    return f"{test} ignoring case" if node.ignoring_case else test


def _values(values: tuple[tree.Value, ...]) -> str:
    return f"({', '.join(map(_value, values))})"


# -- words and values ----------------------------------------------------------------------------------------------


def _name(node: tree.Name) -> str:
    return node.text


def _phrase(node: tree.Phrase) -> str:
    return quoted(node.text) if node.quoted else node.text


def _path(node: tree.Path) -> str:
    return ".".join(map(_part, node.parts))


def _part(part: str) -> str:
    return part if vocabulary().word.fullmatch(part) else quoted(part)


def quoted(text: str) -> str:
    """A string in double quotes, with the escape sequences that it needs."""
    return '"' + "".join(_ESCAPES.get(character, character) for character in text) + '"'


def _value(node: tree.Value) -> str:
    match node:
        case tree.Number(value=number):
            return f"{number:f}"
        case tree.Text(value=text):
            return quoted(text)
        case tree.Duration(microseconds=microseconds):
            return duration(microseconds)
        case tree.Date(value=date):
            return date.isoformat()
        case tree.Instant(microseconds=microseconds):
            moment = _EPOCH + datetime.timedelta(microseconds=microseconds)
            return moment.replace(tzinfo=None).isoformat() + "Z"
        case tree.Boolean(value=value):
            return "true" if value else "false"


def duration(microseconds: int) -> str:
    """A duration in the largest unit that divides it; weeks are written in days, such as ``14d``."""
    unit = next(unit for unit in ("d", "h", "m", "s", "ms", "us") if microseconds % UNITS[unit] == 0)
    return f"{microseconds // UNITS[unit]}{unit}"
