"""What all rules together come to: how many leads stand in each stage, and how often each rule moved one."""

from collections import Counter

import attrs

from mqlrules.console.terminal import counted, when
from mqlrules.engine.incremental import Engine
from mqlrules.plan.nodes import Plan
from mqlrules.repl.data import Data
from mqlrules.repl.parts import Part, Remark, Rows, Said
from mqlrules.repl.session import Session, rule_set
from mqlrules.run.progress import progress


@attrs.frozen(eq=False)
class Outcome:
    """How many leads stand in each stage at an instant, how many ever did, and the moves of each rule by its name."""

    leads: int
    now: Counter[str]
    ever: Counter[str]
    moves: Counter[str]


def outcome(plan: Plan, data: Data, at: int) -> Outcome:
    """Evaluates every lead that has begun by an instant, up to then."""
    engine = Engine(plan, data.traits)
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
            transitions = engine.run(history, at)
            now[transitions[-1].to_stage if transitions else first] += 1
            ever.update({first, *(move.to_stage for move in transitions)})
            moves.update(move.rule for move in transitions)
            if watch is not None and not number % 100:
                watch(number)
    return Outcome(leads, now, ever, moves)


def outcome_parts(session: Session) -> tuple[Part, ...]:
    """The outcome as tables; if the rules were changed, beside that of the rules as they were loaded."""
    at = session.now
    assert at is not None, "asked of a session with events"
    here = outcome(session.rules.plan, session.data, at)
    before: Outcome | None = None
    if session.loaded.files and session.checked is not session.loaded:
        loaded = rule_set(session.loaded)
        if loaded.fingerprint != session.rules.fingerprint:
            before = outcome(loaded.plan, session.data, at)
    lifecycle, program = session.checked.program.lifecycle, session.checked.program
    both = [here] if before is None else [here, before]
    stages = dict.fromkeys([*lifecycle.ladder, *lifecycle.outside, *(stage for each in both for stage in each.ever)])
    rules = dict.fromkeys([*(rule.name for rule in program.rules), *(name for each in both for name in each.moves)])
    was = ("loaded",) if before is not None else ()
    by_stage = [
        (stage, *(f"{each.now[stage]:,}" for each in both), *(f"{each.ever[stage]:,}" for each in both))
        for stage in stages
    ]
    by_rule = [(name, *(f"{each.moves[name]:,}" for each in both)) for name in rules]
    said = f"{counted(here.leads, 'lead')}; as of {when(at)} UTC"
    if before is not None:
        said += "; beside each number that of the rules as they were loaded"
    right = ("now", "ever", "moves", "loaded")
    parts: list[Part] = [Rows(("stage", "now", *was, "ever", *was), by_stage, right)]
    if by_rule:
        parts += [Said(""), Rows(("rule", "moves", *was), by_rule, right)]
    return (*parts, Remark(said))
