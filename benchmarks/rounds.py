"""Runs side by side, in turn; answers that are compared each time; and the figures that are kept of them."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from sides import Answers, Run, Side, TooSlow, WrongAnswer
from whole_process import Failed


def say(text: str) -> None:
    """A line for whoever waits."""
    print(text, file=sys.stderr, flush=True)


def rounds(what: str, found: Sequence[Side], number: int, beyond: float = 2.0) -> list[dict[str, Any]]:
    """Runs the sides in turn, ``number`` times, and compares what they answer; the figures of each side.

    Each round begins with another side. Peers that took more than ``beyond`` times as long as the quickest peer in the
    first round are not run again: they would change no figure that counts, and take most of the time.
    """
    runs: dict[str, list[Run]] = {side.name: [] for side in found}
    without: dict[str, dict[str, Any]] = {}
    for turn in range(number):
        start = turn % len(found)
        for side in [*found[start:], *found[:start]]:
            if side.name in without or (turn and _needs_no_more(side, found, runs, beyond)):
                continue
            try:
                done = side.measure()
            except WrongAnswer as error:
                without[side.name] = {"wrong": error.rules}
            except TooSlow as error:
                without[side.name] = {"not_done_after": error.seconds}
            except Failed as error:
                say(str(error))
                without[side.name] = {"failed": str(error).splitlines()[-1]}
            else:
                runs[side.name].append(done)
                say(f"{what}: {side.name} {done.seconds:.3f} s, peak {done.usage.peak:,.0f} MiB")
    right = most_given(found, runs)
    for name, some in runs.items():
        differ = {rule for one in some if one.answers is not None for rule in different(one.answers, right)}
        if differ:
            without[name] = {"wrong": sorted(differ)}
    for name, why in without.items():
        say(f"{what}: NO TIMES OF {name}: {json.dumps(why)}")
    return [
        without_times(side, **without[side.name]) if side.name in without else figures(side, runs[side.name])
        for side in found
    ]


def _needs_no_more(side: Side, found: Sequence[Side], runs: Mapping[str, list[Run]], beyond: float) -> bool:
    if side.kind != "peer":
        return False
    firsts = [runs[other.name][0].seconds for other in found if other.kind == "peer" and runs[other.name]]
    return runs[side.name][0].seconds > beyond * min(firsts)


def most_given(found: Sequence[Side], runs: Mapping[str, Sequence[Run]]) -> Answers:
    """The answers that most runs of peers gave; those of mqlrules where there is no peer."""
    given = [(side.kind, one.answers) for side in found for one in runs[side.name] if one.answers is not None]
    peers = [answers for kind, answers in given if kind == "peer"] or [answers for _, answers in given]
    votes = Counter(json.dumps(answers, sort_keys=True) for answers in peers)
    most = votes.most_common(1)[0][0] if votes else "{}"
    return {rule: (leads, total) for rule, (leads, total) in json.loads(most).items()}


def different(answers: Answers, right: Answers) -> set[str]:
    """The rules of which two answers differ."""
    return {rule for rule in answers.keys() | right.keys() if answers.get(rule) != right.get(rule)}


def without_times(side: Side, **why: Any) -> dict[str, Any]:
    """A side whose answers are wrong, that ended badly or not at all, as it is kept: no time is told of it."""
    return {"side": side.name, "kind": side.kind, **why}


def figures(side: Side, runs: Sequence[Run]) -> dict[str, Any]:
    """One side as it is kept: every run, and medians; of memory the largest peak."""
    phases = [name for name in runs[0].phases if all(name in one.phases for one in runs)]
    return {
        "side": side.name,
        "kind": side.kind,
        "seconds": _middle(one.seconds for one in runs),
        "wall": _middle(one.usage.wall for one in runs),
        "processor": _middle(one.usage.processor for one in runs),
        "peak": round(max(one.usage.peak for one in runs), 1),
        "rows": runs[0].rows,
        "phases": {name: _middle(one.phases[name] for one in runs) for name in phases},
        "runs": [round(one.seconds, 3) for one in runs],
    }


def _middle(numbers: Iterable[float]) -> float:
    return round(median(numbers), 4)
