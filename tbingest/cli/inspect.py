"""`tbingest inspect`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tbingest.cli.context import context
from tbingest.cli.flags import Answer, Logdir, OutputFormat, Paths, Reading, Talking
from tbingest.cli.grouped import grouped
from tbingest.cli.settings import choice, options, take_up

if TYPE_CHECKING:
    from tbingest.cli.console import Talk
    from tbingest.options import Options

EXAMPLES = """
tbingest inspect logs/
tbingest inspect train.csv --step iteration
tbingest inspect train.log --pattern 'it (?P<step>\\d+) loss (?P<loss>\\S+)'
"""


@grouped
def inspect(
    ctx: typer.Context,
    paths: Paths,
    reading: Reading,
    talking: Talking,
    pattern: Annotated[
        list[str],
        typer.Option(
            metavar="REGEX", help="Show what named groups match in one file, and a rule for it."
        ),
    ] = [],  # noqa: B006 - Typer copies it
    logdir: Logdir = "runs",
    output_format: Answer = "text",
) -> int:
    """Say of every file what it is taken for, why, and what it would become.

    Nothing is written.
    """
    take_up(talking)
    form = choice(OutputFormat, output_format, "--output-format")
    talk = context.talk(talking.verbose, quiet=talking.quiet)
    if pattern:
        return attempt(talk, paths, pattern, form=form)
    return look(talk, paths, logdir, options(ctx, paths, reading), form=form)


def attempt(talk: Talk, paths: list[str], patterns: list[str], *, form: OutputFormat) -> int:
    """Show what patterns match in one file; 1 where that is nothing."""
    from tbingest.pipeline import try_pattern as trying

    tried = trying.attempt(paths, patterns)
    if form == OutputFormat.JSON:
        talk.document(tried.to_dict())
    else:
        from tbingest.cli.looks import show_tried

        show_tried(talk, tried)
    return int(not tried.count)


def look(
    talk: Talk,
    paths: list[str],
    logdir: str,
    asked: Options,
    *,
    form: OutputFormat,
) -> int:
    """Show the plan of `paths`; 1 where nothing would be read."""
    from tbingest.pipeline.looks import looks, to_dict

    found, ignored = looks(paths, logdir, asked)
    if form == OutputFormat.JSON:
        talk.document(to_dict(found, ignored))
    else:
        from tbingest.cli.looks import show_looks

        show_looks(talk, found, ignored)
    return int(not found or any(entry.failed for entry in ignored))
