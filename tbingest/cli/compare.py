"""`tbingest compare`."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tbingest.cli.complete import runs, shown, tags
from tbingest.cli.context import context
from tbingest.cli.flags import Paths, Reading, Talking
from tbingest.cli.grouped import grouped
from tbingest.cli.settings import choice, options, take_up
from tbingest.names.shorten import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tbingest.cli.console import Talk
    from tbingest.pipeline.compare import Comparison

EXAMPLES = """
tbingest compare runs/
tbingest compare before/ logs/ --tags 'val*'
tbingest compare before/ logs/ --output-format markdown
"""


class Form(StrEnum):
    """How the comparison is written to stdout."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


@dataclass
class Compared:
    """What is compared"""

    tags: Annotated[
        list[str], typer.Option(metavar="GLOB", autocompletion=tags, help="Only these tags.")
    ] = field(default_factory=list)
    runs: Annotated[
        list[str], typer.Option(metavar="GLOB", autocompletion=runs, help="Only these runs.")
    ] = field(default_factory=list)
    direction: Annotated[
        list[str],
        typer.Option(
            metavar="TAG=up|down", help="Which way is better, where the name does not say."
        ),
    ] = field(default_factory=list)
    output_format: Annotated[
        str,
        typer.Option(
            metavar="text|json|markdown|html",
            envvar="TBINGEST_OUTPUT_FORMAT",
            autocompletion=shown("text", "json", "markdown", "html"),
            help="How to answer on stdout.",
        ),
    ] = "text"


@grouped
def compare(
    ctx: typer.Context, paths: Paths, compared: Compared, reading: Reading, talking: Talking
) -> int:
    """Put runs beside each other: settings that differ, last and best values.

    Nothing is written.
    """
    from tbingest.check.rules import parse_direction
    from tbingest.pipeline.compare import compare as run
    from tbingest.report.comparison import as_html, as_markdown

    take_up(talking)
    form = choice(Form, compared.output_format, "--output-format")
    talk = context.talk(talking.verbose, quiet=talking.quiet)
    done = run(
        paths,
        options(ctx, paths, reading),
        tags=compared.tags,
        runs=compared.runs,
        rules=[parse_direction(text) for text in compared.direction],
    )
    if form == Form.JSON:
        talk.document(done.to_dict())
    elif form == Form.TEXT:
        _tell(talk, done)
    else:
        sys.stdout.write(as_markdown(done) if form == Form.MARKDOWN else as_html(done))
    return 0


def _tell(talk: Talk, done: Comparison) -> None:
    from tbingest.report.comparison import HEADS, NAMED_BY_SOME, settings, unshared, values

    for problem in done.problems[:5]:
        talk.say(f"  {problem.place}: {problem.what}")
    short = _short_names(talk, done.runs)
    if held := settings(done):
        talk.line(("settings that differ", "bold"))
        heads, *rows = [[short.get(cell, cell) for cell in row] for row in held]
        talk.table(heads, rows, left=len(heads))
    if names := unshared(done):
        talk.line(f"{NAMED_BY_SOME} {', '.join(names)}")
    if done.settings:
        talk.line("")
    rows = [[tag, short[run], *more] for tag, run, *more in values(done)]
    talk.table(HEADS, rows, left=2)


def _short_names(talk: Talk, runs: Sequence[str]) -> dict[str, str]:
    """The runs as they are called on a terminal: short, where they are still told apart."""
    if not talk.shortens:
        return dict(zip(runs, runs, strict=True))
    for room in _NAMES:
        short = shortened(runs, room)
        if len(set(short)) == len(short):
            return dict(zip(runs, short, strict=True))
    return dict(zip(runs, runs, strict=True))


_NAMES = (20, 28, 36)
"""Columns for a run's name on a terminal: the fewest that tell all of them apart."""
