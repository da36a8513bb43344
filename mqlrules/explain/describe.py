"""Describing a rule set: each rule, segment, score and definition in plain English, and what is easily misread."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import attrs

from mqlrules.check.program import (
    ConditionLine,
    EventDefinition,
    EventLine,
    NamedEvent,
    OneOf,
    Pattern,
    Program,
    Rule,
    Score,
    ScoreLine,
    ScoreTest,
    Segment,
    SegmentTest,
)
from mqlrules.explain.conditions import condition
from mqlrules.explain.document import Clause, Document, Entry, Section, as_markdown, as_text
from mqlrules.explain.events import events
from mqlrules.explain.glossary import reading
from mqlrules.explain.warnings import cautions, lasting_cautions
from mqlrules.explain.windows import Window
from mqlrules.explain.wording import counted, duration, listed, millionths, one_line, quoted
from mqlrules.language.names import normalise

TITLE = "What these rules say"


def describe(program: Program, form: Literal["text", "markdown"] = "text", rule: str | None = None) -> str:
    """A rule set in plain English, or one rule of it with all that it is built on.

    Raises ``KeyError`` if there is no rule of that name (compared normalised).
    """
    page = document(program if rule is None else only(program, rule))
    return as_text(page) if form == "text" else as_markdown(page)


def only(program: Program, name: str) -> Program:
    """The program with one rule, and with the segments, scores and definitions that it is built on."""
    found = next((rule for rule in program.rules if normalise(rule.name) == normalise(name)), None)
    if found is None:
        raise KeyError(name)
    used = _used([found], program)
    return attrs.evolve(
        program,
        rules=(found,),
        events={key: event for key, event in program.events.items() if ("event", key) in used},
        segments={key: segment for key, segment in program.segments.items() if ("segment", key) in used},
        scores={key: score for key, score in program.scores.items() if ("score", key) in used},
    )


def document(program: Program) -> Document:
    """The description as a plain value."""
    sections = (
        Section("Stages", (Entry(None, None, tuple(_lifecycle(program))),)),
        Section("Rules", tuple(_rule(rule, program) for rule in program.rules)),
        Section("Segments", tuple(_segment(segment, program) for segment in program.segments.values())),
        Section("Scores", tuple(_score(score, program) for score in program.scores.values())),
        Section("Our words for events", tuple(_definitions(program))),
        Section("How to read this", tuple(_reading(program))),
    )
    return Document(TITLE, tuple(section for section in sections if section.entries))


def entry_of(kind: str, name: str, program: Program) -> Entry | None:
    """What is said of one ``rule``, ``segment``, ``score`` or ``event`` definition; None if there is none of this name.

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
            return Entry(None, None, (_definition(program.events[key], program),))
        case _:
            return None


def _reading(program: Program) -> Iterator[Entry]:
    sentences = tuple(map(Clause, reading(program)))
    if sentences:
        yield Entry(None, None, sentences)


# -- rules and stages ----------------------------------------------------------------------------------------------


def _lifecycle(program: Program) -> Iterator[Clause]:
    first, *others = program.lifecycle.ladder
    if others:
        yield Clause(f"A lead begins as {first}. From there the way up is: {', '.join(others)}; stages may be skipped")
    else:
        yield Clause(f"A lead begins as {first}")
    if program.lifecycle.outside:
        stages = program.lifecycle.outside
        stand = "stands" if len(stages) == 1 else "stand"
        yield Clause(f"outside of this order {stand} {listed(stages, 'and')}: a lead that gets there stays there")


def _rule(rule: Rule, program: Program) -> Entry:
    said = condition(rule.condition, program).after(f"{move(rule)} as soon as")
    notes = [*cautions(rule.condition, program), *_idle(rule, program)]
    return Entry(one_line(rule.name), _about(rule.description), (said,), tuple(notes))


def move(rule: Rule) -> str:
    if rule.when is None:
        who = "a lead"
    elif rule.lasting is None:
        who = f"a lead that is {rule.when}"
    else:
        who = f"a lead that has been {rule.when} for at least {duration(rule.lasting)}"
    if rule.recycle:
        higher = "" if rule.when is not None else " from any higher stage"
        return f"{who} goes back to {rule.stage}{higher}, and starts afresh,"
    return f"{who} becomes {rule.stage}"


def _idle(rule: Rule, program: Program) -> Iterator[str]:
    """Where the stages alone tell that a rule moves nobody."""
    ladder, outside = program.lifecycle.ladder, program.lifecycle.outside
    if rule.when in outside:
        yield f"{rule.when} is outside of the order: nobody is moved from there."
    elif rule.stage in ladder:
        to = ladder.index(rule.stage)
        if rule.when in ladder:
            start = ladder.index(rule.when)
            if (to >= start) if rule.recycle else (to <= start):
                side = "below" if rule.recycle else "above"
                yield f"{rule.stage} is not {side} {rule.when}: this rule moves nobody."
        elif not rule.recycle and to == 0:
            yield f"Every lead begins as {rule.stage}: this rule moves nobody."


# -- segments, scores and definitions ------------------------------------------------------------------------------


def _segment(segment: Segment, program: Program) -> Entry:
    said = condition(segment.condition, program).after("a lead is in this segment while")
    notes = lasting_cautions(segment.condition, program)
    return Entry(one_line(segment.name), _about(segment.description), (said,), notes)


def _score(score: Score, program: Program) -> Entry:
    lines = tuple(_line(line, program) for line in score.lines)
    sentences = [Clause("the score is the sum of", lines)]
    if score.low is not None and score.high is not None:
        sentences.append(Clause(f"it is never below {millionths(score.low)} and never above {millionths(score.high)}"))
    conditions = [line.condition for line in score.lines if isinstance(line, ConditionLine)]
    notes = dict.fromkeys(note for asked in conditions for note in lasting_cautions(asked, program))
    return Entry(one_line(score.name), _about(score.description), tuple(sentences), tuple(notes))


def _line(line: ScoreLine, program: Program) -> Clause:
    points = counted(f"{'+' if line.points >= 0 else ''}{millionths(line.points)}", "point")
    if isinstance(line, ConditionLine):
        return condition(line.condition, program).after(f"{points} while")
    return Clause(f"{points} {', '.join(event_line(line, program))}")


def event_line(line: EventLine, program: Program) -> Iterator[str]:
    them = events(line.pattern, program).any
    window = Window(program).narrowed(line.restrictions).words()
    when = f" {window}" if window else ""
    yield f"for each {them}{when}" if line.every else f"once, for the latest {them}{when}"
    if line.halving is not None:
        yield f"{'each ' if line.every else ''}halved every {duration(line.halving)} from when it happened"
    if line.cap is not None:
        off = " off" if line.points < 0 else ""
        yield f"at most {counted(millionths(line.cap), 'point')}{off} in all"


def _definitions(program: Program) -> Iterator[Entry]:
    if not program.events:
        return
    said = [_definition(definition, program) for definition in program.events.values()]
    yield Entry(None, None, tuple(said))


def _definition(definition: EventDefinition, program: Program) -> Clause:
    return Clause(f"{quoted(definition.name)} means {events(definition.pattern, program).any}")


def _about(description: str | None) -> str | None:
    return None if description is None else quoted(description)


# -- what a rule is built on ---------------------------------------------------------------------------------------


def _used(nodes: Sequence[Any], program: Program) -> set[tuple[str, str]]:
    """Segments, scores and definitions by kind and normalised name, those that they use themselves included."""
    found: set[tuple[str, str]] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        key: tuple[str, str] | None = None
        next_: Segment | Score | EventDefinition | None = None
        match node:
            case SegmentTest(segment=name):
                key, next_ = ("segment", name), program.segments[name]
            case ScoreTest(score=name):
                key, next_ = ("score", name), program.scores[name]
            case NamedEvent(name=str(name), defined=True):
                key, next_ = ("event", normalise(name)), program.events[normalise(name)]
            case tuple():
                waiting += node
            case OneOf():
                pass
            case Pattern(written=written):
                # Its alternatives are those of definitions, too: what was written names them.
                waiting += written
            case _ if attrs.has(type(node)):
                waiting += [getattr(node, field.name) for field in attrs.fields(type(node)) if field.eq]
        if key is not None and key not in found:
            found.add(key)
            waiting.append(next_)
    return found
