"""Kills a process that works on a store, again and again, and checks that nothing is lost and nothing happens twice.

    python -m tests.durable.killing --kills 600 --store sqlite --folder DIR [--parts]

A child process feeds events in batches, each with its offset, lets time pass, merges leads, and delivers what is
pending to a file before it acknowledges it. It is killed with SIGKILL: half of the times after a random delay, half of
the times just before or after a statement chosen at random. Another child goes on from the offset. In the end the file
is compared with what an engine that was never killed made of the same input. With ``--parts`` two parts read the stream
at their own pace, and names are merged across them in between.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

from mqlrules import DurableEngine, NotMerged
from mqlrules.durable import feeding
from mqlrules.durable import unit_of_work as unit
from mqlrules.durable.records import transition_to_text
from mqlrules.events.model import as_event
from mqlrules.ruleset import RuleSet, loads

RULES = """
score engagement
    +10 per visited pricing within 10d up to 40
    +25 for attended webinar halve every 7d
    between 0 and 100

rule warm: visited pricing >= 2 and attended webinar within 30d => MEL
rule scored: engagement >= 45 => MQL
rule cart: added cart then no checked out for 2d => MQL
rule demo: (visited pricing then requested demo within 3d) with same page => SQL
rule lost: no activity within 20d => disqualified
rule recycle: when MQL for 5d, no requested demo within 5d => recycle to MEL
"""
HOUR = 3_600_000_000
LATENESS = 6 * HOUR
NAMES = ("visited pricing", "visited pricing", "attended webinar", "added cart", "checked out", "requested demo")


Deliver = Callable[[int, str], None]
"""Takes the id of a transition, negative for a withdrawal, and its text."""


@attrs.frozen
class Step:
    """What the application does before it goes on to the next offset. Done again after a kill it changes nothing."""

    events: tuple[dict[str, Any], ...] = ()
    merge: tuple[str, str] | None = None
    advance: int | None = None
    rewind: int | None = None
    forget: str | None = None


def steps(seed: int, count: int) -> list[Step]:
    """What an application does, always the same for a seed."""
    choose = random.Random(seed)
    found: list[Step] = []
    clock = 1_767_225_600_000_000
    number = 0
    for step in range(count):
        events = []
        for _ in range(choose.choice((1, 3, 10, 30))):
            clock += choose.randrange(HOUR)
            number += 1
            events.append(
                {
                    "lead": f"lead-{choose.randrange(40)}",
                    "time": clock - choose.choice((0, 0, 0, HOUR, 5 * HOUR, 30 * HOUR)),
                    "event": choose.choice(NAMES),
                    "id": number - choose.choice((0, 0, 0, 0, 1)),
                    "page": choose.choice(("a", "b")),
                }
            )
        found.append(Step(tuple(events), advance=clock if step % 5 == 4 else None))
        if step % 7 == 6:
            one, other = choose.sample(range(40), 2)
            found.append(Step(merge=(f"lead-{one}", f"lead-{other}")))
        if step % 9 == 8:
            found.append(Step(rewind=clock - 2 * HOUR))
            found.append(Step(forget=f"lead-{choose.randrange(40)}"))
    return [*found, Step(advance=clock + 60 * 24 * HOUR)]


def work(engine: DurableEngine, todo: list[Step], deliver: Deliver) -> None:
    """Goes on from the offset to the end, once what the last one left has been delivered."""
    done = engine.offset
    pass_on(engine, deliver)
    for number in range(done if isinstance(done, int) else 0, len(todo)):
        step = todo[number]
        if step.merge is not None:
            # Of those that have had too many events some can't be merged any more.
            with contextlib.suppress(NotMerged):
                engine.merge(*step.merge)
        if step.advance is not None:
            engine.advance(step.advance)
        if step.rewind is not None:
            engine.rewind(to=step.rewind)
        if step.forget is not None:
            engine.forget(step.forget)
        engine.feed_many([as_event(event) for event in step.events], offset=number + 1)
        pass_on(engine, deliver)


@attrs.frozen
class Action:
    """One call where parts share the stream: a part reads the next step, or two names are merged."""

    part: int | None = None
    step: int = 0
    merge: tuple[str, str] | None = None


def schedule(seed: int, todo: list[Step], parts: int) -> list[Action]:
    """Who does what in which order, always the same for a seed: no part waits for another."""
    choose = random.Random(seed)
    read = [0] * parts
    found: list[Action] = []
    while min(read) < len(todo):
        part = choose.choice([number for number in range(parts) if read[number] < len(todo)])
        for _ in range(choose.choice((1, 1, 4))):
            if read[part] < len(todo):
                found.append(Action(part, read[part]))
                read[part] += 1
        if choose.random() < 0.15:
            one, other = choose.sample(range(40), 2)
            found.append(Action(merge=(f"lead-{one}", f"lead-{other}")))
    return found


def work_in_parts(engine: DurableEngine, todo: list[Step], actions: list[Action], deliver: Deliver) -> None:
    """Goes through the actions; what was done before a kill is done already, or changes nothing when done again."""
    count = 1 + max(action.part or 0 for action in actions)
    parts = [engine.partition(index, count) for index in range(count)]
    pass_on(engine, deliver)
    for action in actions:
        if action.merge is not None:
            engine.merge(*action.merge)
        elif action.part is not None:
            part, step = parts[action.part], todo[action.step]
            done = part.offset
            if action.step < (done if isinstance(done, int) else 0):
                continue
            if step.advance is not None:
                part.advance(step.advance)
            part.feed_many([as_event(event) for event in step.events], offset=action.step + 1)
        pass_on(engine, deliver)
    for part in parts:
        part.close()


def pass_on(engine: DurableEngine, deliver: Deliver) -> None:
    """Delivers what is pending or withdrawn, and then acknowledges it."""
    # Claims that end at once: the next child must not wait for them.
    for found, sign in ((engine.pending(lease="0s"), 1), (engine.withdrawn(lease="0s"), -1)):
        for each in found:
            deliver(sign * each.id, transition_to_text(each.transition) + str(each.transition.instant))
        engine.acknowledge(found)


def opened(rules: RuleSet, address: str, history: int | None = None) -> DurableEngine:
    return rules.engine(store=address, lateness="6h", history=history)


def killed_at_a_statement(engine: DurableEngine, number: int, after: bool) -> None:
    """Lets the process kill itself before (or after) its statement of that number, over whichever connection."""
    kind = type(engine._store._database)
    left = [number]

    def counting(ask: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any) -> Any:
            left[0] -= 1
            if left[0] == 0 and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = ask(*given)
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return counted

    for name in ("run", "rows", "run_many"):
        setattr(kind, name, counting(getattr(kind, name)))


@attrs.frozen
class Round:
    """What the children of one round do, with two parts or with one engine."""

    rules: RuleSet
    seed: int
    parts: int
    folder: Path

    @property
    def history(self) -> int | None:
        """In every second round of one engine leads soon have too many events."""
        return 8 if self.seed % 2 and self.parts == 1 else None

    def work(self, engine: DurableEngine, deliver: Deliver) -> None:
        """Goes on to the end of the input."""
        todo = steps(self.seed, 30)
        if self.parts == 1:
            work(engine, todo, deliver)
            return
        shared = [attrs.evolve(step, merge=None, rewind=None, forget=None) for step in todo]
        work_in_parts(engine, shared, schedule(self.seed, shared, self.parts), deliver)


def child(this: Round, address: str, delivered: Path, statement: int | None, after: bool) -> None:
    # Some states are so large that they are written now and then, some batches that they are taken in slices.
    unit.LARGE, unit.CHARACTERS_PER_EVENT = 600, 100
    feeding.SLICE = 8
    engine = opened(this.rules, address, this.history)
    if statement is not None:
        killed_at_a_statement(engine, statement, after)
    with delivered.open("a", encoding="utf-8") as file:

        def deliver(number: int, text: str) -> None:
            file.write(json.dumps([number, text]) + "\n")
            file.flush()

        this.work(engine, deliver)
    engine.close()


def one_round(this: Round, address: str, most: int) -> int:
    """Kills until the input is fed, at most so often; returns how often. Raises ``AssertionError`` for a difference."""
    choose = random.Random(this.seed)
    delivered = this.folder / f"delivered-{this.seed}.jsonl"
    kills = 0
    while True:
        statement = choose.randrange(1, 120 * this.parts**2) if choose.random() < 0.5 else None
        if kills >= most:
            statement = None
        delay = choose.random() ** 3 * 0.5 * this.parts
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                child(this, address, delivered, statement, choose.random() < 0.5)
                status = 0
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                os._exit(status)
        if statement is None and kills < most:
            time.sleep(delay)
            os.kill(pid, signal.SIGKILL)
        _, how = os.waitpid(pid, 0)
        if os.WIFSIGNALED(how):
            kills += 1
        elif os.WEXITSTATUS(how):
            raise AssertionError(f"a child failed (round {this.seed})")
        else:
            break
    check(this, address, delivered)
    return kills


def check(this: Round, address: str, delivered: Path) -> None:
    """What was delivered is what an engine delivers that was never killed."""
    expected: dict[int, str] = {}
    whole = opened(this.rules, f"sqlite:///{this.folder}/whole-{this.seed}.db?synchronous=normal", this.history)
    this.work(whole, lambda number, text: expected.update({number: text}))
    figures = whole.stats()
    whole.close()
    found = opened(this.rules, address)
    # A transition that was delivered and not yet acknowledged is delivered again: its number says so.
    got: dict[int, str] = {}
    for line in delivered.read_text("utf-8").splitlines():
        number, text = json.loads(line)
        assert got.setdefault(number, text) == text, "one number, two transitions"
    assert sorted(expected.values()) == sorted(got.values()), "not the transitions of a run that was never killed"
    assert ([], []) == (found.pending(), found.withdrawn())
    stats = found.stats()
    fields = ("leads", "events", "held", "dead_letters", "transitions", "repeated", "late", "dropped", "unmerged")
    assert {name: getattr(figures, name) for name in fields} == {name: getattr(stats, name) for name in fields}
    assert (this.history is not None) == (stats.dropped > 0)
    assert [] == found.verify()
    found.close()


def kill(kills: int, address_of: Callable[[int], str], folder: Path, first: int = 0, parts: int = 1) -> tuple[int, int]:
    """Rounds until so many processes have been killed; returns how many were, in how many rounds."""
    rules = loads(RULES)
    assert rules.fingerprint
    done = rounds = 0
    while done < kills:
        done += one_round(Round(rules, first + rounds, parts, folder), address_of(first + rounds), kills - done)
        rounds += 1
    return done, rounds


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=600)
    parser.add_argument("--first", type=int, default=0, help="the seed of the first round")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--store", default="sqlite", help="sqlite, or the address of a PostgreSQL server's databases")
    parser.add_argument("--parts", action="store_true", help="two parts read the stream, each at its own pace")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as made:
        folder = given.folder or Path(made)

        def address_of(number: int) -> str:
            return f"sqlite:///{folder}/round-{number}.db" if given.store == "sqlite" else f"{given.store}{number}"

        began = time.perf_counter()
        done, rounds = kill(given.kills, address_of, folder, given.first, 2 if given.parts else 1)
        seconds = time.perf_counter() - began
        print(f"{done} processes killed in {rounds} rounds, {seconds:.0f} s: nothing lost, nothing twice")


if __name__ == "__main__":
    main(sys.argv[1:])
