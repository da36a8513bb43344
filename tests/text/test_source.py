"""Lines and columns of offsets, and the order of diagnostics."""

from mqlrules.text.diagnostic import Diagnostic, in_order
from mqlrules.text.source import Source
from mqlrules.text.span import Span


def test_positions_count_lines_and_code_points_from_1() -> None:
    source = Source("r.mql", "ab\r\n\n価格")
    assert [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (3, 1), (3, 2), (3, 3)] == [source.position(at) for at in range(8)]
    assert ["ab", "", "価格"] == [source.line(number) for number in (1, 2, 3)]


def test_diagnostics_are_ordered_by_place_and_said_once() -> None:
    source = Source("r.mql", "abc")

    def found(code: str, start: int) -> Diagnostic:
        return Diagnostic(code, "error", "Wrong.", None, source, Span(start, start + 1))

    ordered = in_order([found("E002", 1), found("E001", 2), found("E001", 1), found("E002", 1)])
    assert [("E001", 1), ("E002", 1), ("E001", 2)] == [(d.code, d.span.start) for d in ordered]


def test_the_smallest_span_that_covers_two() -> None:
    assert Span(1, 9) == Span(4, 9).to(Span(1, 2))
