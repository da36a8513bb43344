"""The incremental engine: one event at a time, with a state a lead that is bounded wherever the rule set allows it.

It is built in layers. *Kernels* keep the state of one leaf of the plan each, in the cells of a lead (``counts``,
``matches``, ``sequences`` …). The *machine* arranges the kernels of a plan (``compile``): which of them an event of a
name moves, which conditions must be looked at again then, and which instants they wait for. The *runner* moves a lead
through the lifecycle, the *probe* asks conditions outside it. *Engines* keep leads, and *snapshots* are their states as
JSON.
"""

from mqlrules.engine.incremental.engine import Engine, LeadEngine
from mqlrules.engine.incremental.errors import LateEvent, OtherRules, SnapshotError
from mqlrules.engine.incremental.probe import Probe, Trial, condition_holds, entries_of
from mqlrules.engine.incremental.runner import Runner, Watched
from mqlrules.engine.incremental.timeline import Timeline, TimelineRunner

__all__ = [
    "Engine",
    "LateEvent",
    "LeadEngine",
    "OtherRules",
    "Probe",
    "Runner",
    "SnapshotError",
    "Timeline",
    "TimelineRunner",
    "Trial",
    "Watched",
    "condition_holds",
    "entries_of",
]
