"""Making fixes: all that can be made together, each whole or not at all, and only while the rules stay sound.

A safe fix is kept only where the fingerprint of the rule set stays the same: it is made, looked at, and taken back if
the rule set means something else. Fixes that would overlap wait for the next round.
"""

from collections.abc import Callable, Sequence

import attrs

from mqlrules.check.program import Program
from mqlrules.lint.runner import Found, lint
from mqlrules.lint.settings import Chosen
from mqlrules.plan.fingerprint import fingerprint
from mqlrules.plan.lower import lower
from mqlrules.profile.profile import Profile
from mqlrules.syntax.tree import Parsed
from mqlrules.text.edit import Edit, Fix, applied

ROUNDS = 20
"""Rounds of fixing: a fix may enable others, but not endlessly."""


@attrs.frozen
class Rules:
    """A rule set without errors: its files and its program."""

    files: tuple[Parsed, ...]
    program: Program


Check = Callable[[dict[str, str]], Rules | None]
"""Reads and checks the rule set with new texts for some of its files, by their names; None if it has errors."""


@attrs.frozen
class Fixed:
    """A rule set after fixing: the new texts of changed files, how many fixes were made, and what is still found."""

    texts: dict[str, str]
    made: int
    found: list[Found]


def fix(rules: Rules, check: Check, chosen: Chosen, *, unsafe: bool, profile: Profile | None = None) -> Fixed:
    """Fixes a rule set without errors, round by round, until nothing more can be fixed."""
    texts: dict[str, str] = {}
    made = 0
    refused: set[tuple[str, tuple[Edit, ...]]] = set()
    found = lint(rules.files, rules.program, chosen, profile)
    for _ in range(ROUNDS):
        fixes = [f.fix for f in found if f.fix is not None and (unsafe or f.fix.grade == "safe")]
        together = _apart([fix for fix in fixes if _key(fix) not in refused])
        if not together:
            break
        good = _good(rules, check, texts, together)
        new = _try(rules, check, texts, good) if good else None
        if new is None:
            refused.update(_key(fix) for fix in together)
            continue
        texts, rules = new
        made += len(good)
        found = lint(rules.files, rules.program, chosen, profile)
    return Fixed(texts, made, found)


def _key(fix: Fix) -> tuple[str, tuple[Edit, ...]]:
    return fix.words, fix.edits


def _good(rules: Rules, check: Check, texts: dict[str, str], fixes: list[Fix]) -> list[Fix]:
    """The fixes that can be made: the list is halved as long as their combination is wrong."""
    if _try(rules, check, texts, fixes) is not None:
        return fixes
    if len(fixes) == 1:
        return []
    half = len(fixes) // 2
    first, second = _good(rules, check, texts, fixes[:half]), _good(rules, check, texts, fixes[half:])
    # Each half may be right without the other.
    return first + second if first and second and _try(rules, check, texts, first + second) else first or second


def _try(
    rules: Rules, check: Check, texts: dict[str, str], fixes: Sequence[Fix]
) -> tuple[dict[str, str], Rules] | None:
    """The texts and the rule set with fixes made; None if they have errors, or break what the fixes promise."""
    changed = dict(texts)
    by_file: dict[str, list[Edit]] = {}
    for edit in (edit for fix in fixes for edit in fix.edits):
        by_file.setdefault(edit.source.name, []).append(edit)
    for name, edits in by_file.items():
        changed[name] = applied(edits[0].source.text, edits)
    after = check(changed)
    if after is None:
        return None
    safe = all(fix.grade == "safe" for fix in fixes)
    if safe and fingerprint(lower(after.program)) != fingerprint(lower(rules.program)):
        return None
    return changed, after


def _apart(fixes: Sequence[Fix]) -> list[Fix]:
    """The first fixes that don't overlap; only safe ones if there are any, so that their promise can be checked."""
    safe = [fix for fix in fixes if fix.grade == "safe"]
    taken: dict[str, list[tuple[int, int]]] = {}
    chosen = []
    for fix in safe or fixes:
        if any(_overlaps(taken.get(edit.source.name, []), edit) for edit in fix.edits):
            continue
        chosen.append(fix)
        for edit in fix.edits:
            taken.setdefault(edit.source.name, []).append((edit.span.start, edit.span.end))
    return chosen


def _overlaps(taken: list[tuple[int, int]], edit: Edit) -> bool:
    # Touching edits conflict, too: each may rely on text that the other changes.
    return any(start <= edit.span.end and edit.span.start <= end for start, end in taken)
