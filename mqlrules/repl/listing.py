"""The commands that list: events by name, rules, stages, tests, the next rows of an answer."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from mqlrules.console.terminal import counted, printable, when
from mqlrules.language.names import normalise
from mqlrules.language.suggest import closest
from mqlrules.language.values import is_missing
from mqlrules.repl.answers import next_rows
from mqlrules.repl.outcome import outcome_parts
from mqlrules.repl.parts import Count, Part, Remark, Rows, Said, Values
from mqlrules.repl.reply import Reply, failure
from mqlrules.repl.session import Session
from mqlrules.repl.session_commands import of_data
from mqlrules.repl.values import shown
from mqlrules.text.source import Source

VALUES_SHOWN = 5
NAMES_SHOWN = 40


def events(session: Session, rest: str) -> Reply:
    """The events that were loaded, by name; of one its properties."""
    data = session.data
    if not data.events:
        return Reply(session, (Said("There are no events: `:load FILE` reads some."),))
    if rest:
        return _one_event(session, normalise(rest.strip('"')), rest)
    rows = []
    for name in sorted(data.by_name, key=lambda name: (-len(data.by_name[name]), name)):
        found = [data.events[place] for place in data.by_name[name]]
        leads = len({event.lead for event in found})
        first, last = min(event.at for event in found), max(event.at for event in found)
        rows.append((printable(found[0].event), f"{len(found):,}", f"{leads:,}", when(first), when(last)))
    columns = ("event", "events", "leads", "first (UTC)", "last (UTC)")
    table = Rows(columns, rows[:NAMES_SHOWN], ("events", "leads"))
    rest_of = Rows(columns, rows[NAMES_SHOWN:], ("events", "leads")) if len(rows) > NAMES_SHOWN else None
    more = (Remark(f"… and {counted(len(rows) - NAMES_SHOWN, 'name')} more: `:more`"),) if rest_of else ()
    return Reply(session, (*of_data(session)[-1:], table, *more), more=rest_of)


def _one_event(session: Session, name: str, written: str) -> Reply:
    data = session.data
    definition = session.checked.program.events.get(name)
    if name not in data.by_name:
        if definition is not None:
            return Reply(session, (Said(f"`{definition.name}` is a definition: {definition.pattern.words}"),))
        spelled = [data.events[data.by_name[key][0]].event for key in data.by_name]
        near = closest(written, spelled)
        return failure(session, f"No event is called `{written}`.", f"Did you mean `{near}`?" if near else None)
    found = [data.events[place] for place in data.by_name[name]]
    spellings = Counter(event.event for event in found)
    leads = len({event.lead for event in found})
    said = f"{printable(found[0].event)}: {counted(len(found), 'event')} of {counted(leads, 'lead')}"
    if len(spellings) > 1:
        said += "; written " + ", ".join(f"{printable(each)} ({count:,})" for each, count in spellings.most_common(5))
    columns = ("property", "events", "values", "most often")
    rows = []
    for path, values in _properties(event.properties for event in found).items():
        common = ", ".join(f"{_short(value)} ({count:,})" for value, count in values.most_common(VALUES_SHOWN))
        rows.append((printable(path), f"{values.total():,}", f"{len(values):,}", common))
    parts: tuple[Part, ...] = (Said(said + "."),)
    return Reply(session, (*parts, Rows(columns, rows, ("events", "values"))) if rows else parts)


def _properties(of_events: Iterable[Mapping[str, Any]]) -> dict[str, Counter[str]]:
    """How often each value of each property comes, as text."""
    found: dict[str, Counter[str]] = {}
    for properties in of_events:
        for path, value in properties.items():
            if not is_missing(value):
                found.setdefault(path, Counter())[shown(value)] += 1
    return found


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:29] + "…"


def stages(session: Session, rest: str) -> Reply:
    """How many leads stand in each stage."""
    if session.now is None:
        return Reply(session, (Said("There are no events: `:load FILE` reads some."),))
    return Reply(session, outcome_parts(session))


def rules(session: Session, rest: str) -> Reply:
    """The rules and definitions, a line each."""
    program = session.checked.program
    rows: list[tuple[str, ...]] = []
    for definition in program.events.values():
        rows.append(("event", definition.name, "", _place(session, definition.source)))
    for values in program.lists.values():
        rows.append(("list", values.name, counted(len(values.values), "value"), _place(session, values.source)))
    for segment in program.segments.values():
        rows.append(("segment", segment.name, segment.description or "", _place(session, segment.source)))
    for score in program.scores.values():
        rows.append(("score", score.name, score.description or "", _place(session, score.source)))
    for rule in program.rules:
        back = "recycle to " if rule.recycle else ""
        does = f"=> {back}{rule.stage}" + (f"  {rule.description}" if rule.description else "")
        rows.append(("rule", rule.name, does, _place(session, rule.source)))
    if not rows:
        return Reply(session, (Said("There are no rules yet: type some, or give files when you start."),))
    return Reply(session, (Rows(("", "name", "", "file"), rows),))


def _place(session: Session, source: Source | None) -> str:
    return "" if source is None else source.name


def test(session: Session, rest: str) -> Reply:
    """Runs the tests of the rules."""
    from mqlrules.testing.report import report

    results = session.rules.test(rest.strip('"') or None)
    if not results:
        return Reply(session, (Said("There are no tests." if not rest else f"No test's name contains `{rest}`."),))
    failed = any(not result.passed for result in results)
    return Reply(session, (Said(report(results)),), failed=failed)


def more(session: Session, rest: str) -> Reply:
    """The next rows of the last answer."""
    part = session.more
    if part is None:
        return Reply(session, (Said("There is no more."),))
    return Reply(session, (part,), more=next_rows(part) if isinstance(part, (Count, Values)) else None)
