"""Rules and events on disk: changes are shown and saved, files are read again, answers are exported.

After ``:save``, the paths that were loaded, or the file that was named, hold the rules of the session.
"""

import difflib
import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
from rich.text import Text

from mqlrules.check import check
from mqlrules.console.spreadsheet import write_csv
from mqlrules.console.terminal import when
from mqlrules.console.whole_file import whole_file
from mqlrules.engine.histories import by_lead
from mqlrules.events.errors import DataError, MissingExtra
from mqlrules.format.formatter import formatted
from mqlrules.language.instants import moment
from mqlrules.repl.changes import Refused, again, new_errors
from mqlrules.repl.data import Given, load, schemas_of, stamps_of
from mqlrules.repl.output import GOOD, Count, Found, Mistake, Part, Values, remark, said
from mqlrules.repl.session import NO_RULES, OWN, Reply, Session, failure, with_rules
from mqlrules.ruleset import check_paths, folder_of
from mqlrules.syntax.parse import parse
from mqlrules.syntax.tree import Parsed
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source
from mqlrules.text.words import counted

EXPORTS = (".csv", ".jsonl")
_ELSEWHERE = "<saved>"
"""The key under which the session remembers the file that it was saved to last, if it is none of its own."""


# -- commands ------------------------------------------------------------------------------------------------------


def diff(session: Session, rest: str) -> Reply:
    """What the session has changed."""
    looks = {"+": GOOD, "-": "red", "@": "cyan"}
    lines = tuple(Text(line, looks.get(line[:1], "")) for line in _difference(session))
    return Reply(session, lines or (said("Nothing has changed since the rules were loaded."),))


def save(session: Session, rest: str, overwrite: bool = False) -> Reply:
    """Writes what is not saved yet."""
    target = _file(rest)
    try:
        return _save(session, None if target is None else Path(target), overwrite)
    except NotSaved as error:
        parts: tuple[Part, ...] = (Found(error.diagnostics),) if error.diagnostics else ()
        return Reply(session, (*parts, Mistake(str(error), error.hint)), failed=True)
    except (OSError, ValueError) as error:
        return failure(session, _not_written(error, target))


def export(session: Session, rest: str) -> Reply:
    """Writes the leads of the last answer to a file."""
    if session.answer is None:
        return failure(session, "There is no answer yet whose leads could be written.")
    path = Path(_file(rest) or "")
    if path.suffix.lower() not in EXPORTS:
        return failure(
            session, "`:export` needs a file that ends in .csv or .jsonl.", "For example `:export leads.csv`."
        )
    found = list(exported(session.answer))
    try:
        with whole_file(path) as part, part.open("w", encoding="utf-8", newline="") as out:
            if path.suffix.lower() == ".csv":
                columns = ["lead", session.answer.score] if isinstance(session.answer, Values) else _FIRSTS
                write_csv(({key: _cell(value) for key, value in row.items()} for row in found), columns, out)
            else:
                out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
    except (OSError, ValueError) as error:
        return failure(session, _not_written(error, str(path)))
    return Reply(session, (said(f"{counted(len(found), 'lead')} written to {path}"),))


def reload(session: Session, rest: str) -> Reply:
    """Reads files again that have changed on disk."""
    try:
        fresh = (
            _read_again(session, session.paths) if session.paths else with_rules(session, NO_RULES, (), session.folder)
        )
    except FileNotFoundError as error:
        return failure(session, f"{error.filename}: {error.strerror}.", "Nothing has changed.")
    made = again(fresh, session.changes)
    if isinstance(made, Refused):
        why = "What was typed doesn't fit the rules in the files any more; nothing has changed."
        return Reply(session, (Found(made.diagnostics), remark(why)), failed=True)
    loaded, failed = made.loaded, not made.loaded.sound
    rules = f"{counted(len(made.checked.program.rules), 'rule')} in {counted(len(loaded.files), 'file')}"
    typed = f", {counted(len(made.changes), 'change')} made again" if made.changes else ""
    parts: list[Part] = [Found(loaded.diagnostics)] if loaded.diagnostics else []
    parts.append(said(f"Rules: {rules}{typed}."))
    given = session.data.given
    if not given.events and given.leads is None:
        return Reply(made, tuple(parts), failed=failed)
    try:
        same = stamps_of(given) == session.data.stamps and schemas_of(made.checked.program) == session.data.schemas
    except (DataError, OSError) as error:
        return _not_read(made, error, parts)
    if same:
        return Reply(made, (*parts, said("Events: unchanged.")), failed=failed)
    return _loaded(made, given, parts)


def load_events(session: Session, rest: str) -> Reply:
    """Reads event files in place of the current ones."""
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
        return failure(session, "`:load` needs the name of an event file.", "For example `:load events.csv`.")
    given = attrs.evolve(session.data.given, events=tuple(files) or session.data.given.events, leads=leads)
    return _loaded(session, given, [])


def _loaded(session: Session, given: Given, parts: list[Part]) -> Reply:
    try:
        data = load(given, session.checked.program)
    except (DataError, MissingExtra, OSError) as error:
        return _not_read(session, error, parts)
    lead = session.lead if session.lead is not None and data.lead(str(session.lead)) is not None else None
    session = attrs.evolve(session, data=data, lead=lead)
    return Reply(session, (*parts, *map(remark, data.remarks), about_events(session)))


def about_events(session: Session) -> Text:
    """What was read, in a line."""
    data, zone = session.data, session.zone
    if data.begin is None or data.end is None:
        known = f" {counted(len(data.traits), 'lead')} with traits only." if data.traits else ""
        return said(f"Events: none.{known}")
    numbers = f"{counted(len(data.events), 'event')} of {counted(len(data.leads), 'lead')}"
    span = f"{when(data.begin, zone)} to {when(data.end, zone)} {zone}"
    return said(f"Events: {numbers}, {counted(len(data.by_name), 'name')}, {span}.")


def _not_read(session: Session, error: Exception, parts: list[Part]) -> Reply:
    text = f"{error.filename}: {_reason(error)}" if isinstance(error, OSError) else str(error)
    return Reply(session, (*parts, Mistake(text, "The events have not changed.")), failed=True)


def _not_written(error: OSError | ValueError, file: str | None) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or file} can't be written: {_reason(error)}."
    return f"{file} is not a valid file name."


def _reason(error: OSError) -> str:
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]


def _file(rest: str) -> str | None:
    """A file name as it is typed, perhaps in quotes."""
    try:
        return next(iter(shlex.split(rest)), None)
    except ValueError:
        return rest


# -- answers -------------------------------------------------------------------------------------------------------

_FIRSTS = ("lead", "first", "now")


def exported(answer: Count | Values) -> Iterator[dict[str, Any]]:
    """A row per lead: of a condition when it first held and whether it does now, of a score its value."""
    match answer:
        case Count(census=census):
            for met in sorted(census.met, key=lambda met: (met.first, by_lead(met.lead))):
                first = moment(met.first).isoformat().replace("+00:00", "Z")
                yield {"lead": met.lead, "first": first, "now": met.holds}
        case Values(score=score, values=values):
            for lead, value in values:
                yield {"lead": lead, score: int(value) if value == value.to_integral_value() else float(value)}


def _cell(value: Any) -> Any:
    return ("true" if value else "false") if isinstance(value, bool) else value


# -- saving rules --------------------------------------------------------------------------------------------------


class NotSaved(Exception):
    """Why nothing was written; ``hint`` says what to do, ``diagnostics`` what would be wrong with the files."""

    def __init__(self, message: str, hint: str | None = None, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(message)
        self.hint = hint
        self.diagnostics = diagnostics


def _difference(session: Session) -> Iterator[str]:
    """The unified diff of the files that have changed since they were loaded, both versions formatted."""
    before = {file.source.name: file for file in session.loaded.files}
    for file in session.checked.files:
        name = file.source.name
        old = before.get(name)
        if old is None or old.source.text != file.source.text:
            was, here = ("", "/dev/null") if old is None else (_text(old), name)
            there = name if old is None else f"{name} (session)"
            yield from difflib.unified_diff(was.splitlines(), _text(file).splitlines(), here, there, lineterm="")


def _text(file: Parsed) -> str:
    return file.source.text if file.diagnostics else formatted(file)


def _save(session: Session, path: Path | None, overwrite: bool) -> Reply:
    """Without a path, or with one of the loaded files or a new one in a loaded folder, each changed file is written in
    its place, and what belongs to no file at the end of the path. Any other path gets all rules.

    Raises ``NotSaved``, and ``OSError`` for what can't be written.
    """
    if path is not None and path.suffix != ".mql":
        raise NotSaved(f"{path} is not the name of a rule file.", f"Write `:save {path.with_suffix('.mql')}`.")
    if path is None or (session.paths and _belongs(session, path)):
        return _save_in_place(session, path)
    if path.exists() and not overwrite and session.kept.get(_ELSEWHERE) != str(path):
        raise NotSaved(f"The file {path} already exists.", f"`:save! {path}` overwrites it.")
    text = "\n".join(file.source.text.strip("\n") + "\n" for file in session.checked.files if file.source.text.strip())
    _, diagnostics = check([parse(Source(str(path), text, path))], path.resolve().parent)
    _refuse(tuple(found for found in diagnostics if found.severity == "error"))
    _write({path: text})
    if not session.paths:
        after = _read_again(session, (str(path),))
    else:
        kept = {file.source.name: file.source.text for file in session.checked.files}
        after = attrs.evolve(session, kept={**kept, _ELSEWHERE: str(path)})
    return Reply(after, (said(f"Written: {path}"),))


def _belongs(session: Session, path: Path) -> bool:
    """Whether a file is one of the loaded ones, or would be if it existed."""
    here = path.resolve()
    folders = [Path(given).resolve() for given in session.paths if Path(given).is_dir()]
    return here in _by_place(session.loaded.files) or any(here.is_relative_to(folder) for folder in folders)


def _save_in_place(session: Session, target: Path | None) -> Reply:
    files = _by_place(session.checked.files)
    texts = {
        place: file.source.text for place, file in files.items() if session.kept[file.source.name] != file.source.text
    }
    own = session.text_of(OWN) or ""
    if own.strip():
        target = target or _only_file(session)
        place = target.resolve()
        before = texts.get(place)
        if before is None:
            there = target.read_text("utf-8") if target.exists() else ""
            before = files[place].source.text if place in files else there
        texts[place] = f"{before.rstrip(chr(10))}\n\n{own}" if before.strip() else own
    if not texts:
        return Reply(session, (said("There is nothing to save."),))
    _refuse_if_changed(session, texts)
    changed = [
        parse(attrs.evolve(file.source, text=texts[place])) if place in texts else file for place, file in files.items()
    ]
    changed += [parse(Source(str(place), text, place)) for place, text in texts.items() if place not in files]
    _, diagnostics = check(changed, session.folder)
    _refuse(new_errors(session.checked, diagnostics))
    _write(texts)
    names = ", ".join(files[place].source.name if place in files else str(target) for place in texts)
    return Reply(_read_again(session, session.paths), (said(f"Written: {names}"),))


def _by_place(files: tuple[Parsed, ...]) -> dict[Path, Parsed]:
    """The files on disk, by where they really are."""
    return {
        file.source.path.resolve(): file for file in files if file.source.path is not None and file.source.name != OWN
    }


def _only_file(session: Session) -> Path:
    places = list(_by_place(session.loaded.files))
    if len(places) != 1:
        raise NotSaved("The new statements belong to no file.", "Write `:save FILE` with the file to add them to.")
    return places[0]


def _refuse_if_changed(session: Session, texts: Mapping[Path, str]) -> None:
    """A file that has changed on disk since it was loaded is not overwritten."""
    for place, file in _by_place(session.loaded.files).items():
        if place in texts:
            there = place.read_text("utf-8-sig", "replace") if place.exists() else ""
            if there.replace("\r\n", "\n") != file.source.text.replace("\r\n", "\n").lstrip("\ufeff"):
                raise NotSaved(
                    f"{file.source.name} has changed since it was loaded.",
                    "`:reload` reads it again and keeps what you typed; then save.",
                )


def _refuse(errors: tuple[Diagnostic, ...]) -> None:
    if errors:
        raise NotSaved("The rules would have errors there.", "Save them next to the files that were loaded.", errors)


def _write(texts: Mapping[Path, str]) -> None:
    for path, text in texts.items():
        with whole_file(path) as part:
            part.write_text(text, encoding="utf-8", newline="")


def _read_again(session: Session, paths: tuple[str, ...]) -> Session:
    """The session with the rules that are on disk now, and no changes."""
    if not paths:
        return with_rules(session, NO_RULES, (), session.folder)
    return with_rules(session, check_paths(paths), paths, folder_of(paths) or session.folder)
