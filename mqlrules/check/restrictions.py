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
    match node:
        case tree.Within(duration=duration):
            return program.Within(duration.microseconds, span=node.span)
        case tree.OlderThan(duration=duration):
            return program.OlderThan(duration.microseconds, span=node.span)
        case tree.During():
            return _during(here, node)
        case tree.Since() | tree.After() | tree.Before():
            anchor = pattern(here, node.pattern, "anchor")
            if anchor is None:
                return None
            if isinstance(node, tree.Since):
                return program.Since(anchor, span=node.span)
            if isinstance(node, tree.After):
                return program.After(anchor, span=node.span)
            return program.Before(anchor, span=node.span)


def _during(here: Here, node: tree.During) -> program.During | None:
    first, last = node.first.value, node.last.value
    if last < first:
        here.report(value_errors.during_reversed(here.place(node), first.isoformat(), last.isoformat()))
        return None
    return program.During(here.scope.first_instant(first), here.scope.end_of(last), span=node.span)
