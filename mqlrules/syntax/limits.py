"""Limits of rule files, which bound the time and memory that reading one takes (section 10)."""

FILE_CHARACTERS = 1_000_000
STATEMENT_CHARACTERS = 200_000
NESTING = 50
"""Nesting of parentheses and ``not``. Trees of this depth can be walked recursively."""
DIGITS = 25
"""Digits of one number."""
REPAIRS = 20
"""Mistakes reported within one statement or item; the rest of it is skipped."""
REREAD_TOKENS = 200_000
"""Tokens of one file that are read again after repairs; further mistakes are reported but not repaired."""
MISTAKES = 1_000
"""Mistakes reported in one file."""
