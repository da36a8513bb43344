"""What `run` says, on standard error, of names that no event has, and of inputs that it must read whole."""

import json

import attrs
import pytest

from mqlrules.profile.unknown_events import MOST, NamesMet

pytest.importorskip("polars")

EVENTS = "lead,time,event\na,2026-01-01,Visited Pricng\na,2026-01-02,signed up\n"
MISSPELT = "rule warm: visited pricing => MEL\n"
SAID = "no event is called `visited pricing`, which rule `warm` (no result) asks for; did you mean `Visited Pricng`?"
ENGINES = ("incremental", "columnar")


@pytest.fixture
def said(call, folder):
    def said(rules, events=EVENTS, *options):
        (folder / "rules.mql").write_text(rules)
        (folder / "events.csv").write_text(events)
        result = call("run", "rules.mql", "--events", "events.csv", *options)
        assert 0 == result.exit_code
        return [line for line in result.stderr.splitlines() if not line.startswith("compiling")]

    return said


@pytest.mark.parametrize("engine", ENGINES)
def test_a_name_that_no_event_has_is_told_with_the_nearest_one(said, engine):
    assert [SAID] == said(MISSPELT, EVENTS, "--engine", engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_said_of_a_rule_that_gave_a_result(said, engine):
    assert [] == said("rule in: signed up and no unsubscribed => MEL\n", EVENTS, "--engine", engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_nor_of_names_that_events_have(said, engine):
    rules = 'rule never: signed up >= 5 and visited pricng >= 2 and lead.plan = "pro" => MEL\n'
    assert [] == said(rules, EVENTS, "--engine", engine)


def test_nor_where_there_are_no_events(said):
    assert [] == said(MISSPELT, "lead,time,event\n")


def test_names_in_scores_and_definitions_are_looked_for_too(said):
    rules = "event pricing = page where (path matches \"/a*\")\nscore s\n    +5 per downlod\n" \
        "rule one: pricing => MEL\nrule two: s >= 5 => MQL\n"  # fmt: skip
    assert [
        "no event is called `page`, which rule `one` (no result) asks for",
        "no event is called `downlod`, which rule `two` (no result) asks for; did you mean `Download`?",
    ] == said(rules, EVENTS + "a,2026-01-03,Download\n")


def test_a_name_is_told_once_for_all_rules_that_ask_for_it(said):
    rules = "".join(f"rule r{n}: visted >= {n} => MQL\n" for n in range(1, 3))
    assert [
        "no event is called `visted`, which rules `r1` and `r2` (no results) ask for; did you mean `Visited`?"
    ] == said(rules, EVENTS.replace(" Pricng", ""))
    rules = "".join(f"rule r{n}: visted >= {n} => MQL\n" for n in range(1, 9))
    assert ["no event is called `visted`, which 8 rules (no results) ask for"] == said(rules)


def test_of_many_names_the_first_are_told(said):
    rules = "".join(f"rule r{n}: something{n} => MQL\n" for n in range(12))
    lines = said(rules)
    assert (6, "… and so it is with 7 more names") == (len(lines), lines[-1])


def test_the_result_is_the_same_with_a_name_that_nobody_has(call, folder):
    (folder / "rules.mql").write_text("rule a: visited pricing => MEL\nrule b: requested demo => MQL\n")
    result = call("run", "rules.mql", "--events", "events.csv")
    assert (0, "no event is called `requested demo`, which rule `b` (no result) asks for\n") == (
        result.exit_code, result.stderr,
    )  # fmt: skip
    assert ["ada", "ben"] == [json.loads(line)["lead"] for line in result.stdout.splitlines()]


def test_of_too_many_names_none_is_missed():
    met = NamesMet()
    met.add(["a", None])
    assert ["a"] == met.all()
    met.add([f"n{number}" for number in range(MOST)])
    met.add(["b"])
    assert [] == met.all()


# -- inputs that are read whole ------------------------------------------------------------------------------------

WHOLE = "can only be read whole, and may take more memory than was given"


@pytest.fixture
def of_many_rows(call, folder, monkeypatch):
    """Says what `run` says of a file when there is next to no memory for what is read before a scan."""
    from mqlrules.run import running

    shares = running.shares
    monkeypatch.setattr(running, "shares", lambda memory: attrs.evolve(shares(memory), scan=100_000))

    def of_many_rows(name, content, *options):
        (folder / name).write_bytes(content)
        result = call("run", "rules.mql", "--events", name, "--engine", "columnar", *options)
        assert 0 == result.exit_code
        return [line for line in result.stderr.splitlines() if not line.startswith("compiling")]

    return of_many_rows


OBJECT = {"lead": "ada", "time": "2026-01-05T09:00:00Z", "event": "visited pricing"}


def test_a_large_file_that_is_read_whole_is_named(of_many_rows):
    array = json.dumps([OBJECT] * 2_000).encode()
    assert len(array) > 100_000
    [line, *_] = of_many_rows("events.json", array)
    assert f"events.json ({len(array) // 1000} KB) {WHOLE}" == line


def test_calls_of_the_segment_spec_are_read_whole(of_many_rows):
    call = {"type": "track", "userId": "ada", "timestamp": "2026-01-05", "event": "visited pricing"}
    [line, *_] = of_many_rows("calls.jsonl", (json.dumps(call) + "\n").encode() * 2_000, "--format", "segment")
    assert line.endswith(WHOLE)


def test_a_small_file_is_not_worth_a_word(of_many_rows):
    assert not any(WHOLE in line for line in of_many_rows("events.json", json.dumps([OBJECT]).encode()))


def test_nor_is_a_file_that_is_read_in_blocks(of_many_rows, monkeypatch):
    from mqlrules.readers import blocks

    monkeypatch.setattr(blocks, "BLOCK", 65_536)
    lines = of_many_rows("events.jsonl", (json.dumps(OBJECT) + "\n").encode() * 3_000)
    assert not any(WHOLE in line for line in lines)
