"""Restrictions: from the tree to the program (section 3)."""

from collections.abc import Sequence

from mqlrules.check import program, value_errors
from mqlrules.check.patterns import pattern
from mqlrules.check.scope import Here
from mqlrules.syntax import tree


def restrictions(here: Here, nodes: Sequence[tree.Restriction]) -> tuple[program.Restriction, ...] | None:
    """The restrictions as they are written; None if one of them is wrong, which has been reported."""
    resolved = [_restriction(here, node) for node in nodes]
    found = tuple(restriction for restriction in resolved if restriction is not None)
    return found if len(found) == len(resolved) else None


def _restriction(here: Here, node: tree.Restriction) -> program.Restriction | None:
    match node.argument:
        case tree.Duration(microseconds=duration):
            return program.Restriction(node.record, duration, span=node.span)
        case tree.Dates() as dates:
            between = _between(here, node, dates)
            return None if between is None else program.Restriction(node.record, between, span=node.span)
        case events:
            anchor = pattern(here, events, "anchor")
            return None if anchor is None else program.Restriction(node.record, anchor, span=node.span)


def _between(here: Here, node: tree.Restriction, dates: tree.Dates) -> tuple[int, int] | None:
    first, last = dates.first.value, dates.last.value
    if last < first:
        here.report(value_errors.during_reversed(here.place(node), first.isoformat(), last.isoformat()))
        return None
    return here.scope.first_instant(first), here.scope.end_of(last)
