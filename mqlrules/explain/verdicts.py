"""The verdict on one rule and one lead: exactly one of four, and what is to be said of the lifecycle (section 8)."""

from collections.abc import Sequence

import attrs

from mqlrules.check.program import Rule
from mqlrules.engine.lifecycle import Ladder
from mqlrules.events.model import Event
from mqlrules.explain.clock import Clock, length_words
from mqlrules.explain.impossible import OutOfReach
from mqlrules.explain.journey import Journey, journey
from mqlrules.explain.model import Part, Span, Step, Suggestion, Verdict
from mqlrules.explain.phrasing import Saying
from mqlrules.explain.question import Asked, Question, Stand
from mqlrules.explain.search import BLIND_EVENTS, SHOWN, Found, Tried, Trying
from mqlrules.explain.witnesses import Concrete
from mqlrules.explain.wording import capital, duration
from mqlrules.plan.nodes import Plan

_PLAYED = 5
"""So many ways into another stage are played through the lifecycle, those with the fewest events."""


@attrs.frozen(eq=False)
class Lead:
    """What is known of a lead, up to the instant that is asked for."""

    plan: Plan
    ladder: Ladder
    stand: Stand
    journey: Journey
    concrete: Concrete
    saying: Saying
    clock: Clock

    @property
    def now(self) -> int:
        return self.stand.now


def of_condition(asked: Asked, lead: Lead) -> Verdict:
    """The verdict on a condition alone."""
    root = asked.question.root
    if asked.holds(root):
        since, until = asked.since(root), asked.until(root)
        return _holds(lead, since, until, asked.evidence())
    decided_at = asked.until(root)
    if decided_at is not None:
        return _pending(asked, lead, decided_at)
    reason = OutOfReach(lead.clock, lead.plan.program).why(root, True, asked.place())
    if reason is not None:
        return _cannot(lead, [reason])
    return _would(lead, Trying(asked, lead.concrete).search())


def of_rule(rule: Rule, asked: Asked, lead: Lead, questions: "dict[int, Question]") -> Verdict:
    """The verdict on a rule, its ``when`` included. ``questions`` are those of the rules, by their place."""
    root, stage = asked.question.root, lead.journey.stage
    if rule.when is None or (_moved_last(rule, lead) and asked.holds(root)):
        # A rule that has just moved the lead out of its stage holds as long as its condition does.
        verdict = of_condition(asked, lead) if stage in lead.ladder.rank or asked.holds(root) else None
        return verdict or _cannot(lead, [_outside(stage)])
    if stage != rule.when:
        return _elsewhere(rule, asked, lead, questions)
    begun = lead.journey.since if lead.journey.since is not None else lead.now
    ripe = begun + (rule.lasting or 0)
    if asked.holds(root) and ripe <= lead.now:
        since = asked.since(root)
        ends = [at for at in (asked.until(root), *(move.instant for move in lead.journey.ahead[:1])) if at is not None]
        return _holds(lead, max(ripe, ripe if since is None else since), min(ends, default=None), asked.evidence())
    if (at := _ripens(rule, asked, lead, ripe)) is not None:
        return _pending(asked, lead, at)
    reason = OutOfReach(lead.clock, lead.plan.program).why(root, True, asked.place())
    if reason is not None:
        return _cannot(lead, [reason])
    found = Trying(asked, lead.concrete, max(ripe, lead.now)).search(2 * SHOWN)
    arriving = [tried for tried in found.ways if _arrives(rule, asked.question, lead, tried)]
    if found.ways and not arriving:
        reason = f"every way that was found moves the lead out of {stage} before"
        return Verdict("would hold", lead.saying.would((), (reason,)), reasons=(reason,))
    return _would(lead, attrs.evolve(found, ways=tuple(_while_there(tried, lead) for tried in arriving[:SHOWN])))


def _while_there(tried: Tried, lead: Lead) -> Tried:
    """A way that must begin before time alone moves the lead out of its stage."""
    leaves = [move.instant for move in lead.journey.ahead[:1]]
    return attrs.evolve(tried, before=min([*leaves, *([] if tried.before is None else [tried.before])], default=None))


def _moved_last(rule: Rule, lead: Lead) -> bool:
    last = lead.journey.last
    return last is not None and last.rule == rule.name and not rule.recycle


def _ripens(rule: Rule, asked: Asked, lead: Lead, ripe: int) -> int | None:
    """When the condition holds and the time in the stage is over, if nothing happens and the lead stays there."""
    if not lead.stand.history:
        # A lead's timeline begins at its first event: until then no time passes for it.
        return None
    moves = next((move for move in lead.journey.ahead), None)
    if moves is not None and moves.rule == rule.name:
        return moves.instant
    root, trial = asked.question.root, asked.trial.fork()
    instants = sorted({at for at in (*asked.dues(), ripe) if at >= ripe and at > lead.now})
    for at in instants:
        if moves is not None and at >= moves.instant:
            return None
        while (due := trial.due) is not None and due <= at:
            trial.pass_due()
        if trial.holds(asked.question.number[root], at):
            return at
    return None


# -- in another stage ----------------------------------------------------------------------------------------------


def _elsewhere(rule: Rule, asked: Asked, lead: Lead, questions: "dict[int, Question]") -> Verdict:
    """The lead is not in the stage that the rule asks for."""
    assert rule.when is not None
    stage, rank = lead.journey.stage, lead.ladder.rank
    if stage not in rank:
        return _cannot(lead, [_outside(stage)])
    rules = lead.plan.program.rules
    if rule.when not in rank:
        return _cannot(lead, [f"it asks for a lead that is {rule.when}, and nothing moves a lead from there"])
    passed = rank[rule.when] < rank[stage]
    back = any(other.recycle and rank.get(other.stage, len(rank)) <= rank[rule.when] for other in rules)
    if passed and not back:
        return _cannot(lead, [f"it asks for a lead that is {rule.when}; this one is {stage}, and no rule leads back"])
    if not passed and not any(other.stage == rule.when for other in rules):
        return _cannot(lead, [f"it asks for a lead that is {rule.when}, and no rule leads there"])
    suggestions = [] if passed else list(_through(rule, lead, questions))
    missing = f"it asks for a lead that is {rule.when}, and this one is {stage}"
    if suggestions:
        sentence = f"Would hold {suggestions[0].sentence}, which makes it {rule.when} first."
        return Verdict("would hold", sentence, suggestions=tuple(suggestions), reasons=(missing,))
    reasons = (missing, f"no way was found that makes it {rule.when} and the condition true")
    return Verdict("would hold", lead.saying.would((), reasons), reasons=reasons)


def _through(rule: Rule, lead: Lead, questions: "dict[int, Question]") -> "list[Suggestion]":
    """Ways into the stage that the rule asks for, and from there on to what it asks; each played through the whole
    lifecycle.
    """
    own = questions[lead.plan.program.rules.index(rule)]
    # Time alone may bring it there, too.
    ways = [
        Tried((), move.instant, move.instant, None) for move in lead.journey.ahead[:3] if move.to_stage == rule.when
    ]
    into: list[Tried] = []
    for planned in lead.plan.rules:
        other = planned.rule
        if other.stage == rule.when and lead.ladder.can_move(other, lead.journey.stage):
            first = questions.get(planned.order) or Question(planned.condition, lead.plan.program.timezone)
            asked = first.lead(lead.stand)
            if not asked.holds(first.root):
                into += Trying(asked, lead.concrete).search(2, blind=False).ways
    ways += sorted(into, key=lambda tried: (len(tried.way), tried.holds_at))[:_PLAYED]
    played = [whole for tried in ways if (whole := _played(rule, own, lead, tried)) is not None and whole.way]
    played.sort(key=lambda whole: (len(whole.way), whole.holds_at))
    return [lead.saying.suggestion(tried, lead.now) for tried in played[:SHOWN]]


def _played(rule: Rule, own: Question, lead: Lead, tried: Tried) -> Tried | None:
    """A way into the stage, played through the lifecycle, with what the rule itself then still lacks; None if it does
    not get there.
    """
    name = lead.saying.lead
    history = [*lead.stand.history, *(i.spec.event(name, at) for i, at in zip(tried.way, tried.times, strict=True))]
    there = journey(lead.plan, "", history, lead.stand.traits, name, tried.holds_at)
    if there.stage != rule.when:
        return None
    ripe = (there.since if there.since is not None else tried.holds_at) + (rule.lasting or 0)
    stand = Stand(history, lead.stand.traits, tried.holds_at, there.first, there.recycled)
    asked = own.lead(stand)
    if asked.holds(own.root) and ripe <= tried.holds_at:
        return attrs.evolve(tried, before=None)
    leaves = there.ahead[0] if there.ahead else None
    if leaves is not None and leaves.rule == rule.name:
        return attrs.evolve(tried, before=None, holds_at=leaves.instant)
    more = Trying(asked, lead.concrete, ripe).search(1, blind=False).ways
    if not more or more[0].start > tried.holds_at:
        return None
    last = tried.times[-1] if tried.way else tried.start
    gap = tried.holds_at - last
    [first, *others] = more[0].way
    manner = f"at least {duration(gap)} later if nothing breaks it till then" if gap else first.manner
    whole = (*tried.way, attrs.evolve(first, gap=first.gap + gap, manner=manner), *others)
    result = Tried(whole, tried.start, more[0].holds_at, None)
    return result if _arrives(rule, own, lead, result) else None


def _arrives(rule: Rule, own: Question, lead: Lead, tried: Tried) -> bool:
    """Whether a way, played through the whole lifecycle, ends where it should: the rule has moved the lead, or it holds
    with the lead in its stage. An event of the way may move the lead elsewhere by another rule.
    """
    name = lead.saying.lead
    events = [item.spec.event(name, at) for item, at in zip(tried.way, tried.times, strict=True)]
    history = [*lead.stand.history, *events]
    there = journey(lead.plan, "", history, lead.stand.traits, name, tried.holds_at)
    if any(
        move.rule == rule.name and move.instant >= lead.now
        for move in there.transitions[len(lead.journey.transitions) :]
    ):
        return True
    ripe = (there.since if there.since is not None else tried.holds_at) + (rule.lasting or 0)
    if there.stage != rule.when or ripe > tried.holds_at:
        return False
    stand = Stand(history, lead.stand.traits, tried.holds_at, there.first, there.recycled)
    return own.lead(stand).holds(own.root)


def _outside(stage: str) -> str:
    return f"the lead is {stage}, which stands outside of the ladder: nothing moves it from there"


# -- the four ------------------------------------------------------------------------------------------------------


def _holds(lead: Lead, since: int | None, until: int | None, evidence: Sequence[Event]) -> Verdict:
    said = lead.saying.holds(since, until, evidence)
    return Verdict("holds", said, since=since, until=until, evidence=tuple(evidence))


def _pending(asked: Asked, lead: Lead, at: int) -> Verdict:
    unless = Trying(asked, lead.concrete).breaking(at)
    steps = tuple(Step(spec.event(lead.saying.lead, when), spec.words) for spec, when in unless)
    return Verdict("pending", lead.saying.pending(at, [spec.words for spec, _ in unless]), decided_at=at, unless=steps)


def _cannot(lead: Lead, reasons: list[str]) -> Verdict:
    rules = lead.plan.program.rules
    if any(lead.ladder.can_move(rule, lead.journey.stage) for rule in rules if rule.recycle):
        reasons = [*reasons, "only a recycle would start it afresh"]
    return Verdict("cannot", lead.saying.cannot(reasons), reasons=tuple(reasons))


def _would(lead: Lead, found: Found) -> Verdict:
    suggestions = tuple(lead.saying.suggestion(tried, lead.now) for tried in found.ways)
    reasons: tuple[str, ...] = ()
    if not suggestions:
        tries = f" ({found.blind:,} were tried)" if found.blind else ""
        reasons = (f"no way with up to {BLIND_EVENTS} more events was found{tries}",)
    return Verdict("would hold", lead.saying.would(suggestions, reasons), suggestions=suggestions, reasons=reasons)


# -- the stage as a part, and notes --------------------------------------------------------------------------------


def stage_part(rule: Rule, verdict: Verdict, lead: Lead) -> Part | None:
    """What a rule asks of the stage, as the first part of its tree."""
    if rule.when is None:
        return None
    if verdict.kind == "holds" and lead.journey.stage != rule.when and lead.journey.last is not None:
        moved = lead.clock.instant(lead.journey.last.instant)
        value = f"it was, until this rule moved it to {lead.journey.stage} on {moved}"
        return Part("stage", f"the lead is {rule.when}", value, True, spans=_spans(rule, lead))
    stage, since = lead.journey.stage, lead.journey.since
    asks = f"the lead is {rule.when}"
    value = f"{stage}, since {lead.clock.instant(since)}" if since is not None else stage
    holds, until = stage == rule.when, None
    if rule.lasting is not None:
        asks = f"the lead has been {rule.when} for at least {duration(rule.lasting)}"
        if since is None:
            # No event yet: its timeline has not begun.
            holds = False
        elif holds:
            over = since + rule.lasting
            value += f": {length_words(lead.now - since)} so far"
            holds = over <= lead.now
            until = None if holds else over
    return Part("stage", asks, value, holds, since=since, until=until, spans=_spans(rule, lead))


def _spans(rule: Rule, lead: Lead) -> tuple[Span, ...]:
    found: list[Span] = []
    history = lead.stand.history
    start = history[0].at if history and lead.ladder.first == rule.when else None
    inside = lead.ladder.first == rule.when and bool(history)
    for move in lead.journey.transitions:
        if inside:
            found.append(Span(start, move.instant))
        inside, start = move.to_stage == rule.when, move.instant
    if inside:
        found.append(Span(start, None))
    return tuple(found)


def notes(rule: Rule, asked: Asked, verdict: Verdict, lead: Lead) -> tuple[str, ...]:
    """What the lifecycle made of the rule: when it fired, or why it held and moved nobody."""
    found = []
    fired = [move for move in lead.journey.transitions if move.rule == rule.name]
    for move in fired[-3:]:
        rests = f", on {lead.saying.evidence(move.evidence)}" if move.evidence else ""
        at = lead.clock.instant(move.instant)
        found.append(f"It moved the lead from {move.from_stage} to {move.to_stage} on {at}{rests}.")
    if len(fired) > 3:
        found.insert(0, f"It has moved the lead {len(fired)} times; the latest three:")
    for move in lead.journey.transitions:
        if rule.name in move.also:
            found.append(
                f"On {lead.clock.instant(move.instant)} it could have moved the lead, too, but {move.rule} won"
                f" and made it {move.to_stage}."
            )
    found += _standing(rule, asked, verdict, lead, bool(fired))
    return tuple(found)


def _standing(rule: Rule, asked: Asked, verdict: Verdict, lead: Lead, fired: bool) -> list[str]:
    stage, rank = lead.journey.stage, lead.ladder.rank
    here, there = rank.get(stage), rank.get(rule.stage)
    held = verdict.kind == "holds"
    if here is None:
        return [] if verdict.kind == "cannot" or fired else [f"{capital(_outside(stage))}."]
    if there is not None and not rule.recycle and there <= here:
        if fired and lead.journey.last is not None and lead.journey.last.rule == rule.name:
            return []
        by = "" if lead.journey.last is None else f", moved there by {lead.journey.last.rule}"
        since = "" if lead.journey.since is None else f" since {lead.clock.instant(lead.journey.since)}"
        return [
            f"{'It moves nobody now' if held else 'Even then it would move nobody'}: "
            f"the lead is {stage} already{since}{by}, and a rule never moves a lead down."
        ]
    if rule.recycle and there is not None and there >= here:
        return [f"It {'moves nobody now' if held else 'would move nobody'}: a recycle leads down, "
                f"and the lead is {stage}."]  # fmt: skip
    if held and not fired:
        return ["It holds, and has not moved the lead: after a recycle a rule must have been false once before it may "
                "fire, and a lead is not recycled twice without an event in between."]  # fmt: skip
    return []
