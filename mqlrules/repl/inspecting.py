"""The commands that look: at a lead, an instant, a condition, the events, the rules. None of them changes a rule."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from mqlrules.check import check_condition
from mqlrules.check.program import Condition
from mqlrules.check.suggest import closest
from mqlrules.events.model import EventError, Lead
from mqlrules.events.names import ACTIVITY, normalise
from mqlrules.language.values import is_missing
from mqlrules.repl.answers import name_alone, next_rows
from mqlrules.repl.funnel import funnel
from mqlrules.repl.lead import MOMENTS, page_of
from mqlrules.repl.outcome import outcome_parts
from mqlrules.repl.parts import Count, Drawing, Found, Part, Remark, Rows, Said, Values, Why
from mqlrules.repl.reading import Question, read_question
from mqlrules.repl.reply import Reply, failure
from mqlrules.repl.session import Session
from mqlrules.repl.travel import instant_of
from mqlrules.repl.values import shown
from mqlrules.terminal import counted, printable, when
from mqlrules.text.source import Source

VALUES_SHOWN = 5
NAMES_SHOWN = 40


# -- leads ---------------------------------------------------------------------------------------------------------


def lead(session: Session, rest: str) -> Reply:
    """Where a lead stands."""
    words, most = rest, MOMENTS
    name, _, number = rest.rpartition(" ")
    if name and number.isdecimal() and session.data.lead(rest) is None:
        words, most = name.strip(), int(number)
    found = find_lead(session, words)
    if isinstance(found, Reply):
        return found
    return Reply(attrs.evolve(session, lead=found), (page_of(session, found, most),))


def find_lead(session: Session, text: str) -> Lead | Reply:
    """The lead that a text names, without one the lead looked at last; or a reply that says why there is none."""
    if not text:
        if session.lead is None:
            return failure(session, "Which lead?", "Write its ID: `:lead ID`.")
        return session.lead
    found = session.data.lead(text.strip('"'))
    if found is not None:
        return found
    if not session.data.leads and not session.data.traits:
        return failure(session, "There are no leads: no events were loaded.", "`:load FILE` reads some.")
    near = closest(text, [str(each) for each in session.data.leads[:5000]])
    return failure(session, f"There is no lead `{text}`.", f"Did you mean `{printable(near)}`?" if near else None)


def timeline(session: Session, rest: str) -> Reply:
    """A lead's events, windows, scores and stages, drawn over time."""
    from mqlrules.explain.timeline.layout import timeline_of

    found = find_lead(session, rest)
    if isinstance(found, Reply):
        return found
    data, now = session.data, session.now
    traits = {found: data.traits.get(found, {})}
    drawn = timeline_of(session.rules.plan, data.history(found, now), found, traits, now)
    return Reply(attrs.evolve(session, lead=found), (Drawing(drawn),))


def why(session: Session, rest: str) -> Reply:
    """Why a rule, or a condition, holds of a lead or not; and what is still missing."""
    from mqlrules.explain.explanation import explain_condition, explain_lead
    from mqlrules.explain.model import RuleExplanation

    rules = {normalise(rule.name) for rule in session.checked.program.rules}
    name, _, after = rest.partition(" ")
    rule: str | None = None
    question: Question | None = None
    if rest and normalise(rest) in rules and (session.lead is not None or session.data.lead(rest) is None):
        rule, wanted = rest, ""
    elif normalise(name) in rules and session.data.lead(rest) is None:
        rule, wanted = name, after.strip()
    elif not rest or session.data.lead(rest.strip('"')) is not None:
        wanted = rest
    else:
        read = read_question(rest)
        if isinstance(read, Question) and session.lead is not None:
            if (name := name_alone(read.node)) and not _is_known(session, name):
                return failure(session, f"There is no rule, no lead and no event `{rest}`.", _near(session, rest))
            question, wanted = read, ""
        else:
            wanted = rest
    found = find_lead(session, wanted)
    if isinstance(found, Reply):
        return found
    data, plan, now = session.data, session.rules.plan, session.now or 0
    history, traits = data.history(found), data.traits.get(found, {})
    looking = attrs.evolve(session, lead=found)
    explanation = explain_lead(plan, session.rules.fingerprint, found, history, traits, now, rule)
    if question is None:
        return Reply(looking, (Why(explanation),))
    condition, diagnostics = check_condition(question.node, question.source, session.checked.program)
    if condition is None:
        return Reply(session, (Found(diagnostics),), failed=True)
    asked = explain_condition(plan, condition, found, history, traits, now)
    alone = RuleExplanation(rest, None, "", False, "It holds while", asked.verdict, asked.tree)
    remarks: tuple[Part, ...] = (Found(diagnostics),) if diagnostics else ()
    return Reply(looking, (*remarks, Why(attrs.evolve(explanation, rules=(alone,), notes=()))))


def _is_known(session: Session, name: str) -> bool:
    program = session.checked.program
    return name in session.data.by_name or name in program.events or name in program.segments or name == ACTIVITY


def _near(session: Session, text: str) -> str | None:
    near = closest(text, [rule.name for rule in session.checked.program.rules])
    return f"Did you mean the rule `{near}`?" if near else None


# -- time ----------------------------------------------------------------------------------------------------------


def at(session: Session, rest: str) -> Reply:
    """Looks at another instant."""
    if not rest:
        return Reply(session, (Said(where(session)),))
    if rest == "end":
        session = attrs.evolve(session, at=None)
        return Reply(session, (Said(where(session)),))
    zone = session.checked.program.timezone
    try:
        instant = instant_of(rest, session.now, zone)
    except EventError as error:
        hint = "Such as `:at 2026-01-31`, `:at 2026-01-31T09:30:00Z`, `:at -7d`, `:at end`."
        return failure(session, f"{str(error).partition(';')[0]}.", hint)
    session = attrs.evolve(session, at=instant)
    parts: list[Part] = [Said(where(session))]
    begin, end = session.data.begin, session.data.end
    if begin is not None and end is not None:
        if instant < begin:
            parts.append(Remark(f"The first event comes later, {when(begin)} UTC: no lead has begun by then."))
        elif instant > end:
            parts.append(
                Remark(f"The last event is of {when(end)} UTC: from there on time passes and nothing happens.")
            )
    return Reply(session, tuple(parts))


def where(session: Session) -> str:
    """The instant that is looked at, in words."""
    if session.now is None:
        return "There are no events, and so no time to look at."
    if session.at is None:
        return f"The end of the events: {when(session.now)} UTC."
    return f"As it was at {when(session.now)} UTC."


def time_of_last(session: Session, rest: str) -> Reply:
    """How long the last answer took."""
    if rest in ("on", "off"):
        session = attrs.evolve(session, timing=rest == "on")
        return Reply(
            session, (Said("Each answer says how long it took." if rest == "on" else "Answers say no times."),)
        )
    if rest:
        return failure(session, "`:time` takes `on`, `off` or nothing.")
    return Reply(session, (Said("Nothing was asked yet." if session.took is None else took(session.took)),))


def took(seconds: float) -> str:
    """A time as a person reads it."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


# -- conditions ----------------------------------------------------------------------------------------------------


def tree(session: Session, rest: str) -> Reply:
    """A condition as a tree, with how many leads meet each part."""
    if not rest:
        return failure(session, "`:tree` needs a condition, or the name of a rule or a segment.")
    program = session.checked.program
    wanted = normalise(rest)
    rule = next((rule for rule in program.rules if normalise(rule.name) == wanted), None)
    if rule is not None and rule.source is not None:
        return Reply(session, (funnel(session, rule.condition, rule.source),))
    asked = _asked(session, rest)
    if isinstance(asked, Reply):
        return asked
    condition, source, found = asked
    return Reply(session, (*found, funnel(session, condition, source)))


def describe(session: Session, rest: str) -> Reply:
    """The rules, one definition, or a condition in plain English."""
    from mqlrules.explain.conditions import condition as in_words
    from mqlrules.explain.describe import entry_of
    from mqlrules.explain.document import Entry, entry_as_text

    program = session.checked.program
    if not rest:
        if not program.rules and not program.segments and not program.scores:
            return Reply(session, (Said("There are no rules yet."),))
        return Reply(session, (Said(session.rules.describe().rstrip("\n")),))
    for kind in ("rule", "segment", "score", "event"):
        entry = entry_of(kind, rest, program)
        if entry is not None:
            return Reply(session, (Said(entry_as_text(entry)),))
    asked = _asked(session, rest)
    if isinstance(asked, Reply):
        return asked
    condition, _, found = asked
    said = in_words(condition, program).after("it holds while")
    return Reply(session, (*found, Said(entry_as_text(Entry(None, None, (said,))))))


def _asked(session: Session, text: str) -> "tuple[Condition, Source, tuple[Part, ...]] | Reply":
    """A condition that was typed after a command, checked; or the reply that says what is wrong with it."""
    question = read_question(text)
    if not isinstance(question, Question):
        return Reply(session, (Found(question.diagnostics),), failed=True)
    condition, diagnostics = check_condition(question.node, question.source, session.checked.program)
    found = (Found(diagnostics),) if diagnostics else ()
    if condition is None:
        return Reply(session, found, failed=True)
    return condition, question.source, found


# -- what there is -------------------------------------------------------------------------------------------------


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
    from mqlrules.repl.keeping import of_data

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
