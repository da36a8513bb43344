"""How long explanations take: of one lead with thousands of events, and of all leads of a file.

python benchmarks/explaining.py [--data FILE --rules FILE] [--runs 5] [--markdown]

The lead is the one with the most events of a million; all leads are those of 100,000 events.
"""

import gc
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring import FIGURES, Seconds, Table, Watch, command_line, interleaved, options, process_seconds, report
from yardstick import events_file, rules_file

from mqlrules.engine.histories import in_history_order
from mqlrules.explain.batch import BatchExplainer
from mqlrules.explain.explanation import explain_lead
from mqlrules.readers import histories
from mqlrules.ruleset import RuleSet, load
from mqlrules.run.incremental_run import read

ONE_LEAD = 0.5
ALL_LEADS = 20.0


def timed(work: Callable[[], Any]) -> Seconds:
    """What one piece of work takes; what was left behind before is swept away first."""
    gc.collect()
    watch = Watch()
    work()
    return watch.read()


def one_lead(rules: RuleSet, events: Path, runs: int) -> Table:
    """The lead with the most events: the rules of its next stage, and each rule alone."""
    batch = read(rules.program, [str(events)])
    leads = ((lead, in_history_order(of)) for lead, of in histories(batch.table))
    lead, history = max(leads, key=lambda lead: len(lead[1]))
    end = batch.end(None) or 0
    rules.plan  # noqa: B018 - lowered once, as by any caller

    def explain(rule: str | None) -> Callable[[], Seconds]:
        return lambda: timed(lambda: explain_lead(rules.plan, "", lead, history, {}, end, rule))

    cases = {"all rules of the next stage": explain(None)}
    cases |= {rule.name: explain(rule.name) for rule in rules.program.rules}
    taken = interleaved(cases, runs)
    rows = [(name, *timing.figures(1e-3, 1), f"{ONE_LEAD * 1e3:.0f}") for name, timing in taken.items()]
    return Table(
        f"One lead with {len(history):,} events, milliseconds",
        ("what", *FIGURES, "at most"),
        rows,
        (f"{runs} runs of each, in turn. The events are in memory, the rules are loaded.",),
    )


def all_leads(rules: RuleSet, rules_path: Path, events: Path, folder: Path, runs: int) -> Table:
    """Every lead of a file: in memory, and as a whole process."""
    batch = read(rules.program, [str(events)])
    end = batch.end(None) or 0
    leads = [(lead, in_history_order(of)) for lead, of in histories(batch.table)]

    def ask() -> None:
        many = BatchExplainer(rules.plan, {}, end)
        for lead, history in leads:
            many.of(lead, history)

    out = str(folder / "away.csv")
    command = [*command_line(), "explain", str(rules_path), "--events", str(events), "--batch", "--out", out]
    taken = interleaved(
        {
            "all leads, in memory": lambda: timed(ask),
            "mqlrules explain --batch --out away.csv, whole process": lambda: process_seconds(command),
        },
        min(runs, 3),
    )
    rows = [(name, *timing.figures(1, 1), f"{ALL_LEADS:.0f}") for name, timing in taken.items()]
    return Table(
        f"{len(leads):,} leads with {len(batch.table):,} events, {len(rules.program.rules)} rules, seconds",
        ("what", *FIGURES, "at most"),
        rows,
    )


def main() -> None:
    """Measures and prints."""
    parser = options(__doc__, runs=5)
    parser.add_argument("--data", type=Path, help="events as Parquet, for both parts")
    parser.add_argument("--rules", type=Path, help="the rules (default: the twenty of the yardstick)")
    arguments = parser.parse_args()
    path = rules_file(arguments.rules)
    rules = load(path)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "many").mkdir()
        tables = [
            one_lead(rules, events_file(arguments.data, 1_000_000, 50_000, folder / "many"), arguments.runs),
            all_leads(rules, path, events_file(arguments.data, 100_000, 5_000, folder), folder, arguments.runs),
        ]
    report("Explanations", tables, markdown=arguments.markdown)


if __name__ == "__main__":
    main()
