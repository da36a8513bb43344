"""The inputs of a call: event files, a table of leads, how to read them, and what happens to unreadable rows."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from mqlrules.check.program import Program
from mqlrules.cli.command import note
from mqlrules.cli.writing import whole_file

# polars is imported with these, when the call is known to be a good one.
if TYPE_CHECKING:
    from mqlrules.profile.profile import Profile
    from mqlrules.readers import ColumnNames, Rejects, Remark
    from mqlrules.run.incremental_run import Batch


@attrs.frozen
class Inputs:
    """Where events and leads come from, as options and the configuration say.

    ``columns`` are the names of the columns of lead, time, event, ID, and of the lead in the table of leads. A file at
    ``rejects`` gets all rows that can't be read. ``allow_rejects``: they don't change the exit status.
    """

    events: tuple[str, ...] = ()
    leads: str | None = None
    format: str | None = None
    columns: tuple[str | None, ...] = ()
    rejects: Path | None = None
    allow_rejects: bool = False

    @property
    def names(self) -> "ColumnNames":
        """The names of the columns."""
        from mqlrules.readers import ColumnNames

        return ColumnNames(*self.columns)

    def read(self, program: Program) -> "Batch":
        """Reads everything, and reports what can't be read. Raises ``DataError`` for an input that is unreadable."""
        from mqlrules.run.incremental_run import read

        wait_no_longer()
        batch = read(program, self.events, self.leads, format=self.format, columns=self.names)
        self.report(batch.remarks, batch.rejects)
        return batch

    def profile(self, program: Program) -> "Profile":
        """What the events have, read only if it is not known yet; what can't be read is reported either way."""
        from mqlrules.profile.cache import kept_profile

        def read() -> "tuple[Profile, Sequence[str]]":
            from mqlrules.profile.profiling import profile_of_table
            from mqlrules.run.incremental_run import read as read_all

            wait_no_longer()
            batch = read_all(program, self.events, self.leads, format=self.format, columns=self.names)
            return profile_of_table(batch.table), batch.remarks_in_words()

        if "-" in self.events:
            profile, lines = read()
        else:
            profile, lines = kept_profile(self.events, (self.leads, self.format, self.columns), program, read)
        for line in lines:
            print(line, file=sys.stderr)
        return profile

    def report(self, remarks: "Sequence[Remark]", rejects: "Rejects") -> None:
        """Prints what is odd about the data and the first rows that can't be read; writes the rejects file."""
        from mqlrules.run.request import REJECTS_SHOWN, in_words

        for line in in_words(remarks, rejects):
            print(line, file=sys.stderr)
        if self.rejects is not None:
            with whole_file(self.rejects) as part:
                rejects.write(part)
            note(f"all rows that can't be read: {self.rejects}")
        elif len(rejects) > REJECTS_SHOWN:
            note("  (--rejects FILE keeps them all)")

    def status(self, rejects: "Rejects") -> int:
        """The exit status: 1 if rows can't be read, unless that is allowed."""
        return 1 if len(rejects) and not self.allow_rejects else 0


def wait_no_longer() -> None:
    """Lets Ctrl-C end a read that waits for input, once polars is loaded: its own handler would let it wait on."""
    if hasattr(signal, "siginterrupt"):
        signal.siginterrupt(signal.SIGINT, True)
