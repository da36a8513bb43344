"""The verdict on one rule and one lead: exactly one of four, and notes on the lifecycle (section 8)."""

from collections.abc import Sequence

import attrs

from mqlrules.check.program import Rule
from mqlrules.engine.lifecycle import Ladder
from mqlrules.events.model import Event, Lead
from mqlrules.explain.clock import Clock, length_words
from mqlrules.explain.impossible import OutOfReach
from mqlrules.explain.journey import Journey, journey
from mqlrules.explain.model import Part, Span, Step, Suggestion, Verdict
from mqlrules.explain.phrasing import Phrasing
from mqlrules.explain.question import Asked, Question
from mqlrules.explain.search import BLIND_EVENTS, SHOWN, Found, Search, Tried
from mqlrules.explain.witnesses import Witnesses
from mqlrules.explain.wording import capital, duration
from mqlrules.plan.nodes import Plan

_PLAYED = 5
"""How many ways into another stage are played through the lifecycle, fewest events first."""


@attrs.frozen(eq=False)
class Subject:
    """One lead, up to the instant that is asked about."""

    plan: Plan
    ladder: Ladder
    lead: Lead
    journey: Journey
    witnesses: Witnesses
    phrasing: Phrasing
    clock: Clock

    @property
    def now(self) -> int:
        return self.journey.stand.now

    @property
    def stage(self) -> str:
        """The stage that the lead is in."""
        return self.journey.stage

    def later(self, tried: Tried) -> Journey:
        """The lead after a way, through the whole lifecycle."""
        stand = self.journey.stand
        history = [*stand.history, *tried.events(self.lead)]
        return journey(self.plan, "", history, stand.traits, self.lead, tried.holds_at)


def of_condition(asked: Asked, subject: Subject) -> Verdict:
    """The verdict on a condition alone."""
    root = asked.question.root
    if asked.holds(root):
        return _holds(subject, asked.since(root), asked.until(root), asked.evidence())
    decided_at = asked.until(root)
    if decided_at is not None:
        return _pending(asked, subject, decided_at)
    return _out_of_reach(asked, subject) or _would(subject, Search(asked, subject.witnesses).search())


def of_rule(rule: Rule, asked: Asked, subject: Subject, questions: "dict[int, Question]") -> Verdict:
    """The verdict on a rule, its ``when`` included. ``questions`` are those of the rules, by their place."""
    holds, stage = asked.holds(asked.question.root), subject.stage
    last = subject.journey.transitions[-1:]
    if rule.when is None or (holds and not rule.recycle and [move.rule for move in last] == [rule.name]):
        # A rule that has just moved the lead out of its stage holds as long as its condition does.
        if stage not in subject.ladder.rank and not holds:
            return _cannot(subject, [_outside(stage)])
        return of_condition(asked, subject)
    if stage != rule.when:
        return _elsewhere(rule, subject, questions)
    return _in_its_stage(rule, asked, subject)


def _in_its_stage(rule: Rule, asked: Asked, subject: Subject) -> Verdict:
    root, way = asked.question.root, subject.journey
    ripe = _ripe(rule, way, subject.now)
    if asked.holds(root) and ripe <= subject.now:
        since, until = asked.since(root), asked.until(root)
        ends = [*way.leaves(), *([] if until is None else [until])]
        return _holds(subject, ripe if since is None else max(ripe, since), min(ends, default=None), asked.evidence())
    if (at := _ripens(rule, asked, subject, ripe)) is not None:
        return _pending(asked, subject, at)
    if (verdict := _out_of_reach(asked, subject)) is not None:
        return verdict
    found = Search(asked, subject.witnesses, max(ripe, subject.now)).search(2 * SHOWN)
    arriving = [tried for tried in found.ways if _arrives(rule, asked.question, subject, tried)]
    if found.ways and not arriving:
        return _does_not(subject, f"every way that was found moves the lead out of {rule.when} first")
    # A way must begin before time alone moves the lead out of its stage.
    ways = []
    for tried in arriving[:SHOWN]:
        ends = [*way.leaves(), *([] if tried.before is None else [tried.before])]
        ways.append(attrs.evolve(tried, before=min(ends, default=None)))
    return _would(subject, attrs.evolve(found, ways=tuple(ways)))


def _ripe(rule: Rule, way: Journey, now: int) -> int:
    """When the lead has been in its stage for as long as the rule asks."""
    return (now if way.since is None else way.since) + (rule.lasting or 0)


def _ripens(rule: Rule, asked: Asked, subject: Subject, ripe: int) -> int | None:
    """When the condition holds and the time in the stage is over, if nothing happens and the lead stays there."""
    way = subject.journey
    if not way.stand.history:
        # A lead's timeline begins at its first event: no time passes for it before.
        return None
    if way.ahead and way.ahead[0].rule == rule.name:
        return way.ahead[0].instant
    trial = asked.trial.fork()
    for at in sorted({at for at in (*asked.dues(), ripe) if at >= ripe and at > subject.now}):
        if way.ahead and at >= way.ahead[0].instant:
            return None
        trial.pass_until(at)
        if trial.holds(asked.question.number[asked.question.root], at):
            return at
    return None


# -- in another stage ----------------------------------------------------------------------------------------------


def passed_for_good(rule: Rule, stage: str, ladder: Ladder, rules: Sequence[Rule]) -> bool:
    """Whether a lead has passed the stage that a rule asks for, and no rule leads back."""
    rank = ladder.rank
    asked, here = rank.get(rule.when or "", len(rank)), rank.get(stage, -1)
    return asked < here and not any(other.recycle and rank.get(other.stage, len(rank)) <= asked for other in rules)


def _elsewhere(rule: Rule, subject: Subject, questions: "dict[int, Question]") -> Verdict:
    """The verdict on a rule that asks for a stage that the lead is not in."""
    stage, rank, rules = subject.stage, subject.ladder.rank, subject.plan.program.rules
    if stage not in rank:
        return _cannot(subject, [_outside(stage)])
    needs = f"it needs a lead in {rule.when}"
    if rule.when not in rank:
        return _cannot(subject, [f"{needs}, and no rule moves a lead from there"])
    if passed_for_good(rule, stage, subject.ladder, rules):
        return _cannot(subject, [f"{needs}; this lead is in {stage}, and no rule leads back"])
    passed = rank[rule.when] < rank[stage]
    if not passed and not any(other.stage == rule.when for other in rules):
        return _cannot(subject, [f"{needs}, and no rule leads there"])
    suggestions = () if passed else tuple(_through(rule, subject, questions))
    missing = f"{needs}, and this lead is in {stage}"
    if suggestions:
        sentence = f"Would hold {suggestions[0].sentence}, which moves the lead to {rule.when} first."
        return Verdict("would hold", sentence, suggestions=suggestions, reasons=(missing,))
    return _does_not(subject, missing, f"no way was found that moves it to {rule.when} and makes the condition true")


def _through(rule: Rule, subject: Subject, questions: "dict[int, Question]") -> list[Suggestion]:
    """Ways into the stage that the rule asks for, and on to what it asks; each played through the whole lifecycle."""
    own = questions[subject.plan.program.rules.index(rule)]
    into: list[Tried] = []
    for planned in subject.plan.rules:
        other = planned.rule
        if other.stage == rule.when and subject.ladder.can_move(other, subject.stage):
            first = questions.get(planned.order) or Question(planned.condition, subject.plan.program.timezone)
            asked = first.lead(subject.journey.stand)
            if not asked.holds(first.root):
                into += Search(asked, subject.witnesses).search(2, blind=False).ways
    # Time alone may bring it there too.
    ways = [
        Tried((), move.instant, move.instant, None) for move in subject.journey.ahead[:3] if move.to_stage == rule.when
    ]
    ways += sorted(into, key=lambda tried: (len(tried.way), tried.holds_at))[:_PLAYED]
    played = [whole for tried in ways if (whole := _played(rule, own, subject, tried)) is not None and whole.way]
    played.sort(key=lambda whole: (len(whole.way), whole.holds_at))
    return [subject.phrasing.suggestion(tried, subject.now) for tried in played[:SHOWN]]


def _played(rule: Rule, own: Question, subject: Subject, tried: Tried) -> Tried | None:
    """A way into the stage, with what the rule itself then still lacks; None if it does not get there."""
    there = subject.later(tried)
    if there.stage != rule.when:
        return None
    ripe = _ripe(rule, there, tried.holds_at)
    asked = own.lead(there.stand)
    if asked.holds(own.root) and ripe <= tried.holds_at:
        return attrs.evolve(tried, before=None)
    if there.ahead and there.ahead[0].rule == rule.name:
        return attrs.evolve(tried, before=None, holds_at=there.ahead[0].instant)
    more = Search(asked, subject.witnesses, ripe).search(1, blind=False).ways
    if not more or more[0].start > tried.holds_at:
        return None
    last = tried.times[-1] if tried.way else tried.start
    gap = tried.holds_at - last
    [first, *others] = more[0].way
    manner = f"at least {duration(gap)} later, if nothing breaks it before" if gap else first.manner
    whole = (*tried.way, attrs.evolve(first, gap=first.gap + gap, manner=manner), *others)
    result = Tried(whole, tried.start, more[0].holds_at, None)
    return result if _arrives(rule, own, subject, result) else None


def _arrives(rule: Rule, own: Question, subject: Subject, tried: Tried) -> bool:
    """Whether a way ends where it should: the rule has moved the lead, or holds with the lead in its stage. An event of
    the way may also make another rule move the lead elsewhere.
    """
    there = subject.later(tried)
    new = there.transitions[len(subject.journey.transitions) :]
    if any(move.rule == rule.name and move.instant >= subject.now for move in new):
        return True
    if there.stage != rule.when or _ripe(rule, there, tried.holds_at) > tried.holds_at:
        return False
    return own.lead(there.stand).holds(own.root)


def _outside(stage: str) -> str:
    return f"the lead is in {stage}, which is outside the ladder, and no rule moves it from there"


# -- the four verdicts ---------------------------------------------------------------------------------------------


def _holds(subject: Subject, since: int | None, until: int | None, evidence: Sequence[Event]) -> Verdict:
    said = subject.phrasing.holds(since, until, evidence)
    return Verdict("holds", said, since=since, until=until, evidence=tuple(evidence))


def _pending(asked: Asked, subject: Subject, at: int) -> Verdict:
    unless = Search(asked, subject.witnesses).breaking(at)
    steps = tuple(Step(spec.event(subject.lead, when), spec.words) for spec, when in unless)
    said = subject.phrasing.pending(at, [step.words for step in steps])
    return Verdict("pending", said, decided_at=at, unless=steps)


def _out_of_reach(asked: Asked, subject: Subject) -> Verdict | None:
    reason = OutOfReach(subject.clock, subject.plan.program).why(asked.question.root, True, asked.place())
    return None if reason is None else _cannot(subject, [reason])


def _cannot(subject: Subject, reasons: list[str]) -> Verdict:
    rules = subject.plan.program.rules
    if any(subject.ladder.can_move(rule, subject.stage) for rule in rules if rule.recycle):
        reasons = [*reasons, "only a recycle would reset its history"]
    return Verdict("cannot", subject.phrasing.cannot(reasons), reasons=tuple(reasons))


def _would(subject: Subject, found: Found) -> Verdict:
    suggestions = tuple(subject.phrasing.suggestion(tried, subject.now) for tried in found.ways)
    if not suggestions:
        tries = f" ({found.blind:,} were tried)" if found.blind else ""
        return _does_not(
            subject, f"no combination of up to {BLIND_EVENTS} more events was found that makes it hold{tries}"
        )
    return Verdict("would hold", subject.phrasing.would(suggestions, ()), suggestions=suggestions)


def _does_not(subject: Subject, *reasons: str) -> Verdict:
    return Verdict("would hold", subject.phrasing.would((), reasons), reasons=reasons)


# -- the stage as a part, and notes --------------------------------------------------------------------------------


def stage_part(rule: Rule, verdict: Verdict, subject: Subject) -> Part | None:
    """What a rule asks of the stage, as the first part of its tree."""
    if rule.when is None:
        return None
    way, stage, since = subject.journey, subject.stage, subject.journey.since
    asks = f"the lead is {rule.when}"
    spans = _spans(rule.when, subject)
    if verdict.kind == "holds" and stage != rule.when and way.transitions:
        moved = subject.clock.instant(way.transitions[-1].instant)
        return Part("stage", asks, f"it was, until this rule moved it to {stage} on {moved}", True, spans=spans)
    value = f"{stage}, since {subject.clock.instant(since)}" if since is not None else stage
    holds, until = stage == rule.when, None
    if rule.lasting is not None:
        asks = f"the lead has been {rule.when} for at least {duration(rule.lasting)}"
        if since is None:
            # No event yet: its timeline has not begun.
            holds = False
        elif holds:
            over = since + rule.lasting
            value += f": {length_words(subject.now - since)} so far"
            holds = over <= subject.now
            until = None if holds else over
    return Part("stage", asks, value, holds, since=since, until=until, spans=spans)


def _spans(stage: str, subject: Subject) -> tuple[Span, ...]:
    history = subject.journey.stand.history
    if not history:
        return ()
    moves = subject.journey.transitions
    stages = [(subject.ladder.first, history[0].at), *((move.to_stage, move.instant) for move in moves)]
    ends: list[int | None] = [*(move.instant for move in moves), None]
    return tuple(Span(start, end) for (name, start), end in zip(stages, ends, strict=True) if name == stage)


def notes(rule: Rule, verdict: Verdict, subject: Subject) -> tuple[str, ...]:
    """What the lifecycle made of the rule: when it fired, or why it held and moved nothing."""
    found = []
    fired = [move for move in subject.journey.transitions if move.rule == rule.name]
    if len(fired) > 3:
        found.append(f"It has moved the lead {len(fired)} times; these are the latest three.")
    for move in fired[-3:]:
        based = f", based on {subject.clock.evidence(move.evidence)}" if move.evidence else ""
        at = subject.clock.instant(move.instant)
        found.append(f"It moved the lead from {move.from_stage} to {move.to_stage} on {at}{based}.")
    for move in subject.journey.transitions:
        if rule.name in move.also:
            found.append(
                f"On {subject.clock.instant(move.instant)} it could have moved the lead too, but {move.rule} won and "
                f"moved it to {move.to_stage}."
            )
    return (*found, *_idle(rule, verdict, subject, bool(fired)))


def _idle(rule: Rule, verdict: Verdict, subject: Subject, fired: bool) -> list[str]:
    """Why the rule doesn't move the lead, whatever its condition."""
    stage, rank, way = subject.stage, subject.ladder.rank, subject.journey
    here, there = rank.get(stage), rank.get(rule.stage)
    held = verdict.kind == "holds"
    moves = "It doesn't move the lead" if held else "Even then it would not move the lead"
    if here is None:
        return [] if verdict.kind == "cannot" or fired else [f"{capital(_outside(stage))}."]
    if there is not None and not rule.recycle and there <= here:
        last = way.transitions[-1].rule if way.transitions else None
        if fired and last == rule.name:
            return []
        by = "" if last is None else f" (moved by {last})"
        since = f"is in {stage}"
        if way.since is not None:
            since = f"has been in {stage} since {subject.clock.instant(way.since)}"
        return [f"{moves}: the lead {since}{by}, and a rule never moves a lead down."]
    if rule.recycle and there is not None and there >= here:
        return [f"{moves}: a recycle only moves a lead down, and this lead is in {stage}."]
    if held and not fired:
        return [
            "It holds but hasn't moved the lead. After a recycle a rule must be false once before it can fire, and a "
            "lead is not recycled twice without an event in between."
        ]
    return []
