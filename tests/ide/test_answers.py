"""What editors ask about a rule set: explanations, names, quick fixes, structure; as plain data."""

import pytest

from mqlrules.ide.analysis import Analysis, analyse
from mqlrules.ide.document import write
from mqlrules.ide.hints import hints
from mqlrules.ide.hover import hover
from mqlrules.ide.layout import format_edits, indentation
from mqlrules.ide.outline import folds, selections, symbols
from mqlrules.ide.quick_fixes import applied, mendings
from mqlrules.ide.references import all_mentions, mention_at
from mqlrules.ide.renaming import Refused, definition_of, renamable, rename
from mqlrules.ide.signatures import signature
from mqlrules.profile.catalogue import Catalogue, EventEntry
from mqlrules.text.span import Span

RULES = """lifecycle lead > MQL > customer, lost
schema page_viewed (path: text)
event visited pricing = page_viewed where (path matches "/pricing*")
event page_viewed twice = page_viewed
list accounts from "accounts.csv"
segment good fit = lead.size >= 200 and not lost deal
score warmth "How warm"
    +10 per visited pricing up to 30
rule warm: visited pricing >= 2 and good fit => MQL
rule cold: when MQL for 30d, no "visited pricing" within 30d => recycle to lead
test "t"
    day 0 visited pricing
    expect good fit on day 0
    expect warmth = 10 on day 0
    expect MQL by warm
"""


def analysis_of(**texts: str) -> Analysis:
    catalogue = Catalogue({"page viewed": EventEntry("Page Viewed", 1234, {"path": ("/pricing",)})})
    return analyse([write(name, None, text) for name, text in texts.items()], None, catalogue)


def about(text: str, mark: str, after: int = 1) -> str:
    analysis = analysis_of(a=text)
    found = hover(analysis, analysis.sheets["a"], text.index(mark) + after)
    return "" if found is None else found.markdown


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ("visited pricing >=", "our word for an event"),
        ("page_viewed where", "1,234 times in the data"),
        ('"visited pricing"', "event as it is sent"),
        ("good fit =>", "A lead is in this segment while"),
        ("warmth =", "“How warm”"),
        ("rule warm", "A lead becomes MQL as soon as"),
        ("=> MQL", "A lead becomes MQL as soon as"),
        ("MQL\nrule", "the one after lead, before customer. Rules that lead there: `warm`"),
        ("lost\n", "outside of the order"),
        ("path matches", 'path: text, for example "/pricing"'),
        ("size", "**size**, what is known of a lead"),
        ("30d,", "30 days. A day is 24 hours"),
        ("matches", "`*` stands for any run of characters"),
        ("recycle", "starts afresh"),
        ("warm\n", "A lead becomes MQL"),
    ],
)
def test_a_name_or_keyword_is_explained(mark: str, words: str) -> None:
    assert words in about(RULES, mark)


def test_nothing_is_said_of_blanks_comments_and_unknown_files() -> None:
    assert "" == about("# visited\nrule a: b => MQL\n", "visited")
    assert "" == about("rule a: b => MQL\n\n\n", "\n\n", 2)


def test_a_broken_definition_is_explained_as_far_as_it_is_known() -> None:
    assert "something is wrong with it" in about("segment s = a then no b\nrule r: s => MQL\n", "s =>", 0)


def mentioned(mark: str, after: int = 1) -> list[tuple[str, int]]:
    analysis = analysis_of(a=RULES)
    mention = mention_at(analysis, analysis.sheets["a"], RULES.index(mark) + after)
    assert mention is not None
    found = all_mentions(analysis, mention.thing)
    return [(one.written, RULES.count("\n", 0, one.place.span.start) + 1) for one in found]


def test_a_definition_is_named_where_conditions_and_tests_speak_of_it_and_not_in_strings() -> None:
    assert [("visited pricing", line) for line in (3, 8, 9, 12)] == mentioned("visited pricing =")
    assert [("good fit", line) for line in (6, 9, 13)] == mentioned("good fit =>")
    assert [("warmth", line) for line in (7, 14)] == mentioned("warmth =")
    assert [("warm", line) for line in (9, 15)] == mentioned("warm:")
    assert [("MQL", line) for line in (1, 9, 10, 15)] == mentioned("MQL for")
    assert [("page_viewed", line) for line in (2, 3, 4)] == mentioned("page_viewed where")
    assert [('"visited pricing"', 10)] == mentioned('"visited pricing"', 3)
    assert [("path", line) for line in (2, 3)] == mentioned("path matches")


def test_raw_events_and_their_properties_are_declared_by_schemas() -> None:
    analysis = analysis_of(a=RULES)
    for mark, line in (("page_viewed where", 2), ("path matches", 2), ("MQL for", 1), ("visited pricing >=", 3)):
        mention = mention_at(analysis, analysis.sheets["a"], RULES.index(mark) + 1)
        assert mention is not None
        assert [line] == [RULES.count("\n", 0, p.span.start) + 1 for p in definition_of(analysis, mention.thing)]


def renamed(mark: str, name: str) -> str:
    analysis = analysis_of(a=RULES, b="rule other: Visited_Pricing and no good-fit => MQL\n")
    changes = rename(analysis, analysis.sheets["a"], RULES.index(mark) + 1, name)
    if isinstance(changes, Refused):
        return changes.reason
    texts = {"a": RULES, "b": analysis.sheets["b"].text}
    for change in sorted(changes, key=lambda one: one.place.span.start, reverse=True):
        span, text = change.place.span, texts[change.place.file]
        texts[change.place.file] = text[: span.start] + change.text + text[span.end :]
    return texts["a"] + texts["b"]


def test_names_are_renamed_in_any_spelling_and_in_all_files() -> None:
    text = renamed("visited pricing >=", "saw prices")
    assert 5 == text.count("saw prices")
    assert 1 == text.count("visited pricing") == text.count('"visited pricing"')
    assert "saw prices and no good-fit => MQL" in text
    assert 4 == renamed("MQL for", "hot lead").split("rule other")[0].count("hot lead")


@pytest.mark.parametrize(
    ("mark", "name", "reason"),
    [
        ("good fit =>", "a then b", "is no name"),
        ("good fit =>", "", "is no name"),
        ("good fit =>", "it's", "is no name"),
        ("good fit =>", "Warmth", "There is a score called `Warmth` already"),
        ("good fit =>", "lost deal", "is the name of an event that these rules use"),
        ("good fit =>", "activity", "`activity` is built in"),
        ("MQL for", "customer", "There is a stage called `customer` already"),
        ("page_viewed where", "x", "is an event as it is sent"),
        ("path matches", "x", "is a property as it is sent"),
        ("30d", "x", "There is no name here"),
    ],
)
def test_what_cannot_be_renamed_is_refused_with_the_reason(mark: str, name: str, reason: str) -> None:
    assert reason in renamed(mark, name)


def test_stages_that_no_statement_declares_are_not_renamed() -> None:
    analysis = analysis_of(a="rule a: b => MQL\n")
    found = renamable(analysis, analysis.sheets["a"], 14)
    assert isinstance(found, Refused)
    assert "without a `lifecycle` statement" in found.reason


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("rule x: a within 30 => MQL\n", "rule x: a within 30d => MQL\n"),
        ("rule x a => MQL\n", "rule x: a => MQL\n"),
        ("rul x: a => MQL\n", "rule x: a => MQL\n"),
        ("rule x: a where path = 1 => MQL\n", "rule x: a where (path = 1) => MQL\n"),
        ("rule x: a && b => MQL\n", "rule x: a and b => MQL\n"),
        ("rule x: (a and b => MQL\n", "rule x: (a and b) => MQL\n"),
        ("rule x: a => MLQ\n", "rule x: a => MQL\n"),
        ("rule x: a where (b = soft) => MQL\n", 'rule x: a where (b = "soft") => MQL\n'),
        ("rule x: a\nand b => MQL\n", "rule x: a\n    and b => MQL\n"),
        ("  rule x: a => MQL\n", "rule x: a => MQL\n"),
        ("score s\n    10 per a\n", "score s\n    +10 per a\n"),
        ('timezone "Europe/Berln"\n', 'timezone "Europe/Berlin"\n'),
        (
            'schema p (n: number)\nrule x: p where (n = "5") => MQL\n',
            "schema p (n: number)\nrule x: p where (n = 5) => MQL\n",
        ),
        ("# \u00fc\nrule y: b => MQL\nx within 3 days => MQL\n", "# \u00fc\nrule y: b => MQL\nx within 3d => MQL\n"),
    ],
)  # fmt: skip
def test_a_slip_is_mended(wrong: str, right: str) -> None:
    analysis = analysis_of(a=wrong)
    fixed = [
        applied(wrong, mending, "a")
        for finding in analysis.findings
        for mending in mendings(analysis.sheets["a"], finding)
    ]
    assert right in fixed


def test_a_name_that_is_nearly_another_is_mended_or_meant() -> None:
    text = "segment good fit = a\nrule x: good fitt => MQL\n"
    analysis = analysis_of(a=text)
    [finding] = analysis.findings
    words = [mending.words for mending in mendings(analysis.sheets["a"], finding)]
    assert ["Write `good fit`", 'Write `"good fitt"`: it is meant as the event of that name'] == words


def test_a_bare_window_is_read_out() -> None:
    def said(text: str) -> list[str]:
        return [hint.words for hint in hints(write("a", None, text), Span(0, len(text)))]

    assert ["of `b` alone"] == said("rule r: a and b within 30d => MQL\n")
    assert ["of `b` alone"] == said("score s\n    +1 if a or not b within 30d\n")
    assert [] == said("rule r: (a and b) within 30d => MQL\n")
    assert [] == said("rule r: a and (b within 30d) => MQL\n")
    assert [] == said("rule r: a within 7d and b within 30d => MQL\n")
    assert [] == said("rule r: lead.size > 3 and b within 30d => MQL\n")


def test_the_outline_has_every_statement() -> None:
    sheet = write("a", None, RULES + "x => MQL\nrule broken: and => \n")
    assert [
        ("lifecycle", "lifecycle"), ("schema", "page_viewed"), ("event", "visited pricing"),
        ("event", "page_viewed twice"), ("list", "accounts"), ("segment", "good fit"), ("score", "warmth"),
        ("rule", "warm"), ("rule", "cold"), ("test", "t"), ("rule", "=> MQL"), ("rule", "broken"),
    ] == [(symbol.kind, symbol.name) for symbol in symbols(sheet)]  # fmt: skip
    assert ["score warmth", 'test "t"'] == [
        sheet.text[f.span.start :].split("\n")[0][:12].strip() for f in folds(sheet)
    ]


def test_a_selection_grows_by_what_belongs_together() -> None:
    text = "rule r: (a and visited pricing where (path = 1)) => MQL\n"
    sheet = write("a", None, text)
    grown = [text[span.start : span.end] for span in selections(sheet, text.index("pricing") + 2)]
    assert [
        "pricing", "visited pricing", "a and visited pricing where (path = 1)",
        "(a and visited pricing where (path = 1))", text.strip(), text,
    ] == grown  # fmt: skip


@pytest.mark.parametrize(
    ("text", "label", "active"),
    [
        ("rule r: sum(|", "sum(property of event)", 0),
        ("rule r: sum(amount of |", "sum(property of event)", 1),
        ("rule r: days(|) > 3", "days(event)", 0),
        ("rule r: (a and max(x of b where (c = 1 or |", "max(property of event)", 1),
        ("rule r: (a |", None, 0),
        ("rule r: sum(a of b) > |", None, 0),
    ],
)
def test_the_signature_of_an_aggregate_is_shown_inside_of_it(text: str, label: str | None, active: int) -> None:
    found = signature(text.replace("|", ""), text.index("|"))
    assert (label, active) == (None, 0) if found is None else (found.label, found.active)


def test_a_new_line_is_indented_where_a_statement_goes_on() -> None:
    for text, wanted in (
        ("score s\n", "    "),
        ('test "t"\n    day 0 a\n', "    "),
        ("rule r: a and\n", "    "),
        ("rule r: a => MQL\n", None),
        ("# c\n", None),
    ):
        edit = indentation(text, len(text))
        assert wanted == (None if edit is None else edit.text)


def test_only_lines_that_change_are_edited() -> None:
    text = "rule a: b => MQL\r\n\r\nrule  c: d => MQL\r\n"
    [edit] = format_edits(text) or []
    assert ("rule  c: d => MQL\r\n", "rule c: d => MQL\r\n") == (text[edit.span.start : edit.span.end], edit.text)
    assert [] == format_edits("")
    assert format_edits("rule a b => MQL\n") is None
