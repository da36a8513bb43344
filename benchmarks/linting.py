"""How long it takes to lint a file of a thousand rules: asking all rules in one process, and as a whole process.

python benchmarks/linting.py [--rules 1000] [--runs 5] [--slowest 5] [--markdown]
"""

import gc
import shlex
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
from made_rules import made_rules
from measuring import FIGURES, Seconds, Table, Watch, command_line, interleaved, options, process_seconds, report, stop

from mqlrules.lint.runner import context_of, lint
from mqlrules.lint.settings import choose
from mqlrules.ruleset import check_text

TARGET = 3.0


def timed(work: Callable[[], Any]) -> Seconds:
    """What one piece of work takes; what was left behind before is swept away first."""
    gc.collect()
    watch = Watch()
    work()
    return watch.read()


def main() -> None:
    """Measures and prints."""
    parser = options(__doc__, runs=5)
    parser.add_argument("--rules", type=int, default=1000, help="how many rules (default 1000)")
    parser.add_argument("--slowest", type=int, default=5, help="how many lint rules are shown one by one (default 5)")
    arguments = parser.parse_args()
    text = made_rules(arguments.rules)
    checked = check_text(text)
    if not checked.sound:
        stop(f"the rules that were made are wrong: {checked.diagnostics[0].message}")
    chosen = choose()
    found = lint(checked.files, checked.program, chosen)
    context = context_of(checked.files, checked.program)
    asked = {
        f"{rule.code} {rule.name}": (lambda rule=rule: list(rule.check(attrs.evolve(context, settings=rule.settings))))
        for rule in chosen.rules
        if rule.asks == "rules"
    }
    alone = {name: timed(ask).wall for name, ask in asked.items()}
    slowest = sorted(alone, key=lambda name: -alone[name])[: arguments.slowest]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "made.mql")
        file.write_text(text, encoding="utf-8")
        # 1 is the status of findings, and says that all went well.
        command = ["sh", "-c", f"{shlex.join([*command_line(), 'lint', str(file)])}; test $? -le 1"]
        taken = interleaved(
            {
                "all rules": lambda: timed(lambda: lint(checked.files, checked.program, chosen)),
                **{name: (lambda ask=asked[name]: timed(ask)) for name in slowest},
                "mqlrules lint, whole process": lambda: process_seconds(command),
            },
            arguments.runs,
        )
    target = f"{TARGET * 1e3:.0f}" if arguments.rules == 1000 else ""
    rows = [(name, *timing.figures(1e-3, 1), target if "whole" in name else "") for name, timing in taken.items()]
    table = Table(
        f"A file of {len(checked.program.rules):,} rules ({text.count(chr(10)):,} lines, {len(text) / 1024:,.0f} KiB),"
        f" with {len(found):,} findings, milliseconds",
        ("what", *FIGURES, "at most"),
        rows,
        (f"{arguments.runs} runs of each, in turn. The lint rules that take longest are shown one by one.",),
    )
    report("Linting many rules", [table], markdown=arguments.markdown)


if __name__ == "__main__":
    main()
