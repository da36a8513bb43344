"""A stage that no lead ever reaches."""

from collections.abc import Iterator

from mqlrules.language.names import normalise
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import statements
from mqlrules.proof.truth import Truth
from mqlrules.syntax import tree


def check(context: LintContext) -> Iterator[Finding]:
    """Stages of a written lifecycle that no rule leads to, and rules that wait in such a stage."""
    reached = _reached(context)
    known = {normalise(stage) for stage in reached}
    for source, statement in statements(context.files):
        if isinstance(statement, tree.Lifecycle):
            for name in (*statement.ladder, *statement.outside):
                if normalise(name.text) not in known:
                    yield Finding(
                        source,
                        name.span,
                        f"No rule leads to the stage {name.text}: no lead is ever there.",
                        f"Write a rule for it, `… => {name.text}`, or take it out of the lifecycle.",
                    )
    for move in context.moves:
        when = move.written.when
        if when is not None and move.rule.when not in reached:
            yield Finding(
                move.source,
                when.span,
                f"The rule `{move.rule.name}` waits for leads in {move.rule.when}, and no rule leads there.",
                f"Write a rule for it: `… => {move.rule.when}`.",
            )


def _reached(context: LintContext) -> set[str]:
    truth = Truth()
    usable = [move for move in context.moves if truth.of(move.planned.condition) is not False]
    reached = {context.program.lifecycle.ladder[0]}
    while True:
        new = {m.rule.stage for m in usable if m.rule.when is None or m.rule.when in reached} - reached
        if not new:
            return reached
        reached |= new


RULE = LintRule(
    code="L015",
    name="unreachable-stage",
    severity="warning",
    what="No rule leads to a stage of the lifecycle, or a rule waits `when` in such a stage.",
    why="Reports show a stage that is always empty, and rules that wait in it never hold.",
    remedy="Write a rule that leads there, or take the stage out.",
    example="lifecycle anonymous > MEL > MQL\n\nrule warm: visited pricing >= 2 => MQL\n",
    corrected="lifecycle anonymous > MQL\n\nrule warm: visited pricing >= 2 => MQL\n",
    check=check,
)
