"""A strip: a statement, the heading of one, or an item, as tokens with blanks between them on one endless line."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

import attrs

from mqlrules.format.joints import Joint, Node, joints
from mqlrules.format.spelling import blanks_between, spelled
from mqlrules.syntax import tree
from mqlrules.syntax.lexer import Token


@attrs.frozen
class Strip:
    """``node`` says what it is. All numbers are indices of tokens; a slice is ``[start, stop)``.

    ``body`` is where the condition of a definition with a head starts (behind its `:` or `=`), else 0. ``closing`` has,
    for each parenthesis with joints right inside, where it is closed. ``outer`` is how many parentheses each token
    stands in. ``above`` are comments that want lines of their own before a token, ``behind`` is one that ends the line
    of a token. ``is_item`` is true of the items of scores and tests.
    """

    node: Node
    words: tuple[str, ...]
    blanks: tuple[int, ...]
    joints: Mapping[int, Joint]
    outer: tuple[int, ...]
    closing: Mapping[int, int]
    body: int
    is_item: bool
    above: Mapping[int, Sequence[str]] = {}
    behind: Mapping[int, str] = {}
    _ends: list[int] = attrs.field(init=False)
    _commented: list[int] = attrs.field(init=False)

    @_ends.default
    def _measure(self) -> list[int]:
        return list(accumulate(blanks + len(word) for blanks, word in zip(self.blanks, self.words, strict=True)))

    @_commented.default
    def _sort(self) -> list[int]:
        return sorted({*self.above, *(at + 1 for at in self.behind)})

    def width(self, start: int, stop: int) -> int:
        """Columns that a slice takes on one line."""
        return self._ends[stop - 1] - self._ends[start] + len(self.words[start])

    def text(self, start: int, stop: int) -> str:
        """A slice on one line."""
        rest = range(start + 1, stop)
        return self.words[start] + "".join(" " * self.blanks[at] + self.words[at] for at in rest)

    def is_free_of_comments(self, start: int, stop: int) -> bool:
        """Whether none stands between its tokens."""
        following = bisect_right(self._commented, start)
        return following == len(self._commented) or self._commented[following] >= stop

    def may_break_before(self, at: int) -> bool:
        """Whether a line may start with a token."""
        if self.is_item:
            return at == 0
        is_inside = at - 1 in self.closing or (self.words[at] == ")" and at in self.closing.values())
        return is_inside or at in self.joints or at in (0, self.body)

    def spread(self, blanks: Mapping[int, int]) -> "Strip":
        """With so many blanks before some tokens."""
        return attrs.evolve(self, blanks=tuple(blanks.get(at, old) for at, old in enumerate(self.blanks)))


_HEAD_ENDS = {tree.RuleDefinition: "_COLON", tree.SegmentDefinition: "EQUALS", tree.EventDefinition: "EQUALS"}

# A line that starts with one of them would be read as an item of its own, even in parentheses.
_ITEM_WORDS = frozenset(("between", "expect"))


def strip_of(node: Node, tokens: Sequence[Token], is_item: bool) -> Strip:
    """The strip of a statement's or an item's tokens, with no comments yet."""
    found = joints(node, tokens)
    opened: list[int] = []
    outer: list[int] = []
    closing: dict[int, int] = {}
    jointed = set()
    for at, token in enumerate(tokens):
        if token.kind == "_RPAR":
            start = opened.pop()
            if start in jointed:
                closing[start] = at
        outer.append(len(opened))
        if at in found.before and opened:
            jointed.add(opened[-1])
        if token.kind == "_LPAR":
            opened.append(at)
    if is_item and any(token.text in _ITEM_WORDS for token in tokens[1:]):
        closing = {}
    blanks = [0, *(blanks_between(*pair, calls=at in found.called) for at, pair in enumerate(pairwise(tokens)))]
    return Strip(
        node,
        tuple(map(spelled, tokens)),
        tuple(blanks),
        found.before,
        tuple(outer),
        closing,
        _body(node, tokens),
        is_item,
    )


def _body(node: Node, tokens: Sequence[Token]) -> int:
    end = _HEAD_ENDS.get(type(node))
    if end is None or (isinstance(node, tree.RuleDefinition) and node.name is None):
        return 0
    return next(at for at, token in enumerate(tokens) if token.kind == end) + 1
