"""What the columnar engine was built to reach, and what of it the figures show."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

import attrs

Side = Mapping[str, Any]

FASTER = {"number": 3.0, "uuid": 2.0}
"""How many times faster than the best peer, all twenty rules."""

OF_BARE_READ = 3.0
RULES_ALONE = 0.5
"""Seconds for all rules, after grouping."""

EVEN = 1.2
"""How much more an event may cost in a larger file, or of a longer history."""

SHARING = 20
"""From so many rules on, those that come to them share all their conditions."""

FIRST_RUN_LONGER = 15.0
"""Seconds."""


@attrs.frozen
class Reached:
    """An aim and the figure that answers it."""

    what: str
    bound: float
    figure: float
    at_least: bool
    shown: Callable[[float], str]

    @property
    def verdict(self) -> str:
        """In a word."""
        met = self.figure >= self.bound if self.at_least else self.figure <= self.bound
        return "yes" if met else "**no**"


def reached(parts: Mapping[str, Mapping[str, Any]]) -> list[Reached]:
    """The aims of which there are figures."""
    found: list[Reached] = []
    for ids in ("number", "uuid"):
        if ids in parts:
            found += _beside(parts[ids], ids)
    if "scaling" in parts:
        found += _scaling(parts["scaling"])
    for case in parts.get("memory", {"cases": []})["cases"]:
        if case["limit"] is not None and "peak" in case:
            what = f"peak memory of `--memory {case['memory']}`, {case['events']:,} events"
            found.append(Reached(what, case["limit"], case["peak"], False, _mebibytes))
    if cases := parts.get("first-run", {"cases": []})["cases"]:
        longer = median(case["first"]["wall"] - case["later"]["wall"] for case in cases)
        found.append(Reached("first run on a new machine, longer by", FIRST_RUN_LONGER, longer, False, _seconds))
    return found


def best_peer(sides: Sequence[Side]) -> Side | None:
    """The quickest peer, whichever way."""
    peers = [side for side in sides if side["kind"] == "peer" and "seconds" in side]
    return min(peers, key=lambda side: side["seconds"], default=None)


def _beside(part: Mapping[str, Any], ids: str) -> Iterator[Reached]:
    largest = max(case["events"] for case in part["cases"])
    for case in part["cases"]:
        if case["events"] != largest:
            continue
        us, best = case["sides"][0], best_peer(case["sides"])
        if "seconds" not in us:
            continue
        which = f"{largest:,} events, leads as {ids}"
        if case["question"] == "twenty":
            if best is not None:
                yield Reached(
                    f"twenty rules, {which}: faster than the best peer ({best['side']})",
                    FASTER[ids],
                    best["seconds"] / us["seconds"],
                    True,
                    _times,
                )
                yield Reached(
                    f"twenty rules, {which}: peak memory beside that of the same peer",
                    1.0,
                    us["peak"] / best["peak"],
                    False,
                    _times,
                )
            if ids == "number":
                bare = next(side for side in case["sides"] if side["side"] == "pyarrow: read")
                of_read = us["seconds"] / bare["seconds"]
                yield Reached(f"twenty rules, {which}: of a bare read", OF_BARE_READ, of_read, False, _times)
            if "rules" in us["phases"] and ids == "number":
                alone = us["phases"]["rules"]
                yield Reached(f"twenty rules, {which}: the rules alone", RULES_ALONE, alone, False, _seconds)
        elif best is not None:
            yield Reached(
                f"one rule, {which}: as fast as the best peer ({best['side']})",
                1.0,
                best["seconds"] / us["seconds"],
                True,
                _times,
            )


def _scaling(part: Mapping[str, Any]) -> Iterator[Reached]:
    each = [side["seconds"] / int(side["side"]) for side in part["events"] if "seconds" in side]
    if len(each) > 1:
        yield Reached("time of an event, largest file beside the smallest", EVEN, each[-1] / each[0], False, _times)
    many = [(int(side["side"]), side["seconds"]) for side in part["rules"] if "seconds" in side]
    if len(many) > 1:
        (few, took), (most, longest) = next((pair for pair in many if pair[0] >= SHARING), many[0]), many[-1]
        yield Reached(
            f"time of {most:,} rules beside {few:,}: below {most / few:,.0f} times",
            most / few,
            longest / took,
            False,
            _times,
        )
    whole = {
        shape["leads"]: side["seconds"]
        for shape in part["shapes"]
        for side in shape["sides"]
        if side["kind"] == "mqlrules" and "seconds" in side
    }
    if len(whole) > 1:
        one, more = min(whole), max(whole)
        yield Reached(
            f"all events of {one:,} lead beside {more:,} leads", EVEN, whole[one] / whole[more], False, _times
        )


def _times(value: float) -> str:
    return f"{value:.2f} ×"


def _seconds(value: float) -> str:
    return f"{value:.2f} s"


def _mebibytes(value: float) -> str:
    return f"{value:,.0f} MiB"
