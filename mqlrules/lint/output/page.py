"""Rules in words: what ``explain-code`` says of one, and the page of all of them, docs/lint.md."""

import textwrap

from mqlrules.lint.catalogue import rules
from mqlrules.lint.record import LintRule

_WIDTH = 100


def explanation(rule: LintRule) -> str:
    """A rule for a terminal."""
    paragraphs = [
        f"{rule.code} {rule.name} ({rule.severity})",
        _wrapped(rule.what),
        f"Why: {rule.why}",
        _indented(rule.example),
        f"Fix: {rule.remedy}",
        _indented(rule.corrected),
    ]
    if rule.settings:
        paragraphs.append(f"Settings, [lint.{rule.name}] in mqlrules.toml:\n" + _indented(_settings(rule)))
    shown = [p if p.startswith(" ") or "\n" in p else _wrapped(p) for p in paragraphs]
    return "\n\n".join(shown) + "\n"


def page(before: str) -> str:
    """The whole page: what is said of the linter, then every rule."""
    names = "\n".join(f"| [{r.code}](#{r.code.lower()}-{r.name}) | `{r.name}` | {r.severity} |" for r in rules())
    table = f"| code | name | severity |\n| --- | --- | --- |\n{names}\n"
    return "\n".join([before.rstrip(), "", table, *(_section(rule) for rule in rules())]).rstrip() + "\n"


def _section(rule: LintRule) -> str:
    # The examples are run by the tests of the rules; `mql` without a path is only shown on a page.
    parts = [f"### {rule.code} {rule.name}", f"{rule.what} ({rule.severity})", rule.why]
    parts += [f"```mql\n{rule.example.rstrip()}\n```", rule.remedy, f"```mql\n{rule.corrected.rstrip()}\n```"]
    if rule.settings:
        parts.append(f"```toml\n[lint.{rule.name}]\n{_settings(rule).rstrip()}\n```")
    return "\n\n".join(part if part.startswith("```") else _wrapped(part, 120) for part in parts) + "\n"


def _settings(rule: LintRule) -> str:
    return "".join(f"{key} = {_toml(value)}\n" for key, value in rule.settings.items())


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return "[\n" + "".join(f'    "{item}",\n' for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def _wrapped(text: str, width: int = _WIDTH) -> str:
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def _indented(text: str) -> str:
    return textwrap.indent(text.rstrip(), "    ")
