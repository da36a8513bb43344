"""Comments inside a statement: where they go when its lines are made anew.

A comment stays where it stands if a line may end there: behind the token before it if it shares a line with that, else
on a line of its own. Elsewhere (inside a name, between an event and its count …) it moves up to the nearest place
before it where a line may start; so comments never change their order. Before the first token, and inside an item of a
score or a test, that is the line above the whole.
"""

from bisect import bisect_left
from collections.abc import Sequence

import attrs

from mqlrules.format.strip import Strip
from mqlrules.syntax import tree
from mqlrules.syntax.lexer import Token


def put_comments(
    strip: Strip, tokens: Sequence[Token], comments: Sequence[tree.Comment], text: str
) -> tuple[tuple[str, ...], Strip]:
    """The comments that go above a strip, and the strip with the others. All of them stand among its ``tokens``."""
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
