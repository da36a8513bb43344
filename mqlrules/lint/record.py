"""Lint rules: a record with documentation and a check, and what checks take and give.

Each rule is a module of this package with a record ``RULE``, named as the module is (``superfluous_rule.py`` has the
rule ``superfluous-rule``). Nothing lists them: ``mqlrules.lint.catalogue`` walks the package.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

import attrs

from mqlrules.check import program as p
from mqlrules.lint.conditions import Part
from mqlrules.plan.nodes import Plan, PlannedRule
from mqlrules.syntax import tree
from mqlrules.syntax.tree import Parsed
from mqlrules.text.diagnostic import Note, Severity
from mqlrules.text.edit import Fix
from mqlrules.text.source import Source
from mqlrules.text.span import Span

if TYPE_CHECKING:
    from mqlrules.lint.ignores import Ignore
    from mqlrules.profile.profile import Profile

Settings = Mapping[str, object]


@attrs.frozen
class Finding:
    """One place where a rule is broken. The runner turns it into a ``Diagnostic`` with the rule's code and severity.

    ``message`` says what is wrong in the author's words, ``hint`` what to write instead.
    """

    source: Source
    span: Span
    message: str
    hint: str | None = None
    notes: tuple[Note, ...] = ()
    fix: Fix | None = None


@attrs.frozen(eq=False)
class Move:
    """A rule of the rule set: its meaning, its plan, and how it was written."""

    rule: p.Rule
    planned: PlannedRule
    source: Source
    written: tree.RuleDefinition


@attrs.frozen(eq=False)
class LintContext:
    """What a check may look at: a rule set without errors, and what is known about the events.

    ``parts`` are the conditions of rules, segments and scores, with everything below them; ``nodes`` every node of
    every statement except tests and schemas, with its source and its statement. Both are made once for all rules.
    ``settings`` are those of the rule that is applied (its own keys, with the types of their defaults). ``profile`` is
    what the files of ``--events`` hold. ``idle`` are the ignore comments that silenced nothing; they are known after
    all other rules were applied.
    """

    files: tuple[Parsed, ...]
    program: p.Program
    plan: Plan
    moves: tuple[Move, ...]
    parts: tuple[Part, ...]
    nodes: tuple[tuple[Source, tree.Statement, tree.Node], ...]
    settings: Settings = attrs.field(factory=dict)
    profile: "Profile | None" = None
    idle: "tuple[Ignore, ...]" = ()


Check = Callable[[LintContext], Iterable[Finding]]
Asks = Literal["rules", "events", "ignores"]


@attrs.frozen
class LintRule:
    """A lint rule.

    ``name`` is the mistake, so that it reads after "allow …". ``what`` says what is found, ``why`` why it is bad,
    ``remedy`` what to do. ``example`` is a rule file in which the rule finds something, ``corrected`` the same file
    without the mistake; both run as tests. ``asks``: rules about ``events`` apply only where events are given
    (``example_events`` are those of the example), rules about ``ignores`` after all others. ``settings`` are the
    settings and their defaults, as in ``[lint.NAME]`` of the configuration.
    """

    code: str
    name: str
    severity: Severity
    what: str
    why: str
    remedy: str
    example: str
    corrected: str
    check: Check
    asks: Asks = "rules"
    settings: Settings = attrs.field(factory=dict)
    example_events: tuple[Mapping[str, object], ...] = ()
