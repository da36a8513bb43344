"""A rule that no test expects to move a lead."""

from collections.abc import Iterator

from mqlrules.language.names import normalise
from mqlrules.lint.record import Finding, LintContext, LintRule, Move
from mqlrules.syntax import tree


def check(context: LintContext) -> Iterator[Finding]:
    """Rules that no ``expect`` can be meant for: of their stage, and by them or by no rule that is named."""
    if not context.program.tests:
        if context.moves:
            yield _finding(context.moves[0], "These rules have no test.")
        return
    by, stages = _expected(context)
    for move in context.moves:
        if normalise(move.rule.name) not in by and normalise(move.rule.stage) not in stages:
            yield _finding(move, f"No test expects the rule `{move.rule.name}` to move a lead.")


def _expected(context: LintContext) -> tuple[set[str], set[str]]:
    """The rules that tests name, and the stages that they expect of any rule."""
    by: set[str] = set()
    stages: set[str] = set()
    for _, test in context.program.tests:
        for line in test.lines:
            if isinstance(line, tree.ExpectReached) and not line.negated:
                if line.rule is not None:
                    by.add(normalise(line.rule.text))
                else:
                    stages.add(normalise(line.stage.text))
    return by, stages


def _finding(move: Move, message: str) -> Finding:
    return Finding(
        move.source,
        move.written.name.span if move.written.name else move.written.condition.span,
        message,
        f'Write one: `test "…"`, some events, and `expect {move.rule.stage} on day 3 by {move.rule.name}`.',
    )


RULE = LintRule(
    code="L018",
    name="untested-rule",
    severity="hint",
    what="No test in the rule files expects a rule to move a lead.",
    why="A test says in events what the rule says in conditions. It shows sales what was agreed, and reveals the "
    "effect of a later change.",
    remedy="Write a `test` that ends in `expect STAGE on day N by RULE`.",
    example="rule warm: visited pricing >= 2 => MQL\n",
    corrected='rule warm: visited pricing >= 2 => MQL\n\ntest "two visits"\n    day 0  visited pricing\n'
    "    day 3  visited pricing\n    expect MQL on day 3 by warm\n",
    check=check,
)
