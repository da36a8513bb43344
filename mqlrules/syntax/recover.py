"""Recovery: read a statement or an item; where the parser gets stuck, tell what was meant, put it there, and read on.

Where it is clear what was meant, the mistake comes with the edits that say it, and the repaired draft is read again. A
repair that brings the parser no further is no repair, so this ends; where there is none, the piece is left out of the
tree.
"""

from typing import Any

import attrs

from mqlrules.syntax.build import Builder
from mqlrules.syntax.lalr import Stuck, parse_tokens
from mqlrules.syntax.limits import MISTAKES, REPAIRS
from mqlrules.syntax.parse_error import Trouble
from mqlrules.syntax.repaired_text import Draft
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source
from mqlrules.text.span import Span


@attrs.define(eq=False)
class Reader:
    """Reads the pieces of one file. ``rereading`` is how many tokens may still be read again after repairs.

    ``stopped`` is the place of the first piece that was not read, because there are too many mistakes before it.
    """

    source: Source
    rereading: int
    diagnostics: list[Diagnostic] = attrs.field(factory=list)
    stopped: Span | None = None
    _builder: Builder = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._builder = Builder(self.source)

    def read(self, start: str, draft: Draft) -> Any:
        """The node of a piece, or None if it can't be read; what is wrong with it goes to ``diagnostics``."""
        if len(self.diagnostics) >= MISTAKES and draft.tokens:
            self.stopped = self.stopped or draft.place(draft.tokens[0].start, draft.tokens[0].end)
            return None
        outcome = self._run(start, draft)
        before: tuple[int, str] | None = None
        for _ in range(REPAIRS):
            if not isinstance(outcome, Stuck):
                self.diagnostics += self._builder.diagnostics
                return outcome
            # Files without mistakes need none of this, and checking one has to be quick.
            from mqlrules.syntax.diagnose.recognise import recognise

            slip = recognise(Trouble(self.source, draft, start, outcome.index, outcome.expected))
            left = _left(draft, outcome)
            if before is not None and (left > before[0] or (left == before[0] and slip.diagnostic.code == before[1])):
                return None
            before = left, slip.diagnostic.code
            self.diagnostics.append(slip.diagnostic)
            self.rereading -= len(draft.tokens)
            if not slip.edits or self.rereading < 0:
                return None
            draft = draft.repaired(slip.edits)
            outcome = self._run(start, draft)
        return None

    def _run(self, start: str, draft: Draft) -> Any | Stuck:
        outcome = parse_tokens(start, draft.text, draft.tokens)
        return outcome if isinstance(outcome, Stuck) else self._builder.build(outcome, draft.place)


def _left(draft: Draft, at: Stuck) -> int:
    """How much of a draft is still to be read, in characters: what a repair has to make less."""
    if at.index >= len(draft.tokens):
        return -1
    return draft.tokens[-1].end - draft.tokens[at.index].start
