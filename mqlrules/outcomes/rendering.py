"""What every result of this room can do: show itself as text, Markdown, HTML, or plain values."""

import io
from typing import Any, TextIO

from mqlrules.outcomes.document import Document


class Shown:
    """A base for results that have a ``document``."""

    @property
    def document(self) -> Document:
        raise NotImplementedError

    def text(self) -> str:
        """Tables as a terminal shows them, without colour."""
        out = io.StringIO()
        self.print(out)
        return out.getvalue()

    def print(self, stream: TextIO) -> None:
        """Tables on a terminal, in colour where the stream shows colours."""
        from mqlrules.outcomes.render import terminal

        terminal(self.document, stream)

    def markdown(self) -> str:
        """GitHub-flavoured Markdown."""
        from mqlrules.outcomes.render import markdown

        return markdown(self.document)

    def html(self) -> str:
        """One HTML file that needs no network and no scripts, light and dark."""
        from mqlrules.outcomes.render import page

        return page(self.document)

    def _repr_html_(self) -> str:
        from mqlrules.outcomes.render import fragment

        return fragment(self.document)

    def to_dict(self) -> dict[str, Any]:
        raise NotImplementedError
