"""Strips: a statement, its heading or an item as the spelled tokens of one unbroken line, with its comments.

A comment stays where it is if a line may end there: after the token before it on the same line, otherwise on its own
line. Anywhere else (within a name, between an event and its count …) it moves up to the nearest place before it where a
line may start, so comments never change their order. Before the first token, and inside an item of a score or a test,
that is the line above the whole strip.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

import attrs

from mqlrules.format.joints import Joint, Node, joints
from mqlrules.language.calendar import UNITS
from mqlrules.syntax import literals, tree
from mqlrules.syntax.lexer import Token
from mqlrules.syntax.unparse import duration, quoted

_NOTHING_BEFORE = frozenset(("_RPAR", "_COMMA", "_COLON", "_DOT"))
_NOTHING_AFTER = frozenset(("_LPAR", "_DOT"))


@attrs.frozen
class Strip:
    """Numbers are indices of tokens; a slice is ``[start, stop)``.

    ``body`` is where the condition of a definition with a head starts (after its `:` or `=`), otherwise 0. ``closing``
    maps each parenthesis that directly contains joints to the one that closes it. ``outer`` counts the parentheses
    around each token. ``above`` has the comments on their own lines before a token, ``behind`` the one after a token.
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
        """The width of a slice on one line."""
        return self._ends[stop - 1] - self._ends[start] + len(self.words[start])

    def text(self, start: int, stop: int) -> str:
        """A slice on one line."""
        rest = range(start + 1, stop)
        return self.words[start] + "".join(" " * self.blanks[at] + self.words[at] for at in rest)

    def is_free_of_comments(self, start: int, stop: int) -> bool:
        """Whether no comment is between its tokens."""
        following = bisect_right(self._commented, start)
        return following == len(self._commented) or self._commented[following] >= stop

    def may_break_before(self, at: int) -> bool:
        """Whether a line may start with a token."""
        if self.is_item:
            return at == 0
        is_inside = at - 1 in self.closing or (self.words[at] == ")" and at in self.closing.values())
        return is_inside or at in self.joints or at in (0, self.body)

    def spread(self, blanks: Mapping[int, int]) -> "Strip":
        """The strip with these numbers of blanks before some tokens."""
        return attrs.evolve(self, blanks=tuple(blanks.get(at, old) for at, old in enumerate(self.blanks)))


_HEAD_ENDS = {tree.RuleDefinition: "_COLON", tree.SegmentDefinition: "EQUALS", tree.EventDefinition: "EQUALS"}

# A line that starts with one of these would be read as a new item, even in parentheses.
_ITEM_WORDS = frozenset(("between", "expect"))


def strip_of(node: Node, tokens: Sequence[Token], is_item: bool) -> Strip:
    """The strip of the tokens of a statement or an item, still without comments."""
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
    blanks = [0, *(_blanks(*pair, calls=at in found.called) for at, pair in enumerate(pairwise(tokens)))]
    return Strip(
        node,
        tuple(map(_spelled, tokens)),
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


def _spelled(token: Token) -> str:
    """The standard spelling of a token, with the same meaning. Numbers, dates and words stay as they are."""
    match token.kind:
        case "DURATION":
            return _duration(token.text)
        case "STRING":
            return quoted(literals.string(token.text)[0])
        case _:
            return token.text


def _duration(written: str) -> str:
    """A duration in the largest unit that divides it. Weeks are the author's choice: `6w` stays, and so does `42d`."""
    microseconds = literals.duration(written)
    assert isinstance(microseconds, int), written
    weeks, rest = divmod(microseconds, UNITS["w"])
    return f"{weeks}w" if written.endswith("w") and rest == 0 else duration(microseconds)


def _blanks(before: Token, after: Token, *, calls: bool) -> int:
    """The blanks between two tokens. ``calls``: the first is a function (``sum``), next to its parenthesis."""
    close = before.kind in _NOTHING_AFTER or after.kind in _NOTHING_BEFORE or (calls and after.kind == "_LPAR")
    return 0 if close else 1


def put_comments(
    strip: Strip, tokens: Sequence[Token], comments: Sequence[tree.Comment], text: str
) -> tuple[tuple[str, ...], Strip]:
    """The comments above a strip, and the strip with the others. All of them are among its ``tokens``."""
    if not comments:
        return (), strip
    starts = [token.start for token in tokens]
    above: dict[int, list[str]] = {0: []}
    behind: dict[int, str] = {}
    place = looked_at = 0
    for comment in comments:
        following = bisect_left(starts, comment.span.start)
        before = following - 1
        place = next((at for at in range(following, looked_at, -1) if strip.may_break_before(at)), place)
        looked_at = following
        if place == following and before not in behind and text.find("\n", tokens[before].end, comment.span.start) < 0:
            behind[before] = comment.text
        else:
            above.setdefault(place, []).append(comment.text)
    first = tuple(above.pop(0))
    return first, attrs.evolve(strip, above=above, behind=behind)
