"""Commands about all leads: other instants, conditions as trees of counts, stages, events by name, rules, tests."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import attrs
from rich.table import Table

from mqlrules.check import check_condition
from mqlrules.check import program as p
from mqlrules.console.terminal import printable, when
from mqlrules.engine.incremental import Runner
from mqlrules.language.calendar import UNITS, closing_instant
from mqlrules.language.instants import EARLIEST, LATEST, EventError
from mqlrules.language.names import normalise
from mqlrules.language.suggest import closest, did_you_mean
from mqlrules.language.values import is_missing
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import Lower, lowering_of
from mqlrules.repl.answers import next_rows
from mqlrules.repl.data import Data, ask
from mqlrules.repl.files import about_events
from mqlrules.repl.output import Count, Found, Part, Values, remark, rows, said, shown
from mqlrules.repl.reading import Question, read_question
from mqlrules.repl.session import Reply, Session, failure, rule_set
from mqlrules.run.progress import progress
from mqlrules.text.source import Source
from mqlrules.text.words import counted

VALUES_SHOWN = 5
NAMES_SHOWN = 40

# -- time ----------------------------------------------------------------------------------------------------------

_STEP = re.compile(r"([+-])\s*(\d+(?:\.\d+)?)\s*(us|ms|s|m|h|d|w)", re.ASCII)


def at(session: Session, rest: str) -> Reply:
    """Looks at another instant."""
    if not rest:
        return Reply(session, (said(_where(session)),))
    if rest == "end":
        session = attrs.evolve(session, at=None)
        return Reply(session, (said(_where(session)),))
    try:
        instant = instant_of(rest, session.now, session.zone)
    except EventError as error:
        hint = "For example `:at 2026-01-31`, `:at 2026-01-31T09:30:00Z`, `:at -7d`, `:at end`."
        return failure(session, f"{str(error).partition(';')[0]}.", hint)
    session = attrs.evolve(session, at=instant)
    parts: list[Part] = [said(_where(session))]
    begin, end, zone = session.data.begin, session.data.end, session.zone
    if begin is not None and end is not None:
        if instant < begin:
            parts.append(remark(f"The first event is later, {when(begin, zone)} {zone}: no lead has begun by then."))
        elif instant > end:
            parts.append(remark(f"The last event is at {when(end, zone)} {zone}: after it only time passes."))
    return Reply(session, tuple(parts))


def instant_of(text: str, now: int | None, zone: str) -> int:
    """The instant that a text names, in microseconds since 1970 UTC.

    ``-7d`` and ``+12h`` count from ``now``; a date alone is its end in the zone; anything else is an instant as in
    data. Raises ``EventError`` for anything else.
    """
    step = _STEP.fullmatch(text)
    if step is None:
        return closing_instant(text, zone)
    if now is None:
        raise EventError(f"there are no events, so there is no time to count `{text}` from")
    sign, number, unit = step.groups()
    distance = round(float(number) * UNITS[unit])
    return max(EARLIEST, min(LATEST, now - distance if sign == "-" else now + distance))


def _where(session: Session) -> str:
    """The instant to look at, in words."""
    if session.now is None:
        return "There are no events, and so no time to look at."
    instant = f"{when(session.now, session.zone)} {session.zone}"
    return f"The end of the events: {instant}." if session.at is None else f"As it was at {instant}."


def time_of_last(session: Session, rest: str) -> Reply:
    """How long the last answer took."""
    if rest in ("on", "off"):
        answer = "Each answer says how long it took." if rest == "on" else "Answers don't say how long they took."
        return Reply(attrs.evolve(session, timing=rest == "on"), (said(answer),))
    if rest:
        return failure(session, "`:time` takes `on`, `off` or nothing.")
    return Reply(session, (said("Nothing was asked yet." if session.took is None else took(session.took)),))


def took(seconds: float) -> str:
    """A time as a person reads it."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


# -- conditions ----------------------------------------------------------------------------------------------------


def describe(session: Session, rest: str) -> Reply:
    """The rules, one definition, or a condition in plain English."""
    from mqlrules.explain.conditions import condition as in_words
    from mqlrules.explain.describe import entry_of
    from mqlrules.explain.document import as_text, sentence

    program = session.checked.program
    if not rest:
        if not program.rules and not program.segments and not program.scores:
            return Reply(session, (said("There are no rules yet."),))
        return Reply(session, (said(session.rules.describe().rstrip("\n")),))
    for kind in ("rule", "segment", "score", "event"):
        entry = entry_of(kind, rest, program)
        if entry is not None:
            return Reply(session, (said(as_text(entry.blocks).rstrip("\n")),))
    asked = _asked(session, rest)
    if isinstance(asked, Reply):
        return asked
    condition, _, found = asked
    words = in_words(condition, program).after("it holds while")
    return Reply(session, (*found, said(as_text([sentence(words)]).rstrip("\n"))))


def tree(session: Session, rest: str) -> Reply:
    """A condition as a tree, with how many leads meet each part."""
    if not rest:
        return failure(session, "`:tree` needs a condition, or the name of a rule or a segment.")
    wanted = normalise(rest)
    rule = next((rule for rule in session.checked.program.rules if normalise(rule.name) == wanted), None)
    if rule is not None and rule.source is not None:
        return Reply(session, tuple(_counted_tree(session, rule.condition, rule.source)))
    asked = _asked(session, rest)
    if isinstance(asked, Reply):
        return asked
    condition, source, found = asked
    return Reply(session, (*found, *_counted_tree(session, condition, source)))


def _asked(session: Session, text: str) -> "tuple[p.Condition, Source, tuple[Part, ...]] | Reply":
    """A condition that was typed after a command, checked; or the reply that says what is wrong with it."""
    question = read_question(text)
    if not isinstance(question, Question):
        return Reply(session, (Found(question.diagnostics),), failed=True)
    condition, diagnostics = check_condition(question.node, question.source, session.checked.program)
    found = (Found(diagnostics),) if diagnostics else ()
    if condition is None:
        return Reply(session, found, failed=True)
    return condition, question.source, found


@attrs.frozen(eq=False)
class _Part:
    """A part of a condition as it is written, with the restrictions around it; lowered unless leads can't be counted.

    Each beginning of a sequence is a part, one step longer than the one before. Inside ``with same``, parts of a
    history are asked, not leads. The lowering knows conditions by identity, so each part keeps its condition.
    """

    label: str
    condition: p.Condition
    node: n.Node | None
    parts: "tuple[_Part, ...]" = ()


def _counted_tree(session: Session, condition: p.Condition, source: Source) -> Iterator[Part]:
    """The lines of the tree of a condition in a source, with the counts at the instant to look at."""
    program, zone = session.checked.program, session.zone
    whole = _Reader(program, lowering_of(program), source).part(condition, n.EVERYTHING, "history")
    lines = list(_lines(whole, "", ""))
    nodes = {id(part.node): part.node for _, part in lines if part.node is not None}
    if session.now is None or not nodes:
        yield from (said(label) for label, _ in lines)
        return
    found = dict(zip(nodes, ask(program, session.data, list(nodes.values()), session.now), strict=True))
    cells: list[tuple[str, str, str]] = []
    for label, part in lines:
        census = found.get(id(part.node))
        cells.append((label, "", "") if census is None else (label, f"{census.now:,}", f"{census.ever:,}"))
    yield rows(("", "now", "ever"), cells, ("now", "ever"))
    if whole.node is not None:
        yield remark(f"leads of {found[id(whole.node)].leads:,}; as of {when(session.now, zone)} {zone}")


def _lines(part: _Part, first: str, others: str) -> Iterator[tuple[str, _Part]]:
    yield first + printable(part.label), part
    for number, inner in enumerate(part.parts, 1):
        last = number == len(part.parts)
        yield from _lines(inner, others + ("└─ " if last else "├─ "), others + ("   " if last else "│  "))


@attrs.frozen(eq=False)
class _Reader:
    """Makes the parts of a condition."""

    program: p.Program
    lower: Lower
    source: Source
    around: tuple[str, ...] = ()
    """The restrictions outside, as they are written."""
    counts: bool = True

    def part(self, condition: p.Condition, interval: n.Interval, scope: n.Scope) -> _Part:
        match condition:
            case p.And(operands=operands) | p.Or(operands=operands):
                word = "and" if isinstance(condition, p.And) else "or"
                parts = tuple(self.part(operand, interval, scope) for operand in operands)
                return self._made(word, condition, interval, scope, parts)
            case p.Not(operand=operand):
                return self._made("not", condition, interval, scope, (self.part(operand, interval, scope),))
            case p.Restricted(condition=inner, restrictions=restrictions):
                for restriction in restrictions:
                    interval = interval.narrowed(restriction, scope)
                written = tuple(self._text(restriction) for restriction in restrictions)
                return attrs.evolve(self, around=(*written, *self.around)).part(inner, interval, scope)
            case p.WithSame(condition=inner):
                of_a_part = attrs.evolve(self, counts=False, around=()).part(inner, interval, "part")
                label = " ".join(self.source.text[inner.span.end : condition.span.end].split()).lstrip(") ")
                return self._made(label, condition, interval, scope, (of_a_part,))
            case p.SegmentTest(segment=name) if (segment := self.program.segments[name]).source is not None:
                inside = attrs.evolve(self, source=segment.source).part(segment.condition, interval, scope)
                return self._made(self._text(condition), condition, interval, scope, (inside,))
            case p.SegmentTest(segment=name):
                return self._made(self.program.segments[name].name, condition, interval, scope)
            case p.Sequence():
                steps = tuple(self._steps(condition, interval, scope))
                return self._made("sequence", condition, interval, scope, steps)
            case _:
                return self._made(self._text(condition), condition, interval, scope)

    def _steps(self, sequence: p.Sequence, interval: n.Interval, scope: n.Scope) -> Iterator[_Part]:
        before = sequence.span.start
        for number, step in enumerate(sequence.steps, 1):
            # A single step is not a sequence but a count.
            beginning: p.Condition = (
                p.Count(step.pattern, ">=", step.count)
                if number == 1
                else attrs.evolve(sequence, steps=sequence.steps[:number], final=None)
            )
            yield self._made(self._between(before, step.span.end), beginning, interval, scope)
            before = step.span.end
        if sequence.final is not None:
            yield self._made(self._between(before, sequence.span.end), sequence, interval, scope)

    def _made(
        self, label: str, condition: p.Condition, interval: n.Interval, scope: n.Scope, parts: tuple[_Part, ...] = ()
    ) -> _Part:
        node = self.lower(condition, interval, scope) if self.counts else None
        return _Part(" ".join((label, *self.around)), condition, node, parts)

    def _text(self, node: p.Resolved) -> str:
        return self._between(node.span.start, node.span.end)

    def _between(self, start: int, end: int) -> str:
        return " ".join(self.source.text[start:end].split())


# -- stages --------------------------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class _Outcome:
    """How many leads are in each stage at an instant, how many ever were, and the moves of each rule by its name."""

    leads: int
    now: Counter[str]
    ever: Counter[str]
    moves: Counter[str]


def stages(session: Session, rest: str) -> Reply:
    """How many leads are in each stage; if the rules were changed, next to the numbers for the loaded rules."""
    if session.now is None:
        return Reply(session, (said("There are no events: `:load FILE` reads some."),))
    both = [_outcome(session.rules.plan, session.data, session.now)]
    if session.loaded.files and session.checked is not session.loaded:
        loaded = rule_set(session.loaded)
        if loaded.fingerprint != session.rules.fingerprint:
            both.append(_outcome(loaded.plan, session.data, session.now))
    program, zone = session.checked.program, session.zone
    named = [*program.lifecycle.ladder, *program.lifecycle.outside]
    stage_names = dict.fromkeys([*named, *(stage for each in both for stage in each.ever)])
    rule_names = dict.fromkeys([*(r.name for r in program.rules), *(name for each in both for name in each.moves)])
    was = ("loaded",) * (len(both) - 1)
    right = ("now", "ever", "moves", "loaded")
    by_stage = [
        (stage, *(f"{each.now[stage]:,}" for each in both), *(f"{each.ever[stage]:,}" for each in both))
        for stage in stage_names
    ]
    parts: list[Part] = [rows(("stage", "now", *was, "ever", *was), by_stage, right)]
    if rule_names:
        by_rule = [(name, *(f"{each.moves[name]:,}" for each in both)) for name in rule_names]
        parts += [said(""), rows(("rule", "moves", *was), by_rule, right)]
    total = f"{counted(both[0].leads, 'lead')}; as of {when(session.now, zone)} {zone}"
    parts.append(remark(total + ("; `loaded` is the number for the rules as they were loaded" if was else "")))
    return Reply(session, tuple(parts))


def _outcome(plan: n.Plan, data: Data, at: int) -> _Outcome:
    """Evaluates every lead that has begun by an instant, up to then."""
    runner = Runner(plan)
    first = plan.program.lifecycle.ladder[0]
    now: Counter[str] = Counter()
    ever: Counter[str] = Counter()
    moves: Counter[str] = Counter()
    leads = 0
    with progress("evaluating leads", len(data.leads)) as watch:
        for number, lead in enumerate(data.leads):
            history = data.history(lead, at)
            if not history:
                continue
            leads += 1
            transitions = runner.run(history, data.traits.get(lead, {}), at)
            now[transitions[-1].to_stage if transitions else first] += 1
            ever.update({first, *(move.to_stage for move in transitions)})
            moves.update(move.rule for move in transitions)
            if watch is not None and not number % 100:
                watch(number)
    return _Outcome(leads, now, ever, moves)


# -- lists ---------------------------------------------------------------------------------------------------------


def events(session: Session, rest: str) -> Reply:
    """The loaded events, by name; of one name its properties."""
    data, zone = session.data, session.zone
    if not data.events:
        return Reply(session, (said("There are no events: `:load FILE` reads some."),))
    if rest:
        return _one_event(session, normalise(rest.strip('"')), rest)
    cells = []
    for name in sorted(data.by_name, key=lambda name: (-len(data.by_name[name]), name)):
        found = data.named(name)
        leads, times = len({event.lead for event in found}), [event.at for event in found]
        first, last = when(min(times), zone), when(max(times), zone)
        cells.append((printable(found[0].event), f"{len(found):,}", f"{leads:,}", first, last))

    def of(some: Sequence[tuple[str, ...]]) -> Table:
        return rows(("event", "events", "leads", f"first ({zone})", f"last ({zone})"), some, ("events", "leads"))

    parts = (about_events(session), of(cells[:NAMES_SHOWN]))
    if len(cells) <= NAMES_SHOWN:
        return Reply(session, parts)
    more = remark(f"… and {counted(len(cells) - NAMES_SHOWN, 'name')} more: `:more`")
    return Reply(session, (*parts, more), more=of(cells[NAMES_SHOWN:]))


def _one_event(session: Session, name: str, written: str) -> Reply:
    data = session.data
    if name not in data.by_name:
        definition = session.checked.program.events.get(name)
        if definition is not None:
            return Reply(session, (said(f"`{definition.name}` is a definition: {definition.pattern.words}"),))
        near = closest(written, map(data.spelling, data.by_name))
        return failure(session, f"There is no event `{written}`.", did_you_mean(near))
    found = data.named(name)
    leads = len({event.lead for event in found})
    head = f"{printable(found[0].event)}: {counted(len(found), 'event')} of {counted(leads, 'lead')}"
    spellings = Counter(event.event for event in found)
    if len(spellings) > 1:
        head += "; written " + ", ".join(f"{printable(each)} ({count:,})" for each, count in spellings.most_common(5))
    of_path: dict[str, Counter[str]] = {}
    for event in found:
        for path, value in event.properties.items():
            if not is_missing(value):
                of_path.setdefault(path, Counter())[shown(value)] += 1
    parts: tuple[Part, ...] = (said(head + "."),)
    if of_path:
        columns = ("property", "events", "values", "most often")
        cells = [
            (printable(path), f"{values.total():,}", f"{len(values):,}", _most_common(values))
            for path, values in of_path.items()
        ]
        parts = (*parts, rows(columns, cells, ("events", "values")))
    return Reply(session, parts)


def _most_common(values: Counter[str]) -> str:
    common = ((text if len(text) <= 30 else text[:29] + "…", count) for text, count in values.most_common(VALUES_SHOWN))
    return ", ".join(f"{text} ({count:,})" for text, count in common)


def rules(session: Session, rest: str) -> Reply:
    """The rules and definitions, one per line."""
    program = session.checked.program
    cells: list[tuple[str, str, str, Source | None]] = []
    cells += [("event", each.name, "", each.source) for each in program.events.values()]
    cells += [("list", each.name, counted(len(each.values), "value"), each.source) for each in program.lists.values()]
    cells += [("segment", each.name, each.description or "", each.source) for each in program.segments.values()]
    cells += [("score", each.name, each.description or "", each.source) for each in program.scores.values()]
    for rule in program.rules:
        does = f"=> {'recycle to ' if rule.recycle else ''}{rule.stage}"
        cells.append(("rule", rule.name, does + (f"  {rule.description}" if rule.description else ""), rule.source))
    if not cells:
        return Reply(session, (said("There are no rules yet: type some, or name files when you start."),))
    named = [(*words, "" if source is None else source.name) for *words, source in cells]
    return Reply(session, (rows(("", "name", "", "file"), named),))


def test(session: Session, rest: str) -> Reply:
    """Runs the tests of the rules."""
    from mqlrules.testing.report import report

    results = session.rules.test(rest.strip('"') or None)
    if not results:
        return Reply(session, (said("There are no tests." if not rest else f"No test's name contains `{rest}`."),))
    return Reply(session, (said(report(results)),), failed=any(not result.passed for result in results))


def more(session: Session, rest: str) -> Reply:
    """The next rows of the last answer."""
    part = session.more
    if part is None:
        return Reply(session, (said("There is no more."),))
    return Reply(session, (part,), more=next_rows(part) if isinstance(part, (Count, Values)) else None)
