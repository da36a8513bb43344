"""The prompt on a terminal: colours, completion and history (prompt_toolkit)."""

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mqlrules.events.errors import MissingExtra

try:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.enums import DEFAULT_BUFFER
    from prompt_toolkit.filters import has_focus
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.formatted_text.utils import split_lines
    from prompt_toolkit.history import FileHistory, History, InMemoryHistory
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.lexers import Lexer
    from prompt_toolkit.output import ColorDepth
    from prompt_toolkit.styles import Style
except ImportError:
    raise MissingExtra("the prompt needs prompt_toolkit", "repl") from None

from rich.control import Control
from rich.segment import ControlType

from mqlrules.console.tables import console
from mqlrules.console.terminal import in_colour, printable, when
from mqlrules.console.whole_file import whole_file
from mqlrules.ide.tokens import Classified, classify, classify_condition, names_of
from mqlrules.profile.catalogue import NOTHING, Catalogue
from mqlrules.repl import commands
from mqlrules.repl.completion import Words, look_through, offers, words_of
from mqlrules.repl.data import Data, Given
from mqlrules.repl.output import remark, show
from mqlrules.repl.reading import COMMAND, is_complete
from mqlrules.repl.script import respond, with_events_of, with_rules_of
from mqlrules.repl.session import Reply, Session

_INDENT = "    "
_LONG = 20_000
"""The length of an input, in characters, above which it is pasted text: it is not coloured and completed."""
_STYLE = Style.from_dict({
    "keyword": "ansimagenta",
    "function": "ansimagenta",
    "operator": "ansibrightblack",
    "punctuation": "ansibrightblack",
    "segment": "ansicyan",
    "score": "ansicyan",
    "list": "ansicyan",
    "rule": "bold",
    "stage": "ansicyan bold",
    "property": "ansiblue",
    "type": "ansiblue",
    "string": "ansigreen",
    "number": "ansiyellow",
    "duration": "ansiyellow",
    "date": "ansiyellow",
    "boolean": "ansiyellow",
    "comment": "ansibrightblack italic",
    "unknown": "ansired",
    "command": "ansimagenta bold",
    "prompt": "ansibrightblack",
    "at": "ansiyellow",
})  # fmt: skip
_UNSAVED = (
    "There are unsaved definitions: `:diff` shows them, `:save` or `:save FILE` writes them.\n"
    "Ctrl-D again leaves without saving."
)

MOST_BYTES = 1_000_000
"""A history file that has grown beyond this loses its older half."""


def converse(paths: tuple[str, ...], given: Given) -> int:
    """Questions and answers until the person leaves; returns the exit status.

    Raises ``DataError`` for events that can't be read at all, ``MissingExtra`` if the readers are not installed.
    """
    return Conversation().hold(paths, given)


class Conversation:
    """Holds the session of a person who types; plain functions answer."""

    def __init__(self) -> None:
        self.session = Session()
        self._out, self._errors = console(sys.stdout), console(sys.stderr)
        self._words = _LookedThrough()
        self._leaving = False

    def hold(self, paths: tuple[str, ...], given: Given) -> int:
        """Loads the files, then answers until the end."""
        prompt = self._prompt()
        self._say("`:help` lists the commands, Tab completes, Ctrl-D leaves.")
        self._show(with_rules_of(self.session, paths))
        try:
            with self._waiting(given):
                read = with_events_of(self.session, given)
            self._show(read)
        except KeyboardInterrupt:
            self._say("Stopped: there are no events. `:load FILE` reads some.")
        self._words.look(self.session.data)
        while True:
            try:
                text = prompt.prompt(
                    self._message, prompt_continuation=lambda width, line, wrapped: " " * (width - 2) + "… "[:width]
                )
            except KeyboardInterrupt:
                continue
            except EOFError:
                if self._leaves():
                    return 0
                continue
            if self._answer(text):
                return 0

    @contextmanager
    def _waiting(self, given: Given) -> Iterator[None]:
        """Shows what is being read, until it is read."""
        files = [*given.events, *([] if given.leads is None else [given.leads])]
        if not files or not self._errors.is_terminal or self._errors.is_dumb_terminal:
            yield
            return
        self._errors.file.write(f"reading {', '.join(map(printable, files))[:60]} …\r")
        self._errors.file.flush()
        try:
            yield
        finally:
            self._errors.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))

    def _answer(self, text: str) -> bool:
        """Answers an input; returns whether the person leaves. Whatever happens, the session is not lost."""
        before = self.session
        try:
            reply = respond(before, text)
            if reply.leaves:
                return self._leaves()
            self._leaving = False
            self._show(reply)
        except KeyboardInterrupt:
            self._say("Stopped; the session has not changed.")
        except BrokenPipeError:
            raise
        except Exception:
            traceback.print_exc()
            self._say("This is a bug in mqlrules, not in what you typed; the session has not changed.")
        if self.session.data is not before.data:
            self._words.look(self.session.data)
        return False

    def _leaves(self) -> bool:
        if self.session.unsaved and not self._leaving:
            self._leaving = True
            self._say(_UNSAVED)
            return False
        return True

    def _show(self, reply: Reply) -> None:
        self.session = reply.session
        show(reply.parts, self._out, self._errors)

    def _say(self, text: str) -> None:
        show([remark(text)], self._out, self._errors)

    def _message(self) -> StyleAndTextTuples:
        if self.session.at is None:
            return [("class:prompt", "mql> ")]
        return [
            ("class:prompt", "mql "),
            ("class:at", when(self.session.at, self.session.zone)),
            ("class:prompt", "> "),
        ]

    def _prompt(self) -> "PromptSession[str]":
        colour = in_colour(sys.stdout)
        return PromptSession(
            multiline=True,
            key_bindings=_keys(),
            lexer=_Colours(lambda: self.session) if colour else None,
            completer=_Completions(lambda: self.session, self._words),
            complete_in_thread=True,
            complete_while_typing=True,
            auto_suggest=AutoSuggestFromHistory(),
            history=_history(self._say),
            style=_STYLE,
            color_depth=None if colour else ColorDepth.DEPTH_1_BIT,
            enable_suspend=True,
            reserve_space_for_menu=6,
        )


# -- history -------------------------------------------------------------------------------------------------------


def history_file() -> Path:
    """``mqlrules/repl_history`` in the state folder of XDG, by default ``~/.local/state``."""
    given = os.environ.get("XDG_STATE_HOME", "")
    # The specification ignores a path that is not absolute.
    folder = Path(given) if os.path.isabs(given) else Path.home() / ".local" / "state"
    return folder / "mqlrules" / "repl_history"


def made_ready(path: Path) -> None:
    """Creates the file, for its owner only: inputs may name people. A file that is too long is shortened.

    Raises ``OSError``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600))
    if path.stat().st_size > MOST_BYTES:
        later = path.read_bytes()[-MOST_BYTES // 2 :]
        # Each entry begins with an empty line and a comment.
        begins = later.find(b"\n\n# ")
        with whole_file(path) as part:
            part.write_bytes(later[begins + 1 :] if begins >= 0 else b"")


class _History(FileHistory):
    """A history file; if it fails, the session says so once and continues without it."""

    def __init__(self, filename: str, say: Callable[[str], None]) -> None:
        super().__init__(filename)
        self._say: Callable[[str], None] | None = say

    def load_history_strings(self) -> Iterable[str]:
        try:
            return list(super().load_history_strings())
        except OSError as error:
            self._failed(error)
            return []

    def store_string(self, string: str) -> None:
        if self._say is None:
            return
        try:
            super().store_string(string)
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        if self._say is not None:
            self._say(_without_history(str(self.filename), error))
            self._say = None


def _without_history(file: str, error: OSError) -> str:
    return f"The history is not saved: {file}: {error.strerror or error}"


def _history(say: Callable[[str], None]) -> History:
    file = history_file()
    try:
        made_ready(file)
    except OSError as error:
        say(_without_history(str(file), error))
        return InMemoryHistory()
    return _History(str(file), say)


# -- keys ----------------------------------------------------------------------------------------------------------


def _keys() -> KeyBindings:
    keys = KeyBindings()
    typing = has_focus(DEFAULT_BUFFER)  # not searching

    @keys.add("enter", filter=typing)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        state = buffer.complete_state
        if state is not None and state.current_completion is not None:
            buffer.complete_state = None
        elif is_complete(buffer.text):
            buffer.validate_and_handle()
        else:
            _new_line(buffer)

    @keys.add("escape", "enter", filter=typing)
    def _(event: KeyPressEvent) -> None:
        _new_line(event.current_buffer)

    return keys


def _new_line(buffer: Buffer) -> None:
    line = buffer.document.current_line_before_cursor
    indent = line[: len(line) - len(line.lstrip())] or _INDENT
    buffer.insert_text("\n" + indent)


# -- colours -------------------------------------------------------------------------------------------------------


class _Colours(Lexer):
    def __init__(self, session: Callable[[], Session]) -> None:
        self._session = session

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        text = document.text
        coloured: Iterable[tuple[int, int, str]] = ()
        if len(text) <= _LONG:
            # A bug here must not cost the line that is being typed.
            with suppress(Exception):
                coloured = list(_coloured(text, self._session()))
        fragments: StyleAndTextTuples = []
        at = 0
        for start, end, style in coloured:
            fragments += [("", text[at:start]), (f"class:{style}", text[start:end])]
            at = end
        fragments.append(("", text[at:]))
        lines = list(split_lines([fragment for fragment in fragments if fragment[1]]))
        return lambda number: lines[number] if number < len(lines) else []

    def invalidation_hash(self) -> object:
        return id(self._session().checked)


def _coloured(text: str, session: Session) -> Iterable[tuple[int, int, str]]:
    """The ranges of an input in order, and their styles."""
    names = names_of(session.checked.program)
    if not text.lstrip().startswith(COMMAND):
        return [(token.start, token.end, token.kind) for token in classify(text, names)]
    start = len(text) - len(text.lstrip())
    word, _, rest = text[start + 1 :].partition(" ")
    end = start + 1 + len(word)
    command = commands.find(word.lower())
    found = [(start, end, "command" if command is not None else "unknown")]
    if command is not None and command.takes == "condition":
        shift = len(text) - len(rest)
        tokens: list[Classified] = classify_condition(rest, names)
        found += [(token.start + shift, token.end + shift, token.kind) for token in tokens]
    return found


# -- completion ----------------------------------------------------------------------------------------------------


class _LookedThrough:
    """The names and values of the events, gathered in a thread; they are offered as soon as they are there."""

    def __init__(self) -> None:
        self._catalogue: Catalogue = NOTHING
        self._leads: list[str] = []
        self._data: Data | None = None
        self._made: tuple[object, object, Words] | None = None

    def look(self, data: Data) -> None:
        """Starts to examine the events."""
        self._data = data
        self._catalogue, self._leads = NOTHING, []

        def gather() -> None:
            found = look_through(data)
            if self._data is data:
                self._catalogue, self._leads = found

        threading.Thread(target=gather, daemon=True).start()

    def words(self, session: Session) -> Words:
        """The names that can be typed in a session."""
        catalogue = self._catalogue
        if self._made is None or self._made[0] is not session.checked or self._made[1] is not catalogue:
            self._made = session.checked, catalogue, words_of(session, catalogue, self._leads)
        return self._made[2]


class _Completions(Completer):
    def __init__(self, session: Callable[[], Session], looked: _LookedThrough) -> None:
        self._session = session
        self._looked = looked

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        session = self._session()
        before = document.text_before_cursor
        if (complete_event.text_inserted and not before.strip()) or len(document.text) > _LONG:
            return
        with suppress(Exception):
            for offer in offers(session, document.text, len(before), self._looked.words(session)):
                meta = offer.detail[:60]
                yield Completion(offer.text, offer.start - len(before), display=offer.label, display_meta=meta)
