"""The table of commands: what it says is so, and `:help` says all of it."""

from pathlib import Path

import pytest

from mqlrules.repl.commands import COMMANDS, Command, find
from tests.repl.conftest import Asked

NAMED_IN_BRIEF = ["lead", "why", "at", "tree", "describe", "diff", "save", "reload", "events", "time", "help", "quit"]


def test_help_names_every_command(ask: Asked) -> None:
    shown = ask(":help")
    assert [] == [command.name for command in COMMANDS if f":{command.name}" not in shown]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_on_a_command_says_what_it_does(ask: Asked, command: Command) -> None:
    shown = ask(f":help {command.name}")
    assert command.says in shown
    assert command.example in shown
    assert not ask.failed


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.example], ids=lambda command: command.name)
def test_the_examples_of_the_commands_run(ask: Asked, folder: Path, command: Command) -> None:
    (folder / "rules").mkdir()
    (folder / "events.csv").write_text("lead,time,event\nada,2026-01-01,visited pricing\n")
    (folder / "leads.csv").write_text("lead,employees\nada,300\n")
    ask(command.example)
    assert not ask.failed


def test_a_command_is_known_by_the_beginning_of_its_name(ask: Asked) -> None:
    assert ask(":desc warm") == ask(":describe warm")
    assert "lead" == getattr(find("le"), "name", None)


def test_a_beginning_that_several_share_names_them(ask: Asked) -> None:
    assert "Did you mean `:timeline` or `:tree` or `:test` or `:time`?" in ask(":t")
    assert ask.failed


def test_a_command_that_is_not_there_is_answered_with_a_close_one(ask: Asked) -> None:
    assert "error: There is no command `:laed`.\n  = hint: Did you mean `:lead`?" == ask(":laed ada")


def test_help_explains_words_of_the_language(ask: Asked) -> None:
    assert ask(":help within").startswith("within: ")
    assert ask(":help halve every").startswith("halve every: ")


def test_times_are_said_when_they_are_wanted(ask: Asked) -> None:
    assert "Nothing was asked yet." == ask(":time")
    ask("visited pricing")
    assert ask(":time").endswith((" ms", " s"))
    ask(":time on")
    assert ask("visited pricing").splitlines()[-1].endswith((" ms", " s"))
    ask(":time off")
    assert not ask("visited pricing").splitlines()[-1].endswith((" ms", " s"))
    assert "takes `on`, `off`" in ask(":time sometimes")
