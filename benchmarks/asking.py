"""How long the interactive session takes: reading events, and answering a typed condition.

python benchmarks/asking.py [--data FILE --rules FILE] [--events 100000] [--leads 5000] [--runs 5] [--markdown]

Each condition is typed as a person types it, into a session with the twenty rules: parsed, checked, asked of every
lead, and shown.
"""

import gc
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from measuring import FIGURES, Seconds, Table, Watch, interleaved, options, report, stop
from rich.console import Console
from yardstick import events_file, rules_file

from mqlrules.repl.data import Given, load
from mqlrules.repl.output import show
from mqlrules.repl.script import respond, with_events_of, with_rules_of
from mqlrules.repl.session import Session

TARGET = 1.0

INPUTS = {
    "a count in a window": "visited pricing >= 2 within 7d",
    "every event": "activity >= 5 within 1h",
    "silence": "no activity within 30d",
    "a property": 'page_viewed where (path matches "/pricing*") >= 2 and no purchased within 90d',
    "a sequence": "visited pricing then attended webinar then downloaded guide within 14d",
    "a sequence with a deadline": "added cart then no checked out for 2d",
    "a sum": "sum(amount of purchased) >= 500 within 30d",
    "days": "days(activity) >= 3 within 7d",
    "one value at a time": "(page_viewed >= 3 within 1d) with same path",
    "in the past": "visited pricing since requested demo",
    "a tree of six parts": ":tree (visited pricing >= 2 or requested demo) and attended webinar and no purchased",
    "all rules": ":stages",
    "a lead": ":lead {lead}",
    "why": ":why r02 {lead}",
}


def main() -> None:
    """Measures and prints."""
    parser = options(__doc__, runs=5)
    parser.add_argument("--data", type=Path, help="events as Parquet")
    parser.add_argument("--rules", type=Path, help="rules (default: the twenty of the yardstick)")
    parser.add_argument("--events", type=int, default=100_000, help="how many events are made (default 100,000)")
    parser.add_argument("--leads", type=int, default=5_000, help="of how many leads at most (default 5,000)")
    arguments = parser.parse_args()
    rules = rules_file(arguments.rules)
    with tempfile.TemporaryDirectory() as folder:
        events = events_file(arguments.data, arguments.events, arguments.leads, Path(folder))
        given = Given((str(events),))
        begun = with_rules_of(Session(), (str(rules),)).session
        session = with_events_of(begun, given).session
        data = session.data
        first = begun.checked.program.rules[0].name
        lead = max(data.leads, key=lambda each: len(data.history(each)))
        inputs = {name: text.replace("{lead}", str(lead)).replace("r02", first) for name, text in INPUTS.items()}

        def answer(text: str) -> Callable[[], Seconds]:
            def work() -> None:
                reply = respond(session, text)
                if reply.failed:
                    stop(f"`{text}` can't be answered with these rules and events")
                show(reply.parts, Console(file=io.StringIO(), width=100), Console(file=io.StringIO()))

            return lambda: timed(work)

        cases = {"reading the events": lambda: timed(lambda: load(given, begun.checked.program))}
        cases |= {f"{name}: `{text}`": answer(text) for name, text in inputs.items()}
        taken = interleaved(cases, arguments.runs)
    target = f"{TARGET * 1e3:.0f}" if len(data.events) <= 100_000 else ""
    rows = [
        (name, *timing.figures(1e-3, 1), "" if name.startswith(("reading", "all rules")) else target)
        for name, timing in taken.items()
    ]
    table = Table(
        f"A session with {len(data.events):,} events of {len(data.leads):,} leads, milliseconds",
        ("what", *FIGURES, "at most"),
        rows,
        (
            f"{arguments.runs} runs of each, in turn. The lead has {len(data.history(lead)):,} events, "
            f"the rules are {len(begun.checked.program.rules)}.",
        ),
    )
    report("The interactive session", [table], markdown=arguments.markdown)


def timed(work: Callable[[], object]) -> Seconds:
    """What one piece of work takes; what was left behind before is swept away first."""
    gc.collect()
    watch = Watch()
    work()
    return watch.read()


if __name__ == "__main__":
    main()
