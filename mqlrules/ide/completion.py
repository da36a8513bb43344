"""Completion: what can follow at an offset of a rule text, in half-written rules too.

Which keywords can follow the parser's automaton says; names come from a vocabulary. Nothing is offered that could not
stand there.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal

import attrs

from mqlrules.check.types import PROPERTY_TYPES
from mqlrules.ide.context import Situation, condition_situations, situations
from mqlrules.ide.keywords import keywords
from mqlrules.ide.owners import Owner, owner_of_path, tested_path
from mqlrules.ide.vocabulary import Properties, Property, RawEvent, Vocabulary, spelled_event, spelled_path
from mqlrules.language.aggregates import AGGREGATES
from mqlrules.language.by_terminal import AGGREGATE_TERMINALS, OPERATOR_TERMINALS
from mqlrules.language.names import normalise
from mqlrules.syntax.unparse import quoted

CompletionKind = Literal[
    "keyword", "operator", "function", "statement", "event", "definition", "segment", "score", "list", "rule", "stage",
    "property", "type", "value", "duration",
]  # fmt: skip
"""``event`` is one as it is sent, ``definition`` a name that the rules give to events. ``statement``: a whole one."""


@attrs.frozen
class Completion:
    """Puts ``text`` in place of the range ``[start, end)`` of code points.

    ``filter`` is what the text in that range begins, to compare it with. ``detail`` is short, ``documentation`` a
    sentence or two in Markdown. ``snippet``: the text with places to fill in (``${1:name}``), where an editor can do
    that.
    """

    label: str
    kind: CompletionKind
    start: int
    end: int
    text: str
    filter: str
    detail: str | None = None
    documentation: str | None = None
    snippet: str | None = None


def complete(text: str, offset: int, words: Vocabulary) -> list[Completion]:
    """What can stand at an offset of a rule file's text, the likeliest first."""
    return _completions(situations(text, offset), words)


def complete_condition(text: str, offset: int, words: Vocabulary) -> list[Completion]:
    """The same for the text of a condition alone, as a prompt asks for it."""
    return _completions(condition_situations(text, offset), words)


def _completions(found: Sequence[Situation], words: Vocabulary) -> list[Completion]:
    offered: dict[tuple[str, int], Completion] = {}
    for here in found:
        for one in _of(here, words):
            offered.setdefault((one.label, one.start), one)
    return list(offered.values())


def _of(here: Situation, words: Vocabulary) -> Iterator[Completion]:
    if here.in_string:
        yield from _strings(here, words)
        return
    if " " in here.typed:
        # The second word of a keyword is being written.
        yield from _keywords(here)
        return
    yield from _statements(here)
    names = list(_names(here, words))
    is_new = here.begins == here.start
    if is_new:
        yield from names
    yield from _values(here, words)
    yield from _keywords(here)
    if not is_new:
        yield from names


# -- keywords ------------------------------------------------------------------------------------------------------

_FIRST = (
    "_ARROW", "_AND", "_OR", "_WITHIN", "_THEN", "_WHERE", "GREATER_OR_EQUAL", "_NOT", "_NO", "_LEAD", "_SINCE",
    "_FOR", "EQUALS", "_PER", "_FOR_THE_LATEST", "_IF",
)  # fmt: skip
_OPERATORS = frozenset((*OPERATOR_TERMINALS, "_ARROW"))
_STARTING = frozenset((
    "_LIFECYCLE", "_TIMEZONE", "_SCHEMA", "_EVENT", "_LIST", "_SEGMENT", "_SCORE", "_RULE", "_TEST",
))  # fmt: skip
_SNIPPETS = {
    **{
        record.terminal: f"{record.name}(${{1:property}} of ${{2:event}})"
        if record.takes_property
        else f"{record.name}(${{1:event}})"
        for record in AGGREGATES.values()
    },
    "_WHERE": "where ($1)",
    "_LEAD": "lead.$0",
    "_LEAD_WITH": "lead ($1)",
    "_WITHIN": "within ${1:30d}",
    "_OLDER_THAN": "older than ${1:7d}",
    "_DURING": "during ${1:2026-01-01} to ${2:2026-12-31}",
    "_UP_TO": "up to ${1:30}",
    "_HALVE_EVERY": "halve every ${1:30d}",
    "_FOR": "for ${1:2d}",
    "_IN": "in ($1)",
}


def _keywords(here: Situation) -> Iterator[Completion]:
    table = keywords()
    could = sorted(here.expected & table.keys(), key=lambda t: (_FIRST.index(t) if t in _FIRST else len(_FIRST), t))
    for terminal in could:
        if terminal in _STARTING:
            continue
        keyword = table[terminal]
        start = _start_of(here, keyword.words)
        if start is None:
            continue
        kind: CompletionKind = "keyword"
        if terminal in _OPERATORS:
            kind = "operator"
        elif terminal in AGGREGATE_TERMINALS:
            kind = "function"
        yield Completion(
            keyword.words,
            kind,
            start,
            here.offset,
            keyword.words,
            keyword.words,
            None,
            f"{keyword.says}\n\n```mql\n{keyword.example}\n```",
            _SNIPPETS.get(terminal),
        )


def _start_of(here: Situation, written: str) -> int | None:
    """Where a keyword begins that is perhaps begun: at the word that is being written. None if that is another word."""
    typed = " ".join(here.typed.split()) + " " * here.typed.endswith(" ")
    return here.start if written.startswith(typed) else None


# -- whole statements ----------------------------------------------------------------------------------------------

_STATEMENTS = (
    ("rule", "_RULE", "rule ${1:name}: ${2:condition} => ${3:MQL}"),
    ("event", "_EVENT", "event ${1:name} = ${2:event}"),
    ("segment", "_SEGMENT", 'segment ${1:name} "${2:in words}" =\n    ${3:condition}'),
    ("score", "_SCORE", "score ${1:name}\n    +${2:10} per ${3:event}\n    between 0 and 100"),
    ("test", "_TEST", 'test "${1:what must come out}"\n    day 0 ${2:event}\n    expect ${3:MQL} on day 0'),
    ("schema", "_SCHEMA", "schema ${1:event} (${2:property}: ${3:text})"),
    ("list", "_LIST", 'list ${1:name} from "${2:file.csv}" column ${3:column}'),
    ("lifecycle", "_LIFECYCLE", "lifecycle ${1:lead > MQL > customer}"),
    ("timezone", "_TIMEZONE", 'timezone "${1:Europe/Berlin}"'),
)


def _statements(here: Situation) -> Iterator[Completion]:
    if here.column != 0 or here.walked.start != "statement" or here.walked.steps:
        return
    table = keywords()
    for word, terminal, snippet in _STATEMENTS:
        if word.startswith(here.typed):
            keyword = table[terminal]
            documentation = f"{keyword.says}\n\n```mql\n{keyword.example}\n```"
            yield Completion(
                word, "statement", here.start, here.offset, word, word, "statement", documentation, snippet
            )


# -- names ---------------------------------------------------------------------------------------------------------


def _names(here: Situation, words: Vocabulary) -> Iterator[Completion]:
    match here.role:
        case "event":
            yield from _event_names(here, words)
        case "schema event":
            if here.begins == here.start and words.program.lead_schema is None:
                yield from _offered(here, [("lead", "lead", "keyword", "the traits of leads", None)])
            known = [event for key, event in words.events.items() if key not in words.program.schemas]
            yield from _offered(here, map(_raw, known))
        case "stage" if here.walked.steps and here.walked.steps[0].terminal != "_LIFECYCLE":
            stages = words.program.lifecycle.ladder
            if here.before != "_RECYCLE_TO":
                stages += words.program.lifecycle.outside
            yield from _offered(here, ((stage, stage, "stage", "stage", None) for stage in stages))
        case "expected":
            yield from _expectations(here, words)
        case "list":
            yield from _offered(
                here,
                (
                    (found.name, found.name, "list", f"list of {len(found.values)} values", None)
                    for found in words.program.lists.values()
                ),
            )
        case "rule":
            yield from _offered(here, ((r.name, r.name, "rule", f"rule => {r.stage}", r.description)
                                       for r in words.program.rules))  # fmt: skip
        case "property":
            yield from _properties(here, words)
        case "type":
            yield from _offered(here, ((name, name, "type", "type", None) for name in PROPERTY_TYPES))


_Row = tuple[str, str, CompletionKind, str | None, str | None]
"""Label, text, kind, detail, documentation."""


def _offered(here: Situation, rows: Iterable[_Row]) -> Iterator[Completion]:
    """Those rows that go on with what is written: with the words of the phrase, too, that stand before."""
    written = _written(here)
    typed = normalise(written)
    for label, text, kind, detail, documentation in rows:
        if _goes_on(normalise(label), typed, written.endswith((" ", "_", "-"))):
            yield Completion(label, kind, here.begins, here.offset, text, label, detail, documentation)


def _written(here: Situation) -> str:
    steps = [step.token for step in here.walked.steps if step.token.start >= here.begins]
    text = " ".join(token.text for token in steps)
    return f"{text} {here.typed}" if steps else here.typed


def _goes_on(name: str, typed: str, ended: bool) -> bool:
    if not typed:
        return True
    begins = name.startswith(f"{typed} " if ended else typed)
    return begins or (" " not in typed and not ended and f" {typed}" in name)


def _raw(event: RawEvent) -> _Row:
    count = "event" if event.count is None else f"event, {event.count:,} in the data"
    return event.name, spelled_event(event.name), "event", count, None


def _event_names(here: Situation, words: Vocabulary) -> Iterator[Completion]:
    program = words.program
    if here.gotos & {"conjunction", "negation"} or (here.begins < here.start and _in_condition(here)):
        yield from _offered(here, ((s.name, s.name, "segment", "segment", s.description)
                                   for s in program.segments.values()))  # fmt: skip
        yield from _offered(here, ((s.name, s.name, "score", "score", s.description)
                                   for s in program.scores.values()))  # fmt: skip
    definitions = [*program.events.values()]
    yield from _offered(here, ((d.name, d.name, "definition", f"= {d.pattern.words}", None) for d in definitions))
    yield from _offered(here, (_raw(event) for key, event in words.events.items() if key not in program.events))
    if here.walked.start != "test_line":
        yield from _offered(here, [("activity", "activity", "definition", "every event but identify", None)])


def _in_condition(here: Situation) -> bool:
    """Whether a phrase that is being written could be a segment or a score."""
    index = next((i for i, step in enumerate(here.walked.steps) if step.token.start >= here.begins), 0)
    before = here.walked.steps[index - 1].terminal if index > 0 else None
    return before in (None, "_AND", "_OR", "_NOT", "_LPAR", "_COLON", "_COMMA", "_IF", "EQUALS")


def _expectations(here: Situation, words: Vocabulary) -> Iterator[Completion]:
    program = words.program
    stages = (*program.lifecycle.ladder, *program.lifecycle.outside)
    yield from _offered(here, ((stage, stage, "stage", "stage", None) for stage in stages))
    index = next((i for i, step in enumerate(here.walked.steps) if step.token.start >= here.begins), None)
    before = here.before if index is None else here.walked.steps[index - 1].terminal
    if before != "_EXPECT_STAGE":
        yield from _offered(here, ((s.name, s.name, "segment", "segment", s.description)
                                   for s in program.segments.values()))  # fmt: skip
    if before == "_EXPECT":
        yield from _offered(here, ((s.name, s.name, "score", "score", s.description)
                                   for s in program.scores.values()))  # fmt: skip


# -- properties and values -----------------------------------------------------------------------------------------


def _properties(here: Situation, words: Vocabulary) -> Iterator[Completion]:
    at = next((i for i, step in enumerate(here.walked.steps) if step.token.start >= here.begins), None)
    owner = owner_of_path(here.walked, here.after, at)
    for path, known in properties_of(owner, words).items():
        written = spelled_path(path)
        typed = _written(here).replace(" ", "")
        # A name that has to stand in quotes may be begun without them.
        begun = next((name for name in (written, path) if name.casefold().startswith(typed.casefold())), None)
        if path not in owner.declared and begun is not None:
            detail = "property" if known.type is None else known.type
            yield Completion(path, "property", here.begins, here.offset, written, begun, detail, _examples(known))


def properties_of(owner: Owner, words: Vocabulary) -> Properties:
    """The properties that some events, or leads, are known to have; of all events if nothing is known of these."""
    if owner.lead:
        return words.traits
    events = [event for phrase in owner.phrases for event in words.raw_events_of(phrase)]
    if not any(event.properties for event in events):
        events = list(words.events.values())
    found: dict[str, Property] = {}
    for event in events:
        for path, known in event.properties.items():
            earlier = found.get(path)
            if earlier is None:
                found[path] = known
            else:
                values = tuple(dict.fromkeys((*earlier.values, *known.values)))
                found[path] = Property(earlier.type or known.type, values)
    return found


def _examples(known: Property) -> str | None:
    if not known.values:
        return None
    shown = ", ".join(map(quoted, known.values[:5]))
    return f"For example {shown}"


def _strings(here: Situation, words: Vocabulary) -> Iterator[Completion]:
    values: Iterable[str] = ()
    kind: CompletionKind = "value"
    detail: str | None = None
    if here.role in ("event", "schema event"):
        values, kind = [event.name for event in words.events.values()], "event"
    elif here.role == "property":
        values, kind = properties_of(owner_of_path(here.walked, here.after), words), "property"
    elif here.before == "_TIMEZONE":
        values, detail = _zones(), "time zone"
    elif here.role is None and (tested := tested_path(here.walked)) is not None:
        path, owner = tested
        known = properties_of(owner, words).get(path.replace('"', ""))
        values, detail = () if known is None else known.values, path
    typed = here.typed.removeprefix('"').casefold()
    # The closing quote may be there already.
    closed = here.after.startswith('"')
    for value in values:
        if value.casefold().startswith(typed) or (typed and f" {typed}" in value.casefold()):
            written = quoted(value)
            yield Completion(value, kind, here.start, here.offset, written[:-1] if closed else written, written, detail)


def _values(here: Situation, words: Vocabulary) -> Iterator[Completion]:
    if "DURATION" in here.expected and here.before in _BEFORE_DURATIONS:
        yield from _durations(here)
    if "STRING" in here.expected and here.role is None and (tested := tested_path(here.walked)) is not None:
        path, owner = tested
        known = properties_of(owner, words).get(path.replace('"', ""))
        for value in () if known is None else known.values:
            written = quoted(value)
            if written.startswith(here.typed):
                yield Completion(value, "value", here.start, here.offset, written, written, path)


_BEFORE_DURATIONS = frozenset(("_WITHIN", "_AFTER", "_OLDER_THAN", "_FOR", "_HALVE_EVERY"))
_UNITS = (("d", "days"), ("h", "hours"), ("w", "weeks"), ("m", "minutes"), ("s", "seconds"))


def _durations(here: Situation) -> Iterator[Completion]:
    digits = here.typed
    if digits and not digits.isdigit():
        return
    offered = [(f"{digits}{unit}", name) for unit, name in _UNITS] if digits else _USUAL
    for text, name in offered:
        yield Completion(text, "duration", here.start, here.offset, text, text, name)


_USUAL = [("1d", "a day"), ("7d", "a week"), ("14d", "two weeks"), ("30d", "30 days"), ("90d", "90 days")]


@lru_cache(maxsize=1)
def _zones() -> list[str]:
    from zoneinfo import available_timezones  # It looks through a whole folder.

    return sorted(available_timezones())
