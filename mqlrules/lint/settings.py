"""Which lint rules run, and their settings: the ``lint`` table of the configuration, and options."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from mqlrules.language.suggest import closest
from mqlrules.lint.catalogue import matching, rules
from mqlrules.lint.record import LintRule, Settings
from mqlrules.text.configuration import SettingsError


@attrs.frozen
class Chosen:
    """The rules that are asked, and the settings of each by its name."""

    rules: tuple[LintRule, ...]
    settings: Mapping[str, Settings] = attrs.field(factory=dict)


def choose(select: Sequence[str] = (), ignore: Sequence[str] = (), table: Mapping[str, Any] | None = None) -> Chosen:
    """The rules of a call. ``select`` and ``ignore`` (codes, beginnings of codes, names) go over those of the table.

    Raises ``SettingsError`` for a word that stands for no rule, and for a setting that is wrong.
    """
    table = {} if table is None else table
    settings = {rule.name: dict(rule.settings) for rule in rules()}
    for key, value in table.items():
        if key in ("select", "ignore"):
            if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
                raise SettingsError(f'lint.{key} must be a list of codes or names: {key} = ["L001"]')
        else:
            _settle(settings, key, value)
    chosen = _meant(select or table.get("select", ["L"]))
    left_out = {rule.code for rule in _meant([*table.get("ignore", []), *ignore])}
    return Chosen(tuple(rule for rule in chosen if rule.code not in left_out), settings)


def _meant(words: Sequence[str]) -> list[LintRule]:
    found: dict[str, LintRule] = {}
    for word in words:
        named = matching(word)
        if not named:
            close = closest(word, [rule.name for rule in rules()])
            raise SettingsError(f"unknown lint rule {word}" + (f"; did you mean {close}?" if close else ""))
        found |= {rule.code: rule for rule in named}
    return [found[code] for code in sorted(found)]


def _settle(settings: dict[str, dict[str, object]], name: str, given: object) -> None:
    where = f"lint.{name}"
    if name not in settings or not settings[name]:
        if name in settings:
            raise SettingsError(f"lint: the rule {name} has no settings")
        close = closest(name, ["select", "ignore", *settings])
        raise SettingsError(f"lint has no setting {name}" + (f"; did you mean {close}?" if close else ""))
    if not isinstance(given, Mapping):
        raise SettingsError(f"{where} must be a table")
    for key, value in given.items():
        if key not in settings[name]:
            raise SettingsError(f"{where} has no setting {key}; the settings are {', '.join(settings[name])}")
        default = settings[name][key]
        if isinstance(default, tuple):
            if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
                raise SettingsError(f"{where}.{key} must be a list of texts")
            value = tuple(value)
        elif type(value) is not type(default):
            kinds = {str: "text", int: "a whole number", bool: "true or false"}
            raise SettingsError(f"{where}.{key} must be {kinds[type(default)]}")
        settings[name][key] = value
