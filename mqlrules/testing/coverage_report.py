"""Coverage as plain text: each outcome that no test has seen, with carets in the rule, and the share that was seen."""

from collections.abc import Iterator
from itertools import groupby

from mqlrules.testing.coverage import Coverage, Item
from mqlrules.testing.report import paint
from mqlrules.text.render import render_marks


def coverage_report(coverage: Coverage, *, colour: bool = False) -> str:
    """A paragraph for each rule, segment or score with an outcome that was not seen, and the total last."""
    parts = []
    for _, group in groupby(coverage.items, key=lambda item: (item.source.name, item.owner)):
        items = list(group)
        marks = [(item.span, remark) for item in items for remark in _remarks(item)]
        if marks:
            line = items[0].source.position(items[0].span.start)[0]
            seen = f"{sum(item.seen for item in items)} of {2 * len(items)} outcomes seen"
            head = f"{paint(items[0].owner, 'bold', colour)}  ({items[0].source.name}:{line}): {seen}"
            parts.append("\n".join([head, *render_marks(items[0].source, marks, colour=colour)]))
    return "\n\n".join([*parts, total(coverage)])


def total(coverage: Coverage) -> str:
    """The last line. The share is rounded down: 100 % is all."""
    if not coverage.items:
        return "Coverage: these rules have no conditions to see."
    share = 1000 * coverage.seen // coverage.total
    return f"Coverage: {coverage.seen:,} of {coverage.total:,} outcomes seen, {share // 10}.{share % 10} %."


def _remarks(item: Item) -> Iterator[str]:
    if item.seen == 0:
        yield "moved no lead, and was not seen false" if item.kind == "rule" else "never looked at"
        return
    if not item.seen_true:
        yield "never moved a lead" if item.kind == "rule" else "never true"
    if not item.seen_false:
        yield "always held" if item.kind == "rule" else "never false"
