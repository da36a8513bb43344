"""Owners: of which events, or of leads, a property is that is being written or compared."""

from collections.abc import Sequence

import attrs

from mqlrules.ide.walk import Walk
from mqlrules.language.by_terminal import AGGREGATE_TERMINALS


def owner_of_path(walked: Walk, after: str, at: int | None = None) -> "Owner":
    """Whose property a path is that begins after the steps (or with the step ``at``)."""
    steps = walked.steps
    index = (len(steps) if at is None else at) - 1
    if index >= 0 and steps[index].terminal == "_DOT" and steps[index].role is None:
        return Owner(lead=True)
    if index >= 0 and steps[index].terminal == "_WITH_SAME":
        return Owner(phrases=tuple(_phrases(walked)))
    depth = 0
    while index >= 0:
        terminal = steps[index].terminal
        if terminal == "_RPAR":
            depth += 1
        elif terminal == "_LPAR":
            depth -= 1
            if depth < 0:
                found = _owner_of_parenthesis(walked, index, after)
                if found is not None:
                    return found
                depth = 0
        index -= 1
    return Owner()


@attrs.frozen
class Owner:
    """Whose properties: the lead's, those of events by their phrases (quoted ones with their quotes), or not known.

    ``declared`` are paths that a schema has already.
    """

    lead: bool = False
    phrases: tuple[str, ...] = ()
    declared: frozenset[str] = frozenset()


def _owner_of_parenthesis(walked: Walk, index: int, after: str) -> Owner | None:
    steps = walked.steps
    before = steps[index - 1] if index > 0 else None
    if before is None:
        return None
    if before.terminal == "_WHERE":
        return Owner(phrases=(walked.name(index - 2),)) if index > 1 and steps[index - 2].role == "event" else Owner()
    if before.terminal == "_LEAD_WITH":
        return Owner(lead=True)
    if before.role == "schema event":
        name = walked.name(index - 1)
        declared = frozenset(
            walked.name(at) for at, step in enumerate(steps) if step.role == "property" and step.first == at
        )
        return Owner(lead=True, declared=declared) if name == "lead" else Owner(False, (name,), declared)
    if before.role == "event" and walked.start == "test_line":
        return Owner(phrases=(walked.name(index - 1),))
    if before.terminal in AGGREGATE_TERMINALS and AGGREGATE_TERMINALS[before.terminal].takes_property:
        phrases = _phrases(walked, index) or _phrases_after(after)
        return Owner(phrases=tuple(phrases))
    return None


def _phrases(walked: Walk, index: int = 0) -> list[str]:
    return [
        walked.name(at)
        for at, step in enumerate(walked.steps)
        if at > index and step.role == "event" and step.first == at
    ]


def _phrases_after(after: str) -> list[str]:
    """The event of an aggregate whose property is still to be written: what stands behind ``of``."""
    _, of, rest = after.partition(" of ")
    phrase = rest.partition(")")[0].partition(" where ")[0].strip()
    return [phrase] if of and phrase else []


def tested_path(walked: Walk) -> tuple[str, Owner] | None:
    """The property with which a value is compared that would stand after the steps, and whose it is."""
    steps: Sequence[object] = walked.steps
    index = len(steps) - 1
    while index >= 0:
        step = walked.steps[index]
        if step.role == "property":
            return walked.name(index), owner_of_path(walked, "", step.first)
        if step.terminal == "_RPAR":
            # Of an aggregate: the path is right behind its parenthesis.
            opening = _opening(walked, index)
            if opening is None or opening + 1 >= len(steps) or walked.steps[opening + 1].role != "property":
                return None
            return walked.name(opening + 1), owner_of_path(walked, "", opening + 1)
        if step.terminal not in _BEFORE_VALUES:
            return None
        index -= 1
    return None


_BEFORE_VALUES = frozenset((
    "EQUALS", "NOT_EQUALS", "LESS", "LESS_OR_EQUAL", "GREATER", "GREATER_OR_EQUAL", "_IN", "_LPAR", "_COMMA", "_COLON",
    "CONTAINS", "STARTS_WITH", "ENDS_WITH", "MATCHES", "STRING",
))  # fmt: skip


def _opening(walked: Walk, closing: int) -> int | None:
    depth = 0
    for index in range(closing, -1, -1):
        terminal = walked.steps[index].terminal
        depth += (terminal == "_RPAR") - (terminal == "_LPAR")
        if depth == 0:
            return index
    return None
