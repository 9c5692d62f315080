"""What can go wrong, as one tree.

TbingestError            message and hint; `code` is the exit code of the command line
├── UsageError      2    an option or path that cannot be right
├── SourceError     1    a source that was asked for cannot be read
│   └── ReadError        the system does not give its bytes: the next time it may
├── OutputError     3    the logdir cannot be written
└── ServeError      3    TensorBoard does not start, or dies
"""


class TbingestError(Exception):
    """An error for the user: what happened, and what to do next."""

    code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TbingestError):
    """An option, a path or a combination of them that cannot be right."""

    code = 2


class SourceError(TbingestError):
    """A source that was asked for cannot be read."""

    code = 1


class ReadError(SourceError):
    """The system does not give the bytes of a source."""


class OutputError(TbingestError):
    """The logdir cannot be written."""

    code = 3


class ServeError(TbingestError):
    """TensorBoard does not start, or dies."""

    code = 3
