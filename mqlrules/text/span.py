"""A place in a source, as offsets."""

import attrs


@attrs.frozen
class Span:
    """The half-open range ``[start, end)`` of code points in one source's text."""

    start: int
    end: int

    def to(self, other: "Span") -> "Span":
        """The smallest span that covers both."""
        return Span(min(self.start, other.start), max(self.end, other.end))
