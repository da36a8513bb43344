"""The runner: applies lint rules to a rule set, drops ignored findings, and sorts the rest."""

from collections.abc import Sequence

import attrs

from mqlrules.check.program import Program
from mqlrules.lint.catalogue import rules
from mqlrules.lint.conditions import conditions
from mqlrules.lint.ignores import Ignore, ignores, lines_silenced
from mqlrules.lint.record import Finding, LintContext, LintRule, Move
from mqlrules.lint.settings import Chosen
from mqlrules.lint.trees import rule_nodes
from mqlrules.plan.lower import lower
from mqlrules.profile.profile import Profile
from mqlrules.syntax import tree
from mqlrules.syntax.tree import Parsed
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.edit import Fix


@attrs.frozen
class Found:
    """A finding as it is shown: the rule that was broken, the diagnostic, and its fix."""

    rule: LintRule
    diagnostic: Diagnostic
    fix: Fix | None = None


def lint(files: Sequence[Parsed], program: Program, chosen: Chosen, profile: Profile | None = None) -> list[Found]:
    """What the chosen rules find in a rule set without errors, by file and place."""
    context = context_of(files, program, profile)
    written = list(ignores(files))
    silenced = lines_silenced(written)
    used: set[Ignore] = set()
    found: list[Found] = []
    for rule in chosen.rules:
        if rule.asks == "rules" or (rule.asks == "events" and profile is not None):
            found += _ask(rule, context, chosen, silenced, used)
    # A rule that was not applied may still have something to silence.
    not_asked = {
        word
        for rule in rules()
        if rule not in chosen.rules or (rule.asks == "events" and profile is None)
        for word in (rule.name, rule.code)
    }
    idle = tuple(ignore for ignore in written if ignore not in used and ignore.word not in not_asked)
    for rule in chosen.rules:
        if rule.asks == "ignores":
            found += _ask(rule, attrs.evolve(context, idle=idle), chosen, silenced, used)
    unique = {(f.diagnostic.file, f.diagnostic.span, f.rule.code, f.diagnostic.message): f for f in found}
    order = {file.source.name: number for number, file in enumerate(files)}
    return sorted(unique.values(), key=lambda f: (order[f.diagnostic.file], f.diagnostic.span.start, f.rule.code))


def context_of(files: Sequence[Parsed], program: Program, profile: Profile | None = None) -> LintContext:
    """What checks look at."""
    plan = lower(program)
    statements = {
        (file.source.name, statement.span.start): statement for file in files for statement in file.tree.statements
    }
    moves = []
    for planned in plan.rules:
        rule = planned.rule
        assert rule.source is not None, "checked: a rule from a file has one"
        statement = statements[rule.source.name, rule.span.start]
        assert isinstance(statement, tree.RuleDefinition)
        moves.append(Move(rule, planned, rule.source, statement))
    parts, nodes = tuple(conditions(program)), tuple(rule_nodes(files))
    return LintContext(tuple(files), program, plan, tuple(moves), parts, nodes, profile=profile)


def _ask(
    rule: LintRule,
    context: LintContext,
    chosen: Chosen,
    silenced: dict[tuple[str, int], list[Ignore]],
    used: set[Ignore],
) -> list[Found]:
    settings = chosen.settings.get(rule.name, rule.settings)
    found = []
    for finding in rule.check(attrs.evolve(context, settings=settings)):
        line = finding.source.position(finding.span.start)[0]
        silencing = [i for i in silenced.get((finding.source.name, line), ()) if i.word in (rule.name, rule.code)]
        used.update(silencing)
        if not silencing:
            found.append(Found(rule, _diagnostic(rule, finding), finding.fix))
    return found


def _diagnostic(rule: LintRule, f: Finding) -> Diagnostic:
    return Diagnostic(rule.code, rule.severity, f.message, f.hint, f.source, f.span, f.notes)
