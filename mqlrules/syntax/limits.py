"""How much of anything a rule file may hold, so that reading it takes bounded time and memory (section 10)."""

FILE_CHARACTERS = 1_000_000
STATEMENT_CHARACTERS = 200_000
NESTING = 50
"""Parentheses and ``not`` inside one another. Trees no deeper than this can be walked by plain recursion."""
DIGITS = 25
"""Digits of one number."""
REPAIRS = 20
"""Mistakes told apart within one statement or item; after so many the rest of it is passed over."""
REREAD_TOKENS = 200_000
"""Tokens of one file that are read again after repairs; then mistakes are only reported."""
MISTAKES = 1_000
"""Mistakes that are reported of one file."""
