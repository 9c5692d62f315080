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

if TYPE_CHECKING:
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
            metavar="TAG=up|down", help="Which way is better, where the name is no guide."
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
    from tbingest.report.comparison import HEADS, settings, values

    for problem in done.problems[:5]:
        talk.say(f"  {problem.place}: {problem.what}")
    if done.settings:
        talk.line(("settings that differ", "bold"))
        talk.table(("", *done.runs), settings(done), left=1 + len(done.runs))
        talk.line("")
    talk.table(HEADS, values(done), left=2)
