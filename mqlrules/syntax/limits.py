"""How much of anything a rule file may hold, so that reading it takes bounded time and memory (section 10)."""

FILE_CHARACTERS = 2_000_000
STATEMENT_CHARACTERS = 200_000
NESTING = 50
"""Parentheses and ``not`` inside one another. Trees no deeper than this can be walked by plain recursion."""
DIGITS = 25
"""Digits of one number."""
REPAIRS = 20
"""Mistakes told apart within one statement; after so many the rest of it is passed over."""
