"""mqlrules: a small language and embedded engine for deciding when a lead is qualified.

    rules = mqlrules.loads("visited pricing >= 2 and attended webinar within 30d => MQL")
    result = rules.evaluate(events)

What stands here is the public API; its names load when they are used.
"""

from importlib import import_module

# What `typing` would say; but that takes longer than all else here, and meanwhile a Ctrl-C is a traceback.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from mqlrules.durable.async_engine import AsyncEngine
    from mqlrules.durable.engine import DurableEngine
    from mqlrules.durable.erasure import Forgotten
    from mqlrules.durable.errors import NotMerged, StoreError, UnknownOutcome
    from mqlrules.durable.migration import Migration, Moved
    from mqlrules.durable.records import DeadLetter, Due, Pending, Rebuilt
    from mqlrules.durable.rewinding import Rewound
    from mqlrules.durable.telemetry import Stats
    from mqlrules.engine.incremental import Engine, LateEvent, LeadEngine, OtherRules, SnapshotError
    from mqlrules.engine.results import Change, Transition
    from mqlrules.events.errors import DataError, MissingExtra
    from mqlrules.events.model import Event
    from mqlrules.explain.model import Part, RuleExplanation, Step, Suggestion, Verdict
    from mqlrules.explain.pages import Explanation
    from mqlrules.language.instants import EventError
    from mqlrules.plan.projection import Needs
    from mqlrules.ruleset import RuleError, RuleSet, load, loads
    from mqlrules.run.result import Result
    from mqlrules.testing.results import TestResult
    from mqlrules.text.diagnostic import Diagnostic
    from mqlrules.text.error import Error

__version__ = "0.1.0"

_HOME = {
    "AsyncEngine": "mqlrules.durable.async_engine",
    "Change": "mqlrules.engine.results",
    "DataError": "mqlrules.events.errors",
    "DeadLetter": "mqlrules.durable.records",
    "Diagnostic": "mqlrules.text.diagnostic",
    "Due": "mqlrules.durable.records",
    "DurableEngine": "mqlrules.durable.engine",
    "Engine": "mqlrules.engine.incremental",
    "Error": "mqlrules.text.error",
    "Event": "mqlrules.events.model",
    "EventError": "mqlrules.language.instants",
    "Explanation": "mqlrules.explain.pages",
    "Forgotten": "mqlrules.durable.erasure",
    "LateEvent": "mqlrules.engine.incremental",
    "LeadEngine": "mqlrules.engine.incremental",
    "Migration": "mqlrules.durable.migration",
    "MissingExtra": "mqlrules.events.errors",
    "Moved": "mqlrules.durable.migration",
    "Needs": "mqlrules.plan.projection",
    "NotMerged": "mqlrules.durable.errors",
    "OtherRules": "mqlrules.engine.incremental",
    "Part": "mqlrules.explain.model",
    "Pending": "mqlrules.durable.records",
    "Rebuilt": "mqlrules.durable.records",
    "Result": "mqlrules.run.result",
    "Rewound": "mqlrules.durable.rewinding",
    "RuleError": "mqlrules.ruleset",
    "RuleExplanation": "mqlrules.explain.model",
    "RuleSet": "mqlrules.ruleset",
    "SnapshotError": "mqlrules.engine.incremental",
    "Stats": "mqlrules.durable.telemetry",
    "Step": "mqlrules.explain.model",
    "StoreError": "mqlrules.durable.errors",
    "Suggestion": "mqlrules.explain.model",
    "TestResult": "mqlrules.testing.results",
    "Transition": "mqlrules.engine.results",
    "UnknownOutcome": "mqlrules.durable.errors",
    "Verdict": "mqlrules.explain.model",
    "load": "mqlrules.ruleset",
    "loads": "mqlrules.ruleset",
}

__all__ = [
    "AsyncEngine",
    "Change",
    "DataError",
    "DeadLetter",
    "Diagnostic",
    "Due",
    "DurableEngine",
    "Engine",
    "Error",
    "Event",
    "EventError",
    "Explanation",
    "Forgotten",
    "LateEvent",
    "LeadEngine",
    "Migration",
    "MissingExtra",
    "Moved",
    "Needs",
    "NotMerged",
    "OtherRules",
    "Part",
    "Pending",
    "Rebuilt",
    "Result",
    "Rewound",
    "RuleError",
    "RuleExplanation",
    "RuleSet",
    "SnapshotError",
    "Stats",
    "Step",
    "StoreError",
    "Suggestion",
    "TestResult",
    "Transition",
    "UnknownOutcome",
    "Verdict",
    "load",
    "loads",
]


def __getattr__(name: str) -> "Any":
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'mqlrules' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
