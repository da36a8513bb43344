"""docs/performance.md and its pictures, made of what `columnar.py` kept; no figure on the page comes from elsewhere.

    python benchmarks/performance_page.py [--figures benchmarks/figures] [--page docs/performance.md]

A part that was not measured has no section.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from limits import limits
from reached import Reached, best_peer, reached

HERE = Path(__file__).parent
FIGURES = HERE / "figures"
PAGE = HERE.parent / "docs" / "performance.md"
PARTS = ("number", "uuid", "streams", "scaling", "memory", "first-run")

Parts = Mapping[str, Mapping[str, Any]]

SHOWN = {
    "mqlrules": "**mqlrules**",
    "polars": "Polars by hand",
    "duckdb": "DuckDB by hand",
    "clickhouse": "ClickHouse by hand",
}
LEADS = {"number": "Leads that are numbers", "uuid": "Leads that are UUIDs as text"}
ASKED = {"twenty": "the twenty rules", "one": "one rule"}

LOAD = ", load "
"""What stands before the load, in the words for a machine."""

HEAD = """\
# Performance

What whole files of events take, from the file to the table of results, beside the same rules written by hand for
ClickHouse, DuckDB and Polars. This page is made by `benchmarks/columnar.py` of what it measured and kept in
`benchmarks/figures`.
"""

PICTURE = """\
<picture>
  <source media="(prefers-color-scheme: dark)" srcset="{stem}.dark.svg">
  <img alt="{alt}" src="{stem}.light.svg">
</picture>
"""

BESIDE = """\
## Beside what one would write by hand

The rules are those of a yardstick: counts, windows, sequences, gaps, deadlines, anchors, aggregates, days, a score. Of
each rule the answer is the first instant at which it held for each lead (`rules.run(file, each_rule=True)`). By hand
they are one query a rule, as an expert would write them. A peer reads the file again for each rule (`file`), or first
builds its own table in order and asks that (`load`): loading is counted in. The quicker of the two is what it takes.
For one rule peers read the file.
"""

HOW = """\
## How it is measured

- Each run is a process of its own. The clock begins before the package is imported and ends when the results are there
  as a table; for a peer this is what `peers.py` prints as `ready after`, and the sum of its rules. Processor's time and
  the peak of memory are those of the whole process, from its start to its end.
- The sides run in turn, round after round, each round beginning with another one. Seconds are medians of the runs, the
  peak is the largest. Peers that are far behind the quickest one run once: the column *runs* says how often each ran.
- The file was read before, so nobody waits for the disk, and loops were compiled before. The first run on a new machine
  is measured by itself.
- Where the time goes is measured in runs of their own. *Start* is the import and loading the rules; then rows are taken
  in: read, encoded and divided by lead; parts are put in order and the rules evaluated, and the table of results is
  made. What threads do at the same time is shared out by the seconds that they spend on each.
- *pyarrow: read* is the bare read of the columns that are asked for, into memory, and nothing else; the import of
  pyarrow is not in it.
- After each run the leads of each rule and the sum of its first instants are compared with what most peers give. There
  is no time of a side whose answers are wrong: its row says *wrong*. With copies of events the answers of the one are
  known to come out so many times; rules made of two others are checked by what those give.
- The events are seeded and skewed: many leads have few, a few have thousands; the rows are in no order.
"""

ALL_ROWS = """\
- Once for each file and question all rows, lead by lead, were compared with those of Polars by hand, and are the same.
"""


def main() -> None:
    """Writes the page and its pictures."""
    # The text alone needs no matplotlib.
    from performance_plot import draw

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figures", type=Path, default=FIGURES, help="where the parts are kept as JSON")
    parser.add_argument(
        "--page", type=Path, default=PAGE, help="the page that is written (default docs/performance.md)"
    )
    arguments = parser.parse_args()
    parts = kept(arguments.figures)
    arguments.page.write_text(page(parts, arguments.page.stem), encoding="utf-8")
    for shade in ("light", "dark"):
        draw(parts, shade, arguments.page.with_suffix(f".{shade}.svg"))
    print(f"{arguments.page} is made of {', '.join(parts)}")


def kept(figures: Path) -> dict[str, Any]:
    """The parts that were measured."""
    found = {part: figures / f"{part}.json" for part in PARTS}
    return {part: json.loads(path.read_text(encoding="utf-8")) for part, path in found.items() if path.is_file()}


def page(parts: Parts, stem: str) -> str:
    """The text of the page; ``stem`` is the beginning of its pictures' names."""
    sections = [HEAD, PICTURE.format(stem=stem, alt=_alternative(parts)), _reached(reached(parts))]
    if "number" in parts:
        sections.append(limits(parts["number"]))
    beside = [_beside(parts[part]) for part in ("number", "uuid") if part in parts]
    if beside:
        sections += [BESIDE, *beside]
    for part, write in SECTIONS.items():
        if part in parts:
            sections.append(write(parts[part]))
    cases = [case for ids in ("number", "uuid") for case in parts.get(ids, {"cases": []})["cases"]]
    compared = cases and all(case["rows_compared"] and "seconds" in case["sides"][0] for case in cases)
    sections += [HOW + (ALL_ROWS if compared else ""), _machines(parts)]
    return "\n".join(section for section in sections if section)


# -- cells ---------------------------------------------------------------------------------------------------------


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown: its first column is text, the others figures."""
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def seconds(value: float) -> str:
    """Three figures or so."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def times(value: float) -> str:
    """A ratio."""
    return f"{value:.0f} ×" if value >= 10 else f"{value:.1f} ×" if value >= 1 else f"{value:.2f} ×"


def counted(value: float) -> str:
    """A whole number; millions in words."""
    return f"{value / 1e6:g} million" if value >= 1e6 else f"{value:,.0f}"


def mebibytes(value: float) -> str:
    """MiB."""
    return f"{value:,.0f}"


def name(side: str) -> str:
    """A side as it is shown."""
    system, _, mode = side.partition(" ")
    return f"{SHOWN[system]}, `{mode}`" if mode in ("load", "file") else SHOWN.get(side, side)


def cell(side: Mapping[str, Any], show: Callable[[Mapping[str, Any]], str]) -> str:
    """A figure of a side, or why there is none."""
    if "wrong" in side:
        return f"wrong: {', '.join(side['wrong'])}"
    if "not_done_after" in side:
        return f"not done after {seconds(side['not_done_after'])}"
    return "ended badly" if "failed" in side else show(side)


# -- sections ------------------------------------------------------------------------------------------------------


def _reached(found: Sequence[Reached]) -> str:
    if not found:
        return ""
    rows = [
        (
            one.what,
            f"at {'least' if one.at_least else 'most'} {one.shown(one.bound)}",
            one.shown(one.figure),
            one.verdict,
        )
        for one in found
    ]
    head = "## What it was built to reach\n\n"
    return head + table(("figure", "aim", "measured", "reached"), rows)


def _beside(part: Mapping[str, Any]) -> str:
    text = [f"### {LEADS[part['ids']]}\n"]
    for case in part["cases"]:
        us = case["sides"][0]
        rows = [
            (
                name(side["side"]),
                cell(side, lambda side: seconds(side["seconds"])),
                cell(side, partial(_ratio, us)),
                cell(side, lambda side: seconds(side["processor"])),
                cell(side, lambda side: mebibytes(side["peak"])),
                cell(side, lambda side: str(len(side["runs"]))),
            )
            for side in case["sides"]
        ]
        text.append(f"{ASKED[case['question']].capitalize()}, {counted(case['events'])} events:\n")
        text.append(table(("", "seconds", "beside mqlrules", "processor, s", "peak, MiB", "runs"), rows))
    largest = [case for case in part["cases"] if case["events"] == max(case["events"] for case in part["cases"])]
    text += [_phases(case) for case in largest if case["sides"][0].get("phases")]
    text += [_by_rule(case) for case in largest if case["question"] == "twenty"]
    if part["left_out"]:
        text.append(f"Not installed, and left out: {', '.join(part['left_out'])}.\n")
    return "\n".join(one for one in text if one)


def _ratio(us: Mapping[str, Any], side: Mapping[str, Any]) -> str:
    return times(side["seconds"] / us["seconds"]) if "seconds" in us else ""


def _phases(case: Mapping[str, Any]) -> str:
    us = case["sides"][0]
    whole = sum(us["phases"].values())
    rows = [(phase, seconds(value), f"{value / whole:.0%}") for phase, value in us["phases"].items()]
    about = f"Where the time of mqlrules goes, {ASKED[case['question']]}, {counted(case['events'])} events:\n"
    return about + "\n" + table(("phase", "seconds", "of all"), rows)


def _by_rule(case: Mapping[str, Any]) -> str:
    peers = [side for side in case["sides"] if side["kind"] == "peer" and "seconds" in side]
    if not peers:
        return ""
    rules = [phase for phase in peers[0]["phases"] if phase != "ready"]
    rows = [(rule, *(seconds(side["phases"][rule]) for side in peers)) for rule in rules]
    rows.append(("until ready", *(seconds(side["phases"]["ready"]) for side in peers)))
    about = f"The peers rule by rule, {counted(case['events'])} events, seconds (mqlrules asks all at once):\n"
    return (
        f"<details>\n<summary>Rule by rule</summary>\n\n{about}\n{table(('', *map(_short, peers)), rows)}\n</details>\n"
    )


def _short(side: Mapping[str, Any]) -> str:
    return str(side["side"])


def _streams(part: Mapping[str, Any]) -> str:
    rows = [(side["side"], counted(side["events"]), f"{side['micros']:.2f}") for side in part["sides"]]
    return (
        "## One event at a time\n\nWhat an event costs `engine.feed`, beside a loop written for the same rules, and "
        "eql. eql gets fewer events: what\none costs it grows with the leads that wait.\n\n"
        + table(("", "events", "µs an event"), rows)
    )


def _scaling(part: Mapping[str, Any]) -> str:
    text = ["## More events, more rules\n"]
    text.append("The same events several times over, each time of other leads; the twenty rules:\n")
    rows = [
        (
            counted(int(side["side"])),
            cell(side, lambda side: seconds(side["seconds"])),
            cell(side, lambda side: f"{_each(side):.3f}"),
            cell(side, lambda side: mebibytes(side["peak"])),
        )
        for side in part["events"]
    ]
    text.append(table(("events", "seconds", "µs an event", "peak, MiB"), rows))
    text.append(
        f"Rules that share conditions: the twenty, then such as join two of their conditions; {counted(part['base'])} "
        "events. *Lifecycle*\nis `rules.run(file)`, which moves leads from stage to stage:\n"
    )
    rows = [
        (
            by_rule["side"],
            cell(by_rule, lambda side: seconds(side["seconds"])),
            cell(by_rule, lambda side: counted(side["rows"])),
            cell(moved, lambda side: seconds(side["seconds"])),
            cell(moved, lambda side: counted(side["rows"])),
        )
        for by_rule, moved in zip(part["rules"], part["moves"], strict=True)
    ]
    text.append(table(("rules", "each rule, s", "results", "lifecycle, s", "results"), rows))
    text.append(f"The same {counted(part['base'])} events as those of few leads:\n")
    rows = [
        (counted(shape["leads"]), name(side["side"]), cell(side, lambda side: seconds(side["seconds"])))
        for shape in part["shapes"]
        for side in shape["sides"]
    ]
    text.append(table(("leads", "", "seconds"), rows).replace("| ---: |", "| --- |", 1))
    return "\n".join(text)


def _each(side: Mapping[str, Any]) -> float:
    """Microseconds an event."""
    return float(side["seconds"]) / int(side["side"]) * 1e6


def _memory(part: Mapping[str, Any]) -> str:
    rows = [
        (
            f"`--memory {case['memory']}`" if case["memory"] else "by default: half of what is free",
            counted(case["events"]),
            cell(case, lambda case: seconds(case["wall"])),
            cell(case, lambda case: seconds(case["processor"])),
            cell(case, lambda case: mebibytes(case["peak"])),
        )
        for case in part["cases"]
    ]
    about = (
        "`mqlrules run --each-rule --out`, the twenty rules, the whole process from its start to the written file:\n"
    )
    return f"## A limit to the memory\n\n{about}\n" + table(
        ("", "events", "seconds", "processor, s", "peak, MiB"), rows
    )


def _first_run(part: Mapping[str, Any]) -> str:
    rows = [
        (which, *(seconds(case[key]["wall"]) for case in part["cases"]))
        for which, key in (("first run", "first"), ("the next", "later"), ("`mqlrules check`, before both", "check"))
    ]
    columns = ("seconds", *(f"round {number}" for number, _ in enumerate(part["cases"], 1)))
    text = [
        "## The first run on a new machine\n",
        "Loops are compiled when they are first needed, and kept. `mqlrules run` of the twenty rules, "
        f"{counted(part['events'])} events, as\nwhole processes, each time with nothing compiled before:\n",
        table(columns, rows),
    ]
    said = part["cases"][0]["said_first"]
    if said:
        text.append(f"The first run says:\n\n```text\n{said}\n```\n")
    if not any(case["check_compiled"] for case in part["cases"]):
        text.append("`mqlrules check` compiles nothing.\n")
    return "\n".join(text)


SECTIONS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "scaling": _scaling,
    "memory": _memory,
    "first-run": _first_run,
    "streams": _streams,
}


def _alternative(parts: Parts) -> str:
    """What the picture shows, for whoever doesn't see it."""
    said = []
    for part in (parts[ids] for ids in ("number", "uuid") if ids in parts):
        largest = max(case["events"] for case in part["cases"])
        for case in part["cases"]:
            best = best_peer(case["sides"])
            if case["events"] == largest and best is not None and "seconds" in case["sides"][0]:
                ours, theirs = seconds(case["sides"][0]["seconds"]), seconds(best["seconds"])
                what = f"{ASKED[case['question']]}, {counted(largest)} events, {part['ids']} leads"
                said.append(f"{what}: mqlrules {ours} s, the best peer {theirs} s ({best['side']})")
    return "; ".join(said) or "How time grows"


def _machines(parts: Parts) -> str:
    measured = [(part, one) for part in parts for one in _records(parts[part])]
    of_command: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for part, one in measured:
        of_command.setdefault((part, one["command"]), []).append(one)
    rows = []
    for (part, command), found in of_command.items():
        dates = sorted(one["date"] for one in found)
        loads = [one["machine"].partition(LOAD)[2].split()[0] for one in found]
        when = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
        rows.append((f"`{part}`", when, f"`{command}`", ", ".join(loads)))
    machines = {f"{one['machine'].partition(LOAD)[0]}; {one['platform']}; {one['python']}": None for _, one in measured}
    versions: dict[str, dict[str, None]] = {}
    for part in parts.values():
        for package, number in part["versions"].items():
            versions.setdefault(package, {})[number] = None
    text = ", ".join(f"{package} {' and '.join(found)}" for package, found in versions.items())
    columns = ("part", "done", "command", "load when done")
    return (
        "### Machine, versions, commands\n\n"
        + "".join(f"- {machine}\n" for machine in machines)
        + f"- {text}\n- *load* is that of the last minute, of other work and this\n\n"
        + table(columns, rows).replace("---:", "---")
    )


def _records(part: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What says when and where a part was measured: each case beside the peers for itself."""
    return part["cases"] if part["part"] in ("number", "uuid") else [part]


if __name__ == "__main__":
    main()
