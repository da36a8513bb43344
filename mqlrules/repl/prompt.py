"""The prompt on a terminal: what is typed is coloured, completed and remembered. This alone knows prompt_toolkit."""

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

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
from mqlrules.console.terminal import printable, when
from mqlrules.ide.tokens import Classified, classify, classify_condition, names_of
from mqlrules.profile.catalogue import NOTHING, Catalogue
from mqlrules.repl import commands
from mqlrules.repl.completion import Words, look_through, offers, words_of
from mqlrules.repl.data import Data, Given
from mqlrules.repl.dispatch import respond
from mqlrules.repl.history import history_file, made_ready
from mqlrules.repl.parts import Remark
from mqlrules.repl.reading import COMMAND, is_complete
from mqlrules.repl.render import show
from mqlrules.repl.reply import Reply
from mqlrules.repl.session import Session
from mqlrules.repl.starting import with_events_of, with_rules_of

_INDENT = "    "
_LONG = 20_000
"""Characters of an input beyond which nobody types any more: what is pasted is not coloured with every key."""
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
    "There are definitions that are saved nowhere: `:diff` shows them, `:save` or `:save FILE` writes them.\n"
    "Ctrl-D again leaves without them."
)


def converse(paths: tuple[str, ...], given: Given) -> int:
    """Questions and answers until the person leaves; gives the exit status.

    Raises ``DataError`` for events that can't be read at all, ``MissingExtra`` where the readers are not installed.
    """
    return Conversation().hold(paths, given)


class Conversation:
    """A session that a person types at. What is typed is answered by plain functions; this holds the session."""

    def __init__(self) -> None:
        self.session = Session()
        self._out, self._errors = console(sys.stdout), console(sys.stderr)
        self._words = _LookedThrough()
        self._leaving = False

    def hold(self, paths: tuple[str, ...], given: Given) -> int:
        """Loads, then answers until the end."""
        prompt = self._prompt()
        self._say(Remark("`:help` says what there is, Tab completes, Ctrl-D leaves."))
        self._show(with_rules_of(self.session, paths))
        try:
            with self._waiting(given):
                read = with_events_of(self.session, given)
            self._show(read)
        except KeyboardInterrupt:
            self._say(Remark("Stopped: there are no events. `:load FILE` reads some."))
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
        """A line that says what is being read, until it is read."""
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
        """Answers an input; whether the person leaves. Whatever happens, the session is not lost."""
        before = self.session
        try:
            reply = respond(before, text)
            if reply.leaves:
                return self._leaves()
            self._leaving = False
            self._show(reply)
        except KeyboardInterrupt:
            self._say(Remark("Stopped; the session is as it was."))
        except BrokenPipeError:
            raise
        except Exception:
            traceback.print_exc()
            self._say(Remark("That is a mistake in mqlrules, not in what you typed; the session is as it was."))
        if self.session.data is not before.data:
            self._words.look(self.session.data)
        return False

    def _leaves(self) -> bool:
        if self.session.unsaved and not self._leaving:
            self._leaving = True
            self._say(Remark(_UNSAVED))
            return False
        return True

    def _show(self, reply: Reply) -> None:
        self.session = reply.session
        show(reply.parts, self._out, self._errors)

    def _say(self, remark: Remark) -> None:
        show([remark], self._out, self._errors)

    def _message(self) -> StyleAndTextTuples:
        if self.session.at is None:
            return [("class:prompt", "mql> ")]
        return [("class:prompt", "mql "), ("class:at", when(self.session.at)), ("class:prompt", "> ")]

    def _prompt(self) -> "PromptSession[str]":
        colour = not os.environ.get("NO_COLOR")
        return PromptSession(
            multiline=True,
            key_bindings=_keys(),
            lexer=_Colours(lambda: self.session) if colour else None,
            completer=_Completions(lambda: self.session, self._words),
            complete_in_thread=True,
            complete_while_typing=True,
            auto_suggest=AutoSuggestFromHistory(),
            history=_history(lambda text: self._say(Remark(text))),
            style=_STYLE,
            color_depth=None if colour else ColorDepth.DEPTH_1_BIT,
            enable_suspend=True,
            reserve_space_for_menu=6,
        )


# -- history -------------------------------------------------------------------------------------------------------


class _History(FileHistory):
    """A file that may fail: then this session goes on without it, and says so once."""

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
    return f"What is typed is not remembered: {file}: {error.strerror or error}"


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
        starts = [0]
        for line in document.lines:
            starts.append(starts[-1] + len(line) + 1)
        coloured: list[tuple[int, int, str]] = []
        if len(text) <= _LONG:
            # A mistake in here must not cost the line that is being typed.
            with suppress(Exception):
                coloured = list(_coloured(text, self._session()))

        def of_line(number: int) -> StyleAndTextTuples:
            if number >= len(document.lines):
                return []
            start, end = starts[number], starts[number] + len(document.lines[number])
            fragments: StyleAndTextTuples = []
            at = start
            for begins, ends, style in coloured:
                if ends <= at or begins >= end:
                    continue
                if begins > at:
                    fragments.append(("", text[at:begins]))
                    at = begins
                fragments.append((f"class:{style}", text[at : min(ends, end)]))
                at = min(ends, end)
            if at < end:
                fragments.append(("", text[at:end]))
            return fragments

        return of_line

    def invalidation_hash(self) -> object:
        return id(self._session().checked)


def _coloured(text: str, session: Session) -> Iterable[tuple[int, int, str]]:
    """Ranges of an input in order, and their styles."""
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
    """The names and values of the events, gathered beside the conversation; once they are there they are offered."""

    def __init__(self) -> None:
        self._catalogue: Catalogue = NOTHING
        self._leads: list[str] = []
        self._data: Data | None = None
        self._made: tuple[object, object, Words] | None = None

    def look(self, data: Data) -> None:
        """Begins to look through the events."""
        self._data = data
        self._catalogue, self._leads = NOTHING, []

        def gather() -> None:
            found = look_through(data)
            if self._data is data:
                self._catalogue, self._leads = found

        threading.Thread(target=gather, daemon=True).start()

    def words(self, session: Session) -> Words:
        """What can be named in a session."""
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
