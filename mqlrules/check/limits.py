"""The limits that keep checking, and what comes after it, bounded (section 10). The error that each gives names it."""

NESTING = 100
"""Levels of a condition or predicate, segments and scores taken in place; definitions that build on each other."""

CONDITION_SIZE = 10_000
"""Parts of one condition, segments and scores taken in place."""

ALTERNATIVES = 1_000
"""Raw events that one event pattern may come to."""

PATTERN_SIZE = 10_000
"""Tests in all the alternatives of one event pattern."""

EXPANSION = 1_000_000
"""Alternatives and tests that all narrowed definitions of a rule set may come to, together."""

STATEMENTS = 20_000
"""Statements of a rule set."""

STEPS = 100
"""Steps of one sequence."""

COUNT = 1_000_000
"""The largest number that a count is compared with."""

LIST_BYTES = 16 * 1024 * 1024
"""Size of a list's file, and of the files of all lists of a rule set together."""

LIST_VALUES = 500_000
"""Values of one list, the ones written in place too."""
