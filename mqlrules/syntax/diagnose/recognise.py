"""Which mistake it is: every recogniser is asked, the surest first, and the first that knows the mistake tells it."""

from mqlrules.syntax import errors
from mqlrules.syntax.describe import could_stand
from mqlrules.syntax.diagnose import conditions, counts, items, predicates, signs, statements, times
from mqlrules.syntax.lexer import END
from mqlrules.syntax.parse_error import Recogniser, Slip, Trouble

RECOGNISERS: tuple[Recogniser, ...] = (
    *statements.EARLY,
    *conditions.EARLY,
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
