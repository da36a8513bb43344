"""How diagnostics look: the line, carets under what is meant, hints, notes, colour."""

import pytest

from mqlrules.text.diagnostic import Diagnostic, Note
from mqlrules.text.render import render, render_all, render_marks
from mqlrules.text.source import Source
from mqlrules.text.span import Span


def shown(text: str, start: int, end: int, **options: object) -> list[str]:
    source = Source("r.mql", text)
    found = Diagnostic("E001", "error", "Wrong.", None, source, Span(start, end))
    return render(found, **options).splitlines()  # type: ignore[arg-type]


def test_all_of_a_diagnostic() -> None:
    source = Source("rules/a.mql", "one\ntwo three\n")
    other = Source("rules/b.mql", "\n" * 9 + "two = four")
    note = Note(other, Span(9, 12), "first defined here")
    found = Diagnostic("E101", "warning", "Twice.", "Do this\nand that.", source, Span(4, 7), (note,))
    assert [
        "warning[E101]: Twice.",
        "  --> rules/a.mql:2:1",
        "   |",
        " 2 | two three",
        "   | ^^^",
        "   = hint: Do this",
        "           and that.",
        "   = note: first defined here",
        "  --> rules/b.mql:10:1",
        "   |",
        "10 | two = four",
        "   | ^^^",
    ] == [line.replace("   -->", "  -->") for line in render(found).splitlines()]


def test_several_have_a_blank_line_between_them() -> None:
    source = Source("r.mql", "a")
    found = Diagnostic("E001", "error", "Wrong.", None, source, Span(0, 1))
    assert f"{render(found)}\n\n{render(found)}" == render_all([found, found])


@pytest.mark.parametrize(
    ("text", "start", "end", "line", "carets"),
    [
        ("abc def", 4, 7, "abc def", "    ^^^"),
        ("\tb c", 3, 4, "    b c", "      ^"),
        ("ab\tc", 3, 4, "ab  c", "    ^"),
        ("価格 x", 3, 4, "価格 x", "     ^"),
        ("価格 x", 0, 2, "価格 x", "^^^^"),
        ("e\u0301a x", 4, 5, "e\u0301a x", "   ^"),
        ("a\x00b c", 4, 5, "a<0000>b c", "         ^"),
        ("abc", 3, 3, "abc", "   ^"),
        ("abc\r\nd", 0, 3, "abc", "^^^"),
        ("a\ud800b", 1, 2, "a<D800>b", " ^^^^^^"),
    ],
)
def test_carets_stand_under_what_is_meant(text: str, start: int, end: int, line: str, carets: str) -> None:
    assert [f"1 | {line}", f"  | {carets}"] == shown(text, start, end)[3:]


def test_of_several_lines_the_first_and_the_last_are_shown() -> None:
    text = "rule x: (a or\n    b or\n    c or\n    d) => MQL"
    assert [
        "1 | rule x: (a or",
        "  |         ^^^^^",
        "  ...",
        "4 |     d) => MQL",
        "  |     ^^",
    ] == shown(text, 8, text.index(")") + 1)[3:]


def test_two_lines_are_both_shown() -> None:
    assert ["1 | a b", "  |   ^", "2 |  c", "  |  ^"] == shown("a b\n c", 2, 6)[3:]


@pytest.mark.parametrize("start", [0, 50, 90, 150, 297])
def test_long_lines_are_shortened_around_the_place(start: int) -> None:
    text = "x" * start + "BAD" + "y" * (297 - start)
    line, carets = (part[4:] for part in shown(text, start, start + 3)[3:])
    assert len(line) <= 100
    assert "BAD" == line[carets.index("^") : carets.rindex("^") + 1]
    assert (start > 97) == line.startswith("…")
    assert (start < 297) == line.endswith("…")


def test_long_places_are_cut_with_the_line() -> None:
    line, carets = (part[4:] for part in shown("a" * 30 + "b" * 500, 30, 530)[3:])
    assert len(line) <= 100
    assert len(carets) <= len(line)


def test_millions_of_characters_are_shown_at_once() -> None:
    assert len("\n".join(shown("a" * 3_000_000, 1_500_000, 2_000_000))) < 400


def test_the_end_of_an_empty_file_has_a_place_and_no_line() -> None:
    assert ["error[E001]: Wrong.", "  --> r.mql:1:1"] == shown("", 0, 0)


def test_the_place_after_the_last_line_is_shown() -> None:
    assert ["  --> r.mql:2:1", "  |", "2 |", "  | ^"] == shown("abc\n", 4, 4)[1:]


def test_colour_is_asked_for() -> None:
    assert "\x1b[" not in "".join(shown("abc", 0, 1))
    coloured = "\n".join(shown("abc", 0, 1, colour=True))
    assert "\x1b[1;31merror[E001]\x1b[0m" in coloured
    assert "\x1b[1;31m^\x1b[0m" in coloured


def test_several_places_are_marked_below_one_line_each_with_its_remark() -> None:
    source = Source("rules.mql", "one\n\ttwo and three\nfour\n  five\n")
    assert [
        "2 |     two and three",
        "  |     ^^^ never true",
        "  |             ^^^^^ never false",
        "3 | four",
        "  | ^^^^ of two lines the first",
    ] == render_marks(
        source, [(Span(5, 8), "never true"), (Span(13, 18), "never false"), (Span(19, 30), "of two lines the first")]
    )
    assert [] == render_marks(source, [])


def test_a_line_too_long_to_show_both_places_is_shown_for_each() -> None:
    source = Source("rules.mql", "a" * 10 + " " + "b" * 200 + " " + "c" * 10)
    shown = render_marks(source, [(Span(0, 10), "first"), (Span(212, 222), "last")], width=40)
    assert ["  | ^^^^^^^^^^ first", "  |               ^^^^^^^^^^ last"] == [shown[1], shown[3]]
    assert shown[0].startswith("1 | aaaaaaaaaa bbb")
    assert shown[2].endswith("bbb cccccccccc")
