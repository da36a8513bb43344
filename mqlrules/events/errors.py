"""Errors about data as a whole: a file that can't be read, an extra that is not installed."""

from mqlrules.text.error import Error, setting


class DataError(Error, ValueError):
    """A file or table of events or leads that can't be read at all.

    ``file`` is what the message calls it, ``message`` says what is wrong in plain words, ``hint`` what to do about it.
    Single rows that can't be read raise nothing: they are rejects.
    """

    def __init__(self, file: str, message: str, hint: str | None = None) -> None:
        self.file = file
        self.message = message
        self.hint = hint
        super().__init__(f"{file}: {message}" + (f"\n{hint}" if hint else ""))


class MissingExtra(Error, ImportError):
    """A part of mqlrules needs a package that is not installed.

    ``message`` says which part needs what; the text adds the command that installs the ``extra``.
    """

    def __init__(self, message: str, extra: str) -> None:
        from mqlrules.events.extras import install_command

        self.extra = extra
        super().__init__(f"{message}; install it with: {install_command(extra)}")


def no_room(error: OSError) -> DataError:
    """What to say when the temporary folder takes nothing more: what finds no room in memory is kept there."""
    import errno
    import tempfile

    full = error.errno == errno.ENOSPC
    folder = tempfile.gettempdir() if full else str(error.filename or "the temporary folder")
    reason = "is full" if full else f"can't be written to: {error.strerror or error}"
    more = setting("--memory 4GB", 'memory="4GB"')
    return DataError(
        folder,
        f"{reason}; events that don't fit in memory are kept there for a while",
        f"Allow more memory ({more}), or name a folder with more space in the environment variable TMPDIR.",
    )
