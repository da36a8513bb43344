"""A rule set in plain English: its rules, segments, scores and definitions, with notes on what is easily misread."""

from collections.abc import Iterator
from typing import Any, Literal

import attrs

from mqlrules.check import program as p
from mqlrules.explain.conditions import condition
from mqlrules.explain.document import Block, Clause, Heading, Paragraph, as_markdown, as_text, sentence, sentences
from mqlrules.explain.events import events
from mqlrules.explain.glossary import reading
from mqlrules.explain.warnings import lasting_warnings, warnings
from mqlrules.explain.windows import Window
from mqlrules.explain.wording import counted, duration, listed, millionths, one_line, quoted
from mqlrules.language.names import normalise

TITLE = "What these rules say"


@attrs.frozen
class Entry:
    """The description of one thing: its name, its author's own words about it, and sentences."""

    name: str | None
    about: str | None
    said: tuple[Paragraph, ...]

    @property
    def blocks(self) -> list[Block]:
        """The entry with its name as a heading, if it has one."""
        return [*([] if self.name is None else [Heading(self.name, 3, self.about)]), *self.said]


def describe(program: p.Program, form: Literal["text", "markdown"] = "text", rule: str | None = None) -> str:
    """A rule set in plain English, or one rule of it with everything that it is built on.

    Raises ``KeyError`` if there is no rule of that name (compared normalised).
    """
    page = document(program if rule is None else only(program, rule))
    return as_text(page) if form == "text" else as_markdown(page)


def only(program: p.Program, name: str) -> p.Program:
    """The program with one rule, and the segments, scores and definitions that it is built on."""
    found = next((rule for rule in program.rules if normalise(rule.name) == normalise(name)), None)
    if found is None:
        raise KeyError(name)
    used = _used(found, program)
    return attrs.evolve(
        program,
        rules=(found,),
        events={key: event for key, event in program.events.items() if ("event", key) in used},
        segments={key: segment for key, segment in program.segments.items() if ("segment", key) in used},
        scores={key: score for key, score in program.scores.items() if ("score", key) in used},
    )


def document(program: p.Program) -> list[Block]:
    """The description as headings, sentences and lists."""
    sections: dict[str, list[Block]] = {
        "Stages": sentences(list(_lifecycle(program))),
        "Rules": [block for rule in program.rules for block in _rule(rule, program).blocks],
        "Segments": [block for segment in program.segments.values() for block in _segment(segment, program).blocks],
        "Scores": [block for score in program.scores.values() for block in _score(score, program).blocks],
        "Event definitions": sentences([_definition(event, program) for event in program.events.values()]),
        "How to read this": sentences([Clause(text) for text in reading(program)]),
    }
    made: list[Block] = [Heading(TITLE, 1)]
    for title, blocks in sections.items():
        made += [Heading(title, 2), *blocks] if blocks else []
    return made


def entry_of(kind: str, name: str, program: p.Program) -> Entry | None:
    """The description of one ``rule``, ``segment``, ``score`` or ``event`` definition, or None.

    Names are compared normalised. Nothing else of the program is described for it.
    """
    key = normalise(name)
    match kind:
        case "rule":
            found = next((rule for rule in program.rules if normalise(rule.name) == key), None)
            return None if found is None else _rule(found, program)
        case "segment" if key in program.segments:
            return _segment(program.segments[key], program)
        case "score" if key in program.scores:
            return _score(program.scores[key], program)
        case "event" if key in program.events:
            return Entry(None, None, (sentence(_definition(program.events[key], program)),))
        case _:
            return None


# -- rules and stages ----------------------------------------------------------------------------------------------


def _lifecycle(program: p.Program) -> Iterator[Clause]:
    first, *others = program.lifecycle.ladder
    yield Clause(f"A lead starts as {first}")
    if others:
        above = "the next stage is" if len(others) == 1 else "the next stages are, in order,"
        yield Clause(f"{above} {listed(others, 'and')}" + ("" if len(others) == 1 else "; a lead can skip stages"))
    if stages := program.lifecycle.outside:
        the, it = ("stage {} is", "it") if len(stages) == 1 else ("stages {} are", "one of them")
        outside = the.format(listed(stages, "and"))
        yield Clause(f"the {outside} outside this order: a lead that enters {it} stays there")


def _rule(rule: p.Rule, program: p.Program) -> Entry:
    said = condition(rule.condition, program).after(f"{move(rule)} as soon as")
    notes = [*warnings(rule.condition, program), *_idle(rule, program)]
    return _entry(rule.name, rule.description, [said], notes)


def _entry(name: str, about: str | None, clauses: list[Clause], notes: "list[str] | tuple[str, ...]") -> Entry:
    said = (*map(sentence, clauses), *(Paragraph(note, note=True) for note in notes))
    return Entry(one_line(name), None if about is None else quoted(about), said)


def move(rule: p.Rule) -> str:
    """``a lead becomes MQL``."""
    if rule.when is not None:
        time = "" if rule.lasting is None else f" for at least {duration(rule.lasting)}"
        who = f"a lead that {'is' if rule.lasting is None else 'has been'} {rule.when}{time}"
    else:
        who = "a lead in any higher stage" if rule.recycle else "a lead"
    return f"{who} goes back to {rule.stage} and starts over" if rule.recycle else f"{who} becomes {rule.stage}"


def _idle(rule: p.Rule, program: p.Program) -> Iterator[str]:
    """Whether the stages alone show that a rule moves no lead."""
    ladder, outside = program.lifecycle.ladder, program.lifecycle.outside
    why = None
    if rule.when in outside:
        why = f"{rule.when} is outside the order"
    elif rule.stage in ladder and rule.when in ladder:
        to, start = ladder.index(rule.stage), ladder.index(rule.when)
        if (to >= start) if rule.recycle else (to <= start):
            why = f"{rule.stage} is not {'below' if rule.recycle else 'above'} {rule.when}"
    elif rule.stage == ladder[0] and not rule.recycle:
        why = f"every lead starts as {rule.stage}"
    if why is not None:
        yield f"This rule moves no lead, because {why}."


# -- segments, scores and definitions ------------------------------------------------------------------------------


def _segment(segment: p.Segment, program: p.Program) -> Entry:
    said = condition(segment.condition, program).after("a lead is in this segment while")
    return _entry(segment.name, segment.description, [said], lasting_warnings(segment.condition, program))


def _score(score: p.Score, program: p.Program) -> Entry:
    clauses = [Clause("the score is the sum of", tuple(_line(line, program) for line in score.lines))]
    if score.low is not None and score.high is not None:
        clauses.append(Clause(f"it stays between {millionths(score.low)} and {millionths(score.high)}"))
    conditions = [line.condition for line in score.lines if isinstance(line, p.ConditionLine)]
    notes = dict.fromkeys(note for asked in conditions for note in lasting_warnings(asked, program))
    return _entry(score.name, score.description, clauses, list(notes))


def _line(line: p.ScoreLine, program: p.Program) -> Clause:
    points = counted(f"{'+' if line.points >= 0 else ''}{millionths(line.points)}", "point")
    if isinstance(line, p.ConditionLine):
        return condition(line.condition, program).after(f"{points} while")
    return Clause(f"{points} {', '.join(event_line(line, program))}")


def event_line(line: p.EventLine, program: p.Program) -> Iterator[str]:
    """What a line of a score gives points for, how they are halved, and how they are capped."""
    them = events(line.pattern, program).any
    window = Window(program).narrowed(line.restrictions).words()
    when = f" {window}" if window else ""
    yield f"for each {them}{when}" if line.every else f"once, for the latest {them}{when}"
    if line.halving is not None:
        yield f"{'each ' if line.every else ''}halved every {duration(line.halving)} after it happened"
    if line.cap is not None:
        off = " off" if line.points < 0 else ""
        yield f"at most {counted(millionths(line.cap), 'point')}{off} in total"


def _definition(definition: p.EventDefinition, program: p.Program) -> Clause:
    return Clause(f"{quoted(definition.name)} means {events(definition.pattern, program).any}")


# -- what a rule is built on ---------------------------------------------------------------------------------------


def _used(rule: p.Rule, program: p.Program) -> set[tuple[str, str]]:
    """Segments, scores and definitions by kind and normalised name, including those that they use themselves."""
    found: set[tuple[str, str]] = set()
    waiting: list[Any] = [rule]
    while waiting:
        node = waiting.pop()
        key: tuple[str, str] | None = None
        next_: p.Segment | p.Score | p.EventDefinition | None = None
        match node:
            case p.SegmentTest(segment=name):
                key, next_ = ("segment", name), program.segments[name]
            case p.ScoreTest(score=name):
                key, next_ = ("score", name), program.scores[name]
            case p.NamedEvent(name=str(name), defined=True):
                key, next_ = ("event", normalise(name)), program.events[normalise(name)]
            case tuple():
                waiting += node
            case p.OneOf():
                pass
            case p.Pattern(written=written):
                # Its alternatives are already resolved; what was written names the definitions.
                waiting += written
            case _ if attrs.has(type(node)):
                waiting += [getattr(node, field.name) for field in attrs.fields(type(node)) if field.eq]
        if key is not None and key not in found:
            found.add(key)
            waiting.append(next_)
    return found
