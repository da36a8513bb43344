"""What an input gives: the next session, and what there is to say."""

import attrs

from mqlrules.repl.parts import Count, Mistake, Part, Values
from mqlrules.repl.session import Session


@attrs.frozen(eq=False)
class Reply:
    """The next session, what to show, whether the input failed, and whether to leave.

    ``more`` is what ``:more`` shows next, ``answer`` what ``:export`` writes.
    """

    session: Session
    parts: tuple[Part, ...] = ()
    failed: bool = False
    leaves: bool = False
    more: Part | None = None
    answer: Count | Values | None = None


def failure(session: Session, text: str, hint: str | None = None) -> Reply:
    """A reply that something could not be done."""
    return Reply(session, (Mistake(text, hint),), failed=True)
