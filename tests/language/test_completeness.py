"""Every record of the language is parsed, checked, lowered, run by every engine, described, explained, compared,
formatted, completed and coloured. A place that was forgotten fails with the name of the record.
"""

import json
import random
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

import mqlrules
from editors import word_lists
from mqlrules.check import program as p
from mqlrules.check.walk import nodes
from mqlrules.engine.columnar.aggregates import KERNELS
from mqlrules.engine.incremental.aggregates import SUMMARIES
from mqlrules.events.model import Event
from mqlrules.explain.candidates import MAKERS
from mqlrules.format.formatter import formatted
from mqlrules.ide.completion import complete
from mqlrules.ide.keywords import keywords
from mqlrules.ide.tokens import classify
from mqlrules.ide.vocabulary import vocabulary
from mqlrules.language.aggregates import AGGREGATES, AggregateRecord
from mqlrules.language.by_terminal import RECORDS
from mqlrules.language.operators import OperatorRecord
from mqlrules.language.record import Record
from mqlrules.language.restrictions import RESTRICTIONS, RestrictionRecord
from mqlrules.language.tests import PresenceRecord, TextTestRecord
from mqlrules.plan.interval import Interval
from mqlrules.plan.lower import lower_condition
from mqlrules.profile.catalogue import Catalogue
from mqlrules.proof.implication import implies
from mqlrules.syntax import grammar
from mqlrules.syntax.parse import parse
from mqlrules.text.source import Source
from tests.engine.engines import ENGINES, evaluate, program_of

ROOT = Path(__file__).parents[2]
DAY = 86_400_000_000
START = 1_767_225_600_000_000
every_record = pytest.mark.parametrize("record", RECORDS.values(), ids=repr)
every_aggregate = pytest.mark.parametrize("record", AGGREGATES.values(), ids=repr)


def rule_of(record: Record) -> str:
    return f"rule r: {record.example} => MQL\n"


def moves(run: Any, program: p.Program, events: list[Event]) -> list[tuple[int, str, list[Event]]]:
    found = evaluate(run, program, events, {}, None).transitions
    return [(move.instant, move.rule, move.evidence) for move in found]


def condition_of(record: Record) -> tuple[p.Program, p.Condition]:
    program = program_of(rule_of(record))
    return program, program.rules[0].condition


# -- from text to plan ---------------------------------------------------------------------------------------------


@every_record
def test_its_terminal_is_in_the_grammar_and_reads_its_name(record: Record) -> None:
    terminals = {terminal.name: terminal for terminal in grammar.parser().terminals}
    assert record.terminal in terminals, f"grammar/mql.lark has no terminal {record.terminal}"
    assert record.name.split()[0] in terminals[record.terminal].pattern.to_regexp()


@pytest.mark.parametrize("rule", ["_of_property", "_of_events", "restriction", "text_test", "operator"])
def test_every_alternative_of_the_grammar_has_its_record(rule: str) -> None:
    text = grammar.grammar_text()
    body = re.search(rf"^!?{rule}: ((?:.|\n(?= ))*)", text, re.MULTILINE)
    assert body is not None
    heads = re.findall(r"(?:^|[|(]\s*)(_?[A-Z]\w+)", body[1])
    assert heads
    assert [] == [terminal for terminal in heads if terminal not in RECORDS]


@every_record
def test_its_example_is_a_sound_rule_that_uses_it(record: Record) -> None:
    _, condition = condition_of(record)
    match record:
        case OperatorRecord():
            found = [getattr(node, "operator", None) for node in nodes(condition)]
            assert record.name in found
        case PresenceRecord():
            assert [record.known] == [node.known for node in nodes(condition) if isinstance(node, p.Presence)]
        case _:
            assert record in [getattr(node, "record", None) for node in nodes(condition)]


@every_record
def test_an_equal_rule_has_an_equal_plan_and_fingerprint(record: Record) -> None:
    program, condition = condition_of(record)
    assert lower_condition(program, condition) == lower_condition(*condition_of(record))
    assert mqlrules.loads(rule_of(record)).fingerprint == mqlrules.loads(rule_of(record)).fingerprint


@pytest.mark.parametrize("record", RESTRICTIONS.values(), ids=repr)
def test_a_visible_interval_keeps_it(record: RestrictionRecord) -> None:
    assert record.field in attrs.fields_dict(Interval), f"plan.interval.Interval has no field {record.field}"
    _, condition = condition_of(record)
    assert isinstance(condition, p.Restricted)
    narrowed = Interval().narrowed(condition.restrictions[0], "history")
    assert [record] == [kept for kept, _ in narrowed.restrictions]
    assert narrowed == narrowed.narrowed(condition.restrictions[0], "history")


# -- engines -------------------------------------------------------------------------------------------------------


@every_aggregate
def test_its_kernels_are_there(record: AggregateRecord) -> None:
    assert record.incremental == "different" or record.incremental in SUMMARIES, "engine.incremental.aggregates"
    assert record.columnar in KERNELS, "engine.columnar.aggregates"
    assert record.explained in MAKERS, "explain.candidates"
    assert record.result == "amount" or record.one_more is None
    assert record.result != "amount" or record.one_more is not None, "an amount says what one more event must bring"


@every_aggregate
def test_what_it_gives_of_nothing_is_nothing_or_zero(record: AggregateRecord) -> None:
    assert record.meaning((), None) in (None, 0)


def _values(condition: p.Condition) -> list[Any]:
    """Values at which the tests of a condition change."""
    found: list[Any] = ["", "other", True, False, None, 0, 1]
    for node in nodes(condition):
        match node:
            case p.Compare(value=value) | p.Aggregate(value=value):
                found += [value, *([value - 1, value + 1] if isinstance(value, int) else [])]
            case p.TextTest(text=text):
                plain = text.replace("*", "")
                found += [plain, f"{plain}x", f"x{plain}"]
    return [float(value) if isinstance(value, Decimal) else value for value in found]


def _histories(condition: p.Condition, seed: int) -> Iterator[list[Event]]:
    """Random histories of the events and the traits that a condition speaks of."""
    dice = random.Random(seed)
    names = [node.name or "visited pricing" for node in nodes(condition) if isinstance(node, p.Alternative)]
    paths = [path for node in nodes(condition) if (path := getattr(node, "path", None))]
    values = _values(condition)
    for _ in range(200):
        at, events = START, []
        for _ in range(dice.randint(1, 9)):
            at += dice.choice((0, 1, DAY // 3, DAY, 7 * DAY, 30 * DAY))
            properties = {path[0]: dice.choice(values) for path in paths}
            events.append(Event("a", at, dice.choice([*names, *names, "identify"]), properties))
        yield events


@every_record
def test_every_engine_agrees_on_its_example(record: Record) -> None:
    program, condition = condition_of(record)
    fired = []
    for events in _histories(condition, seed=1):
        answers = {name: moves(run, program, events) for name, run in ENGINES.items()}
        assert answers["incremental"] == answers["reference"], events
        assert answers["columnar"] == answers["reference"], events
        fired.append(bool(answers["reference"]))
    assert True in fired, "no history of the test makes the example true"
    assert False in fired, "every history of the test makes the example true"


# -- words ---------------------------------------------------------------------------------------------------------


@every_record
def test_describe_says_it(record: Record) -> None:
    said = mqlrules.loads(rule_of(record)).describe()
    match record:
        case AggregateRecord():
            words = "different days" if record.looks_at == "date" else record.english
        case RestrictionRecord():
            words = record.english.partition("{}")[0].strip() or record.english
        case TextTestRecord():
            words = record.english
        case PresenceRecord():
            words = record.name
        case OperatorRecord():
            words = {"!=": "is not"}.get(record.name, record.english)
    if record.name == "matches":
        # A beginning with a star is said in plainer words.
        words = "starts with"
    plainer = {"fewer than": "less than"}
    assert words in said or plainer.get(words, words) in said, said


@every_record
def test_explain_finds_what_makes_it_true(record: Record) -> None:
    rules = mqlrules.loads(rule_of(record))
    _, condition = condition_of(record)
    verdicts = set()
    for events in _histories(condition, seed=2):
        verdict = rules.explain(events, "a").rules
        if not verdict:
            continue
        verdicts.add(verdict[0].verdict.kind)
        if verdict[0].verdict.suggestions:
            # A suggestion has been tried: with its events the rule holds.
            return
    raise AssertionError(f"explain never says what would make `{record.example}` true: {verdicts}")


# -- proof ---------------------------------------------------------------------------------------------------------


@every_record
def test_a_proof_never_says_what_a_history_refutes(record: Record) -> None:
    rules = (record.example, f"{record.example} and identify", f"{record.example} or identify")
    program = program_of("".join(f"rule r{number}: {rule} => MQL\n" for number, rule in enumerate(rules)))
    a, b, c = (lower_condition(program, rule.condition) for rule in program.rules)
    assert implies(a, a)
    assert implies(b, a), "`x and y` implies `x`"
    assert implies(a, c), "`x` implies `x or y`"
    assert not implies(a, b)
    assert not implies(c, a)


@every_aggregate
def test_a_proof_compares_two_limits_of_an_aggregate(record: AggregateRecord) -> None:
    of = "n of visit" if record.takes_property else "visit"
    program = program_of(f"rule a: {record.name}({of}) >= 3 => MQL\nrule b: {record.name}({of}) >= 2 => MQL\n")
    more, less = (lower_condition(program, rule.condition) for rule in program.rules)
    assert implies(more, less), f"`{record.name} >= 3` implies `{record.name} >= 2`"
    assert not implies(less, more)


# -- fmt, editors, docs --------------------------------------------------------------------------------------------


@every_record
def test_fmt_keeps_it(record: Record) -> None:
    parsed = parse(Source("r.mql", rule_of(record).replace(" ", "  ").replace("rule  r", "rule r")))
    written = formatted(parsed)
    assert record.name in written
    assert rule_of(record) == written
    assert parsed.tree == parse(Source("r.mql", written)).tree


def _written(record: Record) -> tuple[str, int]:
    """The text of a rule that uses a record, and where its name stands in it."""
    text = rule_of(record)
    return text, text.index(record.name, len("rule r:"))


@every_record
def test_completion_offers_it(record: Record) -> None:
    text, at = _written(record)
    words = vocabulary(mqlrules.loads(text).plan.program, Catalogue({}, {}))
    offered = [one.label for one in complete(text[:at], at, words)]
    assert record.name in offered


@every_record
def test_hovering_shows_what_it_means(record: Record) -> None:
    keyword = keywords()[record.terminal]
    assert (record.name, record.means, record.example) == (keyword.words, keyword.says, keyword.example)


@every_record
def test_editors_colour_it(record: Record) -> None:
    text, at = _written(record)
    token = next(token for token in classify(text) if token.start <= at < token.end)
    wanted = {AggregateRecord: "function", OperatorRecord: "operator"}.get(type(record), "keyword")
    assert (wanted, record.name) == (token.kind, text[token.start : token.end])


@every_record
def test_the_word_lists_of_editors_have_it(record: Record) -> None:
    words = word_lists.terminals((ROOT / "grammar" / "mql.lark").read_text("utf-8"))
    name = record.terminal.strip("_")
    assert name in words
    files = {path.name: text for path, text in word_lists.files(words).items() if "syntax" in str(path)}
    assert files
    for file, text in files.items():
        first = record.name.split()[0]
        assert first in text or json.dumps(first)[1:-1] in text or first.replace("=", "\\=") in text, file


@every_record
def test_the_reference_page_of_the_language_names_it(record: Record) -> None:
    page = (ROOT / "docs" / "language.md").read_text("utf-8")
    table = page[page.index("## 13") :] if "## 13" in page else page
    assert record.name in table
