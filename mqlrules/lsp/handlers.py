"""What handlers of requests are wrapped in: the document that is asked about, and calm where something goes wrong."""

from collections.abc import Callable
from functools import wraps
from typing import Protocol, TypeVar

from lsprotocol import types

from mqlrules.lsp.server import Server
from mqlrules.lsp.state import Document


class AboutDocument(Protocol):
    """Parameters of a request about one document."""

    @property
    def text_document(self) -> types.TextDocumentIdentifier: ...


_P = TypeVar("_P")
_A = TypeVar("_A", bound=AboutDocument)
_R = TypeVar("_R")


# In both, the name of the first parameter tells the library that it is the server.


def calm(handler: Callable[[Server, _P], _R]) -> Callable[[Server, _P], _R | None]:
    """A handler that answers nothing where something goes wrong in it, and tells the log."""

    @wraps(handler)
    def guarded(ls: Server, params: _P) -> _R | None:
        try:
            return handler(ls, params)
        except Exception:
            ls.report(getattr(handler, "__name__", "a request"))
            return None

    return guarded


def of_document(handler: Callable[[Server, _A, Document], _R]) -> Callable[[Server, _A], _R | None]:
    """A handler that is handed the document that is asked about; of one that is not known nothing is answered."""

    @wraps(handler)
    def opened(ls: Server, params: _A) -> _R | None:
        document = ls.state.document(params.text_document.uri)
        return None if document is None else handler(ls, params, document)

    return opened
