"""What an aggregate counts of what is visible, and what comes out (section 5)."""

from fractions import Fraction
from typing import Any

from mqlrules.engine.reference.visible import Placed
from mqlrules.explain.view import Seen
from mqlrules.explain.witnesses import Spec
from mqlrules.language.values import at_path, millionths
from mqlrules.plan import nodes as n


def counted(leaf: n.Aggregate, seen: Seen) -> list[Placed]:
    """The visible matches that an aggregate counts: with the property, in a type that fits."""
    visible = seen.visible(leaf.pattern, leaf.interval)
    return [one for one in visible if _counts(leaf, one.event.properties)]


def _counts(leaf: n.Aggregate, properties: Any) -> bool:
    if leaf.path is None:
        return True
    value = at_path(properties, leaf.path)
    return value is not None and leaf.record.fits.test(value, leaf.literal)


def counted_values(leaf: n.Aggregate, seen: Seen, spec: Spec | None = None) -> list[Any]:
    """The values that are counted, in order; those of sums and averages in millionths. With ``spec`` that of this
    event alone.
    """
    if leaf.path is None:
        return []
    if spec is None:
        events = [one.event.properties for one in counted(leaf, seen)]
    else:
        events = [spec.properties] if _counts(leaf, spec.properties) else []
    values = [at_path(properties, leaf.path) for properties in events]
    if leaf.record.result == "amount":
        return [millionths(value) for value in values]
    return values


def result(leaf: n.Aggregate, seen: Seen, zone: Any) -> Any:
    """What comes out: a number (exact), a value of the property, None where there is nothing."""
    found = counted(leaf, seen)
    match leaf.record.looks_at:
        case "date":
            looked_at = [zone.date_of(one.event.at) for one in found]
        case "property":
            looked_at = [at_path(one.event.properties, leaf.path or ()) for one in found]
    value = leaf.record.meaning(looked_at, leaf.literal)
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value
