"""Recovery: read a statement or an item; where the parser gets stuck, tell what was meant, put it there, and read on.

Recognisers are asked in order, the surest first. The first that knows the mistake gives its diagnostic and, where it is
clear what was meant, the edits that say it; the repaired draft is read again. A repair that does not bring the parser any
further is not made, so this ends; where there is no repair, the piece is left out of the tree.
"""

from typing import Any

import attrs

from mqlrules.syntax import errors
from mqlrules.syntax.automaton import Stuck, run
from mqlrules.syntax.build import Builder
from mqlrules.syntax.describe import could_stand
from mqlrules.syntax.draft import Draft
from mqlrules.syntax.limits import REPAIRS
from mqlrules.syntax.slips import conditions, counts, items, predicates, signs, statements, times
from mqlrules.syntax.tables import END, Tables
from mqlrules.syntax.trouble import Recogniser, Slip, Trouble
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source

RECOGNISERS: tuple[Recogniser, ...] = (
    *conditions.EARLY,
    *statements.EARLY,
    *counts.EARLY,
    *signs.RECOGNISERS,
    *items.RECOGNISERS,
    *conditions.RECOGNISERS,
    *times.RECOGNISERS,
    *counts.RECOGNISERS,
    *predicates.RECOGNISERS,
    *statements.RECOGNISERS,
    *conditions.LATE,
    *signs.LATE,
)


@attrs.define(eq=False)
class Reader:
    """Reads the pieces of one file. ``rereading`` is how many tokens may still be read again after repairs."""

    tables: Tables
    source: Source
    rereading: int
    diagnostics: list[Diagnostic] = attrs.field(factory=list)
    _builder: Builder = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._builder = Builder(self.source)

    def read(self, start: str, draft: Draft) -> Any:
        """The node of a piece, or None if it can't be read; what is wrong with it goes to ``diagnostics``."""
        outcome = self._run(start, draft)
        repairs = 0
        while isinstance(outcome, Stuck):
            trouble = Trouble(self.source, draft, start, outcome.index, outcome.expected)
            slip = recognise(trouble)
            self.diagnostics.append(slip.diagnostic)
            self.rereading -= len(draft.tokens)
            repairs += 1
            if not slip.edits or repairs > REPAIRS or self.rereading < 0:
                return None
            repaired = draft.repaired(self.tables, slip.edits)
            outcome = self._run(start, repaired)
            if isinstance(outcome, Stuck) and _left(repaired, outcome) >= _left(draft, trouble):
                return None
            draft = repaired
        self.diagnostics += self._builder.diagnostics
        return outcome

    def _run(self, start: str, draft: Draft) -> Any | Stuck:
        self._builder.begin(draft.place)
        return run(self.tables, start, draft.text, draft.tokens, self._builder.callbacks)


def recognise(trouble: Trouble) -> Slip:
    """What is wrong where the parser is stuck."""
    for recogniser in RECOGNISERS:
        slip = recogniser(trouble)
        if slip is not None:
            return slip
    token = trouble.token()
    found = None if token.kind == END else token.text
    first = trouble.index if found is not None else max(0, trouble.index - 1)
    return Slip(errors.unexpected(trouble.place(first, first), found, could_stand(trouble)))


def _left(draft: Draft, at: Stuck | Trouble) -> int:
    """How much of a draft is still to be read, in characters: what a repair has to make less."""
    if at.index >= len(draft.tokens):
        return -1
    return draft.tokens[-1].end - draft.tokens[at.index].start
