"""The incremental engine: one event at a time, with a state a lead that is bounded wherever the rule set allows it.

Built in three layers. *Kernels* keep the state of one leaf of the plan in one cell of a lead's list of cells. The
*machine* arranges the kernels of a plan: which of them an event of a name moves, which conditions must then be looked
at again, and which instants they wait for. The *engine* drives leads through the machine: time first, then the event,
then the lifecycle.
"""

from mqlrules.engine.incremental.engine import Engine, LateEvent
from mqlrules.engine.incremental.runs import FirstTimes, Watch, condition_holds, run

__all__ = ["Engine", "FirstTimes", "LateEvent", "Watch", "condition_holds", "run"]
