"""Where the time of the columnar engine goes: clocks around its steps, put there from outside.

Start is the import and loading the rules; then rows are taken in: read, encoded and divided into parts by lead, side by
side in threads; each part is put in order, and its rules evaluated, some parts at a time; last comes the table of
results. What threads do at the same time is shared out by the seconds that they spend on each.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from typing import Any


class Clocks:
    """Wraps the steps of the engine; ask for the ``phases`` when a run is over that went through it."""

    def __init__(self, begun: float) -> None:
        self._begun = begun
        self._in_threads: Counter[str] = Counter()
        self._at: dict[str, float] = {}
        self._lock = threading.Lock()

    def put(self) -> None:
        """Puts the clocks where the engine's steps are."""
        from mqlrules.run import columnar_run as bulk

        # The package has a function of the same name.
        run = import_module("mqlrules.engine.columnar.table_run")
        self._at["start"] = time.perf_counter()
        self._around(run.Parts, "take", "order")
        self._around(run, "sheet_of", "order")
        self._around(run.Run, "_evaluation", "rules")
        self._around(run.Run, "_first_times", "rules")
        self._around(run.Run, "_transitions", "rules")
        self._around(run.LeadCodes, "names", "names")
        self._mark(run.Run, "_initial", "evaluate", after=False)
        self._mark(bulk.Bulk, "outcome", "output", after=True)

    def phases(self, ended: float) -> dict[str, float]:
        """Seconds of each phase; together all that there were."""
        evaluated = self._at["output"] - self._at["evaluate"]
        threads = Counter(self._in_threads)
        # Leads get their names back inside what gives the first times.
        threads["rules"] -= threads["names"]
        whole = sum(threads.values()) or 1.0
        return {
            "start": self._at["start"] - self._begun,
            "take rows in": self._at["evaluate"] - self._at["start"],
            "order": evaluated * threads["order"] / whole,
            "rules": evaluated * threads["rules"] / whole,
            "results": evaluated * threads["names"] / whole + ended - self._at["output"],
        }

    def _around(self, owner: Any, name: str, phase: str) -> None:
        inner: Callable[..., Any] = getattr(owner, name)

        def timed(*given: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            try:
                return inner(*given, **named)
            finally:
                with self._lock:
                    self._in_threads[phase] += time.perf_counter() - begun

        setattr(owner, name, timed)

    def _mark(self, owner: Any, name: str, phase: str, *, after: bool) -> None:
        inner: Callable[..., Any] = getattr(owner, name)

        def marked(*given: Any, **named: Any) -> Any:
            self._at[phase] = time.perf_counter()
            done = inner(*given, **named)
            if after:
                self._at[phase] = time.perf_counter()
            return done

        setattr(owner, name, marked)
