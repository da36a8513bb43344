"""The commands that change what the session holds: rules, events, what is written down."""

import shlex
from pathlib import Path

import attrs

from mqlrules.console.terminal import counted, when
from mqlrules.events.errors import DataError, MissingExtra
from mqlrules.language.names import normalise
from mqlrules.repl.changes import Refused, drop
from mqlrules.repl.data import Given, load, stamps_of
from mqlrules.repl.exporting import ENDINGS, export
from mqlrules.repl.parts import Difference, Found, Part, Remark, Said
from mqlrules.repl.reply import Reply, failure
from mqlrules.repl.saving import NotSaved, difference, reload
from mqlrules.repl.saving import save as saved
from mqlrules.repl.session import Session


def diff(session: Session, rest: str) -> Reply:
    """What the session has changed."""
    text = difference(session)
    return Reply(session, (Difference(text) if text else Said("Nothing has changed since the rules were loaded."),))


def save(session: Session, rest: str, overwrite: bool = False) -> Reply:
    """Writes what is not written down."""
    target = _file(rest)
    try:
        outcome = saved(session, target, overwrite)
    except NotSaved as error:
        parts: tuple[Part, ...] = (Found(error.diagnostics),) if error.diagnostics else ()
        said = failure(session, str(error), error.hint)
        return attrs.evolve(said, parts=(*parts, *said.parts))
    except OSError as error:
        return failure(session, f"{error.filename or target} can't be written: {_reason(error)}.")
    except ValueError:
        return failure(session, f"{target} is no name of a file.")
    if not outcome.files:
        return Reply(outcome.session, (Said("There is nothing to save."),))
    return Reply(outcome.session, (Said(f"Written: {', '.join(outcome.files)}"),))


def export_answer(session: Session, rest: str) -> Reply:
    """Writes the leads of the last answer to a file."""
    if session.answer is None:
        return failure(session, "There is no answer yet whose leads could be written.")
    path = Path(_file(rest) or "")
    if path.suffix.lower() not in ENDINGS:
        return failure(session, "`:export` needs a file that ends in .csv or .jsonl.", "Such as `:export leads.csv`.")
    try:
        count = export(session.answer, path)
    except OSError as error:
        return failure(session, f"{error.filename or path} can't be written: {_reason(error)}.")
    except ValueError:
        return failure(session, f"{rest} is no name of a file.")
    return Reply(session, (Said(f"{counted(count, 'lead')} written to {path}"),))


def _file(rest: str) -> str | None:
    """A file as it is typed: perhaps in quotes."""
    try:
        return next(iter(shlex.split(rest)), None)
    except ValueError:
        return rest


def drop_named(session: Session, rest: str) -> Reply:
    """Takes a definition out."""
    if not rest:
        return failure(session, "`:drop` needs the name of a rule or a definition.")
    outcome = drop(session, rest)
    if outcome is None:
        return failure(session, f"Nothing is called `{rest}`.", "`:rules` shows what there is.")
    if isinstance(outcome, Refused):
        return Reply(session, (Found(outcome.diagnostics), Remark("Nothing has changed.")), failed=True)
    said = Said(f"{outcome.arrivals[0].words}: taken out.")
    if normalise(rest) in outcome.session.rules.plan.names_used:
        still = f"`{rest}` is still asked for, and now means the event of that name. `:undo` takes this back."
        return Reply(outcome.session, (said, Remark(still)))
    return Reply(outcome.session, (said,))


def undo(session: Session, rest: str) -> Reply:
    """Takes back the last change of the rules; where the session looks, and its events, stay."""
    before = session.before
    if before is None:
        return failure(session, "There is nothing to take back.")
    now = attrs.evolve(before, data=session.data, at=session.at, lead=session.lead, timing=session.timing)
    return Reply(now, (Said("The last change is taken back."),))


def reload_files(session: Session, rest: str) -> Reply:
    """Reads again what has changed on the disk."""
    try:
        fresh = reload(session)
    except FileNotFoundError as error:
        return failure(session, f"{error.filename}: {error.strerror}.", "Nothing has changed.")
    if isinstance(fresh, Refused):
        said = "What was typed does not fit the rules as they are in the files now; nothing has changed."
        return Reply(session, (Found(fresh.diagnostics), Remark(said)), failed=True)
    parts: list[Part] = []
    if fresh.loaded.diagnostics:
        parts.append(Found(fresh.loaded.diagnostics))
    rules = len(fresh.checked.program.rules)
    typed = f", {counted(len(fresh.changes), 'change')} made again" if fresh.changes else ""
    parts.append(Said(f"Rules: {counted(rules, 'rule')} in {counted(len(fresh.loaded.files), 'file')}{typed}."))
    given = session.data.given
    if not given.events and given.leads is None:
        return Reply(fresh, tuple(parts), failed=not fresh.loaded.sound)
    try:
        same = stamps_of(given) == session.data.stamps and _schemas(fresh) == session.data.schemas
    except (DataError, OSError) as error:
        return _not_read(fresh, error, parts)
    if same:
        return Reply(fresh, (*parts, Said("Events: as they were.")), failed=not fresh.loaded.sound)
    return _loaded(fresh, given, parts)


def _schemas(session: Session) -> object:
    program = session.checked.program
    return program.schemas, program.lead_schema


def load_events(session: Session, rest: str) -> Reply:
    """Reads event files in place of those that were read."""
    try:
        words = shlex.split(rest)
    except ValueError:
        words = rest.split()
    leads = session.data.given.leads
    files: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word == "--leads":
            leads = next(waiting, None)
        elif word != "--events":
            files.append(word)
    if not files and (leads is None or "--leads" not in words):
        return failure(session, "`:load` needs the name of an event file.", "Such as `:load events.csv`.")
    given = attrs.evolve(session.data.given, events=tuple(files) or session.data.given.events, leads=leads)
    return _loaded(session, given, [])


def _loaded(session: Session, given: Given, parts: list[Part]) -> Reply:
    try:
        data = load(given, session.checked.program)
    except (DataError, MissingExtra, OSError) as error:
        return _not_read(session, error, parts)
    lead = session.lead if session.lead is not None and data.lead(str(session.lead)) is not None else None
    session = attrs.evolve(session, data=data, lead=lead)
    return Reply(session, (*parts, *of_data(session)))


def of_data(session: Session) -> list[Part]:
    """What was read, in a line; and what there is to say about it."""
    data = session.data
    parts: list[Part] = [Remark(line) for line in data.remarks]
    if data.begin is None or data.end is None:
        known = f" {counted(len(data.traits), 'lead')} known by traits alone." if data.traits else ""
        return [*parts, Said(f"Events: none.{known}")]
    span = f"{when(data.begin)} to {when(data.end)} UTC"
    names = counted(len(data.by_name), "name")
    said = f"Events: {counted(len(data.events), 'event')} of {counted(len(data.leads), 'lead')}, {names}, {span}."
    return [*parts, Said(said)]


def _not_read(session: Session, error: Exception, parts: list[Part]) -> Reply:
    text = str(error) if isinstance(error, (DataError, MissingExtra)) else f"{_reason_of(error)}"
    said = failure(session, text, "The events are as they were.")
    return attrs.evolve(said, parts=(*parts, *said.parts))


def _reason_of(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {_reason(error)}"
    return str(error)


def _reason(error: OSError) -> str:
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]
