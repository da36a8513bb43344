"""Where the time of the columnar engine goes: clocks put around its steps from outside.

Start is the import and loading the rules. Then rows are read, encoded and divided into partitions by lead, in threads.
Each partition is sorted and its rules evaluated, several partitions at a time. Last comes the table of results. Time
that threads spend at once is divided by the seconds that they spend on each step.
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

        run = import_module("mqlrules.engine.columnar.table_run")
        self._at["start"] = time.perf_counter()
        self._around(run.Partitions, "take", "order")
        self._around(run, "batch_of", "order")
        self._around(run, "evaluation_of", "rules")
        self._around(run.Run, "_first_times", "rules")
        self._around(run.Run, "_transitions", "rules")
        self._around(run.LeadCodes, "names", "names")
        self._mark(run.Run, "_evaluating", "evaluate", after=False)
        self._mark(bulk.ColumnarRun, "outcome", "output", after=True)

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
