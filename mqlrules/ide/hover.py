"""Hover: what is at an offset, in plain English: rules, definitions, events, properties, keywords."""

import attrs

from mqlrules.explain.describe import entry_of
from mqlrules.explain.document import as_markdown, escaped
from mqlrules.ide.analysis import Analysis
from mqlrules.ide.document import Sheet
from mqlrules.ide.keywords import Keyword, keywords
from mqlrules.ide.references import Mention, mention_at, read
from mqlrules.ide.vocabulary import Properties
from mqlrules.language.calendar import UNITS
from mqlrules.language.names import normalise
from mqlrules.syntax import literals, tree
from mqlrules.syntax.unparse import quoted
from mqlrules.text.span import Span

_VALUES = 8


@attrs.frozen
class Hover:
    """Markdown, and the span of the text that it is about."""

    markdown: str
    span: Span


def hover(analysis: Analysis, sheet: Sheet, offset: int) -> Hover | None:
    """What there is to say at an offset; None if that is nothing."""
    mention = mention_at(analysis, sheet, offset)
    if mention is not None:
        said = _mention(analysis, mention)
        return None if said is None else Hover(said, mention.place.span)
    return _sign(analysis, sheet, offset)


def _mention(analysis: Analysis, mention: Mention) -> str | None:
    thing = mention.thing
    match thing.space:
        case "definition":
            return definition_in_words(analysis, thing.key)
        case "raw event":
            return _raw_event(analysis, thing.key, mention.written)
        case "stage":
            return _stage(analysis, thing.key)
        case "trait":
            return _property(mention.written, analysis.words.traits, "what is known of a lead")
        case "property":
            event = analysis.words.events.get(thing.owner)
            return None if event is None else _property(mention.written, event.properties, f"of `{event.name}`")


def definition_in_words(analysis: Analysis, key: str) -> str | None:
    """A definition or a rule in plain English; how it is written, where it is too broken for that."""
    kind = analysis.names.get(key)
    if kind is None:
        return None
    if kind == "list":
        values = analysis.program.lists.get(key)
        if values is None:
            return "**list**, which can't be read"
        shown = ", ".join(str(value) for value in values.values[:_VALUES])
        more = "" if len(values.values) <= _VALUES else f" and {len(values.values) - _VALUES:,} more"
        return f"**{values.name}** (list): {shown}{more}"
    entry = entry_of(kind, key, analysis.program)
    if entry is None:
        return f"**{kind}**; something is wrong with it"
    name = entry.name or key
    about = "" if entry.about is None else f"*{escaped(entry.about)}*\n\n"
    said = about + as_markdown(entry.said).rstrip("\n")
    return f"**{name}** ({'our word for an event' if kind == 'event' else kind})\n\n{said}"


def _raw_event(analysis: Analysis, key: str, written: str) -> str:
    event = analysis.words.events.get(key)
    name = written.strip('"')
    if event is None:
        return f"**{name}** (event as it is sent)"
    lines = [f"**{event.name}** (event as it is sent)"]
    if event.count is not None:
        lines.append(f"{event.count:,} times in the data")
    elif analysis.catalogue.events:
        lines.append("not in the data")
    if event.properties:
        lines.append("\n".join(f"- {_line(path, event.properties)}" for path in event.properties))
    return "\n\n".join(lines)


def _property(path: str, properties: Properties, of: str) -> str | None:
    if path not in properties:
        return None
    return f"**{_line(path, properties)}**, {of}" if not properties[path].values else f"{_line(path, properties)}, {of}"


def _line(path: str, properties: Properties) -> str:
    known = properties[path]
    type_ = "" if known.type is None else f": {known.type}"
    if not known.values:
        return f"{path}{type_}"
    shown = ", ".join(map(quoted, known.values[:_VALUES]))
    return f"{path}{type_}, for example {shown}"


def _stage(analysis: Analysis, key: str) -> str | None:
    ladder, outside = analysis.program.lifecycle.ladder, analysis.program.lifecycle.outside
    for at, stage in enumerate(ladder):
        if normalise(stage) == key:
            where = "the first one" if at == 0 else f"the one after {ladder[at - 1]}"
            then = f", before {ladder[at + 1]}" if at + 1 < len(ladder) else ", the last one"
            moving = _moving(analysis, stage)
            return f"**{stage}** (stage): {where}{then}.{moving}"
    for stage in outside:
        if normalise(stage) == key:
            moving = _moving(analysis, stage)
            return f"**{stage}** (stage): outside of the order. A lead that gets there stays there.{moving}"
    return None


def _moving(analysis: Analysis, stage: str) -> str:
    names = [f"`{rule.name}`" for rule in analysis.program.rules if rule.stage == stage]
    if not names:
        return " No rule leads there."
    shown = ", ".join(names[:_VALUES]) + (" …" if len(names) > _VALUES else "")
    return f" Rules that lead there: {shown}."


# -- what is no name -----------------------------------------------------------------------------------------------


def _sign(analysis: Analysis, sheet: Sheet, offset: int) -> Hover | None:
    index = sheet.part_of(offset)
    start = sheet.starts[index]
    for walked in read(sheet.parts[index]).walks:
        for at, step in enumerate(walked.steps):
            token = step.token
            if not token.start <= offset - start < token.end:
                continue
            span = Span(start + token.start, start + token.end)
            if token.kind == "DURATION":
                return _duration(token.text, span)
            keyword = keywords().get(step.terminal or "")
            if keyword is None:
                return None
            if at == 0 or step.terminal == "_ARROW":
                said = _statement(analysis, sheet, start + token.start)
                if said is not None:
                    return Hover(f"{said}\n\n---\n\n{_keyword(keyword)}", span)
            return Hover(_keyword(keyword), span)
    return None


def _keyword(keyword: Keyword) -> str:
    return f"**{keyword.words}**: {keyword.says}\n\n```mql\n{keyword.example}\n```"


def _statement(analysis: Analysis, sheet: Sheet, offset: int) -> str | None:
    """The statement around an offset in plain English."""
    at = sheet.on_sheet(offset)
    for statement in sheet.parts[sheet.part_of(offset)].parsed.tree.statements:
        if statement.span.start <= at < statement.span.end:
            if isinstance(statement, tree.RuleDefinition):
                for rule in analysis.program.rules:
                    if rule.span == statement.span and rule.source is not None and rule.source.name == sheet.name:
                        return definition_in_words(analysis, normalise(rule.name))
                return None
            name = getattr(statement, "name", None)
            key = normalise(name.text) if isinstance(name, (tree.Name, tree.Phrase)) else ""
            return definition_in_words(analysis, key)
    return None


_UNITS = (("d", "day"), ("h", "hour"), ("m", "minute"), ("s", "second"))


def _duration(written: str, span: Span) -> Hover | None:
    microseconds = literals.duration(written)
    if not isinstance(microseconds, int):
        return None
    parts = []
    rest = microseconds
    for unit, word in _UNITS:
        count, rest = divmod(rest, UNITS[unit])
        if count:
            parts.append(f"{count:,} {word}{'' if count == 1 else 's'}")
    if rest:
        parts.append(f"{rest:,} microseconds")
    day = " A day is 24 hours, not a date." if microseconds >= UNITS["d"] else ""
    return Hover(f"{', '.join(parts)}.{day}", span)
