"""The most events that are kept of one lead, and when they are counted.

They are counted once in an eighth of what a lead may have, not with every event. So a lead is taken to have too many
while what may come before it is counted again still fits, even if one count should be left out.
"""

HISTORY = 100_000
"""The most events that are kept of a lead, unless the store says otherwise."""


def every(most: int) -> int:
    """Of how many events one has the lead's events counted."""
    return max(1, most // 8)


def passes(before: int, after: int, most: int) -> bool:
    """Whether the events of a lead are to be counted, now that its version goes from one to another."""
    return before // every(most) != after // every(most)


def is_too_many(count: int, most: int) -> bool:
    """Whether a lead that is counted has so many that older ones have to go."""
    return count > max(most - 2 * every(most), 0)
