"""Mutation: which small changes of the rules no test notices, counted by hand; and that mutants are what they show."""

import pytest

import mqlrules
from mqlrules.check import check
from mqlrules.plan.fingerprint import fingerprint
from mqlrules.plan.lower import lower
from mqlrules.ruleset import RuleSet
from mqlrules.syntax.parse import parse
from mqlrules.testing.lengths import other_lengths
from mqlrules.testing.mutants import Mutant, mutants
from mqlrules.testing.mutation import Mutation, mutate
from mqlrules.testing.mutation_report import mutation_report
from mqlrules.testing.run import notices
from mqlrules.testing.scenarios import scenarios
from mqlrules.text.source import Source
from tests.examples.folders import ALL


def mutated(text: str, limit: int = 1000) -> Mutation:
    rules = mqlrules.loads(text)
    assert all(result.passed for result in rules.test())
    return mutate(rules.plan, rules.files, scenarios(rules.program), limit)


def changes(text: str) -> list[str]:
    """The first line of each mutant of rule text, as it would be; nothing where a whole line is left out."""
    rules = mqlrules.loads(text)
    return [
        "".join(mutant.lines()[1]) for mutant in mutants(rules.program, rules.files) if mutant.program() is not None
    ]


# -- what is noticed -----------------------------------------------------------------------------------------------

TWO_LOOKS = """\
rule warm: a >= 2 within 2d => MQL
test "two"
    day 0 a
    day 1 a
    expect MQL on day 1
"""


def test_changes_that_no_test_notices_are_listed_as_lines_of_the_rule() -> None:
    # Noticed: no rule at all, 1, 3, and 1d (half open: the event of noon has left at noon). Unnoticed: 3d and 4d.
    found = mutated(TWO_LOOKS)
    assert (6, [["3d"], ["4d"]]) == (found.tried, [[mutant.text] for mutant in found.unnoticed])
    assert """\
No test notices these changes of the rules, each + for itself:

warm  (<rules>:1)
  - rule warm: a >= 2 within 2d => MQL
  + rule warm: a >= 2 within 3d => MQL    (nor with 4d)

Mutation: of 6 changes of the rules the tests noticed 4, and 2 went unnoticed.""" == mutation_report(found)


def test_tests_that_notice_everything_leave_one_line() -> None:
    text = TWO_LOOKS + 'test "three days are too long"\n    day 0 a\n    day 2 11:59 a\n    expect MQL\n'
    text += 'test "two days are over"\n    day 0 a\n    day 2 a\n    expect no MQL\n'
    found = mutated(text)
    assert "Mutation: of 6 changes of the rules the tests noticed 6." == mutation_report(found)


def test_a_rule_that_no_test_needs_is_said_once() -> None:
    text = TWO_LOOKS + "rule other: b and c =>\n    SQL\n"
    assert """\
other  (<rules>:6)
  - rule other: b and c =>
  -     SQL
  No test needs this rule; 7 changes inside it went unnoticed, too.
""" in mutation_report(mutated(text))


def test_changes_without_another_meaning_are_left_out() -> None:
    unused = "event unused = x where (n = 3)\n"
    assert 6 == mutated(unused + TWO_LOOKS).tried
    doubled = TWO_LOOKS.replace("a >= 2 within 2d", "(a >= 2 or a >= 2) within 2d")
    assert not [
        mutant for mutant in mutated(doubled).unnoticed if mutant.lines()[1] == ["rule warm: (a >= 2) within 2d => MQL"]
    ]


def test_the_order_is_that_of_the_files_and_always_the_same() -> None:
    text = "rule b: x >= 2 within 2d => MQL\nrule a: y => SQL\n" + 'test "t"\n    day 0 z\n    expect no MQL\n'
    first, second = mutated(text), mutated(text)
    places = [(mutant.span.start, mutant.span.end, mutant.text) for mutant in first.unnoticed]
    assert places == [(mutant.span.start, mutant.span.end, mutant.text) for mutant in second.unnoticed]
    assert [start for start, _, _ in places] == sorted(start for start, _, _ in places)


def test_above_the_limit_every_file_has_its_share_and_it_is_said() -> None:
    found = mutated(TWO_LOOKS, limit=3)
    assert (3, 6, True) == (found.tried, found.possible, found.capped)
    last = "Only 3 of 6 possible changes were looked at; --most NUMBER looks at more."
    assert last == mutation_report(found).splitlines()[-1]
    assert not mutated(TWO_LOOKS, limit=6).capped


def test_rules_without_anything_to_change_are_said_to_be_so() -> None:
    assert "Mutation: there is nothing in these rules to change." == mutation_report(
        mutated('test "t"\n    expect no MQL\n')
    )


# -- which changes there are ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a", ["no a", "a >= 2"]),
        ("no a", ["a"]),
        ("a >= 2", ["a >= 1", "a >= 3"]),
        ("a >= 1", ["a >= 2"]),
        ("a = 2 times", ["a = 1 times", "a = 3 times"]),
        ("not a >= 2", ["a >= 2", "not a >= 1", "not a >= 3"]),
        ("a >= 2 and b >= 2", ["b >= 2", "a >= 1 and b >= 2", "a >= 3 and b >= 2", "a >= 2", "a >= 2 or b >= 2",
                               "a >= 2 and b >= 1", "a >= 2 and b >= 3"]),
        ("a >= 1 or (no b and no c)", ["(no b and no c)", "a >= 2 or (no b and no c)", "a >= 1",
                                       "a >= 1 and (no b and no c)", "a >= 1 or (b and no c)", "a >= 1 or (no c)",
                                       "a >= 1 or (no b)", "a >= 1 or (no b or no c)", "a >= 1 or (no b and c)"]),
        ("a >= 2 within 30d", ["a >= 1 within 30d", "a >= 3 within 30d", "a >= 2 within 15d", "a >= 2 within 21d",
                               "a >= 2 within 45d", "a >= 2 within 60d"]),
        ("a >= 2 since b", ["a >= 1 since b", "a >= 3 since b", "a >= 2"]),
        ("a >= 2 since b before c", ["a >= 1 since b before c", "a >= 3 since b before c", "a >= 2 before c",
                                     "a >= 2 since b"]),
        ("a >= 2 with same sku", ["a >= 1 with same sku", "a >= 3 with same sku", "a >= 2"]),
        ("a where (n > 9)", ["no a where (n > 9)", "a where (n > 8)", "a where (n > 10)", "a where (n > 9) >= 2"]),
        ("a where (x) >= 1", ["a where (not x) >= 1", "a where (x) >= 2"]),
        ('a where (p = "x") >= 1', ['a where (not p = "x") >= 1', 'a where (p = "x") >= 2']),
        ("lead.employees >= 200", ["lead.employees >= 199", "lead.employees >= 201"]),
        ('lead.industry in ("x", "y")', ['not lead.industry in ("x", "y")']),
        ("sum(n of a) > 5", ["sum(n of a) > 4", "sum(n of a) > 6"]),
        ("max(t of a) > 90s", ["max(t of a) > 89s", "max(t of a) > 91s"]),
        ("a >= 1 during 2026-01-01 to 2026-01-31", ["a >= 2 during 2026-01-01 to 2026-01-31",
                                                    "a >= 1",
                                                    "a >= 1 during 2025-12-31 to 2026-01-31",
                                                    "a >= 1 during 2026-01-02 to 2026-01-31",
                                                    "a >= 1 during 2026-01-01 to 2026-01-30",
                                                    "a >= 1 during 2026-01-01 to 2026-02-01"]),
    ],
)  # fmt: skip
def test_the_changes_of_a_condition(condition: str, expected: list[str]) -> None:
    assert sorted(["", *(f"{change} => MQL" for change in expected)]) == sorted(changes(f"{condition} => MQL\n"))


def test_the_changes_of_a_sequence() -> None:
    assert sorted([
        "", "b then a => MQL", "b => MQL", "a => MQL", "a >= 2 then b => MQL", "a then b >= 2 => MQL",
    ]) == sorted(changes("a then b => MQL\n"))  # fmt: skip
    found = changes("a then no x then within 7d b then no y for 2d => MQL\n")
    assert "a then within 7d b then no y for 2d => MQL" in found
    assert "a then no x then within 7d b => MQL" in found
    assert "b then no y for 2d => MQL" not in found
    assert {
        "a then no x then within 7d b then no y for 1d => MQL",
        "a then no x then within 5d b then no y for 2d => MQL",
    } < set(found)


def test_the_changes_of_a_rule_with_when() -> None:
    assert sorted([
        "",
        "rule r: no a => SQL",
        "rule r: when MQL for 1d, no a => SQL",
        "rule r: when MQL for 3d, no a => SQL",
        "rule r: when MQL for 4d, no a => SQL",
        "rule r: when MQL for 2d, a => SQL",
    ]) == sorted(changes("rule r: when MQL for 2d, no a => SQL\n"))  # fmt: skip


def test_the_changes_of_a_score() -> None:
    text = "score s\n    +10 per a up to 30 halve every 2d\n    -5 if b >= 2\n    between 0 and 9\n"
    assert sorted([
        "",
        "    +11 per a up to 30 halve every 2d",
        "    +10 per a up to 29 halve every 2d",
        "    +10 per a up to 31 halve every 2d",
        "    +10 per a up to 30 halve every 1d",
        "    +10 per a up to 30 halve every 3d",
        "    +10 per a up to 30 halve every 4d",
        "",
        "    -6 if b >= 2",
        "    -5 if b >= 1",
        "    -5 if b >= 3",
        "    between -1 and 9",
        "    between 1 and 9",
        "    between 0 and 8",
        "    between 0 and 10",
    ]) == sorted(changes(text))  # fmt: skip


def test_the_changes_of_a_definition_and_of_what_asks_for_it() -> None:
    text = "event e = a where (n > 1) or b\nsegment s = e >= 2\nscore p\n    +1 per e\nrule r: s and p >= 3 => MQL\n"
    found = changes(text)
    assert {"event e = a where (n > 0) or b", "event e = b", "event e = a where (n > 1)", "segment s = e >= 1"} < set(
        found
    )
    assert {"rule r: not s and p >= 3 => MQL", "rule r: s and p >= 2 => MQL", "rule r: p >= 3 => MQL"} < set(found)


@pytest.mark.parametrize(
    ("length", "others"),
    [
        ("30d", "15d 21d 45d 60d"),
        ("7d", "4d 5d 10d 14d"),
        ("1d", "12h 2d"),
        ("90m", "45m 60m 120m 180m"),
        ("1s", "500ms 5s 2s"),
    ],
)
def test_other_lengths_are_half_a_sensible_one_below_and_above_and_double(length: str, others: str) -> None:
    units = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}

    def microseconds(text: str) -> int:
        unit = text.lstrip("0123456789")
        return int(text.removesuffix(unit)) * units[unit]

    assert [microseconds(other) for other in others.split()] == other_lengths(microseconds(length))


# -- mutants are what they show ------------------------------------------------------------------------------------

DENSE = """\
event visit = page where (path matches "/p*" and (n >= 10s or not x)) or "Other Page"
event call = "call" where (day = 2026-01-31)
segment keen "very" = (visit >= 2 and (no call) # why and not
    or lead.size > 3) and not (visit within 3d or lead.a.b is known)
segment others = keen or call
score heat
    +10 per (visit or call) within 3d up to 30 halve every 1w
    -2.5 for visit since call
    +1 if keen and not others
    between -10 and 90.5
rule one "first": when MEL for 2d,
    (visit or call) >= 2 then within 2d after 1h (call or x) then no visit for 2d => SQL
rule two: ((visit >= 2 and call) within 30d older than 2d with same sku) since call or heat > 20 => MQL
rule three: visit >= 2 then call
    then no (x or y or z) then visit within 5d before visit where (n = 3) during 2026-01-01 to 2026-02-01 => MEL
rule sent: sent and call where (a = "b" ignoring case) => MCL
max(n of visit) >= 90s and last(t of call) = "x" and days(visit) >= 2 with same sku => MCL
rule five: not keen and not not others or no call and (((visit))) => recycle to MCL
"""


EVENTS = """\
test "one"
    lead (size: 4)
    day 0 page (path: "/pricing", n: 12)
    day 1 call (day: 2026-01-31, a: "B", t: "x")
    day 2 "Other Page" (n: 3)
    day 3 "sent"
    day 9 x
    as of day 40
    expect keen on day 2
    expect no others on day 39
    expect stage MCL on day 40
test "two"
    day 0 page (path: "/p", n: 95, m: 2)
    day 1 visited
    day 2 x
    day 2 "Other Page"
    as of day 9
    expect heat >= 1 on day 0
    expect no keen on day 9
test "three"
    day 0 call (day: 2026-01-31)
    expect MCL
test "four"
    day 0 x
    as of day 20
    expect no SQL
"""


def same_as_read_again(rules: RuleSet, mutant: Mutant) -> bool:
    [file] = rules.files
    before = file.source.text
    text = before[: mutant.span.start] + mutant.text + before[mutant.span.end :]
    program, diagnostics = check([parse(Source("<rules>", text))], None)
    assert [] == [each.message for each in diagnostics if each.severity == "error"], mutant.lines()
    changed = mutant.program()
    assert changed is not None
    return fingerprint(lower(program)) == fingerprint(lower(changed))


def test_every_mutant_is_the_rule_set_that_its_text_says() -> None:
    rules = mqlrules.loads(DENSE)
    found = [mutant for mutant in mutants(rules.program, rules.files) if mutant.program() is not None]
    assert 150 < len(found)
    wrong = [mutant.lines() for mutant in found if not same_as_read_again(rules, mutant)]
    assert [] == wrong


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.name)
def test_every_mutant_of_the_examples_is_a_rule_set(example: object) -> None:
    rules = example.load()  # type: ignore[attr-defined]
    found = mutants(rules.program, rules.files)
    assert 100 < len(found)
    # A step that is left out can leave `no x` first or last, and that is no rule set.
    broken = [mutant.lines() for mutant in found if mutant.program() is None]
    assert len(broken) <= 2, broken


ENDS_WELL = "".join(line for line in DENSE.splitlines(keepends=True) if "recycle" not in line)


@pytest.mark.parametrize("text", [DENSE, ENDS_WELL, None], ids=["dense", "without recycling", "ecommerce_cart"])
def test_what_is_not_played_again_would_not_have_been_noticed(text: str | None) -> None:
    rules = ALL[1].load() if text is None else mqlrules.loads(text + EVENTS)
    tests = [test for test, result in zip(scenarios(rules.program), rules.test(), strict=True) if result.passed]
    assert tests
    by_playing = []
    for mutant in mutants(rules.program, rules.files):
        program = mutant.program()
        if program is not None and fingerprint(lower(program)) != rules.fingerprint:
            by_playing.append((mutant.lines(), notices(lower(program), tests) is None))
    found = mutate(rules.plan, rules.files, tests)
    assert len(by_playing) == found.tried
    assert [lines for lines, unnoticed in by_playing if unnoticed] == [mutant.lines() for mutant in found.unnoticed]
