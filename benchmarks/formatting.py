"""What a thousand rules take to be put in the one layout: step by step, and as a whole process.

python benchmarks/formatting.py [--rules 1000] [--runs 5] [--markdown]
"""

import gc
import tempfile
from collections.abc import Callable
from pathlib import Path

from made_rules import made_rules
from measuring import FIGURES, Seconds, Table, Watch, command_line, interleaved, options, process_seconds, report, stop

from mqlrules.format.formatter import formatted
from mqlrules.syntax.parse import parse
from mqlrules.syntax.tree import Parsed
from mqlrules.text.source import Source

TARGET = 1.5


def read(text: str) -> Parsed:
    """The rules as they are read; ends the benchmark if anything is wrong: then nothing would be formatted."""
    parsed = parse(Source("made.mql", text))
    if parsed.diagnostics:
        stop(f"the rules that were made are wrong: {parsed.diagnostics[0].message}")
    return parsed


def timed(work: Callable[[], object]) -> Seconds:
    """What one piece of work takes; what was left behind before is swept away first."""
    gc.collect()
    watch = Watch()
    work()
    return watch.read()


def with_comments(text: str) -> str:
    """The rules with a comment behind every line, and one before every outcome."""
    return text.replace("\n", "  # why\n").replace(" => ", "  # so\n    => ")


def main() -> None:
    """Measures and prints."""
    parser = options(__doc__, runs=5)
    parser.add_argument("--rules", type=int, default=1000, help="how many rules (default 1000)")
    arguments = parser.parse_args()
    text = made_rules(arguments.rules)
    parsed = read(text)
    neat, commented = read(formatted(parsed)), read(with_comments(text))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "made.mql")

        def format_file() -> Seconds:
            file.write_text(text, encoding="utf-8")
            return process_seconds([*command_line(), "fmt", str(file)])

        taken = interleaved(
            {
                "parse": lambda: timed(lambda: parse(parsed.source)),
                "format": lambda: timed(lambda: formatted(parsed)),
                "format what is formatted": lambda: timed(lambda: formatted(neat)),
                "format with comments": lambda: timed(lambda: formatted(commented)),
                "mqlrules fmt, whole process": format_file,
            },
            arguments.runs,
        )
    target = f"{TARGET * 1e3:.0f}" if arguments.rules == 1000 else ""
    rows = [(name, *timing.figures(1e-3, 1), target if "whole" in name else "") for name, timing in taken.items()]
    size = f"{text.count(chr(10)):,} lines, {len(text) / 1024:,.0f} KiB"
    table = Table(
        f"A file of {arguments.rules:,} rules ({size}), milliseconds",
        ("what", *FIGURES, "at most"),
        rows,
        (f"{arguments.runs} runs of each, in turn; the whole process writes the file.",),
    )
    report("Formatting", [table], markdown=arguments.markdown)


if __name__ == "__main__":
    main()
