"""What the session has changed: shown as a difference, written to files, and the files read again.

After ``save``, whoever loads the same paths, or the one file that was named, has the rules of the session.
"""

import difflib
from collections.abc import Mapping
from pathlib import Path

import attrs

from mqlrules.check import check
from mqlrules.console.whole_file import whole_file
from mqlrules.format.formatter import formatted
from mqlrules.repl.changes import Refused, again
from mqlrules.repl.session import NO_RULES, OWN, Session, with_rules
from mqlrules.ruleset import check_paths, folder_of
from mqlrules.syntax.parse import parse
from mqlrules.syntax.tree import Parsed
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source


class NotSaved(Exception):
    """Why nothing was written; ``hint`` says what to do, ``diagnostics`` what would be wrong with what was written."""

    def __init__(self, message: str, hint: str | None = None, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(message)
        self.hint = hint
        self.diagnostics = diagnostics


@attrs.frozen(eq=False)
class Saved:
    """The session afterwards, and the files that were written, by the names that the session has for them."""

    session: Session
    files: tuple[str, ...]


def difference(session: Session) -> str:
    """The files that have changed since they were loaded, both times in the one layout; empty if none has."""
    before = {file.source.name: file for file in session.loaded.files}
    after = {file.source.name: file for file in session.checked.files}
    lines: list[str] = []
    for name, file in after.items():
        old = before.get(name)
        if old is None or old.source.text != file.source.text:
            was = "" if old is None else _in_layout(old)
            start = "/dev/null" if old is None else name
            lines += difflib.unified_diff(
                was.splitlines(),
                _in_layout(file).splitlines(),
                start,
                f"{name} (session)" if old else name,
                lineterm="",
            )
    return "\n".join(lines)


def _in_layout(file: Parsed) -> str:
    return file.source.text if file.diagnostics else formatted(file)


def save(session: Session, target: str | None, overwrite: bool = False) -> Saved:
    """Writes what is not yet written down.

    Without a target, or with one that belongs to what was loaded (one of its files, or a new one in its folder), each
    changed file is written in its place, and what belongs to no file at the end of the target. With any other target
    that file gets all rules, and no other is touched. Raises ``NotSaved``, and ``OSError`` for what can't be written.
    """
    path = None if target is None else Path(target)
    if path is not None and path.suffix != ".mql":
        raise NotSaved(f"{path} is no name of a rule file.", f"Write `:save {path.with_suffix('.mql')}`.")
    if path is None or (session.paths and _belongs(session, path)):
        return _save_in_place(session, path)
    if path.exists() and not overwrite and session.kept.get(_ELSEWHERE) != str(path):
        raise NotSaved(f"There is a file {path} already.", f"`:save! {path}` writes over it.")
    text = "\n".join(file.source.text.strip("\n") + "\n" for file in session.checked.files if file.source.text.strip())
    folder = path.resolve().parent
    _make_sure(parse(Source(str(path), text, path)), folder)
    _write({path: text})
    if not session.paths:
        return Saved(_read_again(session, (str(path),)), (str(path),))
    kept = {file.source.name: file.source.text for file in session.checked.files}
    return Saved(attrs.evolve(session, kept={**kept, _ELSEWHERE: str(path)}), (str(path),))


_ELSEWHERE = "<saved>"
"""The key under which the session knows the file that it was saved to last, if that is none of its own."""


def _belongs(session: Session, path: Path) -> bool:
    """Whether a file is one of those loaded, or would be if it were there."""
    here = path.resolve()
    files = {file.source.path.resolve() for file in session.loaded.files if file.source.path is not None}
    folders = [Path(given).resolve() for given in session.paths if Path(given).is_dir()]
    return here in files or any(here.is_relative_to(folder) for folder in folders)


def _save_in_place(session: Session, target: Path | None) -> Saved:
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
        texts[place] = f"{before.rstrip(_LINE_END)}\n\n{own}" if before.strip() else own
    if not texts:
        return Saved(session, ())
    _stay_as_loaded(session, texts)
    _make_sure_together(session, texts)
    _write(texts)
    names = tuple(files[place].source.name if place in files else str(target) for place in texts)
    return Saved(_read_again(session, session.paths), names)


_LINE_END = "\n"


def _by_place(files: tuple[Parsed, ...]) -> dict[Path, Parsed]:
    """Files that are somewhere, by where they really are."""
    return {
        file.source.path.resolve(): file for file in files if file.source.path is not None and file.source.name != OWN
    }


def _only_file(session: Session) -> Path:
    places = list(_by_place(session.loaded.files))
    if len(places) != 1:
        raise NotSaved("What is new belongs to no file.", "Write `:save FILE` with the file that it goes to.")
    return places[0]


def _stay_as_loaded(session: Session, texts: Mapping[Path, str]) -> None:
    """Nobody's work is written over: a file that has changed on the disk since is left alone."""
    for place, file in _by_place(session.loaded.files).items():
        if place in texts:
            there = place.read_text("utf-8-sig", "replace") if place.exists() else ""
            if there.replace("\r\n", "\n") != file.source.text.replace("\r\n", "\n").lstrip("\ufeff"):
                raise NotSaved(
                    f"{file.source.name} has changed since it was loaded.",
                    "`:reload` reads it again and keeps what was typed; then save.",
                )


def _make_sure(parsed: Parsed, folder: Path) -> None:
    _, diagnostics = check([parsed], folder)
    _refuse(diagnostics)


def _make_sure_together(session: Session, texts: Mapping[Path, str]) -> None:
    files = _by_place(session.checked.files)
    changed = [
        parse(attrs.evolve(file.source, text=texts[place])) if place in texts else file for place, file in files.items()
    ]
    changed += [parse(Source(str(place), text, place)) for place, text in texts.items() if place not in files]
    _, diagnostics = check(changed, session.folder)
    before = {(found.file, found.code, found.message) for found in session.checked.diagnostics}
    _refuse(tuple(found for found in diagnostics if (found.file, found.code, found.message) not in before))


def _refuse(diagnostics: tuple[Diagnostic, ...]) -> None:
    if wrong := tuple(found for found in diagnostics if found.severity == "error"):
        raise NotSaved("The rules would be wrong there.", "Save them beside the files that were loaded.", wrong)


def _write(texts: Mapping[Path, str]) -> None:
    for path, text in texts.items():
        with whole_file(path) as part:
            part.write_text(text, encoding="utf-8", newline="")


# -- reading again -------------------------------------------------------------------------------------------------


def _read_again(session: Session, paths: tuple[str, ...]) -> Session:
    """The session with what is on the disk now, and nothing changed since."""
    return with_rules(session, check_paths(paths), paths, folder_of(paths) or session.folder)


def reload(session: Session) -> Session | Refused:
    """The session with its rule files read again, and what was typed made again. Raises ``FileNotFoundError``."""
    changes = session.changes
    fresh = _read_again(session, session.paths) if session.paths else with_rules(session, NO_RULES, (), session.folder)
    return again(fresh, changes)
