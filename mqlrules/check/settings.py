"""What holds for the whole rule set: lifecycle, time zone and schemas (sections 2 and 8)."""

from collections.abc import Iterable

from mqlrules.check import errors, program
from mqlrules.check.scope import Here, Scope
from mqlrules.check.symbols import Named
from mqlrules.check.types import OTHER_NAMES, PROPERTY_TYPES
from mqlrules.language.calendar import Zone
from mqlrules.language.names import ACTIVITY, normalise
from mqlrules.language.suggest import closest
from mqlrules.syntax import tree

_LEAD = "lead"


def settle(scope: Scope, statements: Iterable[Named]) -> None:
    """Read them all into the scope; of two that exclude each other the first counts."""
    zone: errors.Place | None = None
    schemas: dict[str, program.EventSchema] = {}
    places: dict[str, errors.Place] = {}
    scope.lifecycle = program.DEFAULT_LIFECYCLE
    for statement in statements:
        here = Here(scope, statement.source)
        place = here.place(statement.node)
        match statement.node:
            case tree.Lifecycle() as node:
                if scope.lifecycle_place is not None:
                    here.report(errors.statement_twice(place, "lifecycle", scope.lifecycle_place))
                else:
                    scope.lifecycle_place = place
                    scope.lifecycle = _lifecycle(here, node)
            case tree.Timezone(zone=name):
                if zone is not None:
                    here.report(errors.statement_twice(place, "timezone", zone))
                else:
                    zone = place
                    scope.zone = _zone(here, name)
            case tree.Schema() as node:
                _schema(here, node, schemas, places)
    scope.schemas = schemas


def _lifecycle(here: Here, node: tree.Lifecycle) -> program.Lifecycle:
    first: dict[str, tree.Name] = {}
    for name in (*node.ladder, *node.outside):
        earlier = first.setdefault(normalise(name.text), name)
        if earlier is not name:
            here.report(errors.stage_twice(here.place(name), name.text, here.place(earlier)))
    if len(node.ladder) + len(node.outside) == 1:
        here.report(errors.lonely_stage(here.place(node)))
    ladder = tuple(name.text for name in node.ladder if first[normalise(name.text)] is name)
    outside = tuple(name.text for name in node.outside if first[normalise(name.text)] is name)
    return program.Lifecycle(ladder, outside)


def _zone(here: Here, node: tree.Text) -> Zone:
    try:
        return Zone(node.value)
    except (KeyError, ValueError, OSError):
        here.report(errors.unknown_timezone(here.place(node), node.value, _near_zone(node.value)))
        return Zone("UTC")


def _near_zone(name: str) -> str | None:
    """A zone with a close name, or one whose city is named. Slow, for it reads the list of zones: for errors alone."""
    from zoneinfo import available_timezones  # It looks through a whole folder: only where a name is wrong.

    zones = sorted(available_timezones())
    wanted = normalise(name)
    city = next((zone for zone in zones if normalise(zone.rsplit("/", 1)[-1]) == wanted and "/" in zone), None)
    return city or closest(name, zones) or None


def _schema(
    here: Here, node: tree.Schema, schemas: dict[str, program.EventSchema], places: dict[str, errors.Place]
) -> None:
    name = node.event.text
    key = normalise(name)
    of_lead = key == _LEAD and not node.event.quoted
    place = here.place(node.event)
    properties = _properties(here, node)
    if key == ACTIVITY and not node.event.quoted:
        here.report(errors.schema_of_activity(place))
        return
    slot = "" if of_lead else key
    if slot in places:
        here.report(errors.schema_twice(place, name, places[slot]))
        return
    places[slot] = place
    schema = program.EventSchema(name, properties)
    if of_lead:
        here.scope.lead_schema = schema
        return
    schemas[key] = schema
    symbol = here.scope.symbols.find(name)
    if symbol is not None and symbol.kind == "event" and not node.event.quoted and not _says_itself(here.scope, key):
        here.report(errors.schema_of_definition(place, name, symbol.place))


def _says_itself(scope: Scope, key: str) -> bool:
    """Whether a definition builds on the raw event of its own name, so that a schema of that name has its place."""
    _, node = scope.definitions[key]
    waiting: list[tree.Pattern] = [node.pattern]
    while waiting:
        match waiting.pop():
            case tree.AnyPattern(alternatives=alternatives):
                waiting += alternatives
            case tree.EventPattern(phrase=phrase):
                if normalise(phrase.text) == key:
                    return True
    return False


def _properties(here: Here, node: tree.Schema) -> dict[str, program.PropertyType]:
    properties: dict[str, program.PropertyType] = {}
    first: dict[str, tree.Path] = {}
    for declaration in node.properties:
        name = ".".join(declaration.path.parts)
        earlier = first.setdefault(name, declaration.path)
        if earlier is not declaration.path:
            here.report(errors.property_twice(here.place(declaration.path), name, here.place(earlier)))
            continue
        type_ = next((known for known in PROPERTY_TYPES if known == declaration.type.text), None)
        if type_ is None:
            written = declaration.type.text
            near = closest(written, (*PROPERTY_TYPES, *OTHER_NAMES))
            close = None if near is None else OTHER_NAMES.get(near, near)
            here.report(errors.unknown_type(here.place(declaration.type), written, close))
        else:
            properties[name] = type_
    return properties
