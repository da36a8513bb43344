"""Parts of a condition in a line, nearly as their author wrote them: what a window is labelled with."""

import datetime
from fractions import Fraction
from typing import Any

from mqlrules.check.program import Pattern
from mqlrules.explain.wording import date, millionths, value
from mqlrules.language.calendar import Zone
from mqlrules.language.restrictions import RestrictionRecord
from mqlrules.plan import nodes as n
from mqlrules.syntax.unparse import duration


def pattern(asked: Pattern) -> str:
    """The events of a pattern as their author calls them; ``…`` stands for what is asked of their properties."""
    return f"{asked.words} where …" if any(event.where is not None for event in asked.written) else asked.words


def joined(asked: Pattern) -> str:
    """A pattern before something that binds tighter than ``or``."""
    return f"({pattern(asked)})" if " or " in asked.words and len(asked.written) > 1 else pattern(asked)


def compared(node: n.Compare, zone: Zone) -> str:
    """``visited pricing >= 2 within 30d``, ``no requested demo within 30d``, ``sum(amount of purchased) >= 150``."""
    match node.leaf:
        case n.Count(pattern=asked, interval=interval):
            return f"{_counted(asked, node)}{visible(interval, zone)}"
        case n.Aggregate(record=record, path=path, pattern=asked, interval=interval):
            of = joined(asked) if path is None else f"{'.'.join(path)} of {joined(asked)}"
            return f"{record.name}({of}) {node.operator} {_value(node)}{visible(interval, zone)}"
        case n.Score(name=name):
            return f"{name} {node.operator} {_value(node)}"


def _counted(asked: Pattern, node: n.Compare) -> str:
    match node.operator, node.value:
        case (">=", 1) | (">", 0):
            return pattern(asked)
        case ("=", 0) | ("<", 1) | ("<=", 0):
            return f"no {joined(asked)}"
        case operator, number:
            return f"{joined(asked)} {operator} {number}"


def _value(node: n.Compare) -> str:
    in_millionths = isinstance(node.leaf, n.Score) or (
        isinstance(node.leaf, n.Aggregate) and node.leaf.record.result == "amount"
    )
    match node.value:
        case int() as number if in_millionths and not isinstance(number, bool):
            return millionths(number)
        case Fraction() as fraction:
            return str(float(fraction / 1_000_000))
        case other:
            return value(other)


def sequence(node: n.Sequence, zone: Zone) -> str:
    """``visited pricing then within 7d requested demo then no won deal for 5d``."""
    words = step(node.steps[0])
    for following in node.steps[1:]:
        words += way(following)
    if node.final is not None:
        words += f" then no {joined(node.final.pattern)} for {duration(node.final.lasting)}"
    return words + visible(node.interval, zone)


def step(asked: n.Step) -> str:
    """A positive step alone."""
    return joined(asked.pattern) if asked.count == 1 else f"{joined(asked.pattern)} >= {asked.count}"


def way(asked: n.Step) -> str:
    """A step with the way to it from the step before."""
    words = ""
    if asked.absent is not None:
        words += f" then no {joined(asked.absent)}"
    if asked.quiet is not None:
        words += f" then no {joined(asked.quiet.pattern)} for {duration(asked.quiet.lasting)}"
    words += " then"
    if asked.after:
        words += f" after {duration(asked.after)}"
    if asked.within is not None:
        words += f" within {duration(asked.within)}"
    return f"{words} {step(asked)}"


def visible(interval: n.Interval, zone: Zone) -> str:
    """The restrictions, each with a space before it."""

    def taken(record: RestrictionRecord, argument: Any) -> str:
        match record.takes:
            case "duration":
                return duration(argument)
            case "pattern":
                return joined(argument.pattern)
            case "dates":
                first, last = (date(_date(at, zone)) for at in (argument[0], argument[1] - 1))
                return first if first == last else f"{first} to {last}"

    return "".join(f" {words}" for words in interval.describe(taken))


def _date(at: int, zone: Zone) -> datetime.date:
    return datetime.date.fromordinal(zone.date_of(at))
