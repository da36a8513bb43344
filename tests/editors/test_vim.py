"""The files for Vim, in a Vim and a Neovim without a screen."""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.editors.texts import ROOT, broken_texts, kinds_in, project_texts, tokens, word_texts
from tests.terminal import BIN

RUNTIME = ROOT / "editors" / "vim"
SYNTAX = (RUNTIME / "syntax" / "mql.vim").read_text("utf-8")
_LINKS = dict(re.findall(r"^highlight default link (\w+) (\w+)$", SYNTAX, re.MULTILINE))
_KINDS = {
    "mqlBoolean": "boolean",
    "mqlComment": "comment",
    "mqlDate": "date",
    "mqlDuration": "duration",
    "mqlError": "unknown",
    "mqlEscape": "string",
    "mqlEvent": "event",
    "mqlEventName": "event",
    "mqlFunction": "function",
    "mqlKeyword": "keyword",
    "mqlListName": "list",
    "mqlNumber": "number",
    "mqlOperator": "operator",
    "mqlProperty": "property",
    "mqlPunctuation": "punctuation",
    "mqlReserved": "unknown",
    "mqlRuleName": "rule",
    "mqlScoreName": "score",
    "mqlSegmentName": "segment",
    "mqlStage": "stage",
    "mqlStatement": "keyword",
    "mqlString": "string",
    "mqlType": "type",
}

# What a regular expression can't tell: a restriction, or the end of a name, from a phrase of the same words.
_BEYOND = re.compile(
    r"with same\b.*\bwith same\b|where \((?:not )?(?:and|or)\b|\bin (?:with same|ignoring case)\b|by by|expect by"
)


def run(vim: str, *arguments: str, folder: Path, variables: Mapping[str, str] | None = None) -> None:
    """Run a Vim that has only the files of this project."""
    bare = ["-u", "NONE", "-i", "NONE", "-n", "-es"]
    started = [vim, *bare] if vim.endswith("nvim") else [vim, "-N", *bare]
    ours = ["--cmd", f"set runtimepath^={RUNTIME}", "-c", "set encoding=utf-8 fileformats=unix"]
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"} | dict(variables or {})
    command = [*started, *ours, "-c", "filetype plugin indent on", "-c", "syntax on", *arguments]
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=120, check=False)


def groups(vim: str, texts: Iterable[str], folder: Path) -> list[list[str]]:
    """The syntax group of every character of each text."""
    texts = list(texts)
    files = [folder / f"{number}.mql" for number in range(len(texts))]
    for path, text in zip(files, texts, strict=True):
        path.write_text(text, "utf-8")
    (folder / "files").write_text("".join(f"{path}\n" for path in files))
    variables = {"MQL_FILES": str(folder / "files"), "MQL_FOUND": str(folder / "found")}
    run(vim, "-S", str(Path(__file__).with_name("report_groups.vim")), folder=folder, variables=variables)
    found = []
    for text, answer in zip(texts, (folder / "found").read_text().splitlines(), strict=True):
        lines = [line.split(" ") if line else [] for line in json.loads(answer)]
        found.append([group for line in lines for group in (*line, "")][: len(text)])
    return found


def kind(group: str) -> str:
    return _KINDS.get(group) or _KINDS.get(_LINKS.get(group, ""), "nothing")


def differences(vim: str, texts: Iterable[str], folder: Path) -> list[str]:
    """The tokens that Vim takes for something else than the parser does."""
    texts = list(texts)
    found = []
    for text, shown in zip(texts, groups(vim, texts, folder), strict=True):
        kinds = [kind(group) for group in shown]
        for token, written in tokens(text):
            got = kinds_in(text, token, kinds)
            if {token.kind} != got and not (written.startswith('"') and got == {"string"}):
                found.append(f"{written}: {token.kind} {got} in {text}")
    return found


def test_in_the_rules_of_examples_and_corpus_every_token_is_what_the_parser_says(vim: str, tmp_path: Path) -> None:
    assert [] == differences(vim, project_texts(), tmp_path)


def test_a_word_is_a_keyword_only_where_the_parser_takes_it_for_one(vim: str, tmp_path: Path) -> None:
    texts = [text for text in word_texts() if not _BEYOND.search(text)][::16]
    assert len(texts) > 300
    assert [] == differences(vim, texts, tmp_path)


@pytest.mark.parametrize("phrase", ["signed up", "registered for webinar", "first purchase", "became lead"])
def test_phrases_of_common_words_hold_no_keyword(vim: str, tmp_path: Path, phrase: str) -> None:
    [shown] = groups(vim, [f"rule r: {phrase} >= 2 => MQL"], tmp_path)
    words = shown[len("rule r: ") :][: len(phrase)]
    assert {"mqlEvent"} == {group for group, sign in zip(words, phrase, strict=True) if sign != " "}


def test_a_mistake_stays_in_its_statement(vim: str, tmp_path: Path) -> None:
    after = 'rule last "x": visited pricing where (path = "a") >= 2 within 3d => MQL'
    [alone] = groups(vim, [after], tmp_path)
    # Vim takes a byte-order mark off by itself.
    broken = [text for text in broken_texts() if not text.startswith("\ufeff")]
    spoilt = groups(vim, [f"{text}\n{after}" for text in broken], tmp_path)
    assert len(spoilt) > 90
    unlike = [text for text, shown in zip(broken, spoilt, strict=True) if shown[-len(alone) :] != alone]
    assert [] == unlike


def test_every_group_has_its_colour(vim: str, tmp_path: Path) -> None:
    shown = {group for text in groups(vim, project_texts()[:80], tmp_path) for group in text}
    coloured = {group for group in shown if kind(group) != "nothing"}
    assert len(coloured) > 30
    assert set() == coloured - set(_LINKS)


ENDS = {
    "rule last:\n    a\n    => MQL": "mqlStage",
    "when MCL, a\n    => MQL": "mqlStage",
    'score x "y"\n    +1 per a\n    +2 for a': "mqlKeyword",
    'test "x"\n    day 0 a\n    expect MQL': "mqlKeyword",
    "segment x =\n    a\n    older than 3d": "mqlRestriction",
    "event a =\n    b\n    or c": "mqlEvent",
    "schema a (\n    x: text,\n    y: text": "mqlType",
    "lifecycle a > b\n    > cd, e": "mqlStage",
}


@pytest.mark.parametrize("statement", ENDS)
def test_far_down_in_a_file_the_colours_are_the_same(vim: str, tmp_path: Path, statement: str) -> None:
    (tmp_path / "long.mql").write_text("\n".join(project_texts()) + f"\n{statement}\n")
    ask = 'call writefile([synIDattr(synID(line("$"), 8, 1), "name")], "found")'
    run(vim, "-c", "edit long.mql", "-c", "normal! G", "-c", ask, "-c", "qall!", folder=tmp_path)
    assert [ENDS[statement]] == (tmp_path / "found").read_text().splitlines()


TYPED = r"""rule cart "x":\<CR>added to cart\<CR>then no checked out for 2d\<CR>=> MQL\<CR>score e "x"
\<CR>+1 per a\<CR>+2 if (b and\<CR>c)\<CR>between 0 and 10\<CR>\<CR>test "a"\<CR>day 0 a\<CR>expect MQL\<CR>
\<CR>segment x =\<CR>a and\<CR>b\<CR>event a = b\<CR>rule y: a # => MQL\<CR>and b => MQL\<CR>a => MQL
\<CR>lifecycle a >\<CR>b,\<CR>c\<CR>schema a (x: text,\<CR>y: text)\<CR>\<CR>event x = a\<Esc>""".replace("\n", "")

INDENTED = """\
rule cart "x":
    added to cart
    then no checked out for 2d
    => MQL
score e "x"
    +1 per a
    +2 if (b and
        c)
    between 0 and 10

test "a"
    day 0 a
    expect MQL

segment x =
    a and
    b
event a = b
rule y: a # => MQL
    and b => MQL
a => MQL
lifecycle a >
    b,
    c
schema a (x: text,
    y: text)

event x = a
"""


def type_into(vim: str, keys: str, folder: Path, after: str = "") -> str:
    quoted = keys.replace('"', '\\"')
    script = folder / "type.vim"
    script.write_text(f'edit typed.mql\ncall feedkeys("i{quoted}", "xt")\n{after}\nwrite! typed.mql\nqall!\n', "utf-8")
    run(vim, "-S", str(script), folder=folder)
    return (folder / "typed.mql").read_text("utf-8")


def test_what_is_typed_is_indented_as_statements_go_on(vim: str, tmp_path: Path) -> None:
    assert INDENTED == type_into(vim, TYPED, tmp_path)


def test_indenting_a_whole_file_keeps_what_belongs_to_a_statement(vim: str, tmp_path: Path) -> None:
    for number, text in enumerate(project_texts()[:12]):
        path = tmp_path / f"{number}.mql"
        path.write_text(text, "utf-8")
        run(vim, "-c", f"edit {path}", "-c", "normal! gg=G", "-c", "write!", "-c", "qall!", folder=tmp_path)
        assert text == path.read_text("utf-8")


def test_a_comment_goes_on_in_the_next_line(vim: str, tmp_path: Path) -> None:
    assert "# one\n# two\n" == type_into(vim, r"# one\<CR>two\<Esc>", tmp_path)


def test_options_are_those_of_rule_files(vim: str, tmp_path: Path) -> None:
    (tmp_path / "a.mql").write_text("a => MQL\n")
    asked = 'call writefile([&filetype, &commentstring, &shiftwidth, &expandtab, &l:formatoptions =~# "t"], "found")'
    run(vim, "-c", "edit a.mql", "-c", asked, "-c", "qall!", folder=tmp_path)
    assert ["mql", "# %s", "4", "1", "0"] == (tmp_path / "found").read_text().splitlines()


def test_statements_can_be_folded(vim: str, tmp_path: Path) -> None:
    text = "rule a:\n    b\n    => MQL\n\n# about c\nrule c: d => MQL\nscore e\n    +1 per a\n# here\n    +2 per b\n\n"
    (tmp_path / "a.mql").write_text(text)
    levels = 'call writefile(map(range(1, line("$")), "foldlevel(v:val)"), "found")'
    run(vim, "--cmd", "let g:mql_fold = 1", "-c", "edit a.mql", "-c", levels, "-c", "qall!", folder=tmp_path)
    assert list("11100111110") == (tmp_path / "found").read_text().split()


def make(vim: str, rules: str, folder: Path, command: str | None = None) -> list[tuple[str, int, int, str]]:
    """Type, line, column and text of what `:make` puts into the quickfix list."""
    (folder / "rules").mkdir()
    (folder / "rules" / "größe.mql").write_text(rules, "utf-8")
    keep = 'call writefile([json_encode(map(getqflist(), "[v:val.type, v:val.lnum, v:val.col, v:val.text]"))], "found")'
    chosen = ["--cmd", f"let g:mqlrules_command = '{command}'"] if command else []
    opened = ["-c", "edit rules/größe.mql", "-c", "compiler mqlrules", "-c", "silent make!"]
    run(vim, *chosen, *opened, "-c", keep, "-c", "qall!", folder=folder, variables={"NO_COLOR": "1"})
    return [tuple(entry) for entry in json.loads((folder / "found").read_text("utf-8"))]


def test_make_goes_to_what_check_finds(vim: str, tmp_path: Path) -> None:
    rules = "rule grüße: visited pricing within 30 => MLQ\n\nrule z:\n    geöffnet => MQLL\n"
    found = make(vim, rules, tmp_path)
    assert [("E", 1, 36), ("E", 1, 42), ("E", 4, 17)] == [entry[:3] for entry in found]
    assert found[0][3].startswith("error[E050]: `30` has no unit.\nhint: For 30 days, write `within 30d`.")
    assert "error[E107]: There is no stage called `MLQ`.\nhint: Did you mean `MQL`?" == found[1][3]


def test_make_goes_to_what_lint_finds(vim: str, tmp_path: Path) -> None:
    found = make(vim, 'rule a "x": b and c within 30d or b and c within 30d => MQL\n', tmp_path, "mqlrules lint")
    warnings = [entry for entry in found if entry[0] == "W"]
    assert {"W", "N"} == {entry[0] for entry in found}
    assert ("W", 1) == warnings[0][:2]
    assert "(repeated-condition)" in warnings[0][3]
    assert "\nnote: first written here" in warnings[0][3]


def test_make_of_rules_without_mistakes_lists_nothing(vim: str, tmp_path: Path) -> None:
    assert [] == make(vim, "visited pricing >= 2 => MQL\n", tmp_path)
