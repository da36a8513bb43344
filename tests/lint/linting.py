"""Linting a text, for tests."""

from mqlrules.lint.record import LintRule
from mqlrules.lint.runner import Found, lint
from mqlrules.lint.settings import choose
from mqlrules.profile.profile import Profile, profile_of
from mqlrules.ruleset import Checked, check_text


def checked(text: str) -> Checked:
    """A rule set without errors."""
    found = check_text(text, "rules.mql")
    assert found.sound, found.diagnostics
    return found


def profile(rule: LintRule) -> Profile | None:
    """The data of a rule's example, where it needs some."""
    if rule.asks != "events":
        return None
    rows = [dict(row) for row in rule.example_events]
    return profile_of((str(row.pop("event")), int(str(row.pop("time"))), row) for row in rows)


def findings(text: str, *select: str, data: Profile | None = None) -> list[Found]:
    """What the rules named find in a text; by default all of them."""
    of = checked(text)
    return lint(of.files, of.program, choose(select), data)


def messages(text: str, *select: str) -> list[str]:
    """The messages of the findings."""
    return [found.diagnostic.message for found in findings(text, *select)]
