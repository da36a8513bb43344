"""The words of grammar/mql.lark for editors: ``python -m editors.word_lists`` writes the files that hold them.

Run it at the root of a checkout after the grammar has changed; a test fails until then.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from editors import textmate, vim

HERE = Path(__file__).parent

_TERMINAL = re.compile(r"^_?(?P<name>[A-Z_]+)(?:\.\d+)?: (?:/(?P<pattern>.*)/|\"(?P<sign>.*)\")$", re.MULTILINE)
_RESERVED = re.compile(r"^WORD: /\(\?!\(\?i:(?P<words>[a-z|]+)\)", re.MULTILINE)


def terminals(grammar: str) -> dict[str, str]:
    """Each terminal's regular expression as the grammar has it, by its name without a leading ``_``.

    ``RESERVED`` is made of the words that can't stand in a phrase. WORD and NAME, which are put together of several
    expressions, are left out: each editor has its own idea of what a letter is.
    """
    found = {
        terminal["name"]: terminal["pattern"] or re.escape(terminal["sign"])
        for terminal in _TERMINAL.finditer(grammar)
        if terminal["name"] not in ("MARK", "BLANK")
    }
    reserved = _RESERVED.search(grammar)
    assert reserved is not None, "WORD no longer begins with the reserved words"
    return found | {"RESERVED": rf"(?:{reserved['words']})(?![\w\-])"}


MAKERS: dict[Path, Callable[[Mapping[str, str]], str]] = {
    HERE / "vscode" / "syntaxes" / "mql.tmLanguage.json": textmate.grammar_file,
    HERE / "vim" / "syntax" / "mql.vim": vim.syntax_file,
    HERE / "vim" / "indent" / "mql.vim": vim.indent_file,
}
"""The files that hold words of the grammar, and what makes them."""


def files(words: Mapping[str, str]) -> dict[Path, str]:
    """What those files must say."""
    return {path: make(words) for path, make in MAKERS.items()}


def main() -> None:
    """Write the files that differ."""
    words = terminals((HERE.parent / "grammar" / "mql.lark").read_text("utf-8"))
    for path, text in files(words).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"{path.relative_to(HERE.parent)}: written")


if __name__ == "__main__":
    main()
