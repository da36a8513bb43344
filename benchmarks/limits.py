"""Where the limits are: of what is not reached, what it is made of, by the figures."""

from collections.abc import Iterator, Mapping
from typing import Any

from reached import OF_BARE_READ, RULES_ALONE, best_peer

HEAD = "## What is not reached, and what it is made of\n"


def limits(part: Mapping[str, Any]) -> str:
    """A line for each aim that the largest file with numbers as leads misses; nothing where there is none."""
    largest = max(case["events"] for case in part["cases"])
    lines = [
        line
        for case in part["cases"]
        if case["events"] == largest and "start" in case["sides"][0].get("phases", {})
        for line in (_of_twenty(case) if case["question"] == "twenty" else _of_one(case))
    ]
    return "\n".join([HEAD, *lines, ""]) if lines else ""


def _of_twenty(case: Mapping[str, Any]) -> Iterator[str]:
    us, best = case["sides"][0], best_peer(case["sides"])
    start, rules = us["phases"]["start"], us["phases"]["rules"]
    bare = next(side["seconds"] for side in case["sides"] if side["side"] == "pyarrow: read")
    if us["seconds"] > OF_BARE_READ * bare:
        yield (
            f"- *Of a bare read:* {OF_BARE_READ:.0f} times a bare read are {OF_BARE_READ * bare:.2f} s. The start of"
            f" the process ({start:.2f} s: Python, polars, pyarrow,\n  numpy, and loading the rules) and the read"
            f" itself ({bare:.2f} s) take {start + bare:.2f} s of that. Without the start it is"
            f" {(us['seconds'] - start) / bare:.1f} times."
        )
    if rules > RULES_ALONE and best is not None and best["side"].endswith("load"):
        theirs = sum(seconds for name, seconds in best["phases"].items() if name != "ready")
        yield (
            f"- *The rules alone:* {rules:.2f} s on this machine, where the best peer takes {theirs:.1f} s for them\n "
            f" once its table is in order: {theirs / rules:.1f} times as long."
        )


def _of_one(case: Mapping[str, Any]) -> Iterator[str]:
    us, best = case["sides"][0], best_peer(case["sides"])
    if best is None or us["seconds"] <= best["seconds"]:
        return
    start, ready = us["phases"]["start"], best["phases"]["ready"]
    yield (
        f"- *One rule:* the start of the process is {start:.2f} s of it, that of the best peer {ready:.2f} s."
        f" From the file on it is\n  {us['seconds'] - start:.2f} s beside {best['seconds'] - ready:.2f} s."
    )
