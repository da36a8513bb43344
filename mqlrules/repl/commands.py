"""The commands: one table of names, words, help and functions. ``:help`` and completion read it."""

from collections.abc import Callable
from typing import Literal

import attrs

from mqlrules.language.suggest import closest
from mqlrules.repl import inspecting, leads, listing
from mqlrules.repl import session_commands as keeping
from mqlrules.repl.parts import Part, Rows, Said
from mqlrules.repl.reply import Reply, failure
from mqlrules.repl.session import Session

Takes = Literal["nothing", "condition", "lead", "rule and lead", "name", "time", "event", "file", "events", "word"]
"""What a command takes, for completion."""


@attrs.frozen
class Command:
    """``name`` is typed after a colon, ``words`` shows what may follow it, ``says`` what it does, in a line.

    ``more`` is what ``:help NAME`` adds, ``example`` an input that shows it.
    """

    name: str
    words: str
    takes: Takes
    says: str
    run: Callable[[Session, str], Reply]
    more: str = ""
    example: str = ""


def _help(session: Session, rest: str) -> Reply:
    word = rest.strip().lstrip(":").lower()
    if not word:
        rows = [(f":{command.name} {command.words}".rstrip(), command.says) for command in COMMANDS]
        return Reply(session, (Said(_TYPED), Rows(("", ""), rows), Said(_KEYS)))
    command = find(word)
    if command is None:
        return _keyword(session, word)
    parts: list[Part] = [Said(f":{command.name} {command.words}".rstrip()), Said(f"    {command.says}")]
    parts += [Said("\n".join(f"    {line}" for line in command.more.split("\n")))] if command.more else []
    parts += [Said(f"    Example: {command.example}")] if command.example else []
    return Reply(session, tuple(parts))


def _keyword(session: Session, word: str) -> Reply:
    """Help on a word of the language."""
    from mqlrules.ide.keywords import keywords

    for keyword in keywords().values():
        if keyword.words == word:
            return Reply(session, (Said(f"{keyword.words}: {keyword.says}\n    Example: {keyword.example}"),))
    return unknown(session, word)


def _quit(session: Session, rest: str) -> Reply:
    return Reply(session, leaves=True)


_TYPED = """\
A condition      asks how many leads meet it now, how many ever did, and which first.
A score's name   shows its values.
A statement      (rule, event, segment, score, list, lifecycle, schema, test …) joins the session.
"""

_KEYS = """
A line goes on where something is missing; an empty line ends it in any case. Esc Enter begins a new line.
Tab completes, Ctrl-R searches what was typed before, Ctrl-C stops what runs, Ctrl-D leaves.
`:help within` explains a word of the language."""

COMMANDS: tuple[Command, ...] = (
    Command(
        "lead", "[ID] [N]", "lead", "Where a lead stands, what is known of it, and its last N moments.",
        leads.lead, "Without an ID the lead that was looked at last.", ":lead ada 30",
    ),
    Command(
        "why", "[RULE] [LEAD]", "rule and lead", "Why a rule holds of a lead or not, and what is still missing.",
        leads.why,
        "Without a rule those of the next stage; without a lead the one that was looked at last. In place of a rule a\n"
        "condition may stand: `:why visited pricing >= 3 within 7d ada`.",
        ":why warm ada",
    ),
    Command(
        "timeline", "[ID]", "lead", "Draws a lead's events, windows, scores and stages over time.",
        leads.timeline,
        "`mqlrules explain --timeline --out FILE.html` draws it for a browser.", ":timeline ada",
    ),
    Command(
        "at", "[TIME]", "time", "Looks at another time: a date, an instant, -7d, +12h; `end` goes back.",
        inspecting.at, "Everything is then as it was at that instant: what came later has not happened. A date is its\n"
        "last instant in the time zone of the rules.",
        ":at 2026-01-31",
    ),
    Command(
        "stages", "", "nothing", "How many leads stand in each stage, and how often each rule moved one.",
        listing.stages, "After a change of the rules the numbers before it stand beside.", ":stages",
    ),
    Command(
        "tree", "CONDITION", "condition", "A condition as a tree, each part with how many leads meet it.",
        inspecting.tree, "Of a sequence each beginning is counted: where leads stop. A rule or segment by name, too.",
        ":tree visited pricing then attended webinar within 14d",
    ),
    Command(
        "describe", "[NAME|CONDITION]", "name", "The rules, one of them, or a condition in plain English.",
        inspecting.describe, "", ":describe visited pricing >= 2 within 7d",
    ),
    Command(
        "events", "[NAME]", "event", "The events by name; of one its properties and their values.",
        listing.events, "", ":events visited pricing",
    ),
    Command(
        "rules", "", "nothing", "The rules and definitions of the session, a line each.", listing.rules,
    ),
    Command(
        "test", "[NAME]", "nothing", "Runs the tests of the rules, or those whose names contain a text.",
        listing.test,
    ),
    Command(
        "more", "", "nothing", "The next rows of the last answer.", listing.more,
    ),
    Command(
        "export", "FILE", "nothing", "Writes all leads of the last answer to a .csv or .jsonl file.",
        keeping.export_answer, "Of a condition with the time at which it held first, of a score with its value.",
    ),
    Command(
        "diff", "", "nothing", "What the session has changed since the rules were loaded.", keeping.diff,
    ),
    Command(
        "save", "[FILE]", "file", "Writes the changes to their files, or all rules to FILE.",
        keeping.save,
        "What was changed goes to the files that it came from, and what is new to FILE, if it is one of the files\n"
        "that were loaded or lies in a folder that was; any other FILE gets all the rules.\n"
        "`:save! FILE` writes over a file.",
        ":save rules/warm.mql",
    ),
    Command(
        "drop", "NAME", "name", "Takes a rule, a definition or a test out of the session.", keeping.drop_named,
    ),
    Command(
        "undo", "", "nothing", "Takes back the last change of the rules.", keeping.undo,
    ),
    Command(
        "reload", "", "nothing", "Reads files that have changed again; what was typed stays.",
        keeping.reload_files,
    ),
    Command(
        "load", "FILE...", "events", "Reads event files in place of those that were read.", keeping.load_events,
        "A table of leads is named with --leads FILE.", ":load events.csv --leads leads.csv",
    ),
    Command(
        "time", "[on|off]", "word", "How long the last answer took; `on` says it after each.", inspecting.time_of_last,
    ),
    Command(
        "help", "[WORD]", "word", "What there is; on a command, or on a word of the language, more.", _help,
    ),
    Command("quit", "", "nothing", "Leaves.", _quit),
)  # fmt: skip

_ALIASES = {"q": "quit", "exit": "quit", "?": "help", "h": "help", "explain": "why", "save!": "save"}


def find(word: str) -> Command | None:
    """The command of a name, of another name that it goes by, or of the beginning of a name that no other shares."""
    word = _ALIASES.get(word, word)
    found = [command for command in COMMANDS if command.name == word]
    found = found or [command for command in COMMANDS if word and command.name.startswith(word)]
    return found[0] if len(found) == 1 else None


def unknown(session: Session, word: str) -> Reply:
    """What to say where there is no such command."""
    names = [command.name for command in COMMANDS]
    meant = [name for name in names if word and name.startswith(word)]
    if not meant and (close := closest(word, names)):
        meant = [close]
    hint = f"Did you mean {' or '.join(f'`:{name}`' for name in meant)}?" if meant else "See `:help`."
    return failure(session, f"There is no command `:{word}`.", hint)


def run(session: Session, word: str, rest: str) -> Reply:
    """Runs a command."""
    if word == "save!":
        return keeping.save(session, rest, overwrite=True)
    command = find(word)
    return unknown(session, word) if command is None else command.run(session, rest)
