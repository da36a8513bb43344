"""The cases in which something built of ``and``, ``or`` and ``not`` holds, or doesn't: what is asked in each of them.

A case is a conjunction of atoms, each with whether it must hold. The cases together are the whole (disjunctive normal
form), so what is false in every case is false.
"""

from collections.abc import Callable
from typing import Literal, TypeVar

_T = TypeVar("_T")

Shape = Literal["and", "or", "not", "atom"]
Case = tuple[tuple[_T, bool], ...]
"""Atoms, and whether each must hold."""

MOST = 200
"""More cases than these are not looked at."""


def cases(
    node: _T, holds: bool, shape: Callable[[_T, bool], tuple[Shape, tuple[_T, ...]]]
) -> tuple[Case[_T], ...] | None:
    """The cases in which a node holds (or, without ``holds``, in which it doesn't); None if they are too many.

    ``shape`` says of a node, of which it is asked that it holds or doesn't, how it is joined, and of what.
    """
    kind, operands = shape(node, holds)
    if kind == "atom":
        return (((node, holds),),)
    if kind == "not":
        return cases(operands[0], not holds, shape)
    found: tuple[Case[_T], ...]
    if (kind == "or") == holds:
        found = ()
        for operand in operands:
            more = cases(operand, holds, shape)
            if more is None or len(found) + len(more) > MOST:
                return None
            found += more
        return found
    found = ((),)
    for operand in operands:
        more = cases(operand, holds, shape)
        if more is None or len(found) * len(more) > MOST:
            return None
        found = tuple(one + other for one in found for other in more)
    return found
