"""Renaming a definition or a stage in all files of a rule set, or the reason why that can't be done."""

import attrs

from mqlrules.ide.analysis import Analysis, Change, Place
from mqlrules.ide.document import Sheet
from mqlrules.ide.references import Mention, Thing, all_mentions, mention_at, mentions
from mqlrules.language.names import ACTIVITY, normalise
from mqlrules.syntax import tree
from mqlrules.syntax.parse import parse
from mqlrules.text.source import Source


@attrs.frozen
class Refused:
    """Why something is not renamed, in a sentence."""

    reason: str


def renamable(analysis: Analysis, sheet: Sheet, offset: int) -> Mention | Refused:
    """What would be renamed at an offset: its place and how it is written there."""
    mention = mention_at(analysis, sheet, offset)
    if mention is None:
        return Refused("There is no name here.")
    reason = _why_not(analysis, mention)
    return mention if reason is None else Refused(reason)


def rename(analysis: Analysis, sheet: Sheet, offset: int, name: str) -> tuple[Change, ...] | Refused:
    """The changes, in all files, that give what is named at an offset another name."""
    mention = renamable(analysis, sheet, offset)
    if isinstance(mention, Refused):
        return mention
    name = " ".join(name.split())
    reason = _why_not_so(analysis, mention.thing, name)
    if reason is not None:
        return Refused(reason)
    found = all_mentions(analysis, mention.thing)
    return tuple(Change(one.place, name) for one in found if not one.written.startswith('"'))


def _why_not(analysis: Analysis, mention: Mention) -> str | None:
    name = mention.written.strip('"')
    match mention.thing.space:
        case "definition" if mention.thing.key in analysis.names:
            return None
        case "definition":
            return f"`{name}` is not defined in these rules."
        case "stage" if any(one.defines for one in all_mentions(analysis, mention.thing)):
            return None
        case "stage":
            known = {normalise(stage) for stage in analysis.program.lifecycle.ladder}
            if mention.thing.key in known:
                return f"`{name}` is a stage of the lifecycle that is there without a `lifecycle` statement. Write one."
            return f"There is no stage called `{name}`."
        case "raw event":
            return f"`{name}` is an event as it is sent, not a definition: another name would mean another event."
        case _:
            return f"`{name}` is a property as it is sent, not a definition: another name would mean another property."


def _why_not_so(analysis: Analysis, thing: Thing, name: str) -> str | None:
    """Why a thing can't have a name."""
    key = normalise(name)
    kind = "stage" if thing.space == "stage" else analysis.names[thing.key]
    if not _is_name(name, kind):
        return f"`{name}` is no name: a name is made of words, and `and`, `no`, `then` and the like are none in it."
    if key == thing.key:
        return None
    if thing.space == "stage":
        stages = (*analysis.program.lifecycle.ladder, *analysis.program.lifecycle.outside)
        return f"There is a stage called `{name}` already." if key in map(normalise, stages) else None
    if key == ACTIVITY:
        return "`activity` is built in and means every event."
    if key in analysis.names:
        return f"There is {_a(analysis.names[key])} called `{name}` already."
    if kind in ("event", "segment", "score") and _is_used_as_event(analysis, key):
        return f"`{name}` is the name of an event that these rules use: it would mean the definition from then on."
    return None


_SHAPES = {
    "event": "event {} = a",
    "segment": "segment {} = a",
    "score": "score {}",
    "list": 'list {} from "a.csv"',
    "rule": "rule {}: a => b",
    "stage": "rule a: a => {}",
}


def _is_name(name: str, kind: str) -> bool:
    """Whether the name reads as one: where it is defined, and where it is used."""
    if not name or "\n" in name:
        return False
    shapes = [_SHAPES[kind]]
    if kind in ("event", "segment", "score"):
        shapes.append("rule a: b and {} and c => d")
    if kind == "stage":
        shapes += ["lifecycle a > {}", "rule a: when {}, b => c"]
    for shape in shapes:
        text = shape.format(name)
        parsed = parse(Source("", text))
        if parsed.diagnostics or len(parsed.tree.statements) != 1 or not _says(parsed.tree.statements[0], name):
            return False
    return True


def _says(node: object, name: str) -> bool:
    """Whether somewhere in a tree there is just this name."""
    match node:
        case tree.Name(text=text) | tree.Phrase(text=text, quoted=False):
            return text == name
        case tuple():
            return any(_says(each, name) for each in node)
        case tree.Node():
            return any(_says(getattr(node, field.name), name) for field in attrs.fields(type(node)))
        case _:
            return False


def _is_used_as_event(analysis: Analysis, key: str) -> bool:
    thing = Thing("raw event", key)
    return any(
        mention.thing == thing and not mention.written.startswith('"')
        for sheet in analysis.sheets.values()
        for mention in mentions(analysis, sheet)
    )


def _a(kind: str) -> str:
    return f"an {kind}" if kind == "event" else f"a {kind}"


def definition_of(analysis: Analysis, thing: Thing) -> list[Place]:
    """Where a thing is defined; of a raw event and of properties, where a schema declares it."""
    return [mention.place for mention in all_mentions(analysis, thing) if mention.defines]
