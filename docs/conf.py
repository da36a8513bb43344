"""How Sphinx builds the documentation site: `sphinx-build -W docs site`."""

import re

from pygments.lexers.data import JsonLexer
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

import mqlrules
from mqlrules.ide.pygments_lexer import RulesLexer

REPOSITORY = "https://github.com/mqlrules/mqlrules/blob/main/"

project = "mqlrules"
author = "mqlrules contributors"
copyright = "mqlrules contributors, MIT licence"
version = release = mqlrules.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton"]
exclude_patterns = ["images/*.md"]
root_doc = "index"
html_theme = "furo"
html_title = f"mqlrules {release}"

# `[text](#a-heading)` leads to a heading of the page, as it does on a repository's web page.
myst_heading_anchors = 4
myst_enable_extensions = ["deflist", "fieldlist"]
highlight_language = "text"

# Prompts and shown output stay behind when a command is copied.
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True

autodoc_member_order = "bysource"
autodoc_typehints = "description"


def link_files_of_the_repository(app: Sphinx, page: str, source: list[str]) -> None:
    """Links that leave this folder (`../examples/`) lead to the repository."""
    source[0] = re.sub(r"\]\(\.\./(?=[^)]*\))", f"]({REPOSITORY}", source[0])


def setup(app: Sphinx) -> None:
    app.connect("source-read", link_files_of_the_repository)
    # Pygments has another `mql`; the lexer of rule files is the package's own.
    app.add_lexer("mql", RulesLexer)
    app.add_lexer("csv", TextLexer)
    app.add_lexer("repl", TextLexer)
    app.add_lexer("jsonl", JsonLexer)
