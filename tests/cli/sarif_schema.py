"""What SARIF 2.1.0 asks of the parts of a log that are written, as a JSON schema: objects have no keys but these."""

from typing import Any


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def _many(of: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": of, **more}


_TEXT = {"type": "string", "minLength": 1}
_MESSAGE = _closed(["text"], text=_TEXT)
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_FROM_ONE = {"type": "integer", "minimum": 1}
# A URI reference: no blanks, no backslashes.
_FILE = _closed(["uri"], uri={"type": "string", "pattern": r"^[^\s\\]+$"})
_REGION = _closed(["startLine"], startLine=_FROM_ONE, startColumn=_FROM_ONE, endLine=_FROM_ONE, endColumn=_FROM_ONE)
_PLACE = _closed(["artifactLocation"], artifactLocation=_FILE, region=_REGION)
_REPLACEMENT = _closed(["deletedRegion"], deletedRegion=_REGION, insertedContent=_closed([], text={"type": "string"}))
_CHANGE = _closed(
    ["artifactLocation", "replacements"], artifactLocation=_FILE, replacements=_many(_REPLACEMENT, minItems=1)
)
_FIX = _closed(["artifactChanges"], description=_MESSAGE, artifactChanges=_many(_CHANGE, minItems=1))
_RULE = _closed(
    ["id"],
    id=_TEXT,
    name=_TEXT,
    shortDescription=_MESSAGE,
    fullDescription=_MESSAGE,
    help=_MESSAGE,
    defaultConfiguration=_closed([], level=_LEVEL),
)
_RESULT = _closed(
    ["message"],
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=_LEVEL,
    message=_MESSAGE,
    locations=_many(_closed([], physicalLocation=_PLACE)),
    relatedLocations=_many(_closed([], physicalLocation=_PLACE, message=_MESSAGE), uniqueItems=True),
    fixes=_many(_FIX, uniqueItems=True),
)
_DRIVER = _closed(["name"], name=_TEXT, version=_TEXT, rules=_many(_RULE, uniqueItems=True))
_NOTIFICATION = _closed(["message"], level=_LEVEL, message=_MESSAGE)
_INVOCATION = _closed(
    ["executionSuccessful"],
    executionSuccessful={"type": "boolean"},
    toolExecutionNotifications=_many(_NOTIFICATION),
)
_RUN = _closed(
    ["tool"],
    tool=_closed(["driver"], driver=_DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=_many(_RESULT),
    invocations=_many(_INVOCATION, uniqueItems=True),
)
SCHEMA = _closed(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"},
    runs=_many(_RUN),
)
