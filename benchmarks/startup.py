"""How long whole processes take: `mqlrules check` of ten rules, beside Python itself and the packages it stands on.

python benchmarks/startup.py [--runs 15] [--markdown]
"""

import shlex
import sys
import tempfile
from functools import partial
from pathlib import Path

from measuring import FIGURES, Table, command_line, interleaved, options, process_seconds, report

TARGET = 0.2

RULES = """\
lifecycle anonymous > MCL > MEL > MQL > SQL > SRL > customer, disqualified
timezone "Europe/Berlin"

event visited pricing = page_viewed where (path matches "/pricing*" and duration >= 10s)
event decision content = downloaded pricing guide or downloaded product sheet

segment ideal_customer "Who we sell to" =
    lead.employees >= 200 and lead.industry in ("software", "fintech")

score engagement "How warm the lead is"
    +10 per visited pricing up to 30
    +25 for attended webinar within 90d
    +5 per opened email up to 15 halve every 30d
    +15 if ideal_customer
    -50 for unsubscribed
    between 0 and 100

rule known:      signed up or decision content => MCL
rule returning:  days(page_viewed) >= 3 within 14d => MEL
rule warm:       visited pricing >= 2 and attended webinar within 30d => MQL
rule nurture:    visited pricing then attended webinar then decision content within 14d => MQL
rule cart:       added cart then no checked out for 2d => MQL
rule scored:     ideal_customer and engagement >= 50 => MQL
rule fast_track: requested demo and lead.employees >= 500 => SQL
rule won:        sum(amount of purchased) >= 500 within 90d => customer
rule recycle:    when MQL for 30d, no requested demo within 30d => recycle to MEL
rule robot:      page_viewed >= 30 within 10m => disqualified
"""


def main() -> None:
    """Measures and prints."""
    arguments = options(__doc__, runs=15).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder, "ten.mql")
        rules.write_text(RULES, encoding="utf-8")
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            'python -c "import attrs"': [sys.executable, "-c", "import attrs"],
            'python -c "import click"': [sys.executable, "-c", "import click"],
            'python -c "import lark"': [sys.executable, "-c", "import lark"],
            'python -c "import mqlrules"': [sys.executable, "-c", "import mqlrules"],
            "mqlrules check, 10 rules": [*command_line(), "check", str(rules)],
        }
        # The first of each compiles modules and fills the disk's cache: it is not counted.
        cases = {name: partial(process_seconds, command) for name, command in commands.items()}
        interleaved(cases, 1)
        taken = interleaved(cases, arguments.runs)
    targets = {"mqlrules check, 10 rules": f"{TARGET * 1e3:.0f}"}
    rows = [(name, *timing.figures(1e-3, 1), targets.get(name, "")) for name, timing in taken.items()]
    called = shlex.join([Path(command_line()[0]).name, *command_line()[1:]])
    table = Table(
        "Whole processes, milliseconds",
        ("process", *FIGURES, "at most"),
        rows,
        (
            f"{arguments.runs} runs of each, in turn, after one that is not counted.",
            f"The command is called as `{called}`.",
        ),
    )
    report("Start-up", [table], markdown=arguments.markdown)


if __name__ == "__main__":
    main()
