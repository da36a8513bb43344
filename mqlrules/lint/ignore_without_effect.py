"""An ignore comment that silences nothing."""

from collections.abc import Iterator

from mqlrules.lint.ignores import Ignore
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.text.edit import Edit, Fix
from mqlrules.text.span import Span


def check(context: LintContext) -> Iterator[Finding]:
    """Words of ignore comments that no finding was silenced by."""
    for ignore in context.idle:
        yield Finding(
            ignore.source,
            ignore.span,
            f"`# mql: ignore[{ignore.word}]` silences nothing on line {ignore.line}.",
            "Remove it. An ignore comment goes at the end of the finding's line, or on the line before it.",
            fix=_fix(ignore),
        )


def _fix(ignore: Ignore) -> Fix | None:
    source, comment = ignore.source, ignore.comment
    if not ignore.alone or source.text[ignore.span.end : comment.end].strip("] \t"):
        # Other words of it may silence something, and what an author wrote after it is not thrown away.
        return None
    start = comment.start
    while start > 0 and source.text[start - 1] in " \t":
        start -= 1
    end = comment.end
    if start == 0 or source.text[start - 1] == "\n":
        end += len(source.text[end:]) - len(source.text[end:].removeprefix("\r").removeprefix("\n"))
    return Fix("remove the comment", (Edit(source, Span(start, end), ""),))


RULE = LintRule(
    code="L029",
    name="ignore-without-effect",
    severity="warning",
    what="A comment `# mql: ignore[…]` silences nothing: the line has no such finding, or there is no such rule.",
    why="It would hide the next mistake of that kind, which nobody has reviewed.",
    remedy="Remove it, or correct the name in it.",
    example="rule warm: visited pricing >= 2 => MQL  # mql: ignore[exact-count]\n",
    corrected="rule warm: visited pricing >= 2 => MQL\n",
    check=check,
    asks="ignores",
)
