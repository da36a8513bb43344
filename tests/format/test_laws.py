"""What a formatter owes: the same tree, the same comments in the same order, and nothing more to do the second time."""

import json
from itertools import count
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mqlrules.format.formatter import formatted
from mqlrules.syntax import tree
from mqlrules.syntax.unparse import unparse
from tests.format.laws import abides, read, rewritten
from tests.strategies import Case, cases
from tests.syntax.trees import files

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted([*(ROOT / "examples").rglob("*.mql"), *(ROOT / "mqlrules").rglob("*.mql")])
FILES = [*EXAMPLES, *sorted((ROOT / "tests" / "real_data").glob("*.mql"))]


def _corpus() -> list[str]:
    texts = []
    for file in sorted((ROOT / "tests" / "corpus").glob("*.jsonl")):
        texts += [json.loads(line)["rules"] for line in file.read_text(encoding="utf-8").splitlines()]
    return [text for text in dict.fromkeys(texts) if not read(text).diagnostics]


CORPUS = _corpus()


def test_the_files_are_there() -> None:
    assert len(FILES) >= 10
    assert len(CORPUS) > 300


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_rules_of_the_project_keep_the_laws(path: Path) -> None:
    abides(read(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_in_the_one_layout(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert formatted(read(text)) == text, f"mqlrules fmt {path.relative_to(ROOT)}"


def test_the_rules_of_the_corpus_keep_the_laws() -> None:
    for text in CORPUS:
        abides(read(text))


@given(files)
def test_any_tree_keeps_the_laws(file: tree.File) -> None:
    parsed = read(unparse(file))
    assert file == read(abides(parsed)).tree


@pytest.mark.parametrize("comment", [" # {}\n   ", "\n\n  # {}\n   "], ids=["behind", "above"])
def test_a_comment_between_any_two_tokens_survives(comment: str) -> None:
    numbers = count()
    between = 0
    for text in [path.read_text(encoding="utf-8") for path in FILES] + CORPUS[::7]:
        commented = rewritten(text, lambda is_free: comment.format(next(numbers)) if is_free else " ")
        parsed = read(commented)
        assert read(text).tree == parsed.tree
        between += len(parsed.comments)
        abides(parsed)
    assert between > 2000


@pytest.mark.parametrize("comment", [" # here\n   ", "\n  # here\n   "], ids=["behind", "above"])
def test_one_comment_survives_wherever_it_stands(comment: str) -> None:
    text = (ROOT / "examples" / "b2b_saas" / "rules" / "rules.mql").read_text(encoding="utf-8")
    sound = read(text).tree
    gaps = rewritten(text, lambda is_free: "\x00" if is_free else " ")
    for at in range(gaps.count("\x00")):
        before, after = gaps.split("\x00", at + 1)[: at + 1], gaps.split("\x00", at + 1)[at + 1]
        parsed = read(" ".join(before) + comment + after.replace("\x00", " "))
        assert sound == parsed.tree
        assert "# here" in abides(parsed)


_SPACES = st.sampled_from((" ",) * 6 + ("   ", "\t"))
_LINES = st.sampled_from(
    ("\n ", "\n\n\n      ", " # a\n  ", "  # b \n   ", "\n # c, d\n  ", "\n\n  # e\n\n   # f\n  ", "\r\n  ")
)


@given(files, st.data())
def test_any_layout_of_any_tree_keeps_the_laws(file: tree.File, data: st.DataObject) -> None:
    messy = rewritten(unparse(file), lambda is_free: data.draw(_SPACES | _LINES if is_free else _SPACES))
    parsed = read(messy)
    # Where a line that goes on starts like an item of a score, the file says something else.
    assume(not parsed.diagnostics and file == parsed.tree)
    abides(parsed)


@given(cases(), st.data())
def test_any_layout_of_random_rules_keeps_the_laws(case: Case, data: st.DataObject) -> None:
    messy = rewritten(case.rules, lambda is_free: data.draw(_SPACES | _LINES if is_free else _SPACES))
    abides(read(messy))


@given(files, st.data())
def test_layout_does_not_depend_on_the_layout_before(file: tree.File, data: st.DataObject) -> None:
    text = unparse(file)
    messy = rewritten(
        text, lambda is_free: data.draw(st.sampled_from((" ", "  ", "\n  ", "\n\n    ")) if is_free else _SPACES)
    )
    parsed = read(messy)
    assume(not parsed.diagnostics and file == parsed.tree)
    assert abides(read(text.replace("\n\n", "\n"))) == abides(parsed)


def test_a_file_that_would_outgrow_a_limit_stays_as_it_is() -> None:
    long = "rule a: " + " and ".join(f"a{number}" for number in range(17_000)) + " => MQL"
    many = f"rule {'b' * 80}: x => MQL\n" + "".join(f"rule b{number}: x => MQL\n" for number in range(11_000))
    for text in (long, many):
        assert text == formatted(read(text))
