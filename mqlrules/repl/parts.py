"""The parts of an answer, as plain values; how they look is for ``shown`` to say."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import attrs

from mqlrules.engine.results import Change, Transition
from mqlrules.events.model import Event, Lead
from mqlrules.explain.pages import Explanation
from mqlrules.explain.timeline.model import Timeline
from mqlrules.repl.asking import Census
from mqlrules.text.diagnostic import Diagnostic


@attrs.frozen
class Said:
    """A sentence, or lines of text as they stand."""

    text: str


@attrs.frozen
class Remark:
    """What is worth knowing beside an answer."""

    text: str


@attrs.frozen
class Mistake:
    """What is wrong with an input, where no place in it can be pointed at."""

    text: str
    hint: str | None = None


@attrs.frozen(eq=False)
class Found:
    """What is wrong, with places."""

    diagnostics: tuple[Diagnostic, ...]


@attrs.frozen(eq=False)
class Count:
    """How many leads meet a condition; the first ``rows`` of them are shown, those before ``skip`` left out."""

    census: Census
    rows: int
    skip: int = 0


@attrs.frozen(eq=False)
class Values:
    """The values of a score: of each lead, the highest first."""

    score: str
    at: int
    values: tuple[tuple[Lead, Decimal], ...]
    rows: int
    skip: int = 0


@attrs.frozen(eq=False)
class Branch:
    """A part of a condition, with how many leads meet it (None: it is asked of no lead alone), and its own parts."""

    label: str
    census: Census | None
    branches: "tuple[Branch, ...]" = ()


@attrs.frozen(eq=False)
class Moment:
    """An event of a lead (None: time alone), and what changed then."""

    instant: int
    event: Event | None
    changes: tuple["Turn", ...] = ()


@attrs.frozen(eq=False)
class Turn:
    """A change with what it was before; ``move`` is the transition of a change of stage."""

    change: Change
    before: str | bool | Decimal | None
    move: Transition | None = None


@attrs.frozen(eq=False)
class LeadPage:
    """One lead at an instant: where it stands, what is known of it, and its last moments in order of time.

    ``segments`` are those that it is in, with the instant since when. ``left_out`` counts moments before those shown.
    """

    lead: Lead
    at: int | None
    stage: str
    moved: Transition | None
    segments: tuple[tuple[str, int], ...]
    scores: tuple[tuple[str, Decimal], ...]
    traits: tuple[tuple[str, Any], ...]
    events: int
    begins: int | None
    moments: tuple[Moment, ...]
    left_out: int


@attrs.frozen(eq=False)
class Rows:
    """A table. Columns named in ``right`` hold numbers."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    right: tuple[str, ...] = ()


@attrs.frozen(eq=False)
class Why:
    """Why rules hold of a lead or not."""

    explanation: Explanation


@attrs.frozen(eq=False)
class Drawing:
    """A lead's timeline, to be drawn."""

    timeline: Timeline


@attrs.frozen
class Difference:
    """A unified difference of two texts."""

    text: str


Part = Said | Remark | Mistake | Found | Count | Values | Branch | LeadPage | Rows | Why | Drawing | Difference
