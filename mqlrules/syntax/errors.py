"""The diagnostics about text and syntax (E0xx): one constructor each."""

from collections.abc import Iterable

from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source
from mqlrules.text.span import Span


def _error(code: str, source: Source, span: Span, message: str, hint: str | None) -> Diagnostic:
    return Diagnostic(code, "error", message, hint, source, span)


def unexpected(source: Source, span: Span, found: str, expected: Iterable[str]) -> Diagnostic:
    """The fallback: what was found, and what could stand there."""
    return _error("E020", source, span, f"`{found}` cannot stand here.", "Possible: " + ", ".join(expected))


def empty_event_name(source: Source, span: Span) -> Diagnostic:
    return _error("E030", source, span, "The name of this event is empty.", "Write the name between the quotes.")


def unknown_escape(source: Source, span: Span, written: str) -> Diagnostic:
    return _error("E031", source, span, f"`{written}` means nothing in a string.", r"Write `\\` for a backslash.")


def faulty_literal(source: Source, span: Span, kind: str, written: str) -> Diagnostic:
    return _error("E032", source, span, f"`{written}`: {kind}", None)


def counted_condition(source: Source, span: Span) -> Diagnostic:
    return _error("E033", source, span, "Only events can be counted.", None)


def step_is_no_event(source: Source, span: Span) -> Diagnostic:
    return _error("E034", source, span, "`then` joins events.", None)


def said_twice(source: Source, span: Span, kind: str) -> Diagnostic:
    return _error("E035", source, span, f"`{kind}` is said twice.", None)


def lone_for(source: Source, span: Span) -> Diagnostic:
    return _error("E036", source, span, "`for` follows `then no …` alone.", None)
