"""How long it takes to check a file of a thousand rules: stage by stage in one process, and as a whole process.

python benchmarks/many_rules.py [--rules 1000] [--runs 5] [--markdown]
"""

import gc
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from made_rules import made_rules
from measuring import FIGURES, Seconds, Table, Watch, command_line, interleaved, options, process_seconds, report, stop

from mqlrules.check.program import Program
from mqlrules.check.resolve import check
from mqlrules.engine.incremental import Engine
from mqlrules.plan.lower import lower
from mqlrules.ruleset import check_text
from mqlrules.syntax.parse import parse
from mqlrules.text.source import Source

TARGET = 1.5


def timed(work: Callable[[], Any]) -> Seconds:
    """What one piece of work takes; what was left behind before is swept away first."""
    gc.collect()
    watch = Watch()
    work()
    return watch.read()


def checked(text: str) -> Program:
    """The program of the rules; ends the benchmark if anything is wrong with them: then it would measure messages."""
    found = check_text(text)
    if found.diagnostics:
        stop(f"the rules that were made are wrong: {found.diagnostics[0].message}")
    return found.program


def main() -> None:
    """Measures and prints."""
    parser = options(__doc__, runs=5)
    parser.add_argument("--rules", type=int, default=1000, help="how many rules (default 1000)")
    arguments = parser.parse_args()
    text = made_rules(arguments.rules)
    source = Source("made.mql", text)
    parsed, program = parse(source), checked(text)
    plan = lower(program)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "made.mql")
        file.write_text(text, encoding="utf-8")
        command = [*command_line(), "check", str(file)]
        taken = interleaved(
            {
                "parse": lambda: timed(lambda: parse(source)),
                "check": lambda: timed(lambda: check((parsed,), None)),
                "lower": lambda: timed(lambda: lower(program)),
                "build an engine": lambda: timed(lambda: Engine(plan)),
                "mqlrules check, whole process": lambda: process_seconds(command),
            },
            arguments.runs,
        )
    target = f"{TARGET * 1e3:.0f}" if arguments.rules == 1000 else ""
    rows = [(name, *timing.figures(1e-3, 1), target if "whole" in name else "") for name, timing in taken.items()]
    held = f"{len(program.events)} events, {len(program.segments)} segments, {len(program.scores)} scores"
    table = Table(
        f"A file of {len(program.rules):,} rules ({text.count(chr(10)):,} lines, {len(text) / 1024:,.0f} KiB; {held}),"
        " milliseconds",
        ("what", *FIGURES, "at most"),
        rows,
        (
            f"{arguments.runs} runs of each, in turn. Stages run in one process, on what the stage before has made;",
            "`mqlrules check` parses and checks, it neither lowers nor builds an engine.",
        ),
    )
    report("Many rules in one file", [table], markdown=arguments.markdown)


if __name__ == "__main__":
    main()
