"""An explanation as a page: lines for a terminal or a mail, and Markdown."""

import textwrap
from collections.abc import Iterator, Sequence

import attrs

from mqlrules.engine.results import Transition
from mqlrules.events.model import Event
from mqlrules.explain.clock import Clock
from mqlrules.explain.document import escaped
from mqlrules.explain.model import Explanation, Part, RuleExplanation
from mqlrules.explain.phrasing import Saying
from mqlrules.explain.wording import capital, counted, listed, one_line, quoted
from mqlrules.language.calendar import Zone

WIDTH = 100
_MOVES_SHOWN = 10

MARKS = {True: "✓", False: "✗", None: "·"}
"""Before a part that is true, that is false, that is neither."""


@attrs.frozen
class Heading:
    """What stands above everything: who, where, when."""

    title: str
    lines: tuple[str, ...]


class Speaker:
    """Says the parts of one explanation in words; the forms differ only in how they are laid out."""

    def __init__(self, explanation: Explanation) -> None:
        self.explanation = explanation
        self.clock = Clock(Zone(explanation.timezone), explanation.instant)
        self._saying = Saying(self.clock, explanation.lead, frozenset())

    def heading(self) -> Heading:
        """The first lines."""
        of = self.explanation
        since = "" if of.stage_since is None else f" since {self.clock.instant(of.stage_since)}"
        title = f"{one_line(str(of.lead))} is {of.stage}{since}"
        happened = counted(f"{len(of.events):,}", "event")
        first = f", the first on {self.clock.instant(of.events[0].at)}" if of.events else ""
        lines = [f"As of {self.clock.instant(of.instant)} ({of.timezone}): {happened}{first}."]
        return Heading(title, (*lines, *of.notes))

    def moves(self) -> list[str]:
        """How the lead got where it stands, a line a move."""
        moves = self.explanation.transitions
        lines = [self._move(move) for move in moves[-_MOVES_SHOWN:]]
        more = len(moves) - _MOVES_SHOWN
        return [f"{more:,} earlier moves", *lines] if more > 0 else lines

    def _move(self, move: Transition) -> str:
        also = f" (as well: {listed(move.also, 'and')})" if move.also else ""
        rests = f", on {self._saying.evidence(move.evidence)}" if move.evidence else ""
        at = self.clock.instant(move.instant)
        return f"{at}: {move.from_stage} → {move.to_stage}, by {one_line(move.rule)}{also}{rests}"

    def title(self, rule: RuleExplanation) -> str:
        """A rule by its name, with its author's words."""
        about = "" if rule.description is None else f": {quoted(rule.description)}"
        return f"{one_line(rule.name)}{about}"

    def verdict(self, rule: RuleExplanation) -> list[str]:
        """The verdict, other ways, notes: a sentence each."""
        others = [f"Or {way.sentence}." for way in rule.verdict.suggestions[1:]]
        return [one_line(line) for line in (rule.verdict.sentence, *others, *rule.notes)]

    def part(self, part: Part) -> tuple[str, str]:
        """What a part asks, and what was found."""
        said = [part.value] if part.value else []
        if part.holds is not None and part.kind not in ("step", "stage"):
            if part.since is not None:
                said.append(f"since {self.clock.instant(part.since)}")
            if part.until is not None:
                said.append(f"until {self.clock.instant(part.until)}")
        return capital(part.asks), "; ".join(said)

    def evidence(self, events: Sequence[Event]) -> str:
        """Events in a sentence."""
        return self._saying.evidence(events)


# -- text ----------------------------------------------------------------------------------------------------------


def as_text(explanation: Explanation) -> str:
    """The explanation as lines of at most ``WIDTH`` columns, where words allow it."""
    return "\n".join(line.rstrip() for line in _text(explanation))


def _text(explanation: Explanation) -> Iterator[str]:
    speaker = Speaker(explanation)
    heading = speaker.heading()
    yield from (heading.title, "=" * len(heading.title))
    for line in heading.lines:
        yield from _wrapped(line, "")
    if moves := speaker.moves():
        yield from ("", "How it got there:")
        for line in moves:
            yield from _wrapped(line, "    ", "  - ")
    for rule in explanation.rules:
        yield ""
        title = speaker.title(rule)
        yield from (title, "-" * len(title))
        first, *others = speaker.verdict(rule)
        yield from _wrapped(first, "")
        for line in others:
            yield from _wrapped(line, "")
        yield from ("", rule.asks)
        yield from _text_part(rule.tree, speaker, "  ")


def _text_part(part: Part, speaker: Speaker, margin: str) -> Iterator[str]:
    asks, found = speaker.part(part)
    if found and part.kind in ("all", "any", "same"):
        asks, found = f"{asks} ({found})", ""
    yield from _wrapped(asks, f"{margin}  ", f"{margin}{MARKS[part.holds]} ")
    if found:
        yield from _wrapped(found, f"{margin}    ")
    for inner in part.parts:
        yield from _text_part(inner, speaker, f"{margin}  ")


def _wrapped(text: str, margin: str, first: str | None = None) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=margin if first is None else first, subsequent_indent=margin,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


# -- Markdown ------------------------------------------------------------------------------------------------------


def as_markdown(explanation: Explanation) -> str:
    """The explanation as Markdown, with nothing in names and values that Markdown could take for its own."""
    return "\n\n".join(_markdown(explanation)) + "\n"


def _markdown(explanation: Explanation) -> Iterator[str]:
    speaker = Speaker(explanation)
    heading = speaker.heading()
    yield f"# {escaped(heading.title)}"
    yield from (escaped(line) for line in heading.lines)
    if moves := speaker.moves():
        yield "## How it got there"
        yield "\n".join(f"- {escaped(line)}" for line in moves)
    for rule in explanation.rules:
        yield f"## {escaped(speaker.title(rule))}"
        first, *others = speaker.verdict(rule)
        yield f"**{escaped(first)}**"
        if others:
            yield "\n".join(f"- {escaped(line)}" for line in others)
        yield escaped(f"{rule.asks}:")
        yield "\n".join(_markdown_part(rule.tree, speaker, ""))


def _markdown_part(part: Part, speaker: Speaker, margin: str) -> Iterator[str]:
    asks, found = speaker.part(part)
    value = f" ({escaped(found)})" if found else ""
    yield f"{margin}- {MARKS[part.holds]} {escaped(asks)}{value}"
    for inner in part.parts:
        yield from _markdown_part(inner, speaker, f"{margin}  ")
