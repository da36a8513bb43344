"""The order of things in a test block: events one after the other, nothing after its end (section 9)."""

from collections.abc import Iterator
from itertools import pairwise

from mqlrules.check import condition_errors, moments
from mqlrules.check.scope import Here
from mqlrules.syntax import tree

_EXPECTATIONS = (tree.ExpectReached, tree.ExpectStage, tree.ExpectScore)


def timing(here: Here, node: tree.TestDefinition) -> None:
    """Report what stands in a wrong order, or twice, or after the end; and a test that expects nothing."""
    if not any(isinstance(line, _EXPECTATIONS) for line in node.lines) and here.source not in here.scope.unsound:
        here.report(condition_errors.nothing_expected(here.place(node.name), node.name.value))
    leads = [line for line in node.lines if isinstance(line, tree.TestLead)]
    ends = [line for line in node.lines if isinstance(line, tree.TestEnd)]
    events = [line for line in node.lines if isinstance(line, tree.TestEvent)]
    _once(here, leads, "lead")
    _once(here, ends, "as of")
    if leads and events and events[0].span.start < leads[0].span.start:
        here.report(condition_errors.lead_after_events(here.place(leads[0])))
    days = [_is_day(here, moment) for _, moment in _moments(node)]
    if not all(days):
        return
    zone = here.scope.zone
    for before, event in pairwise(events):
        if moments.happens(event.moment, zone) < moments.happens(before.moment, zone):
            here.report(condition_errors.out_of_order(here.place(event.moment), here.place(before.moment)))
    if ends:
        last = moments.end(ends[0].moment, zone)
        for line, moment in _moments(node):
            if isinstance(line, tree.TestEnd):
                continue
            first = moments.happens(moment, zone) if isinstance(line, tree.TestEvent) else moments.begin(moment, zone)
            if first > last:
                here.report(condition_errors.after_the_end(here.place(moment), here.place(ends[0])))


def _moments(node: tree.TestDefinition) -> Iterator[tuple[tree.TestLine, tree.Moment]]:
    for line in node.lines:
        if not isinstance(line, tree.TestLead) and line.moment is not None:
            yield line, line.moment


def _is_day(here: Here, moment: tree.Moment) -> bool:
    if isinstance(moment.day, tree.Number) and moments.date_of(moment) is None:
        here.report(condition_errors.no_such_day(here.place(moment), f"{moment.day.value:f}"))
        return False
    return True


def _once(here: Here, lines: "list[tree.TestLead] | list[tree.TestEnd]", what: str) -> None:
    for line in lines[1:]:
        here.report(condition_errors.line_twice(here.place(line), what, here.place(lines[0])))
