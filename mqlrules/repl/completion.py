"""Completion of what is typed: commands, and the language with the names in rules and events."""

import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from mqlrules.console.terminal import when
from mqlrules.events.model import Event
from mqlrules.language.names import IDENTIFY, normalise
from mqlrules.repl.commands import COMMANDS, Command, find
from mqlrules.repl.data import Data
from mqlrules.repl.reading import COMMAND
from mqlrules.repl.session import Session

if TYPE_CHECKING:
    from mqlrules.ide.completion import Completion
    from mqlrules.ide.vocabulary import Vocabulary
    from mqlrules.profile.catalogue import Catalogue

SEEN_WHOLE = 200_000
"""Up to this many events are all examined for their values; of more events, ``SEEN_OF_A_NAME`` of each name."""

SEEN_OF_A_NAME = 10_000

LEADS_OFFERED = 50
_FILES_OFFERED = 200
_EVENT_FILES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".arrow", ".feather", ".gz")


@attrs.frozen
class Offer:
    """Replaces what is typed from ``start`` up to the cursor with ``text``. ``detail`` is short."""

    text: str
    start: int
    label: str
    detail: str = ""


@attrs.frozen(eq=False)
class Words:
    """The names that can be typed: the vocabulary of the language, and leads as sorted text."""

    vocabulary: "Vocabulary"
    leads: Sequence[str] = ()


def words_of(session: Session, catalogue: "Catalogue", leads: Sequence[str]) -> Words:
    """The words of a session whose events were examined."""
    from mqlrules.ide.vocabulary import vocabulary

    return Words(vocabulary(session.checked.program, catalogue), leads)


def look_through(data: Data) -> "tuple[Catalogue, list[str]]":
    """The names, properties and values of the events and traits, and all leads as sorted text."""
    from mqlrules.profile.catalogue import Catalogue, EventEntry, catalogue_of
    from mqlrules.profile.profile import profile_of

    found = catalogue_of(profile_of((event.event, event.at, event.properties) for event in _some(data)))
    known = ((IDENTIFY, 0, traits) for traits in islice(data.traits.values(), SEEN_WHOLE))
    of_table = catalogue_of(profile_of(known)).traits
    events = {
        key: EventEntry(entry.name, len(data.by_name.get(key, ())), entry.properties)
        for key, entry in found.events.items()
    }
    return Catalogue(events, {**found.traits, **of_table}), sorted(map(str, {*data.leads, *data.traits}))


def _some(data: Data) -> Iterator[Event]:
    if len(data.events) <= SEEN_WHOLE:
        yield from data.events
        return
    for places in data.by_name.values():
        step = max(1, len(places) // SEEN_OF_A_NAME)
        yield from (data.events[place] for place in places[::step])


def offers(session: Session, text: str, offset: int, words: Words) -> Iterator[Offer]:
    """What fits at an offset of an input, the likeliest first."""
    before = text[:offset]
    start = len(before) - len(before.lstrip())
    if not before.lstrip().startswith(COMMAND):
        from mqlrules.ide.completion import complete

        yield from _of_language(complete(text, offset, words.vocabulary), 0)
        return
    word, blank, rest = before[start + 1 :].partition(" ")
    if not blank:
        yield from _commands(word, start)
        return
    command = find(word.lower())
    if command is not None:
        yield from _arguments(session, command, rest.lstrip(), len(before) - len(rest.lstrip()), words)


def _of_language(found: "Iterable[Completion]", start: int) -> Iterator[Offer]:
    for one in found:
        yield Offer(one.text, start + one.start, one.label, one.detail or one.kind)


def _of_a_condition(rest: str, start: int, words: Words) -> Iterator[Offer]:
    from mqlrules.ide.completion import complete_condition

    return _of_language(complete_condition(rest, len(rest), words.vocabulary), start)


def _commands(word: str, start: int) -> Iterator[Offer]:
    for command in COMMANDS:
        if command.name.startswith(word.lower()):
            blank = " " if command.words else ""
            yield Offer(f":{command.name}{blank}", start, f":{command.name}", command.says)


def _arguments(session: Session, command: Command, rest: str, start: int, words: Words) -> Iterator[Offer]:
    match command.takes:
        case "condition":
            yield from _of_a_condition(rest, start, words)
        case "lead":
            yield from _leads(rest, start, words)
        case "rule and lead":
            first, blank, second = rest.partition(" ")
            if not blank:
                yield from _named(first, start, [(r.name, f"=> {r.stage}") for r in session.checked.program.rules])
                yield from _leads(first, start, words)
            else:
                yield from _leads(second, start + len(first) + 1, words)
        case "name":
            yield from _named(rest, start, _names(session))
            if command.name == "describe":
                yield from _of_a_condition(rest, start, words)
        case "event":
            by_count = sorted(words.vocabulary.events.values(), key=lambda event: -(event.count or 0))
            yield from _named(rest, start, ((event.name, f"{event.count or 0:,}") for event in by_count))
        case "file":
            yield from _files(rest, start, (".mql",))
        case "events":
            last = rest.rpartition(" ")[2]
            yield from _files(last, start + len(rest) - len(last), _EVENT_FILES)
        case "time":
            yield from _named(rest, start, _times(session))
        case "word":
            yield from _named(rest, start, _words(command))


def _leads(typed: str, start: int, words: Words) -> Iterator[Offer]:
    leads = words.leads
    place = bisect_left(leads, typed)
    for lead in leads[place : place + LEADS_OFFERED]:
        if not lead.startswith(typed):
            return
        yield Offer(lead, start, lead, "lead")


def _named(typed: str, start: int, names: Iterable[tuple[str, str]]) -> Iterator[Offer]:
    wanted = normalise(typed)
    for name, detail in names:
        key = normalise(name)
        if key.startswith(wanted) or f" {wanted}" in key:
            yield Offer(name, start, name, detail)


def _names(session: Session) -> Iterator[tuple[str, str]]:
    program = session.checked.program
    yield from ((rule.name, f"rule => {rule.stage}") for rule in program.rules)
    yield from ((segment.name, "segment") for segment in program.segments.values())
    yield from ((score.name, "score") for score in program.scores.values())
    yield from ((definition.name, "event") for definition in program.events.values())
    yield from ((values.name, "list") for values in program.lists.values())


def _times(session: Session) -> Iterator[tuple[str, str]]:
    yield "end", "the end of the events"
    for instant, words in ((session.data.begin, "first event"), (session.data.end, "last event")):
        if instant is not None:
            yield when(instant, session.zone).partition(" ")[0], words
    yield from ((step, "from here") for step in ("-1d", "-7d", "-30d", "+1d", "+7d", "+30d"))


def _words(command: Command) -> Iterator[tuple[str, str]]:
    if command.name == "time":
        yield from (("on", "after each answer"), ("off", "only when asked"))
        return
    from mqlrules.ide.keywords import keywords

    yield from ((each.name, each.says) for each in COMMANDS)
    yield from ((keyword.words, keyword.says) for keyword in keywords().values())


def _files(typed: str, start: int, endings: Sequence[str]) -> Iterator[Offer]:
    folder, _, name = typed.rpartition("/")
    place = Path(f"{folder}/" if folder or typed.startswith("/") else ".").expanduser()
    try:
        found = sorted(islice(os.scandir(place), _FILES_OFFERED * 10), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in found[:_FILES_OFFERED]:
        if not entry.name.startswith(name) or (entry.name.startswith(".") and not name.startswith(".")):
            continue
        if entry.is_dir():
            yield Offer(f"{entry.name}/", start + len(typed) - len(name), f"{entry.name}/", "folder")
        elif entry.name.endswith(tuple(endings)):
            yield Offer(entry.name, start + len(typed) - len(name), entry.name)
