"""Recovery: reads a statement or an item, repairs what its author most likely meant, and reads on.

Every repair must bring the parser further, so this ends. A piece that can't be repaired is left out of the tree.
"""

from collections.abc import Iterator
from typing import Any

import attrs
from lark import ParseTree

from mqlrules.syntax.build import Builder
from mqlrules.syntax.lalr import Stuck, parse_tokens
from mqlrules.syntax.limits import MISTAKES, REPAIRS
from mqlrules.syntax.parse_error import Diagnosis, ParseError
from mqlrules.syntax.repaired_text import RepairedText
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source
from mqlrules.text.span import Span


def readings(source: Source, start: str, text: RepairedText) -> Iterator[tuple[RepairedText, Diagnosis | ParseTree]]:
    """A diagnosis for each mistake in a piece, with the text it is about; in the end the tree, if there is one."""
    before: tuple[int, str] | None = None
    for _ in range(REPAIRS):
        outcome = parse_tokens(start, text.text, text.tokens)
        if not isinstance(outcome, Stuck):
            yield text, outcome
            return
        # Checking files without mistakes has to be quick, and needs none of this.
        from mqlrules.syntax.diagnose.recognise import recognise

        diagnosis = recognise(ParseError(source, text, start, outcome.index, outcome.expected))
        left, code = text.left_from(outcome.index), diagnosis.diagnostic.code
        if before is not None and (left > before[0] or (left, code) == before):
            return
        before = left, code
        yield text, diagnosis
        if not diagnosis.edits:
            return
        text = text.repaired(diagnosis.edits)


@attrs.define(eq=False)
class Reader:
    """Reads the pieces of one file. ``rereading`` is how many more tokens may be read again after repairs.

    ``stopped`` is the place of the first piece that was not read because of too many mistakes before it.
    """

    source: Source
    rereading: int
    diagnostics: list[Diagnostic] = attrs.field(factory=list)
    stopped: Span | None = None
    _builder: Builder = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._builder = Builder(self.source)

    def read(self, start: str, text: RepairedText) -> Any:
        """The node of a piece, or None if it can't be read; its mistakes go to ``diagnostics``."""
        if len(self.diagnostics) >= MISTAKES and text.tokens:
            self.stopped = self.stopped or text.place(text.tokens[0].start, text.tokens[0].end)
            return None
        for read, outcome in readings(self.source, start, text):
            if not isinstance(outcome, Diagnosis):
                node = self._builder.build(outcome, read.place)
                self.diagnostics += self._builder.diagnostics
                return node
            self.diagnostics.append(outcome.diagnostic)
            self.rereading -= len(read.tokens)
            if self.rereading < 0:
                break
        return None
