"""What the commands share: their common options, and how they talk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from tbingest.console import Talk
    from tbingest.report import Report

_Choice = TypeVar("_Choice", bound=StrEnum)


class OutputFormat(StrEnum):
    """How results are written to stdout."""

    TEXT = "text"
    JSON = "json"


@dataclass
class _Context:
    """The options that stand before the command."""

    color: str = "auto"
    debug: bool = False

    def talk(self, verbose: int = 0, *, quiet: bool = False) -> Talk:
        """The console, as the user wants it."""
        from tbingest.console import Talk

        return Talk(self.color, verbose=verbose, quiet=quiet)


context = _Context()

Paths = Annotated[list[str], typer.Argument(metavar="PATH", help="Files or folders; - is stdin.")]
Logdir = Annotated[
    str, typer.Option(metavar="DIR", envvar="TBINGEST_LOGDIR", help="Where TensorBoard reads.")
]
As = Annotated[str, typer.Option("--as", metavar="FORMAT", help="Read everything as this format.")]
Run = Annotated[str, typer.Option(metavar="NAME", help="The run's name, or a prefix of all.")]
Step = Annotated[str, typer.Option(metavar="FIELD", help="The field that is the step.")]
Time = Annotated[str, typer.Option(metavar="FIELD", help="The field that is the time.")]
WallTime = Annotated[
    str,
    typer.Option(
        metavar="mtime|TIME",
        help="For logs without times: the file's mtime, unix seconds, or an ISO time. "
        "By default that of a log beside it, else mtime.",
    ),
]
Include = Annotated[list[str], typer.Option(metavar="GLOB", help="Read only these names.")]
Exclude = Annotated[list[str], typer.Option(metavar="GLOB", help="Do not read these names.")]
TagMap = Annotated[
    list[str],
    typer.Option(
        metavar="PATTERN=TAG", help=r"Rename fields, as in 'val_(.*)=val/\1'. The first match wins."
    ),
]
OnRestart = Annotated[
    str,
    typer.Option(
        metavar="POLICY",
        help="Where steps fall back or repeat: the last value wins, keep-first, sub-run, sort "
        "or renumber.",
    ),
]
Plots = Annotated[
    str, typer.Option(metavar="auto|all|none", help="Draw an overview figure of each run.")
]
Port = Annotated[
    int | None, typer.Option(metavar="N", help="The port; by default a free one from 6006.")
]
BindAll = Annotated[bool, typer.Option("--bind-all", help="Let other machines in: no password!")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say errors only.")]
Verbose = Annotated[
    int, typer.Option("-v", "--verbose", count=True, show_default=False, help="Say more.")
]


def choice(enum: type[_Choice], text: str, flag: str) -> _Choice:
    """The member of an enum that `text` names. Raises UsageError."""
    from difflib import get_close_matches

    from tbingest.errors import UsageError

    values = [str(member) for member in enum]
    if text in values:
        return enum(text)
    near = get_close_matches(text, values, 1)
    hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(values)}"
    raise UsageError(f"{flag} {text}: no such choice", hint)


def write_report(path: str, report: Report) -> None:
    """The JSON document into a file. Raises OutputError."""
    from tbingest.console import as_json
    from tbingest.errors import OutputError

    try:
        Path(path).write_text(as_json(report.to_dict()), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}", "see --report") from error


def exit_code(report: Report, *, strict: bool) -> int:
    """0, or 1 where nothing was read, something asked for could not be, or `strict` objects."""
    failed = any(entry.failed for entry in report.ignored) or any(
        entry.failed for entry in report.sources
    )
    skipped = report.ignored or report.problem_count
    return int(report.nothing_read or failed or (strict and bool(skipped)))
