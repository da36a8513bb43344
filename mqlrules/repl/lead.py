"""One lead: its page, its timeline, and why rules hold for it or not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TextIO, cast

import attrs
from rich.console import Console
from rich.text import Text

from mqlrules.check import check_condition
from mqlrules.console.terminal import printable, when
from mqlrules.engine.results import Change, Transition
from mqlrules.events.model import Event, Lead
from mqlrules.events.traits import known, learn
from mqlrules.explain.model import RuleExplanation
from mqlrules.explain.pages import Explanation
from mqlrules.explain.timeline.model import Timeline
from mqlrules.language.names import ACTIVITY, IDENTIFY, normalise
from mqlrules.language.suggest import closest
from mqlrules.repl.answers import name_alone
from mqlrules.repl.output import DIM, STRONG, Found, Part, remark, said, shown
from mqlrules.repl.reading import Question, read_question
from mqlrules.repl.session import Reply, Session, failure
from mqlrules.run.evaluation import Alone, evaluate_alone
from mqlrules.text.words import counted

MOMENTS = 12
"""How many of a lead's last moments are shown."""

_STAGE = "bold cyan"


def lead(session: Session, rest: str) -> Reply:
    """A lead's stage, traits and last moments."""
    words, most = rest, MOMENTS
    name, _, number = rest.rpartition(" ")
    if name and number.isdecimal() and session.data.lead(rest) is None:
        words, most = name.strip(), int(number)
    found = find_lead(session, words)
    if isinstance(found, Reply):
        return found
    return Reply(attrs.evolve(session, lead=found), tuple(_page(session, found, most)))


def find_lead(session: Session, text: str) -> Lead | Reply:
    """The lead with an ID, by default the one looked at last; or a reply that says why there is none."""
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
    return Reply(attrs.evolve(session, lead=found), (partial(_draw, drawn),))


def _draw(drawn: Timeline, out: Console) -> None:
    from mqlrules.explain.timeline.terminal import draw_terminal

    out.file.write(draw_terminal(drawn, out.width, out.color_system is not None))
    out.file.flush()


# -- why -----------------------------------------------------------------------------------------------------------


def why(session: Session, rest: str) -> Reply:
    """Why a rule or a condition holds for a lead or not, and what is still missing."""
    from mqlrules.explain.explanation import explain_condition, explain_lead

    asked = _asked(session, rest)
    if isinstance(asked, Reply):
        return asked
    found = find_lead(session, asked.lead)
    if isinstance(found, Reply):
        return found
    data, plan, now = session.data, session.rules.plan, session.now or 0
    history, traits = data.history(found), data.traits.get(found, {})
    looking = attrs.evolve(session, lead=found)
    explanation = explain_lead(plan, session.rules.fingerprint, found, history, traits, now, asked.rule)
    question = asked.question
    if question is None:
        return Reply(looking, (partial(_explain, explanation),))
    condition, diagnostics = check_condition(question.node, question.source, session.checked.program)
    if condition is None:
        return Reply(session, (Found(diagnostics),), failed=True)
    of = explain_condition(plan, condition, found, history, traits, now)
    alone = RuleExplanation(question.source.text, None, "", False, "It holds while", of.verdict, of.tree)
    warnings: tuple[Part, ...] = (Found(diagnostics),) if diagnostics else ()
    return Reply(looking, (*warnings, partial(_explain, attrs.evolve(explanation, rules=(alone,), notes=()))))


def _explain(explanation: Explanation, out: Console) -> None:
    from mqlrules.explain.terminal_tree import show

    show(explanation, cast(TextIO, out.file))


@attrs.frozen(eq=False)
class _Asked:
    """A lead as it was typed (empty: the one looked at last), and a rule, a condition, or neither."""

    lead: str
    rule: str | None = None
    question: Question | None = None


def _asked(session: Session, rest: str) -> _Asked | Reply:
    rules = {normalise(rule.name) for rule in session.checked.program.rules}
    is_lead = session.data.lead(rest.strip('"')) is not None
    first, _, after = rest.partition(" ")
    # A rule comes before a lead of the same name if it is clear which lead is meant.
    if rest and normalise(rest) in rules and (session.lead is not None or not is_lead):
        return _Asked("", rule=rest)
    if not rest or is_lead:
        return _Asked(rest)
    if normalise(first) in rules:
        return _Asked(after.strip(), rule=first)
    question, lead = read_question(rest), ""
    if not isinstance(question, Question) or _is_unknown(session, question):
        question, lead = _condition_and_lead(session, rest) or (question, "")
    if not isinstance(question, Question):
        return _Asked(rest)
    if not lead and session.lead is None:
        if name_alone(question.node):
            return _Asked(rest)
        return failure(session, "Which lead?", "Write its ID after the condition: `:why CONDITION ID`.")
    if _is_unknown(session, question):
        words = question.source.text
        near = closest(words, [rule.name for rule in session.checked.program.rules])
        hint = f"Did you mean the rule `{near}`?" if near else None
        return failure(session, f"There is no rule, lead or event `{words}`.", hint)
    return _Asked(lead, question=question)


def _condition_and_lead(session: Session, text: str) -> tuple[Question, str] | None:
    """A condition and the ID of a lead after it, if a text can be read like that."""
    for blank in (at for at in range(len(text) - 1, 0, -1) if text[at] == " "):
        lead = text[blank + 1 :]
        if session.data.lead(lead.strip('"')) is not None:
            question = read_question(text[:blank].rstrip())
            if isinstance(question, Question):
                return question, lead
    return None


def _is_unknown(session: Session, question: Question) -> bool:
    """Whether a condition is only a name, and nothing has that name."""
    name, program = name_alone(question.node), session.checked.program
    defined = name in program.events or name in program.segments or name == ACTIVITY
    return bool(name) and not defined and name not in session.data.by_name


# -- the page ------------------------------------------------------------------------------------------------------


def _page(session: Session, lead: Lead, most: int) -> Iterator[Part]:
    """A lead at the instant to look at, with its last moments."""
    data, now, zone, program = session.data, session.now, session.zone, session.checked.program
    history = data.history(lead, now)
    known_traits = _traits(data.traits.get(lead, {}), history).items()
    traits = [said("  " + ", ".join(f"{printable(key)} {shown(value)}" for key, value in known_traits))]
    if not history or now is None:
        yield Text.assemble((shown(lead), STRONG), "  ", (program.lifecycle.ladder[0], _STAGE))
        yield from traits if known_traits else ()
        yield said("  no events" + ("" if now is None else f" up to {when(now, zone)} {zone}"))
        return
    alone = Alone(lead, history, data.traits.get(lead, {}), now)
    [result] = evaluate_alone(session.rules.plan, [alone], "incremental")
    changes = result.timeline(lead)
    last = {(change.kind, change.name): change for change in changes}
    head = Text.assemble((shown(lead), STRONG), "  ", (str(last["stage", "stage"].value), _STAGE))
    if result.transitions:
        move = result.transitions[-1]
        head.append(f" since {when(move.instant, zone)} {zone}, by {move.rule}")
    yield head
    for change in last.values():
        if change.kind == "segment" and change.value is True:
            yield said(f"  in {change.name} since {when(change.instant, zone)}")
    for score in program.scores.values():
        value = last.get(("score", score.name))
        yield said(f"  {score.name} {value.value if value else 0}")
    yield from traits if known_traits else ()
    yield said(f"  {counted(len(history), 'event')} since {when(history[0].at, zone)}\n")
    moments = _moments(history, _changes(changes, result.transitions), zone)
    if len(moments) > most:
        yield remark(f"… {len(moments) - most:,} before: `:lead {shown(lead)} {len(moments)}`")
    for lines in moments[-most:]:
        yield from lines


def _traits(table: Mapping[str, Any], history: Sequence[Event]) -> dict[str, Any]:
    traits = known(table)
    for event in history:
        if event.name == IDENTIFY:
            learn(traits, event)
    return traits


def _moments(history: Sequence[Event], changes: Iterable[tuple[int, Text]], zone: str) -> list[list[Text]]:
    """The lines of each event in order of time, with those of what changed then; or of changes by time alone.

    What changed at the time of several events comes with the last of them.
    """
    told = [(event.at, False, _event(event)) for event in history] + [(at, True, text) for at, text in changes]
    moments: list[list[Text]] = []
    before: int | None = None
    for at, is_change, text in sorted(told, key=lambda line: line[:2]):
        indent = "    " if is_change else "  "
        if is_change and at == before:
            moments[-1].append(Text.assemble(" " * 19, indent, text))
        else:
            moments.append([Text.assemble(when(at, zone).ljust(19), indent, text)])
        before = at
    return moments


def _event(event: Event) -> Text:
    held = ", ".join(f"{printable(key)} {shown(value)}" for key, value in event.properties.items())
    return Text.assemble((printable(event.event), STRONG), (f"  {held}" if held else "", DIM))


def _changes(changes: Sequence[Change], transitions: Sequence[Transition]) -> Iterator[tuple[int, Text]]:
    """Each change with its instant, but for the stage in which a lead begins."""
    values: dict[tuple[str, str], object] = {}
    moves = iter(transitions)
    for change in changes:
        before = values.get((change.kind, change.name))
        values[change.kind, change.name] = change.value
        match change.kind:
            case "segment":
                yield change.instant, Text(f"{'in' if change.value else 'no longer in'} {change.name}", "cyan")
            case "score":
                yield change.instant, Text(f"{change.name} {before or 0} → {change.value}", "cyan")
            case _ if before is not None:
                yield change.instant, Text.assemble((f"{before} → {change.value}", _STAGE), f" by {next(moves).rule}")
