"""The fingerprint of a rule set: the same for the same meaning.

Taken of the plan, so layout, comments, spelling of names, the order of definitions and of restrictions don't count; the
order of rules does, for it decides between them.
"""

import hashlib
from typing import Any

import attrs

from mqlrules.language.record import Record
from mqlrules.plan.nodes import And, Not, Or, Plan

_NAMES: dict[type, str] = {And: "All", Or: "Any", Not: "Negation"}
"""The names under which node types enter a digest where that is not their own name. A store compares the fingerprint
that it was filled under, so renaming a type must not change any.
"""


def fingerprint(plan: Plan) -> str:
    """16 hexadecimal digits."""
    program = plan.program
    digests: dict[int, str] = {}
    rules = [
        (r.rule.name, r.rule.when, r.rule.lasting, r.rule.stage, r.rule.recycle, digest(r.condition, digests))
        for r in plan.rules
    ]
    segments = sorted((name, digest(node, digests)) for name, node in plan.segments.items())
    scores = sorted((name, digest(score, digests)) for name, score in plan.scores.items())
    whole = (program.lifecycle.ladder, program.lifecycle.outside, program.timezone, rules, segments, scores)
    return _hash(repr(whole))[:16]


def digest(value: Any, digests: dict[int, str]) -> str:
    """A digest of a node and all below it; ``digests`` are those of nodes already met, by identity."""
    if isinstance(value, Record):
        return digest(value.name, digests)
    if attrs.has(type(value)):
        known = digests.get(id(value))
        if known is None:
            kind = type(value)
            fields = [digest(getattr(value, f.name), digests) for f in attrs.fields(kind) if f.eq]
            known = digests[id(value)] = _hash(f"{_NAMES.get(kind, kind.__name__)}({','.join(fields)})")
        return known
    if isinstance(value, (tuple, list)):
        return f"[{','.join(digest(item, digests) for item in value)}]"
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(digest(item, digests) for item in value))}}}"
    return f"{type(value).__name__}:{value!r}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
