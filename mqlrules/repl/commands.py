"""The commands: one table of names, words, help and functions, which ``:help`` and completion read."""

from collections.abc import Callable
from typing import Literal

import attrs

from mqlrules.language.names import normalise
from mqlrules.language.suggest import closest
from mqlrules.repl import changes, files, lead, overview
from mqlrules.repl.output import Found, Part, remark, rows, said
from mqlrules.repl.session import Reply, Session, failure

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
        table = [(f":{command.name} {command.words}".rstrip(), command.says) for command in COMMANDS]
        return Reply(session, (said(_TYPED), rows(("", ""), table), said(_KEYS)))
    command = find(word)
    if command is None:
        from mqlrules.ide.keywords import keywords

        for keyword in keywords().values():
            if keyword.words == word:
                return Reply(session, (said(f"{keyword.words}: {keyword.says}\n    Example: {keyword.example}"),))
        return unknown(session, word)
    lines = [command.says, *command.more.split("\n")] if command.more else [command.says]
    lines += [f"Example: {command.example}"] if command.example else []
    head = said(f":{command.name} {command.words}".rstrip())
    return Reply(session, (head, said("\n".join(f"    {line}" for line in lines))))


def _drop(session: Session, rest: str) -> Reply:
    """Removes a definition."""
    if not rest:
        return failure(session, "`:drop` needs the name of a rule or a definition.")
    outcome = changes.drop(session, rest)
    if outcome is None:
        return failure(session, f"There is no `{rest}`.", "`:rules` lists the names.")
    if isinstance(outcome, changes.Refused):
        return Reply(session, (Found(outcome.diagnostics), remark("Nothing has changed.")), failed=True)
    parts: tuple[Part, ...] = (said(f"{outcome.arrivals[0].words}: removed."),)
    if normalise(rest) in outcome.session.rules.plan.names_used:
        still = f"`{rest}` is still used, and now means the event of that name. `:undo` takes this back."
        parts = (*parts, remark(still))
    return Reply(outcome.session, parts)


def _undo(session: Session, rest: str) -> Reply:
    """Undoes the last change of the rules; the events and the instant to look at stay."""
    before = session.before
    if before is None:
        return failure(session, "There is nothing to undo.")
    now = attrs.evolve(before, data=session.data, at=session.at, lead=session.lead, timing=session.timing)
    return Reply(now, (said("The last change is undone."),))


def _quit(session: Session, rest: str) -> Reply:
    return Reply(session, leaves=True)


_TYPED = """\
A condition      asks how many leads meet it now, how many ever did, and which first.
A score's name   shows its values.
A statement      (rule, event, segment, score, list, lifecycle, schema, test …) joins the session.
"""

_KEYS = """
A line that is not complete continues on the next one; an empty line always ends the input. Esc Enter begins a new line.
Tab completes, Ctrl-R searches earlier inputs, Ctrl-C stops what is running, Ctrl-D leaves.
`:help within` explains a word of the language."""

COMMANDS: tuple[Command, ...] = (
    Command(
        "lead", "[ID] [N]", "lead", "A lead's stage, its traits, and its last N moments.",
        lead.lead, "Without an ID: the lead looked at last.", ":lead ada 30",
    ),
    Command(
        "why", "[RULE] [LEAD]", "rule and lead", "Why a rule holds for a lead or not, and what is still missing.",
        lead.why,
        "Without a rule: the rules that lead to the next stage; without a lead: the one looked at last. Instead of a\n"
        "rule you can give a condition: `:why visited pricing >= 3 within 7d ada`.",
        ":why warm ada",
    ),
    Command(
        "timeline", "[ID]", "lead", "Draws a lead's events, windows, scores and stages over time.",
        lead.timeline,
        "`mqlrules explain --timeline --out FILE.html` draws it for a browser.", ":timeline ada",
    ),
    Command(
        "at", "[TIME]", "time", "Looks at another time: a date, an instant, -7d, +12h, or `end`.",
        overview.at, "Everything is then as it was at that instant; later events have not happened.\n"
        "A date is its end in the time zone of the rules.",
        ":at 2026-01-31",
    ),
    Command(
        "stages", "", "nothing", "How many leads are in each stage, and how often each rule moved one.",
        overview.stages, "After a change of the rules, the numbers for the loaded rules are shown, too.", ":stages",
    ),
    Command(
        "tree", "CONDITION", "condition", "A condition as a tree, with how many leads meet each part.",
        overview.tree, "Each beginning of a sequence is counted: where leads stop. Takes a rule or segment, too.",
        ":tree visited pricing then attended webinar within 14d",
    ),
    Command(
        "describe", "[NAME|CONDITION]", "name", "The rules, one definition, or a condition in plain English.",
        overview.describe, "", ":describe visited pricing >= 2 within 7d",
    ),
    Command(
        "events", "[NAME]", "event", "The events by name; for one name its properties and their values.",
        overview.events, "", ":events visited pricing",
    ),
    Command(
        "rules", "", "nothing", "The rules and definitions of the session, one per line.", overview.rules,
    ),
    Command(
        "test", "[NAME]", "nothing", "Runs the tests, or those whose names contain a text.",
        overview.test,
    ),
    Command(
        "more", "", "nothing", "The next rows of the last answer.", overview.more,
    ),
    Command(
        "export", "FILE", "nothing", "Writes all leads of the last answer to a .csv or .jsonl file.",
        files.export, "For a condition with the time at which it first held, for a score with its value.",
    ),
    Command(
        "diff", "", "nothing", "What the session has changed since the rules were loaded.", files.diff,
    ),
    Command(
        "save", "[FILE]", "file", "Writes the changes to their files, or all rules to FILE.",
        files.save,
        "Changes go to the files that they belong to, and new statements to FILE, if it is a loaded file or in a\n"
        "loaded folder; any other FILE gets all the rules. `:save! FILE` overwrites a file.",
        ":save rules/warm.mql",
    ),
    Command(
        "drop", "NAME", "name", "Removes a rule, a definition or a test from the session.", _drop,
    ),
    Command(
        "undo", "", "nothing", "Undoes the last change of the rules.", _undo,
    ),
    Command(
        "reload", "", "nothing", "Reads changed files again; what you typed is kept.",
        files.reload,
    ),
    Command(
        "load", "FILE...", "events", "Reads event files in place of the current ones.", files.load_events,
        "--leads FILE names a table of leads.", ":load events.csv --leads leads.csv",
    ),
    Command(
        "time", "[on|off]", "word", "How long the last answer took; `on` shows it each time.", overview.time_of_last,
    ),
    Command(
        "help", "[WORD]", "word", "All commands; more about a command or a word of the language.", _help,
    ),
    Command("quit", "", "nothing", "Leaves.", _quit),
)  # fmt: skip

_ALIASES = {"q": "quit", "exit": "quit", "?": "help", "h": "help", "explain": "why", "save!": "save"}


def find(word: str) -> Command | None:
    """The command of a name, of an alias, or of the beginning of a name that no other command shares."""
    word = _ALIASES.get(word, word)
    found = [command for command in COMMANDS if command.name == word]
    found = found or [command for command in COMMANDS if word and command.name.startswith(word)]
    return found[0] if len(found) == 1 else None


def unknown(session: Session, word: str) -> Reply:
    """A reply that says that there is no such command, with close names."""
    names = [command.name for command in COMMANDS]
    meant = [name for name in names if word and name.startswith(word)]
    if not meant and (close := closest(word, names)):
        meant = [close]
    hint = f"Did you mean {' or '.join(f'`:{name}`' for name in meant)}?" if meant else "See `:help`."
    return failure(session, f"There is no command `:{word}`.", hint)


def run(session: Session, word: str, rest: str) -> Reply:
    """Runs a command."""
    if word == "save!":
        return files.save(session, rest, overwrite=True)
    command = find(word)
    return unknown(session, word) if command is None else command.run(session, rest)
