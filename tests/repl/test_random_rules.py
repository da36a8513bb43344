"""Random rule sets, typed statement by statement: what comes of it is what a file with the same text is."""

from pathlib import Path

import pytest

from mqlrules.repl.data import Given
from mqlrules.ruleset import check_text, load, loads
from mqlrules.syntax.unparse import unparse
from tests.repl.conftest import Asked, started
from tests.strategies import random_case


@pytest.mark.parametrize("start", range(0, 30, 10))
def test_what_is_typed_statement_by_statement_is_the_rule_set(bare: Asked, folder: Path, start: int) -> None:
    for number in range(start, start + 10):
        text = random_case(number).rules
        [file] = check_text(text).files
        ask = Asked(bare.session)
        for statement in file.tree.statements:
            ask(unparse(statement))
            assert not ask.failed, text
        # A rule without a name is called after its file.
        named = text if not any(rule.bare for rule in loads(text).program.rules) else None
        if named is not None:
            assert loads(named).fingerprint == ask.session.rules.fingerprint, text
        ask(f":save! saved_{number}.mql")
        assert not ask.failed
        assert len(load(f"saved_{number}.mql").program.rules) == len(loads(text).program.rules)
        if named is not None:
            assert loads(named).fingerprint == load(f"saved_{number}.mql").fingerprint


@pytest.mark.parametrize("start", range(0, 30, 10))
def test_each_statement_taken_out_and_typed_again_is_there_as_before(folder: Path, start: int) -> None:
    for number in range(start, start + 10):
        text = random_case(number).rules
        Path("rules.mql").write_text(text)
        ask = started(("rules.mql",), Given())
        program = ask.session.checked.program
        for statement in ask.session.checked.files[0].tree.statements:
            ask(unparse(statement))
            assert ask(unparse(statement)).endswith("already there.")
        assert program is ask.session.checked.program
        names = [*program.segments, *program.scores, *program.events]
        for name in names:
            ask(f":drop {name}")
            ask(":undo")
        assert program == ask.session.checked.program
        assert "Nothing has changed since the rules were loaded." == ask(":diff")
