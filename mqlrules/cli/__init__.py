"""The command line: one file per command."""

import gc
import sys

from mqlrules.cli import interrupts


def main() -> int:
    """The command ``mqlrules``. Returns the exit status: 0 fine, 1 findings, 2 the call itself is wrong."""
    # Nothing loaded now becomes garbage, and collecting it takes a fifth of the time of `check`.
    gc.disable()
    interrupts.end_at_once()
    try:
        from mqlrules.cli.application import application
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        from mqlrules.events.errors import MissingExtra

        print(f"mqlrules: {MissingExtra('the command line needs click', 'terminal')}", file=sys.stderr)
        return 2
    status: int = application.main(prog_name="mqlrules", standalone_mode=False)
    # An interrupt while Python shuts down would show a traceback, too.
    interrupts.end_at_once()
    return status
