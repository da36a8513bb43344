"""Records: what an operator of the language is, said once. Aggregates, restrictions and tests are records."""

import attrs


@attrs.frozen(eq=False, repr=False, kw_only=True)
class Record:
    """Shared base. Two records are never equal, whatever they hold; a record shows as its name."""

    name: str
    """How it is written in a rule; one space between words."""
    terminal: str
    """The terminal of the grammar."""
    means: str
    """What it means, in a sentence: shown on hover and in the documentation."""
    example: str
    """Rule text that uses it: a condition."""

    def __repr__(self) -> str:
        return f"<{self.name}>"
