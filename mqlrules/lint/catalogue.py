"""All lint rules: every module of this package with a record ``RULE``. There is no list of them."""

import importlib
import pkgutil
from functools import cache

import mqlrules.lint
from mqlrules.lint.record import LintRule


@cache
def rules() -> tuple[LintRule, ...]:
    """The rules by their codes."""
    found = []
    for module in pkgutil.iter_modules(mqlrules.lint.__path__, "mqlrules.lint."):
        if not module.ispkg:
            record = getattr(importlib.import_module(module.name), "RULE", None)
            if isinstance(record, LintRule):
                found.append(record)
    return tuple(sorted(found, key=lambda rule: rule.code))


def matching(word: str) -> tuple[LintRule, ...]:
    """The rules that a code (``L004``), a prefix of codes (``L00``, ``L``), or a name selects."""
    return tuple(rule for rule in rules() if rule.name == word or (word[:1] == "L" and rule.code.startswith(word)))
